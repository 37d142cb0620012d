#include "everyml/classical/trees/tree_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

[[noreturn]] void refuse_tree(std::size_t tree, const std::string& why) {
  throw DataError("trees.invalid", fmt::format("tree {} cannot be kept: {}", tree, why));
}

/// Copies one grown tree to the end of the flat arrays, in pre-order.
class Appender {
 public:
  Appender(TreeParts& parts, const GrownTree& tree, std::vector<std::int32_t>* leaf_of_node)
      : parts_(parts),
        tree_(tree),
        leaf_of_node_(leaf_of_node),
        set_of_(tree.sets.size(), -1),
        taken_(tree.nodes.size(), false) {
    if (leaf_of_node_) leaf_of_node_->assign(tree.nodes.size(), -1);
  }

  void run() {
    std::vector<Place> pending{{0, no_parent, false}};
    while (!pending.empty()) {
      const Place place = pending.back();
      pending.pop_back();
      const GrownTree::Node& node = take(place.node);
      const std::int32_t name = node.feature < 0 ? ~add_leaf(place.node) : add_node(node);
      if (place.parent != no_parent) (place.right ? parts_.right : parts_.left)[place.parent] = name;
      if (node.feature < 0) continue;
      const std::size_t here = parts_.nodes() - 1;
      pending.push_back({node.right, here, true});
      pending.push_back({node.left, here, false});
    }
  }

 private:
  static constexpr std::size_t no_parent = std::numeric_limits<std::size_t>::max();
  struct Place {
    std::int32_t node;
    std::size_t parent;
    bool right;
  };

  /// The node of that number, which nothing else may lead to.
  const GrownTree::Node& take(std::int32_t number) {
    const auto at = static_cast<std::size_t>(number);
    if (number < 0 || at >= tree_.nodes.size()) {
      refuse_tree(parts_.trees(),
                  fmt::format("a node has the child {}, but there are {} nodes", number, tree_.nodes.size()));
    }
    if (taken_[at]) {
      refuse_tree(parts_.trees(), fmt::format("node {} is the child of two nodes, so it is not a tree", at));
    }
    taken_[at] = true;
    return tree_.nodes[at];
  }

  std::int32_t add_leaf(std::int32_t number) {
    const auto at = static_cast<std::size_t>(number);
    const double* values = tree_.values.data() + at * parts_.width;
    parts_.leaf_value.insert(parts_.leaf_value.end(), values, values + parts_.width);
    parts_.leaf_cover.push_back(tree_.nodes[at].cover);
    if (leaf_of_node_) (*leaf_of_node_)[at] = leaves_;
    return leaves_++;
  }

  std::int32_t add_node(const GrownTree::Node& node) {
    const bool categories = node.categories >= 0;
    parts_.feature.push_back(node.feature);
    parts_.threshold.push_back(categories ? static_cast<double>(set_number(node.categories))
                                          : node.threshold);
    parts_.left.push_back(0);
    parts_.right.push_back(0);
    parts_.flags.push_back(static_cast<std::uint8_t>((node.missing_left ? TreeParts::kMissingLeft : 0) |
                                                     (categories ? TreeParts::kCategories : 0)));
    parts_.gain.push_back(node.gain);
    parts_.cover.push_back(node.cover);
    return nodes_++;
  }

  std::int64_t set_number(std::int32_t set) {
    const auto at = static_cast<std::size_t>(set);
    if (at >= tree_.sets.size()) {
      refuse_tree(parts_.trees(), fmt::format("a node names the set {} of {}", set, tree_.sets.size()));
    }
    if (set_of_[at] < 0) {
      set_of_[at] = static_cast<std::int64_t>(parts_.set_start.size()) - 1;
      std::size_t words = tree_.sets[at].size();
      while (words > 0 && tree_.sets[at][words - 1] == 0) --words;
      parts_.set_words.insert(parts_.set_words.end(), tree_.sets[at].begin(),
                              tree_.sets[at].begin() + static_cast<std::ptrdiff_t>(words));
      parts_.set_start.push_back(static_cast<std::uint32_t>(parts_.set_words.size()));
    }
    return set_of_[at];
  }

