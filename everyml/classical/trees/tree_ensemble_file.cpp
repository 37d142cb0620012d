#include <cstring>

#include "everyml/classical/trees/tree_ensemble.h"
#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

// In the file a node has its flags and whether its two children are questions; as the nodes stand in
// pre-order that says the whole shape, so a file cannot hold a tree that contradicts itself.
constexpr std::uint8_t kLeftInner = 4, kRightInner = 8, kShape = kLeftInner | kRightInner;

std::vector<std::uint8_t> shaped_flags(const TreeParts& p) {
  std::vector<std::uint8_t> flags(p.nodes());
  for (std::size_t i = 0; i < p.nodes(); ++i) {
    flags[i] = static_cast<std::uint8_t>(p.flags[i] | (p.left[i] >= 0 ? kLeftInner : 0) |
                                         (p.right[i] >= 0 ? kRightInner : 0));
  }
  return flags;
}

/// Sets the children of one tree from the shapes of its nodes. Where these do not make a tree, the children
/// are such that the check of the whole refuses them.
void read_shape(TreeParts& p, std::size_t first, std::size_t nodes, std::vector<std::int32_t>& waiting) {
  std::int32_t leaf = 0;
  waiting.clear();
  for (std::size_t i = 0; i < nodes; ++i) {
    const std::size_t at = first + i;
    const auto next = static_cast<std::int32_t>(i + 1);
    waiting.push_back(static_cast<std::int32_t>(at));
    if (p.flags[at] & kLeftInner) {
      p.left[at] = next;
      continue;
    }
    p.left[at] = ~leaf++;
    while (!waiting.empty()) {
      const auto parent = static_cast<std::size_t>(waiting.back());
      waiting.pop_back();
      if (p.flags[parent] & kRightInner) {
        p.right[parent] = next;
        break;
      }
      p.right[parent] = ~leaf++;
    }
  }
}

std::vector<std::int32_t> differences(const std::vector<std::uint32_t>& starts) {
  std::vector<std::int32_t> sizes(starts.size() - 1);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    sizes[i] = static_cast<std::int32_t>(starts[i + 1] - starts[i]);
  }
  return sizes;
}

void read_sets(const ArchiveReader& archive, TreeParts& p) {
  const std::vector<std::int64_t> words = archive.integers64("set_words");
  p.set_words.resize(words.size());
  if (!words.empty()) std::memcpy(p.set_words.data(), words.data(), words.size() * sizeof(std::int64_t));
  for (const std::int32_t size : archive.integers32("set_sizes")) {
    const std::uint64_t end = p.set_start.back() + static_cast<std::uint64_t>(size);
    if (size < 0 || end > words.size())
      archive.refuse("set_sizes", "they do not add up to the words of the sets");
    p.set_start.push_back(static_cast<std::uint32_t>(end));
  }
}

void read_linear(const ArchiveReader& archive, TreeParts& p) {
  if (!archive.has("linear_sizes")) return;
  p.linear_feature = archive.integers32("linear_feature");
  p.linear_coefficient = archive.finite_doubles("linear_coefficient", p.linear_feature.size());
  if (archive.has("linear_offset")) p.linear_offset = archive.finite_doubles("linear_offset", p.leaves());
  p.linear_start.push_back(0);
  for (const std::int32_t size : archive.integers32("linear_sizes", p.leaves())) {
    const std::uint64_t end = p.linear_start.back() + static_cast<std::uint64_t>(size);
    if (size < 0 || end > p.linear_feature.size()) {
      archive.refuse("linear_sizes", "they do not add up to the terms of the leaves");
    }
    p.linear_start.push_back(end);
  }
}

