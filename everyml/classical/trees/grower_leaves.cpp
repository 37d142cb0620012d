#include <algorithm>
#include <cmath>
#include <utility>

#include "everyml/classical/trees/grower_impl.h"
#include "everyml/classical/trees/split_search_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml::grower_detail {
namespace {

/// Leaves of up to this many rows may be split beside each other.
constexpr std::size_t kSmallLeaf = 8192;
/// Additions below which a second thread is not worth its call.
constexpr std::size_t kLittleWork = 40000;

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

Workplace& TreeJob::place(std::size_t k) {
  if (scratch_.places.size() <= k) scratch_.places.resize(k + 1);
  return scratch_.places[k];
}

void TreeJob::clear(Workplace& place) {
  for (const int slot : place.slots) pool_.give_back(slot);
  place.slots.clear();
}

void TreeJob::build(OpenLeaf& leaf, Workplace& place, const Context& context) {
  leaf.histogram = place.take();
  const bool all = leaf.rows() == binned_.rows();
  builder_.build(scratch_.rows.data() + leaf.begin, leaf.rows(), all,
                 scratch_.words.span().subspan(leaf.begin, leaf.rows()), used_tiles_,
                 pool_.at(leaf.histogram), context);
}

void TreeJob::histograms_of_children(SplitJob& job, bool need_left, bool need_right, Workplace& place,
                                     const Context& context) {
  OpenLeaf &left = job.children.left, &right = job.children.right;
  const int inherited = std::exchange(job.inherited, -1);
  if (inherited < 0) {
    if (need_left) build(left, place, context);
    if (need_right) build(right, place, context);
    return;
  }
  if (!need_left && !need_right) {
    place.slots.push_back(inherited);
    return;
  }
  OpenLeaf& small = left.rows() <= right.rows() ? left : right;
  OpenLeaf& large = left.rows() <= right.rows() ? right : left;
  const bool need_small = &small == &left ? need_left : need_right;
  const bool need_large = &small == &left ? need_right : need_left;
  build(small, place, context);
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
    place.slots.push_back(inherited);
  }
  if (!need_small) place.slots.push_back(std::exchange(small.histogram, -1));
}

