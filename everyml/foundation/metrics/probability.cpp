#include <algorithm>
#include <cmath>
#include <limits>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/metrics/check_impl.h"
#include "everyml/foundation/metrics/classification.h"

namespace everyml {

namespace {

void check_probabilities(Labels truth, std::span<const double> probabilities, std::size_t classes) {
  detail::check_length("the list of probabilities", probabilities.size(), truth.size() * classes);
  detail::check_codes("the truth", truth, classes);
  detail::check_finite("the list of probabilities", probabilities);
}

}  // namespace

double log_loss(Labels truth, std::span<const double> probabilities, std::size_t classes, Weights weights) {
  check_probabilities(truth, probabilities, classes);
  constexpr double e = std::numeric_limits<double>::epsilon();
  return detail::weighted_mean(truth.size(), weights, [&](std::size_t row) {
    const double p = probabilities[row * classes + static_cast<std::size_t>(truth[row])];
    return -std::log(std::clamp(p, e, 1 - e));
  });
}

double brier_score(Labels truth, std::span<const double> probabilities, std::size_t classes,
                   Weights weights) {
  check_probabilities(truth, probabilities, classes);
  const double mean = detail::weighted_mean(truth.size(), weights, [&](std::size_t row) {
    double squares = 0;
    for (std::size_t c = 0; c < classes; ++c) {
      const double gap =
          probabilities[row * classes + c] - (static_cast<std::size_t>(truth[row]) == c ? 1.0 : 0.0);
      squares += gap * gap;
    }
    return squares;
  });
  return classes == 2 ? mean / 2 : mean;
}

double expected_calibration_error(Labels truth, std::span<const double> probabilities, std::size_t classes,
                                  std::size_t bins, Weights weights) {
  check_probabilities(truth, probabilities, classes);
  if (bins == 0) throw ParameterError("metrics.bins", "metrics: the calibration error needs at least 1 bin");
  const double total = detail::check_weights(truth.size(), weights);
  std::vector<double> gap(bins, 0.0);  // weight * (right - confidence)
  for (std::size_t row = 0; row < truth.size(); ++row) {
    const auto p = probabilities.subspan(row * classes, classes);
    const auto best = static_cast<std::size_t>(std::max_element(p.begin(), p.end()) - p.begin());
    const double edge = std::ceil(p[best] * static_cast<double>(bins)) - 1;
    const auto bin = static_cast<std::size_t>(std::clamp(edge, 0.0, static_cast<double>(bins - 1)));
    const bool right = best == static_cast<std::size_t>(truth[row]);
    gap[bin] += detail::weight_of(weights, row) * ((right ? 1.0 : 0.0) - p[best]);
  }
  double error = 0;
  for (const double value : gap) error += std::abs(value);
  return error / total;
}

}  // namespace everyml
