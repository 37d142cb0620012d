#include "everyml/classical/trees/split_search.h"

#include <algorithm>
#include <cmath>

#include "everyml/classical/trees/split_search_impl.h"

namespace everyml {
namespace {

using split_detail::Cut;

double soft(double gradient, double l1) { return gradient - std::clamp(gradient, -l1, l1); }

/// Both sides as the fast kernel adds them up.
double both_scores(std::uint64_t left, std::uint64_t right, const SplitRules& rules) {
  const double gl = soft(rules.gradient_of(left), rules.l1), gr = soft(rules.gradient_of(right), rules.l1);
  const double hl = rules.hessian_of(left) + rules.l2, hr = rules.hessian_of(right) + rules.l2;
  return (gl * gl * hr + gr * gr * hl) / (hl * hr);
}

/// The same where answers are bounded; minus infinity where they would not be in order.
double bounded_scores(std::uint64_t left, std::uint64_t right, const SplitRules& rules) {
  const double gl = rules.gradient_of(left), gr = rules.gradient_of(right);
  const double hl = rules.hessian_of(left), hr = rules.hessian_of(right);
  const double wl = rules.answer(gl, hl), wr = rules.answer(gr, hr);
  if ((rules.monotone > 0 && wl > wr) || (rules.monotone < 0 && wl < wr))
    return -std::numeric_limits<double>::infinity();
  return rules.score(gl, hl) + rules.score(gr, hr);
}

/// The cuts by which both sides hold min_rows; sums of weights only grow, so they are neighbours.
struct Range {
  std::size_t first, last;
};
Range allowed_cuts(const double* counts, std::size_t bins, std::size_t cuts, bool missing_left,
                   double min_rows) {
  double all = 0;
  for (std::size_t i = 0; i <= bins; ++i) all += counts[i];
  double left = missing_left ? counts[bins] : 0;
  Range range{0, 0};
  for (std::size_t i = 0; i < cuts; ++i) {
    left += counts[i];
    if (left < min_rows) range.first = i + 1;
    if (all - left < min_rows) break;
    range.last = i + 1;
  }
  return range;
}

/// `extra` goes left with every cut.
void fast_direction(const std::uint64_t* sums, Range cuts, std::uint64_t extra, std::uint64_t total,
                    bool missing_left, const SplitRules& rules, FeatureSplit& best) {
  const std::uint64_t least = rules.least_side();
  if (cuts.first >= cuts.last || word_hessian(total) < 2 * least) return;
  const Cut cut = split_detail::best_cut(
      sums + cuts.first, cuts.last - cuts.first,
      {total, extra, least, rules.units.gradient, rules.units.hessian, rules.l1, rules.l2});
  if (cut.score > best.score) {
    best.score = cut.score;
    best.bin = static_cast<std::uint32_t>(cuts.first + cut.bin);
    best.missing_left = missing_left;
    best.left = sums[best.bin] + extra;
  }
}

FeatureSplit fast_number_split(const std::uint64_t* cells, const FeatureBins& bins, std::uint64_t total,
                               const double* counts, const SplitRules& rules) {
  thread_local std::vector<std::uint64_t> sums;
  const std::uint64_t missing = cells[bins.bins];
  const std::size_t cuts = missing != 0 ? bins.bins : bins.bins - 1;
  if (sums.size() < cuts) sums.resize(cuts);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < cuts; ++i) sums[i] = sum += cells[i];
  const auto range = [&](std::size_t most, bool missing_left) {
    return counts != nullptr ? allowed_cuts(counts, bins.bins, most, missing_left, rules.min_rows)
                             : Range{0, most};
  };
  FeatureSplit best;
  fast_direction(sums.data(), range(cuts, false), 0, total, false, rules, best);
  if (missing != 0)
    fast_direction(sums.data(), range(bins.bins - 1, true), missing, total, true, rules, best);
  return best;
}

/// Where nothing was missing it is sent where more of the rows went.
void send_missing(const std::uint64_t* cells, const FeatureBins& bins, std::uint64_t total,
                  FeatureSplit& split) {
  if (split.found() && cells[bins.bins] == 0)
    split.missing_left = word_hessian(split.left) >= word_hessian(total - split.left);
}

}  // namespace

