#include <algorithm>
#include <cmath>
#include <queue>

#include "everyml/classical/trees/grower_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml::grower_detail {
namespace {

/// Part of the node's own score below which a gain is the rounding of doubles.
constexpr double kRounding = 1e-10;
/// Columns whose splits are looked for as one piece of work.
constexpr std::size_t kColumnsAtOnce = 16;
/// Columns of two codes that are searched as one.
constexpr std::uint32_t kMostFlags = 1024;

}  // namespace

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
      for (std::size_t i = tiles[t].first_cell; i < end; ++i) cells[i] -= other[i];
    }
  } else {
    pool_.give_back(inherited);
  }
  if (!need_small) {
    pool_.give_back(small.histogram);
    small.histogram = -1;
  }
}

/// True when the hessians alone show that both sides have rows enough.
bool TreeJob::certain(const OpenLeaf& leaf, const FeatureSplit& split) const {
  if (settings_.min_rows <= 1 && input_.weights.empty()) return true;
  const std::uint64_t least = std::min(word_hessian(split.left), word_hessian(leaf.total - split.left));
  return static_cast<double>(least) >= rules_.certain_side();
}

bool TreeJob::is_flag(std::uint32_t feature) const {
  const BinnedFeatures::Place place = binned_.place(feature);
  const FeatureBins& bins = binned_.bins(feature);
  return place.shared() && place.zero == 0 && bins.bins == 2 && !bins.has_missing;
}

std::vector<Slot> TreeJob::slots_of(std::span<const std::uint32_t> columns) const {
  std::vector<Slot> slots;
  slots.reserve(std::min<std::size_t>(columns.size(), 4096));
  bool flag = false;
  for (std::uint32_t k = 0; k < columns.size(); ++k) {
    const bool before = flag;
    flag = is_flag(columns[k]);
    if (flag && before && slots.back().count < kMostFlags &&
        tiles_.cell_of(columns[k]) == tiles_.cell_of(columns[k - 1]) + 1) {
      ++slots.back().count;
    } else {
      slots.push_back({k, 1});
    }
  }
  return slots;
}

const std::uint64_t* TreeJob::cells_of(const OpenLeaf& leaf, std::uint32_t feature,
                                       std::vector<std::uint64_t>& scratch) const {
  const std::uint64_t* cells = pool_.at(leaf.histogram).data() + tiles_.cell_of(feature);
  const BinnedFeatures::Place place = binned_.place(feature);
  if (!place.shared()) return cells;
  const FeatureBins& bins = binned_.bins(feature);
  scratch.assign(bins.bins + 1, 0);
  std::uint64_t rest = leaf.total;
  for (std::uint32_t k = 0; k + 1 < bins.codes(); ++k) {
    scratch[k + (k >= place.zero ? 1 : 0)] = cells[k];
    rest -= cells[k];
  }
  scratch[place.zero] = rest;
  return scratch.data();
}

/// The best split of the columns of a slot but for some; of equal ones that of the first.
Candidate TreeJob::search_slot(const OpenLeaf& leaf, std::span<const std::uint32_t> columns,
                               std::span<const std::uint32_t> without) const {
  thread_local std::vector<std::uint64_t> scratch;
  Candidate best;
  const auto take = [&](std::uint32_t feature, FeatureSplit split) {
    if (split.score > best.split.score) best = {feature, std::move(split)};
  };
  const auto left_out = [&](std::uint32_t feature) {
    return std::find(without.begin(), without.end(), feature) != without.end();
  };
  const SplitRules rules = rules_for(leaf, columns[0]);
  for (std::size_t k = 0; k < columns.size();) {
    std::size_t end = k;
    while (end < columns.size() && !left_out(columns[end])) ++end;
    if (end - k > 1 && settings_.monotone.empty() && !rules.bounded()) {
      std::size_t at = 0;
      FeatureSplit split = best_flag_split(
          pool_.at(leaf.histogram).data() + tiles_.cell_of(columns[k]), end - k, leaf.total, rules, at);
      if (split.found()) take(columns[k + at], std::move(split));
    } else {
      for (std::size_t i = k; i < end; ++i)
        take(columns[i], best_split(cells_of(leaf, columns[i], scratch), binned_.bins(columns[i]), leaf.total,
                                    nullptr, rules_for(leaf, columns[i])));
    }
    k = end + 1;
  }
  return best;
}

