#include <limits>
#include <vector>

#include "everyml/foundation/metrics/bootstrap.h"
#include "everyml/workflow/select/compare_impl.h"

namespace everyml::select_impl {

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

}  // namespace everyml::select_impl