  TreeParts& parts_;
  const GrownTree& tree_;
  std::vector<std::int32_t>* leaf_of_node_;
  std::vector<std::int64_t> set_of_;
  std::vector<bool> taken_;
  std::int32_t nodes_ = 0, leaves_ = 0;
};

template <class T>
void copy_range(const std::vector<T>& from, std::size_t begin, std::size_t end, std::vector<T>& to) {
  to.assign(from.begin() + static_cast<std::ptrdiff_t>(begin),
            from.begin() + static_cast<std::ptrdiff_t>(end));
}

/// Keeps only the sets that nodes name, in the order of their first use.
void take_sets(const TreeParts& from, TreeParts& to) {
  std::vector<std::int64_t> set_of(from.set_start.size(), -1);
  for (std::size_t i = 0; i < to.nodes(); ++i) {
    if (!(to.flags[i] & TreeParts::kCategories)) continue;
    const auto set = static_cast<std::size_t>(to.threshold[i]);
    if (set_of[set] < 0) {
      set_of[set] = static_cast<std::int64_t>(to.set_start.size()) - 1;
      to.set_words.insert(to.set_words.end(), from.set_words.begin() + from.set_start[set],
                          from.set_words.begin() + from.set_start[set + 1]);
      to.set_start.push_back(static_cast<std::uint32_t>(to.set_words.size()));
    }
    to.threshold[i] = static_cast<double>(set_of[set]);
  }
}

/// The terms of a tree whose leaves have been appended from `first` on.
void append_linear(const GrownTree& tree, const std::vector<std::int32_t>& leaf_of_node, std::size_t first,
                   TreeParts& to) {
  if (tree.linear.empty() && to.linear_start.empty()) return;
  if (to.linear_start.empty()) to.linear_start.assign(first + 1, 0);
  if (!tree.linear.empty() || !to.linear_offset.empty()) to.linear_offset.resize(to.leaves(), 0.0);
  std::vector<const GrownTree::Linear*> of_leaf(to.leaves() - first, nullptr);
  for (std::size_t i = 0; i < tree.linear.size(); ++i)
    if (leaf_of_node[i] >= 0) of_leaf[static_cast<std::size_t>(leaf_of_node[i])] = &tree.linear[i];
  for (std::size_t k = 0; k < of_leaf.size(); ++k) {
    if (of_leaf[k] != nullptr && !of_leaf[k]->feature.empty()) {
      const GrownTree::Linear& leaf = *of_leaf[k];
      to.linear_offset[first + k] = leaf.offset;
      to.linear_feature.insert(to.linear_feature.end(), leaf.feature.begin(), leaf.feature.end());
      to.linear_coefficient.insert(to.linear_coefficient.end(), leaf.coefficient.begin(),
                                   leaf.coefficient.end());
    }
    to.linear_start.push_back(to.linear_feature.size());
  }
}

void take_linear(const TreeParts& from, std::size_t first_leaf, std::size_t last_leaf, TreeParts& to) {
  if (from.linear_start.empty()) return;
  if (!from.linear_offset.empty()) copy_range(from.linear_offset, first_leaf, last_leaf, to.linear_offset);
  const std::uint64_t begin = from.linear_start[first_leaf], end = from.linear_start[last_leaf];
  for (std::size_t leaf = first_leaf; leaf <= last_leaf; ++leaf) {
    to.linear_start.push_back(from.linear_start[leaf] - begin);
  }
  copy_range(from.linear_feature, begin, end, to.linear_feature);
  copy_range(from.linear_coefficient, begin, end, to.linear_coefficient);
}

}  // namespace

