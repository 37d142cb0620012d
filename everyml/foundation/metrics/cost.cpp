#include <algorithm>
#include <limits>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/metrics/check_impl.h"
#include "everyml/foundation/metrics/classification.h"
#include "everyml/foundation/metrics/curve_impl.h"

namespace everyml {

double expected_cost(Labels truth, Labels predicted, std::size_t classes, std::span<const double> costs,
                     Weights weights) {
  detail::check_length("the prediction", predicted.size(), truth.size());
  detail::check_length("the list of costs", costs.size(), classes * classes);
  detail::check_finite("the list of costs", costs);
  detail::check_codes("the truth", truth, classes);
  detail::check_codes("the prediction", predicted, classes);
  return detail::weighted_mean(truth.size(), weights, [&](std::size_t row) {
    return costs[static_cast<std::size_t>(truth[row]) * classes + static_cast<std::size_t>(predicted[row])];
  });
}

std::vector<std::int32_t> cost_minimal_classes(std::span<const double> probabilities, std::size_t classes,
                                               std::span<const double> costs) {
  detail::check_length("the list of costs", costs.size(), classes * classes);
  if (classes == 0) throw ParameterError("metrics.class", "metrics: there must be at least one class");
  const std::size_t rows = probabilities.size() / classes;
  detail::check_length("the list of probabilities", probabilities.size(), rows * classes);
  detail::check_finite("the list of probabilities", probabilities);
  detail::check_finite("the list of costs", costs);
  std::vector<std::int32_t> best(rows, 0);
  for (std::size_t row = 0; row < rows; ++row) {
    double smallest = std::numeric_limits<double>::infinity();
    for (std::size_t p = 0; p < classes; ++p) {
      double cost = 0;
      for (std::size_t t = 0; t < classes; ++t)
        cost += probabilities[row * classes + t] * costs[t * classes + p];
      if (cost >= smallest) continue;
      smallest = cost;
      best[row] = static_cast<std::int32_t>(p);
    }
  }
  return best;
}

double cost_threshold(std::span<const double> costs) {
  detail::check_length("the list of costs", costs.size(), 4);
  detail::check_finite("the list of costs", costs);
  const double false_alarm = costs[1] - costs[0], miss = costs[2] - costs[3];
  if (!(false_alarm > 0 && miss > 0)) {
    throw ParameterError(
        "metrics.costs",
        "metrics: each error must cost more than the right call of its class; otherwise one class is "
        "always the better call");
  }
  return false_alarm / (false_alarm + miss);
}

CostThreshold cost_minimal_threshold(Labels truth, std::span<const double> scores,
                                     std::span<const double> costs, Weights weights) {
  detail::check_length("the list of scores", scores.size(), truth.size());
  detail::check_length("the list of costs", costs.size(), 4);
  detail::check_codes("the truth", truth, 2);
  detail::check_finite("the list of costs", costs);
  detail::check_finite("the list of scores", scores);
  const double total = detail::check_weights(truth.size(), weights);
  std::vector<std::uint8_t> positive(truth.size());
  double positives = 0, negatives = 0;
  for (std::size_t row = 0; row < truth.size(); ++row) {
    positive[row] = truth[row] == 1;
    (positive[row] ? positives : negatives) += detail::weight_of(weights, row);
  }
  const std::vector<std::uint32_t> order = detail::descending(scores);

  constexpr double infinity = std::numeric_limits<double>::infinity();
  // Nothing is called 1. The gap below the score that was best is known only when the next score comes.
  CostThreshold best{infinity, (negatives * costs[0] + positives * costs[2]) / total};
  bool open = false;
  double last = 0;
  detail::walk_thresholds(
      {scores, order, positive}, weights, [&](double threshold, double right, double wrong) {
        if (open) {
          const double middle = last / 2 + threshold / 2;
          best.threshold = middle > threshold ? middle : last;  // neighbours have nothing between them
        }
        open = false;
        const double cost = ((negatives - wrong) * costs[0] + wrong * costs[1] +
                             (positives - right) * costs[2] + right * costs[3]) /
                            total;
        if (cost < best.cost) {
          best = {-infinity, cost};
          open = true;
        }
        last = threshold;
      });
  return best;
}

}  // namespace everyml
