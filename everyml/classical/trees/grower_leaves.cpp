#include <algorithm>
#include <cmath>
#include <queue>

#include "everyml/classical/trees/grower_impl.h"
#include "everyml/classical/trees/split_search_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml::grower_detail {
SplitRules TreeJob::rules_for(const OpenLeaf& leaf, std::uint32_t feature) const {
  SplitRules rules = rules_;
  rules.low = leaf.low;
  rules.high = leaf.high;
  rules.monotone = settings_.monotone.empty() ? 0 : settings_.monotone[feature];
  return rules;
}

bool TreeJob::may_split_at(std::size_t depth) const {
  return settings_.max_depth == 0 || depth < settings_.max_depth;
}

bool TreeJob::may_split(const OpenLeaf& leaf) const {
  if (!may_split_at(leaf.depth)) return false;
  if (leaf.rows() < 2) return false;
  // Without weights a leaf that cannot hold two of the least size needs no look.
  return !input_.weights.empty() || static_cast<double>(leaf.rows()) >= 2 * settings_.min_rows;
}

int TreeJob::take_slot() {
  const bool symmetric = settings_.growth == TreeGrowth::symmetric;
  const int slot = pool_.take(symmetric);
  if (slot >= 0) return slot;
  // The leaf least likely to be split next gives its histogram away.
  OpenLeaf* poorest = nullptr;
  for (OpenLeaf& leaf : leaves_)
    if (leaf.histogram >= 0 && (poorest == nullptr || leaf.gain < poorest->gain)) poorest = &leaf;
  if (poorest == nullptr) return -1;
  const int taken = poorest->histogram;
  poorest->histogram = -1;
  return taken;
}

void TreeJob::build(OpenLeaf& leaf) {
  leaf.histogram = take_slot();
  const bool all = leaf.rows() == binned_.rows();
  builder_.build(scratch_.rows.data() + leaf.begin, leaf.rows(), all,
                 scratch_.words.span().subspan(leaf.begin, leaf.rows()), used_tiles_,
                 pool_.at(leaf.histogram), context_);
}

void TreeJob::histograms_of_children(OpenLeaf& parent, OpenLeaf& left, OpenLeaf& right, bool need_left,
                                     bool need_right) {
  const int inherited = parent.histogram;
  parent.histogram = -1;
  if (!need_left && !need_right) {
    pool_.give_back(inherited);
    return;
  }
  OpenLeaf& small = left.rows() <= right.rows() ? left : right;
  OpenLeaf& large = left.rows() <= right.rows() ? right : left;
  const bool need_small = &small == &left ? need_left : need_right;
  const bool need_large = &small == &left ? need_right : need_left;
  if (inherited < 0) {
    if (need_left) build(left);
    if (need_right) build(right);
    return;
  }
  build(small);
  if (need_large) {
    large.histogram = inherited;
    const std::span<std::uint64_t> cells = pool_.at(inherited);
    const std::span<const std::uint64_t> other = pool_.at(small.histogram);
    const auto tiles = tiles_.tiles();
    for (std::size_t t = 0; t < tiles.size(); ++t) {
      if (used_tiles_[t] == 0) continue;
      const std::size_t end = t + 1 < tiles.size() ? tiles[t + 1].first_cell : tiles_.cells();
      const std::size_t first = tiles[t].first_cell;
      split_detail::subtract_cells(other.data() + first, end - first, cells.data() + first);
    }
  } else {
    pool_.give_back(inherited);
  }
  if (!need_small) {
    pool_.give_back(small.histogram);
    small.histogram = -1;
  }
}

