#include "everyml/foundation/metrics/regression.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/metrics/check_impl.h"

namespace everyml {

namespace {

using Values = std::span<const double>;

void check(Values truth, Values predicted) {
  detail::check_length("the prediction", predicted.size(), truth.size());
  detail::check_finite("the truth", truth);
  detail::check_finite("the prediction", predicted);
}

/// Mean of term(truth, predicted).
template <class Term>
double mean_of(Values truth, Values predicted, Values weights, Term&& term) {
  check(truth, predicted);
  return detail::weighted_mean(truth.size(), weights,
                               [&](std::size_t row) { return term(truth[row], predicted[row]); });
}

/// 1 - unexplained / variance, where a truth without variance is explained wholly or not at all.
double explained_share(double unexplained, double variance) {
  if (variance > 0) return 1 - unexplained / variance;
  return unexplained > 0 ? 0 : 1;
}

double variance_of(Values values, Values weights) {
  const double mean =
      detail::weighted_mean(values.size(), weights, [&](std::size_t row) { return values[row]; });
  // The mean of equal values may be off by a rounding, and then something is left where there is no variance.
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (detail::weight_of(weights, row) == 0) continue;
    low = std::min(low, values[row]);
    high = std::max(high, values[row]);
  }
  if (low == high) return 0;
  return detail::weighted_mean(values.size(), weights,
                               [&](std::size_t row) { return (values[row] - mean) * (values[row] - mean); });
}

/// The mean of both middle values of an even number. Reorders; REQUIRES: not empty.
double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

void check_domain(std::string_view what, Values values, bool zero_allowed) {
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (values[row] > 0 || (zero_allowed && values[row] == 0)) continue;
    throw DataError("metrics.domain",
                    fmt::format("metrics: {} is {} in row {}; this deviance needs {} numbers", what,
                                values[row], row, zero_allowed ? "non-negative" : "positive"));
  }
}

}  // namespace

double r_squared(Values truth, Values predicted, Values weights) {
  return explained_share(mean_squared_error(truth, predicted, weights), variance_of(truth, weights));
}

double explained_variance(Values truth, Values predicted, Values weights) {
  check(truth, predicted);
  std::vector<double> residuals(truth.size());
  for (std::size_t row = 0; row < truth.size(); ++row) residuals[row] = truth[row] - predicted[row];
  return explained_share(variance_of(residuals, weights), variance_of(truth, weights));
}

double mean_absolute_error(Values truth, Values predicted, Values weights) {
  return mean_of(truth, predicted, weights, [](double y, double p) { return std::abs(y - p); });
}

double mean_squared_error(Values truth, Values predicted, Values weights) {
  return mean_of(truth, predicted, weights, [](double y, double p) { return (y - p) * (y - p); });
}

double root_mean_squared_error(Values truth, Values predicted, Values weights) {
  return std::sqrt(mean_squared_error(truth, predicted, weights));
}

double median_absolute_error(Values truth, Values predicted, Values weights) {
  check(truth, predicted);
  const double total = detail::check_weights(truth.size(), weights);
  std::vector<double> errors(truth.size());
  for (std::size_t row = 0; row < truth.size(); ++row) errors[row] = std::abs(truth[row] - predicted[row]);
  if (weights.empty()) return median(errors);
  std::vector<std::size_t> order;
  for (std::size_t row = 0; row < truth.size(); ++row) {
    if (weights[row] > 0) order.push_back(row);
  }
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return errors[a] < errors[b]; });
  detail::Sum below;
  for (std::size_t i = 0; i + 1 < order.size(); ++i) {
    below.add(weights[order[i]]);
    const double above_half = below.value() - total / 2;
    if (above_half < 0) continue;
    const bool even = above_half <= std::numeric_limits<double>::epsilon() * total;
    return even ? (errors[order[i]] + errors[order[i + 1]]) / 2 : errors[order[i]];
  }
  return errors[order.back()];
}

double mean_absolute_percentage_error(Values truth, Values predicted, Values weights) {
  return mean_of(truth, predicted, weights, [](double y, double p) {
    return std::abs(y - p) / std::max(std::abs(y), std::numeric_limits<double>::epsilon());
  });
}

double max_error(Values truth, Values predicted, Values weights) {
  check(truth, predicted);
  detail::check_weights(truth.size(), weights);
  double largest = 0;
  for (std::size_t row = 0; row < truth.size(); ++row) {
    if (detail::weight_of(weights, row) > 0)
      largest = std::max(largest, std::abs(truth[row] - predicted[row]));
  }
  return largest;
}