/// The best of the columns' splits whose sides hold min_rows, counted where the hessians leave a doubt.
void TreeJob::settle(OpenLeaf& leaf, std::span<const std::uint32_t> columns, std::span<const Slot> slots,
                     std::vector<Candidate>& found) {
  std::vector<std::uint32_t> counted;
  std::vector<double> counts;
  std::vector<std::uint64_t> scratch;
  for (;;) {
    std::size_t best = found.size();
    for (std::size_t k = 0; k < found.size(); ++k) {
      if (!found[k].split.found()) continue;
      if (best == found.size() || found[k].split.score > found[best].split.score ||
          (found[k].split.score == found[best].split.score && found[k].feature < found[best].feature))
        best = k;
    }
    if (best == found.size()) return;
    const std::uint32_t feature = found[best].feature;
    const bool sure = std::find(counted.begin(), counted.end(), feature) != counted.end() ||
                      certain(leaf, found[best].split);
    if (sure) {
      const double here = rules_for(leaf, feature).score(leaf.total);
      const double gain = 0.5 * (found[best].split.score - here);
      if (!(gain > settings_.min_gain && gain > kRounding * std::abs(here))) return;
      leaf.gain = gain;
      leaf.feature = feature;
      leaf.split = std::move(found[best].split);
      return;
    }
    counted.push_back(feature);
    count_codes(binned_, feature, rows_of(leaf), input_.weights, counts);
    Candidate sized{feature, best_split(cells_of(leaf, feature, scratch), binned_.bins(feature), leaf.total,
                                        counts.data(), rules_for(leaf, feature))};
    if (slots[best].count == 1) {
      found[best] = std::move(sized);
      continue;
    }
    found.push_back(std::move(sized));  // counted, so it is never asked for its slot
    found[best] = search_slot(leaf, columns.subspan(slots[best].first, slots[best].count), counted);
  }
}

void TreeJob::search(std::span<OpenLeaf* const> leaves) {
  struct Search {
    std::vector<std::uint32_t> own;
    std::span<const std::uint32_t> columns;
    std::vector<Slot> own_slots;
    std::span<const Slot> slots;
    std::vector<Candidate> found;
    std::size_t start = 0;
  };
  std::vector<Search> searches(leaves.size());
  std::size_t all = 0;
  for (std::size_t k = 0; k < leaves.size(); ++k) {
    Search& one = searches[k];
    one.columns = columns_.for_node(*leaves[k], one.own);
    if (one.columns.data() != columns_.of_tree().data()) one.own_slots = slots_of(one.columns);
    one.slots = one.columns.data() == columns_.of_tree().data() ? std::span<const Slot>(slots_)
                                                                : std::span<const Slot>(one.own_slots);
    one.found.resize(one.slots.size());
    one.start = all;
    all += one.slots.size();
  }
  parallel_for(context_, all, kColumnsAtOnce, [&](std::size_t begin, std::size_t end) {
    std::size_t k = 0;
    for (std::size_t i = begin; i < end; ++i) {
      while (k + 1 < searches.size() && i >= searches[k + 1].start) ++k;
      Search& one = searches[k];
      const Slot slot = one.slots[i - one.start];
      one.found[i - one.start] = search_slot(*leaves[k], one.columns.subspan(slot.first, slot.count), {});
    }
  });
  for (std::size_t k = 0; k < leaves.size(); ++k)
    settle(*leaves[k], searches[k].columns, searches[k].slots, searches[k].found);
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
