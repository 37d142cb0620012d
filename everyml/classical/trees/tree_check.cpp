#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "everyml/classical/trees/tree_check_impl.h"
#include "everyml/foundation/base/error.h"

namespace everyml::detail {
namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw DataError("trees.invalid", "the trees cannot be used: " + why);
}

void check_length(std::string_view what, std::size_t length, std::size_t right) {
  if (length != right) refuse(fmt::format("{} has {} entries, {} would be right", what, length, right));
}

/// Starts that begin at 0, never fall and end at `total`.
template <class T>
void check_starts(std::string_view what, const std::vector<T>& starts, std::size_t count, std::size_t total) {
  check_length(what, starts.size(), count + 1);
  if (starts.front() != 0) refuse(fmt::format("{} begins at {}, 0 would be right", what, starts.front()));
  for (std::size_t i = 0; i < count; ++i) {
    if (starts[i + 1] < starts[i]) refuse(fmt::format("{} falls at place {}", what, i + 1));
  }
  if (starts.back() != total) {
    refuse(fmt::format("{} ends at {}, {} would be right", what, starts.back(), total));
  }
}

template <class T>
void check_finite(std::string_view what, const std::vector<T>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) refuse(fmt::format("{} is not finite at place {}", what, i));
  }
}

void check_covers(std::string_view what, const std::vector<double>& values) {
  check_finite(what, values);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] < 0) refuse(fmt::format("{} is negative at place {}", what, i));
  }
}

void check_lengths(const TreeParts& p) {
  constexpr std::size_t most = std::numeric_limits<std::int32_t>::max();
  if (p.features > most) refuse(fmt::format("{} features are more than {}", p.features, most));
  if (p.outputs == 0) refuse("they have no output");
  if (p.width != 1 && p.width != p.outputs) {
    refuse(fmt::format("a leaf has {} values, 1 or {} would be right", p.width, p.outputs));
  }
  check_length("base", p.base.size(), p.outputs);
  check_starts("first_node", p.first_node, p.trees(), p.nodes());
  check_starts("first_leaf", p.first_leaf, p.trees(), p.leaves());
  check_length("threshold", p.threshold.size(), p.nodes());
  check_length("left", p.left.size(), p.nodes());
  check_length("right", p.right.size(), p.nodes());
  check_length("flags", p.flags.size(), p.nodes());
  check_length("gain", p.gain.size(), p.nodes());
  check_length("cover", p.cover.size(), p.nodes());
  if (p.leaves() > most / p.width) refuse("they have too many leaves");
  check_length("leaf_value", p.leaf_value.size(), p.leaves() * p.width);
  if (p.set_start.empty()) refuse("set_start is empty");
  check_starts("set_start", p.set_start, p.set_start.size() - 1, p.set_words.size());
}

void check_node(const TreeParts& p, std::size_t i) {
  if (p.feature[i] < 0 || static_cast<std::size_t>(p.feature[i]) >= p.features) {
    refuse(fmt::format("node {} asks feature {} of {}", i, p.feature[i], p.features));
  }
  if (p.flags[i] & ~(TreeParts::kMissingLeft | TreeParts::kCategories)) {
    refuse(fmt::format("node {} has the unknown flags {}", i, p.flags[i]));
  }
  const double at = p.threshold[i];
  if (std::isnan(at)) refuse(fmt::format("node {} has no threshold", i));
  if (!(p.flags[i] & TreeParts::kCategories)) return;
  const auto sets = static_cast<double>(p.set_start.size() - 1);
  if (!(at >= 0 && at < sets && at == std::floor(at))) {
    refuse(fmt::format("node {} names the set {} of {}", i, at, sets));
  }
}

/// Follows one tree in the order that tree_parts.h says. Each child must be the next number of its kind, so
/// no node has two parents and none leads back.
void check_shape(const TreeParts& p, std::size_t tree, std::vector<std::int32_t>& pending) {
  const std::size_t first = p.first_node[tree], nodes = p.first_node[tree + 1] - first;
  const std::size_t leaves = p.first_leaf[tree + 1] - p.first_leaf[tree];
  if (leaves != nodes + 1) {
    refuse(fmt::format("tree {} has {} questions and {} leaves; one leaf more than questions would be right",
                       tree, nodes, leaves));
  }
  std::int64_t next_node = 0, next_leaf = 0;
  pending.assign(1, nodes == 0 ? ~0 : 0);
  while (!pending.empty()) {
    const std::int32_t child = pending.back();
    pending.pop_back();
    std::int64_t& next = child < 0 ? next_leaf : next_node;
    const std::int64_t number = child < 0 ? ~child : child;
    const std::size_t count = child < 0 ? leaves : nodes;
    if (number != next || number >= static_cast<std::int64_t>(count)) {
      refuse(fmt::format("tree {} has the {} {} where {} of {} would be next", tree,
                         child < 0 ? "leaf" : "node", number, next, count));
    }
    ++next;
    if (child < 0) continue;
    const std::size_t at = first + static_cast<std::size_t>(child);
    pending.push_back(p.right[at]);
    pending.push_back(p.left[at]);
  }
  if (next_node != static_cast<std::int64_t>(nodes)) {
    refuse(fmt::format("tree {} has nodes that nothing leads to", tree));
  }
}

void check_linear(const TreeParts& p) {
  if (p.linear_start.empty()) {
    check_length("linear_feature", p.linear_feature.size(), 0);
    check_length("linear_coefficient", p.linear_coefficient.size(), 0);
    check_length("linear_offset", p.linear_offset.size(), 0);
    return;
  }
  if (p.width != 1) refuse("linear leaves need leaves of one value");
  check_starts("linear_start", p.linear_start, p.leaves(), p.linear_feature.size());
  check_length("linear_coefficient", p.linear_coefficient.size(), p.linear_feature.size());
  check_finite("linear_coefficient", p.linear_coefficient);
  if (!p.linear_offset.empty()) check_length("linear_offset", p.linear_offset.size(), p.leaves());
  check_finite("linear_offset", p.linear_offset);
  for (const std::int32_t feature : p.linear_feature) {
    if (feature < 0 || static_cast<std::size_t>(feature) >= p.features) {
      refuse(fmt::format("a leaf has a term of feature {} of {}", feature, p.features));
    }
  }
}

}  // namespace

void check_parts(const TreeParts& parts) {
  check_lengths(parts);
  for (std::size_t t = 0; t < parts.trees(); ++t) {
    const std::uint32_t output = parts.tree_output[t];
    if (parts.width > 1 ? output != 0 : output >= parts.outputs) {
      refuse(fmt::format("tree {} adds to output {} of {}", t, output, parts.outputs));
    }
  }
  for (std::size_t i = 0; i < parts.nodes(); ++i) check_node(parts, i);
  std::vector<std::int32_t> pending;
  for (std::size_t t = 0; t < parts.trees(); ++t) check_shape(parts, t, pending);
  check_finite("base", parts.base);
  check_finite("leaf_value", parts.leaf_value);
  check_finite("gain", parts.gain);
  check_covers("cover", parts.cover);
  check_covers("leaf_cover", parts.leaf_cover);
  check_linear(parts);
}

}  // namespace everyml::detail
