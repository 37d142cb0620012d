#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "everyml/foundation/metrics/bootstrap.h"
#include "everyml/workflow/select/compare_impl.h"

namespace everyml::select_impl {
namespace {

constexpr double kLeastProbability = 1e-15;
/// Metrics that are means of squares, or as good as one.
const std::set<std::string, std::less<>> kSquared = {"rmse", "r2", "brier"};

}  // namespace

FoldMean fold_mean(std::span<const double> scores, double test_share) {
  if (scores.size() < 2) {
    const double infinity = std::numeric_limits<double>::infinity();
    return {scores.empty() ? std::numeric_limits<double>::quiet_NaN() : scores[0], -infinity, infinity};
  }
  const std::vector<double> zeros(scores.size(), 0.0);
  const ResampledTest test = corrected_resampled_t_test(scores, zeros, test_share);
  return {test.difference, test.low, test.high};
}

double paired_p(std::span<const double> a, std::span<const double> b, double test_share) {
  if (a.size() < 2 || a.size() != b.size()) return 1;
  return corrected_resampled_t_test(a, b, test_share).p_value;
}

double paired_errors(std::span<const double> a, std::span<const double> b, double test_share) {
  if (a.size() < 2 || a.size() != b.size()) return 0;
  return std::abs(corrected_resampled_t_test(a, b, test_share).statistic);
}

double row_errors(const Problem& problem, std::span<const double> a, std::span<const double> b) {
  const bool likelihood = problem.metric == "log_loss", squares = kSquared.contains(problem.metric);
  const bool absolute = problem.metric == "mae";
  if (!(likelihood || squares || absolute) || !problem.groups.empty() || !problem.time.empty()) return 0;
  const std::size_t width = problem.width();
  const auto loss = [&](std::span<const double> answers, std::size_t row) {
    if (problem.target.kind() == Target::Kind::classes) {
      const double p = answers[row * width + static_cast<std::size_t>(problem.target.codes()[row])];
      return likelihood ? -std::log(std::max(p, kLeastProbability)) : (1 - p) * (1 - p);
    }
    const double off = answers[row] - problem.target.values()[row];
    return absolute ? std::abs(off) : off * off;
  };
  double count = 0, sum = 0, squared = 0;
  for (std::size_t row = 0; row < problem.table.rows(); ++row) {
    if (std::isnan(a[row * width]) || std::isnan(b[row * width])) continue;
    const double weight = problem.weights.empty() ? 1.0 : problem.weights[row];
    const double apart = loss(a, row) - loss(b, row);
    count += weight;
    sum += weight * apart;
    squared += weight * apart * apart;
  }
  if (count < 2) return 0;
  const double mean = sum / count, variance = (squared - sum * mean) / (count - 1);
  return variance > 0 ? std::abs(mean) / std::sqrt(variance / count) : 0;
}

}  // namespace everyml::select_impl