void read_trees(const ArchiveReader& archive, TreeParts& p) {
  const std::vector<std::int32_t> tree_nodes = archive.integers32("tree_nodes");
  p.feature = archive.integers32("feature");
  const std::size_t nodes = p.feature.size(), leaves = nodes + tree_nodes.size();
  p.threshold = archive.doubles("threshold", nodes);
  p.gain = archive.floats("gain", nodes);
  p.cover = archive.finite_doubles("cover", nodes);
  p.leaf_cover = archive.finite_doubles("leaf_cover", leaves);
  p.leaf_value = archive.finite_doubles("leaf_value", leaves * p.width);
  p.flags = archive.bytes8("flags");
  if (p.flags.size() != nodes) archive.refuse("flags", "every question needs one entry");
  for (const std::int32_t output : archive.integers32("tree_output", tree_nodes.size())) {
    p.tree_output.push_back(static_cast<std::uint32_t>(output));
  }
  p.left.assign(nodes, 0);
  p.right.assign(nodes, 0);
  std::vector<std::int32_t> waiting;
  for (const std::int32_t size : tree_nodes) {
    const std::size_t first = p.first_node.back();
    if (size < 0 || static_cast<std::size_t>(size) > nodes - first) {
      archive.refuse("tree_nodes", "the trees have more questions together than there are");
    }
    read_shape(p, first, static_cast<std::size_t>(size), waiting);
    p.first_node.push_back(static_cast<std::uint32_t>(first) + static_cast<std::uint32_t>(size));
    p.first_leaf.push_back(p.first_leaf.back() + static_cast<std::uint32_t>(size) + 1);
  }
  for (std::uint8_t& flags : p.flags) flags = static_cast<std::uint8_t>(flags & ~kShape);
}

}  // namespace

void TreeEnsemble::save(ArchiveWriter& archive) const {
  const TreeParts& p = parts();
  archive.integer("features", static_cast<std::int64_t>(p.features));
  archive.integer("outputs", static_cast<std::int64_t>(p.outputs));
  archive.integer("width", static_cast<std::int64_t>(p.width));
  archive.array("base", p.base);
  archive.array("tree_nodes", differences(p.first_node));
  archive.array("tree_output", std::vector<std::int32_t>(p.tree_output.begin(), p.tree_output.end()));
  archive.array("feature", p.feature);
  archive.array("threshold", p.threshold);
  archive.array("flags", shaped_flags(p));
  archive.array("gain", p.gain);
  archive.array("cover", p.cover);
  archive.array("leaf_value", p.leaf_value);
  archive.array("leaf_cover", p.leaf_cover);
  archive.array("set_sizes", differences(p.set_start));
  std::vector<std::int64_t> words(p.set_words.size());
  if (!words.empty()) std::memcpy(words.data(), p.set_words.data(), words.size() * sizeof(std::int64_t));
  archive.array("set_words", words);
  if (p.linear_start.empty()) return;
  std::vector<std::int32_t> sizes(p.leaves());
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    sizes[i] = static_cast<std::int32_t>(p.linear_start[i + 1] - p.linear_start[i]);
  }
  archive.array("linear_sizes", sizes);
  archive.array("linear_feature", p.linear_feature);
  archive.array("linear_coefficient", p.linear_coefficient);
  if (!p.linear_offset.empty()) archive.array("linear_offset", p.linear_offset);
}

TreeEnsemble TreeEnsemble::load(const ArchiveReader& archive) {
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  const auto features = static_cast<std::size_t>(archive.integer("features", 0, most));
  const auto outputs = static_cast<std::size_t>(archive.integer("outputs", 1, most));
  const auto width =
      static_cast<std::size_t>(archive.integer("width", 1, static_cast<std::int64_t>(outputs)));
  const std::vector<double> base = archive.finite_doubles("base", outputs);
  TreeParts parts = TreeParts::empty(features, outputs, width);
  parts.base = base;
  read_trees(archive, parts);
  read_sets(archive, parts);
  read_linear(archive, parts);
  try {
    return TreeEnsemble(std::move(parts));
  } catch (const DataError& error) {
    archive.refuse("feature", error.what());
  }
}

}  // namespace everyml
