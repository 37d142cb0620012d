#include <algorithm>
#include <cmath>

#include "everyml/classical/trees/grower_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml::grower_detail {
namespace {

/// What one leaf adds to the worth of a cut: what both sides take off the loss, less what it took alone.
double worth(std::uint64_t left, const OpenLeaf& leaf, double here, const SplitRules& rules) {
  const std::uint64_t right = leaf.total - left;
  if (left == 0 || right == 0) return 0;
  if (rules.monotone != 0) {
    const double wl = rules.answer(rules.gradient_of(left), rules.hessian_of(left));
    const double wr = rules.answer(rules.gradient_of(right), rules.hessian_of(right));
    if ((rules.monotone > 0 && wl > wr) || (rules.monotone < 0 && wl < wr)) return -kInfinity;
  }
  return rules.score(left) + rules.score(right) - here;
}

}  // namespace

TreeJob::LevelSplit TreeJob::best_level_split_of(std::span<OpenLeaf* const> level,
                                                 std::uint32_t feature) const {
  const FeatureBins& bins = binned_.bins(feature);
  LevelSplit best;
  std::vector<std::uint64_t> scratch;
  std::vector<double> right(bins.bins, 0), left(bins.bins, 0);  // missing goes right, left
  bool some_missing = false;
  for (const OpenLeaf* leaf : level) {
    if (leaf->rows() == 0) continue;
    const std::uint64_t* cells = cells_of(*leaf, feature, scratch);
    const SplitRules rules = rules_for(*leaf, feature);
    const double here = rules.score(leaf->total);
    const std::uint64_t missing = cells[bins.bins];
    some_missing |= missing != 0;
    std::uint64_t sum = 0;
    for (std::uint32_t bin = 0; bin < bins.bins; ++bin) {
      sum = bins.category ? cells[bin] : sum + cells[bin];
      right[bin] += worth(sum, *leaf, here, rules);
      if (!bins.category)
        left[bin] += missing != 0 ? worth(sum + missing, *leaf, here, rules) : worth(sum, *leaf, here, rules);
    }
  }
  for (const bool missing_left : {false, true}) {
    if (missing_left && (bins.category || !some_missing)) break;
    const std::vector<double>& sums = missing_left ? left : right;
    const std::uint32_t cuts = bins.category || (some_missing && !missing_left) ? bins.bins : bins.bins - 1;
    for (std::uint32_t bin = 0; bin < cuts; ++bin) {
      if (!(0.5 * sums[bin] > best.gain)) continue;
      best.gain = 0.5 * sums[bin];
      best.feature = feature;
      best.split.bin = bin;
      best.split.missing_left = missing_left;
    }
  }
  if (bins.category && best.gain > -kInfinity) best.split.to_left = {best.split.bin};
  return best;
}

TreeJob::LevelSplit TreeJob::best_level_split(std::span<OpenLeaf* const> level) {
  // One question for all: columns are those of the first node of the level.
  std::vector<std::uint32_t> own;
  const std::span<const std::uint32_t> columns = columns_.for_node(*level[0], own);
  std::vector<LevelSplit> found(columns.size());
  parallel_for(context_, columns.size(), 2, [&](std::size_t first, std::size_t last) {
    for (std::size_t k = first; k < last; ++k) found[k] = best_level_split_of(level, columns[k]);
  });
  LevelSplit best;
  for (LevelSplit& split : found)
    if (split.gain > best.gain) best = std::move(split);
  return best;
}

void TreeJob::split_of_level(SplitJob& job, Workplace& place, const Context& context) {
  divide(leaves_[job.at], job.last, job.children, context);
  histograms_of_children(job, !job.last && job.children.left.rows() > 0,
                         !job.last && job.children.right.rows() > 0, place, context);
}

void TreeJob::grow_symmetric() {
  std::size_t depth = 0;
  while ((std::size_t{2} << depth) <= std::max<std::size_t>(settings_.max_leaves, 1) &&
         (settings_.max_depth == 0 || depth < settings_.max_depth))
    ++depth;
  if (depth == 0 || leaves_[0].rows() < 2) return;
  place(0).slots.push_back(take_slot());
  build(leaves_[0], place(0), context_);
  for (std::size_t level = 0; level < depth; ++level) {
    context_.check();
    std::vector<OpenLeaf*> open;
    double here = 0;
    for (OpenLeaf& leaf : leaves_) {
      open.push_back(&leaf);
      here += rules_for(leaf, 0).score(leaf.total);
    }
    const LevelSplit best = best_level_split(open);
    if (!(best.gain > settings_.min_gain && best.gain > 1e-10 * std::abs(here))) return;
    const bool last = level + 1 == depth;
    const std::size_t count = leaves_.size();
    leaves_.reserve(2 * count);
    std::vector<SplitJob> jobs(count);
    std::vector<std::uint64_t> scratch;
    for (std::size_t at = 0; at < count; ++at) {
      OpenLeaf& parent = leaves_[at];
      parent.feature = best.feature;
      parent.split = best.split;
      const SplitRules rules = rules_for(parent, best.feature);
      const FeatureBins& bins = binned_.bins(best.feature);
      std::uint64_t left_sum = 0;
      if (parent.rows() > 0) {  // a leaf without rows has no histogram
        const std::uint64_t* cells = cells_of(parent, best.feature, scratch);
        if (bins.category) {
          left_sum = cells[best.split.bin];
        } else {
          for (std::uint32_t bin = 0; bin <= best.split.bin; ++bin) left_sum += cells[bin];
          if (best.split.missing_left) left_sum += cells[bins.bins];
        }
      }
      parent.split.left = left_sum;
      parent.gain = 0.5 * worth(left_sum, parent, rules.score(parent.total), rules);
      jobs[at].at = at;
      jobs[at].last = last;
    }
    const bool small = leaves_.size() >= 2 * static_cast<std::size_t>(loop_threads(context_));
    for (std::size_t at = 0; at < count; at += small ? count : 1)
      side_by_side(std::span(jobs).subspan(at, small ? count : 1), &TreeJob::split_of_level);
    for (SplitJob& job : jobs) settle_children(std::move(job));
  }
}

}  // namespace everyml::grower_detail