double SplitRules::answer(double gradient, double hessian) const {
  const double below = hessian + l2;
  double value = below > 0 ? -soft(gradient, l1) / below : 0;
  if (max_delta > 0) value = std::clamp(value, -max_delta, max_delta);
  return std::clamp(value, low, high);
}

double SplitRules::score(double gradient, double hessian) const {
  const double g = soft(gradient, l1), h = hessian + l2;
  if (!bounded()) return h > 0 ? g * g / h : 0;
  const double w = answer(gradient, hessian);
  return -(2 * g * w + h * w * w);
}

std::uint64_t SplitRules::least_side() const {
  const double wanted = std::max({1.0, min_hessian / units.hessian, min_rows * units.least_hessian});
  return static_cast<std::uint64_t>(std::min(std::ceil(wanted * (1 - 1e-12)), 4294967295.0));
}

FeatureSplit plain_number_split(const std::uint64_t* cells, const FeatureBins& bins, std::uint64_t total,
                                const double* counts, const SplitRules& rules) {
  FeatureSplit best;
  const std::uint64_t least = rules.least_side();
  const bool bounded = rules.bounded();
  double all = 0;
  if (counts != nullptr)
    for (std::size_t i = 0; i <= bins.bins; ++i) all += counts[i];
  const bool missing = cells[bins.bins] != 0;
  for (const bool missing_left : {false, true}) {
    if (missing_left && !missing) break;
    std::uint64_t left = missing_left ? cells[bins.bins] : 0;
    double left_count = missing_left && counts != nullptr ? counts[bins.bins] : 0;
    const std::size_t cuts = missing && !missing_left ? bins.bins : bins.bins - 1;
    for (std::size_t i = 0; i < cuts; ++i) {
      left += cells[i];
      const std::uint64_t right = total - left;
      if (counts != nullptr) {
        left_count += counts[i];
        if (left_count < rules.min_rows || all - left_count < rules.min_rows) continue;
      }
      if (word_hessian(left) < least || word_hessian(right) < least) continue;
      const double score = bounded ? bounded_scores(left, right, rules) : both_scores(left, right, rules);
      if (!(score > best.score)) continue;
      best.score = score;
      best.bin = static_cast<std::uint32_t>(i);
      best.missing_left = missing_left;
      best.left = left;
    }
  }
  send_missing(cells, bins, total, best);
  return best;
}

FeatureSplit best_split(const std::uint64_t* cells, const FeatureBins& bins, std::uint64_t total,
                        const double* counts, const SplitRules& rules) {
  if (bins.category) return split_detail::category_split(cells, bins, total, counts, rules);
  if (rules.bounded()) return plain_number_split(cells, bins, total, counts, rules);
  FeatureSplit best = fast_number_split(cells, bins, total, counts, rules);
  send_missing(cells, bins, total, best);
  return best;
}

FeatureSplit best_flag_split(const std::uint64_t* cells, std::size_t count, std::uint64_t total,
                             const SplitRules& rules, std::size_t& column) {
  // Which of the two sides a cell stands for makes no difference to the score.
  FeatureSplit best;
  const std::uint64_t least = rules.least_side();
  if (word_hessian(total) < 2 * least) return best;
  const Cut cut = split_detail::best_cut(
      cells, count, {total, 0, least, rules.units.gradient, rules.units.hessian, rules.l1, rules.l2});
  if (!(cut.score > best.score)) return best;
  column = cut.bin;
  best.score = cut.score;
  best.left = total - cells[cut.bin];
  best.missing_left = word_hessian(best.left) >= word_hessian(cells[cut.bin]);
  return best;
}

}  // namespace everyml