/// Sends the rows of a leaf to two new ones.
void TreeJob::make_children(const OpenLeaf& parent, OpenLeaf& left, OpenLeaf& right, bool last) {
  GrownTree& tree = grown_.tree;
  const Question question = question_of(binned_, parent.feature, parent.split);
  // Where no split can follow the words have done their work.
  const bool words_needed = !last && may_split_at(parent.depth + 1);
  const std::size_t lefts = partition_rows(binned_, question, rows_of(parent),
                                           words_needed ? scratch_.words.data() + parent.begin : nullptr,
                                           scratch_.spare_rows.data(), scratch_.spare_words.data(), context_);
  left.node = static_cast<std::uint32_t>(tree.nodes.size());
  right.node = left.node + 1;
  tree.nodes.resize(tree.nodes.size() + 2);
  grown_.bin.resize(tree.nodes.size(), 0);
  fill_node(binned_, parent.feature, parent.split, tree, parent.node);
  GrownTree::Node& node = tree.nodes[parent.node];
  node.left = static_cast<std::int32_t>(left.node);
  node.right = static_cast<std::int32_t>(right.node);
  node.gain = static_cast<float>(parent.gain);
  grown_.bin[parent.node] = parent.split.bin;
  left.begin = parent.begin;
  left.end = right.begin = parent.begin + lefts;
  right.end = parent.end;
  left.depth = right.depth = parent.depth + 1;
  left.total = parent.split.left;
  right.total = parent.total - parent.split.left;
  left.groups = right.groups = parent.groups;
  if (!last) left.too_rare = right.too_rare = parent.too_rare;
  for (std::size_t g = 0; g < left.groups.size(); ++g) {
    const auto& group = settings_.interactions[g];
    if (std::find(group.begin(), group.end(), parent.feature) == group.end())
      left.groups[g] = right.groups[g] = 0;
  }
  left.low = right.low = parent.low;
  left.high = right.high = parent.high;
  const SplitRules rules = rules_for(parent, parent.feature);
  if (rules.monotone == 0) return;
  // What may be answered is cut midway, so whatever the two sides become, they stay in order.
  const double wl = rules.answer(rules.gradient_of(left.total), rules.hessian_of(left.total));
  const double wr = rules.answer(rules.gradient_of(right.total), rules.hessian_of(right.total));
  const double middle = wl + (wr - wl) / 2;
  if (rules.monotone > 0) {
    left.high = std::min(left.high, middle);
    right.low = std::max(right.low, middle);
  } else {
    left.low = std::max(left.low, middle);
    right.high = std::min(right.high, middle);
  }
}

/// Leaf `at` becomes the left of its children, the right one is added. `last`: no split follows.
void TreeJob::split(std::size_t at, bool last) {
  OpenLeaf parent = std::move(leaves_[at]);
  leaves_[at] = OpenLeaf{};
  OpenLeaf left, right;
  make_children(parent, left, right, last);
  const bool need_left = !last && may_split(left), need_right = !last && may_split(right);
  histograms_of_children(parent, left, right, need_left, need_right);
  std::vector<OpenLeaf*> open;
  if (need_left) open.push_back(&left);
  if (need_right) open.push_back(&right);
  search(open);
  for (OpenLeaf* leaf : open) {
    if (leaf->gain > -kInfinity) continue;
    pool_.give_back(leaf->histogram);
    leaf->histogram = -1;
  }
  leaves_[at] = std::move(left);
  leaves_.push_back(std::move(right));
}

void TreeJob::grow_by_leaves() {
  struct Turn {
    double gain;
    std::size_t depth, leaf;
    std::uint32_t node;
  };
  const bool by_depth = settings_.growth == TreeGrowth::depth;
  const auto later = [by_depth](const Turn& a, const Turn& b) {
    if (by_depth && a.depth != b.depth) return a.depth > b.depth;
    if (!by_depth && a.gain != b.gain) return a.gain < b.gain;
    return a.node > b.node;
  };
  std::priority_queue<Turn, std::vector<Turn>, decltype(later)> turns(later);
  const auto offer = [&](std::size_t at) {
    const OpenLeaf& leaf = leaves_[at];
    if (leaf.gain > -kInfinity) turns.push({leaf.gain, leaf.depth, at, leaf.node});
  };
  if (settings_.max_leaves < 2 || !may_split(leaves_[0])) return;
  build(leaves_[0]);
  OpenLeaf* root = &leaves_[0];
  search({&root, 1});
  offer(0);
  while (!turns.empty() && leaves_.size() < settings_.max_leaves) {
    context_.check();
    const std::size_t at = turns.top().leaf;
    turns.pop();
    split(at, leaves_.size() + 1 == settings_.max_leaves);
    offer(at);
    offer(leaves_.size() - 1);
  }
}

}  // namespace everyml::grower_detail
