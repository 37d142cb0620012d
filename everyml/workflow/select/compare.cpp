#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "everyml/workflow/select/compare_impl.h"

namespace everyml::select_impl {
namespace {

struct Spread {
  double mean = 0, error = 0, degrees = 0;
};

Spread corrected(std::span<const double> values, double test_share) {
  const auto k = static_cast<double>(values.size());
  double mean = 0;
  for (const double value : values) mean += value;
  mean /= k;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double variance = squares / (k - 1);
  return {mean, std::sqrt(variance * (1 / k + test_share)), k - 1};
}

}  // namespace

FoldMean fold_mean(std::span<const double> scores, double test_share) {
  if (scores.size() < 2) {
    const double infinity = std::numeric_limits<double>::infinity();
    return {scores.empty() ? std::numeric_limits<double>::quiet_NaN() : scores[0], -infinity, infinity};
  }
  const Spread spread = corrected(scores, test_share);
  const double t = boost::math::quantile(boost::math::students_t(spread.degrees), 0.975);
  return {spread.mean, spread.mean - t * spread.error, spread.mean + t * spread.error};
}

double paired_p(std::span<const double> a, std::span<const double> b, double test_share) {
  if (a.size() < 2 || a.size() != b.size()) return 1;
  std::vector<double> differences(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) differences[i] = a[i] - b[i];
  const Spread spread = corrected(differences, test_share);
  if (spread.mean == 0) return 1;
  if (spread.error == 0) return 0;
  const double t = std::abs(spread.mean) / spread.error;
  return 2 * boost::math::cdf(boost::math::complement(boost::math::students_t(spread.degrees), t));
}

}  // namespace everyml::select_impl
