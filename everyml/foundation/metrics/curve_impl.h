#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace everyml::detail {

/// Positions of scores from the largest down, ties in the order given. REQUIRES: no NaN, fewer than 2^32
/// scores.
std::vector<std::uint32_t> descending(std::span<const double> scores);

// As the functions of classification.h without their checks; `positive` says which rows are of the class in
// question.
struct RankedRows {
  std::span<const double> scores;
  std::span<const std::uint32_t> order;
  std::span<const std::uint8_t> positive;
};
double roc_auc(const RankedRows& rows, std::span<const double> weights);
double average_precision(const RankedRows& rows, std::span<const double> weights);

/// Calls point(threshold, true_weight, false_weight) for each distinct score from the largest down, with the
/// weights of the positive and negative rows whose score is at least the threshold. Scores of rows without
/// weight make no point.
template <class Point>
void walk_thresholds(const RankedRows& rows, std::span<const double> weights, Point&& point) {
  double right = 0, wrong = 0;
  for (std::size_t i = 0; i < rows.order.size();) {
    const double threshold = rows.scores[rows.order[i]];
    bool any = false;
    for (; i < rows.order.size() && rows.scores[rows.order[i]] == threshold; ++i) {
      const std::uint32_t row = rows.order[i];
      const double weight = weights.empty() ? 1.0 : weights[row];
      any |= weight > 0;
      (rows.positive[row] ? right : wrong) += weight;
    }
    if (any) point(threshold, right, wrong);
  }
}

}  // namespace everyml::detail