/// Sends the rows of a leaf to two new ones.
void TreeJob::divide(const OpenLeaf& parent, bool last, Children& children, const Context& context) {
  OpenLeaf &left = children.left, &right = children.right;
  const Question question = question_of(binned_, parent.feature, parent.split);
  // Where no split can follow the words have done their work.
  const bool words_needed = !last && may_split_at(parent.depth + 1);
  const std::size_t lefts = partition_rows(
      binned_, question, rows_of(parent), words_needed ? scratch_.words.data() + parent.begin : nullptr,
      scratch_.spare_rows.data() + parent.begin, scratch_.spare_words.data() + parent.begin, context);
  // Their numbers, if this is the next split; settle_children() has the last word.
  left.node = static_cast<std::uint32_t>(grown_.tree.nodes.size());
  right.node = left.node + 1;
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

/// Takes what the split needs from what all share: the larger child takes over the leaf's histogram.
void TreeJob::begin_split(SplitJob& job, Workplace& place) {
  job.inherited = std::exchange(leaves_[job.at].histogram, -1);
  if (job.last || leaves_[job.at].rows() == 0) return;
  for (std::size_t k = job.inherited >= 0 ? 1 : 2; k > 0; --k) place.slots.push_back(take_slot());
}

void TreeJob::split(SplitJob& job, Workplace& place, const Context& context) {
  OpenLeaf &left = job.children.left, &right = job.children.right;
  divide(leaves_[job.at], job.last, job.children, context);
  const bool need_left = !job.last && may_split(left), need_right = !job.last && may_split(right);
  histograms_of_children(job, need_left, need_right, place, context);
  std::vector<OpenLeaf*> open;
  if (need_left) open.push_back(&left);
  if (need_right) open.push_back(&right);
  search(open, place, context);
  for (OpenLeaf* leaf : open)
    if (!(leaf->gain > -kInfinity)) place.slots.push_back(std::exchange(leaf->histogram, -1));
}

void TreeJob::side_by_side(std::span<SplitJob> jobs, Work work) {
  for (std::size_t k = 0; k < jobs.size(); ++k) begin_split(jobs[k], place(k));
  if (jobs.size() == 1) {
    (this->*work)(jobs[0], place(0), context_);
  } else {
    parallel_for(context_, jobs.size(), 1,
                 [&](std::size_t k, std::size_t) { (this->*work)(jobs[k], scratch_.places[k], alone_); });
  }
  for (std::size_t k = 0; k < jobs.size(); ++k) clear(place(k));
}

void TreeJob::settle_children(SplitJob&& job) {
  GrownTree& tree = grown_.tree;
  const OpenLeaf& parent = leaves_[job.at];
  OpenLeaf &left = job.children.left, &right = job.children.right;
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
  leaves_[job.at] = std::move(left);
  leaves_.push_back(std::move(right));
}

bool TreeJob::Sooner::operator()(const Turn& a, const Turn& b) const {
  if (by_depth && a.depth != b.depth) return a.depth < b.depth;
  if (!by_depth && a.gain != b.gain) return a.gain > b.gain;
  return a.node < b.node;
}

/// The leaf whose turn it is, and small ones that will most likely have theirs soon: what comes of a split
/// depends on its leaf alone, so it can be made before its turn, and waits if others come first.
std::vector<std::size_t> TreeJob::next_leaves(const Turns& turns) const {
  std::vector<std::size_t> next{turns.begin()->leaf};
  const auto threads = static_cast<std::size_t>(loop_threads(context_));
  // Columns drawn for a node depend on its number, which is known in its turn.
  if (threads == 1 || settings_.columns_level < 1 || settings_.columns_node < 1) return next;
  const std::size_t most = std::min((settings_.max_leaves - leaves_.size()) / 8, 2 * threads);
  const std::size_t small = std::max(kSmallLeaf, row_count() / (4 * threads));
  if (leaves_[next[0]].rows() > small) return next;
  const auto work_of = [&](std::size_t at) {
    return leaves_[at].rows() * tiles_.additions() + tiles_.cells();
  };
  std::size_t work = work_of(next[0]), looked_at = 0;
  for (auto turn = std::next(turns.begin()); turn != turns.end() && next.size() < most; ++turn) {
    // Prepared leaves keep two histograms each; the rest of the tree must never be left without.
    if (++looked_at > 4 * most || pool_.room() < 2 * next.size() + 8) break;
    if (made_[turn->leaf] || leaves_[turn->leaf].rows() > small) continue;
    next.push_back(turn->leaf);
    work += work_of(turn->leaf);
  }
  if (work < kLittleWork) next.resize(1);
  std::sort(next.begin(), next.end(), [&](std::size_t a, std::size_t b) {
    return leaves_[a].rows() != leaves_[b].rows() ? leaves_[a].rows() > leaves_[b].rows() : a < b;
  });
  return next;
}

void TreeJob::grow_by_leaves() {
  Turns turns(Sooner{settings_.growth == TreeGrowth::depth});
  const auto offer = [&](std::size_t at) {
    const OpenLeaf& leaf = leaves_[at];
    if (leaf.gain > -kInfinity) turns.insert({leaf.gain, leaf.depth, at, leaf.node});
  };
  if (settings_.max_leaves < 2 || !may_split(leaves_[0])) return;
  place(0).slots.push_back(take_slot());
  build(leaves_[0], place(0), context_);
  OpenLeaf* root = &leaves_[0];
  search({&root, 1}, place(0), context_);
  offer(0);
  made_.resize(1);
  while (!turns.empty() && leaves_.size() < settings_.max_leaves) {
    context_.check();
    const std::size_t at = turns.begin()->leaf;
    if (!made_[at]) {
      const std::vector<std::size_t> next = next_leaves(turns);
      std::vector<SplitJob> jobs(next.size());
      for (std::size_t k = 0; k < jobs.size(); ++k) {
        jobs[k].at = next[k];
        jobs[k].last = leaves_.size() + 1 == settings_.max_leaves;
      }
      side_by_side(jobs, &TreeJob::split);
      for (SplitJob& job : jobs) {
        const std::size_t leaf = job.at;
        made_[leaf] = std::move(job);
      }
    }
    turns.erase(turns.begin());
    settle_children(std::move(*made_[at]));
    made_[at].reset();
    made_.emplace_back();
    offer(at);
    offer(leaves_.size() - 1);
  }
  for (std::size_t at = 0; at < made_.size(); ++at)
    if (made_[at]) rejoin(made_[at]->children);
}

/// Takes back a split whose turn did not come: the rows lie in their own order again.
void TreeJob::rejoin(const Children& children) {
  const auto left = rows_of(children.left), right = rows_of(children.right);
  const std::span<std::uint32_t> aside = scratch_.spare_rows.span().subspan(children.left.begin);
  const auto end = std::merge(left.begin(), left.end(), right.begin(), right.end(), aside.begin());
  std::copy(aside.begin(), end, left.begin());
}

}  // namespace everyml::grower_detail