TreeParts TreeParts::empty(std::size_t features, std::size_t outputs, std::size_t width) {
  TreeParts parts;
  parts.features = features;
  parts.outputs = outputs;
  parts.width = width;
  parts.base.assign(outputs, 0.0);
  parts.first_node = {0};
  parts.first_leaf = {0};
  parts.set_start = {0};
  return parts;
}

void TreeParts::append(const GrownTree& tree, std::uint32_t output, std::vector<std::int32_t>* leaf_of_node) {
  constexpr std::size_t most = std::numeric_limits<std::int32_t>::max();
  if (tree.nodes.size() > most || leaves() + tree.nodes.size() > most) {
    throw ResourceError("trees.too_large",
                        fmt::format("the trees have more than {} nodes together; fewer or smaller trees "
                                    "would fit",
                                    most));
  }
  const std::size_t before = leaves();
  std::vector<std::int32_t> own;
  if (leaf_of_node == nullptr && !tree.linear.empty()) leaf_of_node = &own;
  Appender(*this, tree, leaf_of_node).run();
  first_node.push_back(static_cast<std::uint32_t>(nodes()));
  first_leaf.push_back(static_cast<std::uint32_t>(leaves()));
  tree_output.push_back(output);
  append_linear(tree, leaf_of_node != nullptr ? *leaf_of_node : own, before, *this);
}

TreeParts TreeParts::slice(std::size_t first, std::size_t last) const {
  TreeParts part = empty(features, outputs, width);
  part.base = base;
  last = std::min(last, trees());
  first = std::min(first, last);
  const std::size_t node0 = first_node[first], node1 = first_node[last];
  const std::size_t leaf0 = first_leaf[first], leaf1 = first_leaf[last];
  for (std::size_t t = first; t < last; ++t) {
    part.first_node.push_back(static_cast<std::uint32_t>(first_node[t + 1] - node0));
    part.first_leaf.push_back(static_cast<std::uint32_t>(first_leaf[t + 1] - leaf0));
  }
  copy_range(tree_output, first, last, part.tree_output);
  copy_range(feature, node0, node1, part.feature);
  copy_range(threshold, node0, node1, part.threshold);
  copy_range(left, node0, node1, part.left);
  copy_range(right, node0, node1, part.right);
  copy_range(flags, node0, node1, part.flags);
  copy_range(gain, node0, node1, part.gain);
  copy_range(cover, node0, node1, part.cover);
  copy_range(leaf_value, leaf0 * width, leaf1 * width, part.leaf_value);
  copy_range(leaf_cover, leaf0, leaf1, part.leaf_cover);
  take_sets(*this, part);
  take_linear(*this, leaf0, leaf1, part);
  return part;
}

void TreeParts::round_leaves() {
  if (!linear_start.empty() || leaf_value.empty()) return;
  double sum = 0, widest = 0;
  for (const double value : base) sum = std::max(sum, std::abs(value));
  for (std::size_t t = 0; t < trees(); ++t) {
    const auto begin = leaf_value.begin() + static_cast<std::ptrdiff_t>(first_leaf[t] * width);
    const auto end = leaf_value.begin() + static_cast<std::ptrdiff_t>(first_leaf[t + 1] * width);
    const auto [least, most] = std::minmax_element(begin, end);
    sum += std::max(std::abs(*least), std::abs(*most));
    widest = std::max(widest, *most - *least);
  }
  if (!(sum > 0) || !std::isfinite(sum) || !std::isfinite(widest)) return;
  int exponent = std::ilogb(sum) + 1 - 52;
  if (widest > 0) exponent = std::max(exponent, std::ilogb(widest) + 1 - 47);
  // Such small numbers have no finer multiples.
  if (exponent < -1000) return;
  const auto rounded = [&](double value) {
    return std::ldexp(std::nearbyint(std::ldexp(value, -exponent)), exponent);
  };
  for (double& value : base) value = rounded(value);
  for (double& value : leaf_value) value = rounded(value);
}

}  // namespace everyml