double pinball_loss(Values truth, Values predicted, double level, Values weights) {
  if (!(level >= 0 && level <= 1)) {
    throw ParameterError("metrics.level",
                         fmt::format("metrics: the level of a quantile is in [0, 1], got {}", level));
  }
  return mean_of(truth, predicted, weights,
                 [&](double y, double p) { return y >= p ? level * (y - p) : (1 - level) * (p - y); });
}

double poisson_deviance(Values truth, Values predicted, Values weights) {
  check(truth, predicted);
  check_domain("the truth", truth, true);
  check_domain("the prediction", predicted, false);
  return mean_of(truth, predicted, weights, [](double y, double p) {
    const double gain = y > 0 ? y * std::log(y / p) : 0;
    return 2 * (gain - y + p);
  });
}

double gamma_deviance(Values truth, Values predicted, Values weights) {
  check(truth, predicted);
  check_domain("the truth", truth, false);
  check_domain("the prediction", predicted, false);
  return mean_of(truth, predicted, weights,
                 [](double y, double p) { return 2 * (std::log(p / y) + y / p - 1); });
}

double tweedie_deviance(Values truth, Values predicted, double power, Values weights) {
  if (!(power > 1 && power < 2)) {
    throw ParameterError("metrics.power",
                         fmt::format("metrics: the power of a Tweedie deviance is in (1, 2), got {}", power));
  }
  check(truth, predicted);
  check_domain("the truth", truth, true);
  check_domain("the prediction", predicted, false);
  const double low = 1 - power, high = 2 - power;
  return mean_of(truth, predicted, weights, [&](double y, double p) {
    const double own = y > 0 ? std::pow(y, high) / (low * high) : 0;
    return 2 * (own - y * std::pow(p, low) / low + std::pow(p, high) / high);
  });
}

double mean_pinball_loss(Values truth, Values predicted, Values levels, Values weights) {
  if (levels.empty()) throw ParameterError("metrics.level", "metrics: a mean over levels needs one");
  detail::check_length("the prediction", predicted.size(), truth.size() * levels.size());
  std::vector<double> column(truth.size());
  detail::Sum sum;
  for (std::size_t l = 0; l < levels.size(); ++l) {
    for (std::size_t row = 0; row < truth.size(); ++row) column[row] = predicted[row * levels.size() + l];
    sum.add(pinball_loss(truth, column, levels[l], weights));
  }
  return sum.value() / static_cast<double>(levels.size());
}

double huber_loss(Values truth, Values predicted, double width, Values weights) {
  if (!(width > 0)) {
    throw ParameterError("metrics.width",
                         fmt::format("metrics: the width of the Huber loss is above 0, got {}", width));
  }
  return mean_of(truth, predicted, weights, [&](double y, double p) {
    const double gap = std::abs(y - p);
    return gap <= width ? 0.5 * gap * gap : width * (gap - 0.5 * width);
  });
}

double log_cosh_loss(Values truth, Values predicted, Values weights) {
  return mean_of(truth, predicted, weights, [](double y, double p) {
    const double gap = std::abs(y - p);
    // Where the gap is small, log cosh is log(1 + 2 sinh^2(gap / 2)), which loses nothing.
    const double half = std::sinh(gap / 2);
    return gap < 1 ? std::log1p(2 * half * half) : gap + std::log1p(std::exp(-2 * gap)) - std::log(2.0);
  });
}

double expectile_loss(Values truth, Values predicted, double level, Values weights) {
  if (!(level >= 0 && level <= 1)) {
    throw ParameterError("metrics.level",
                         fmt::format("metrics: the level of an expectile is in [0, 1], got {}", level));
  }
  return mean_of(truth, predicted, weights,
                 [&](double y, double p) { return (y >= p ? level : 1 - level) * (y - p) * (y - p); });
}

double share_cross_entropy(Values truth, Values predicted, Values weights) {
  check(truth, predicted);
  for (const Values values : {truth, predicted}) {
    for (std::size_t row = 0; row < values.size(); ++row) {
      if (values[row] >= 0 && values[row] <= 1) continue;
      throw DataError("metrics.domain",
                      fmt::format("metrics: cross-entropy is of shares from 0 to 1, but row "
                                  "{} has {}",
                                  row, values[row]));
    }
  }
  static constexpr double kLeast = std::numeric_limits<double>::epsilon();
  return mean_of(truth, predicted, weights, [](double y, double p) {
    const double clipped = std::clamp(p, kLeast, 1 - kLeast);
    return -(y * std::log(clipped) + (1 - y) * std::log1p(-clipped));
  });
}

}  // namespace everyml
