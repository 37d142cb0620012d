#include "everyml/foundation/metrics/bootstrap.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/metrics/check_impl.h"

namespace everyml {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

void check_level(double level) {
  if (!(level > 0 && level < 1)) {
    throw ParameterError("bootstrap.level",
                         fmt::format("the level of an interval lies between 0 and 1, got {}", level));
  }
}

double normal_cdf(double z) { return boost::math::cdf(boost::math::normal(), z); }
double normal_quantile(double p) { return boost::math::quantile(boost::math::normal(), p); }

/// Rows of weight 0 are as if they were not there.
std::vector<std::size_t> rows_that_count(std::size_t rows, std::span<const double> weights) {
  std::vector<std::size_t> kept;
  kept.reserve(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    if (detail::weight_of(weights, row) > 0) kept.push_back(row);
  }
  return kept;
}

std::vector<double> base_weights(std::size_t rows, std::span<const double> weights) {
  return weights.empty() ? std::vector<double>(rows, 1.0)
                         : std::vector<double>(weights.begin(), weights.end());
}

/// The figure on each resample, in the order of replicates; NaN where it is not defined.
std::vector<double> replicate(std::size_t rows, const WeightedFigure& figure, std::span<const double> weights,
                              std::size_t replicates, const Context& context) {
  const std::vector<std::size_t> kept = rows_that_count(rows, weights);
  std::vector<double> values(replicates);
  parallel_for(context, replicates, 1, [&](std::size_t begin, std::size_t end) {
    std::vector<double> resampled(rows);
    for (std::size_t r = begin; r < end; ++r) {
      Stream random = context.random("bootstrap", r);
      std::fill(resampled.begin(), resampled.end(), 0.0);
      for (std::size_t draw = 0; draw < kept.size(); ++draw) {
        const std::size_t row = kept[random.below(kept.size())];
        resampled[row] += detail::weight_of(weights, row);
      }
      values[r] = figure(resampled);
    }
  });
  return values;
}

/// Quantile of sorted values by linear interpolation (Hyndman and Fan, definition 7).
double quantile(const std::vector<double>& sorted, double level) {
  const double at = level * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

/// The acceleration of BCa from leaving out one of at most 200 groups of rows at a time.
double acceleration(std::size_t rows, const WeightedFigure& figure, std::span<const double> weights,
                    const Context& context) {
  const std::vector<std::size_t> kept = rows_that_count(rows, weights);
  const std::size_t groups = std::min<std::size_t>(kept.size(), 200);
  std::vector<double> values(groups);
  parallel_for(context, groups, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t g = begin; g < end; ++g) {
      std::vector<double> without = base_weights(rows, weights);
      for (std::size_t i = g; i < kept.size(); i += groups) without[kept[i]] = 0;
      values[g] = groups > 1 ? figure(without) : nan;
    }
  });
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  double mean = 0, squares = 0, cubes = 0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  for (const double value : values) {
    const double gap = mean - value;
    squares += gap * gap;
    cubes += gap * gap * gap;
  }
  return squares > 0 ? cubes / (6 * std::pow(squares, 1.5)) : 0;
}

/// Where to read the quantiles of the replicates.
std::pair<double, double> corrected_levels(const std::vector<double>& sorted, double estimate, double level,
                                           double accelerated) {
  const double below =
      static_cast<double>(std::lower_bound(sorted.begin(), sorted.end(), estimate) - sorted.begin());
  const double at_most =
      static_cast<double>(std::upper_bound(sorted.begin(), sorted.end(), estimate) - sorted.begin());
  const double n = static_cast<double>(sorted.size());
  // Half of those that tie with the estimate; kept off 0 and 1, where the normal quantile is infinite.
  const double share = std::clamp((below + at_most) / 2 / n, 0.5 / n, 1 - 0.5 / n);
  const double bias = normal_quantile(share);
  const auto corrected = [&](double p) {
    const double z = bias + normal_quantile(p);
    const double scale = 1 - accelerated * z;
    return scale > 0 ? normal_cdf(bias + z / scale) : (z > 0 ? 1.0 : 0.0);
  };
  return {corrected((1 - level) / 2), corrected((1 + level) / 2)};
}

BootstrapInterval summarise(double estimate, std::vector<double> values, const BootstrapOptions& options,
                            const std::function<double()>& accelerated) {
  BootstrapInterval result{estimate, nan, nan, nan, 0};
  const std::size_t asked = values.size();
  std::erase_if(values, [](double value) { return std::isnan(value); });
  result.undefined = asked - values.size();
  if (std::isnan(estimate) || 2 * result.undefined > asked) {
    result.estimate = nan;
    return result;
  }
  detail::Sum sum, squares;
  for (const double value : values) sum.add(value);
  const double mean = sum.value() / static_cast<double>(values.size());
  for (const double value : values) squares.add((value - mean) * (value - mean));
  result.standard_error = std::sqrt(squares.value() / static_cast<double>(values.size() - 1));
  std::sort(values.begin(), values.end());
  std::pair<double, double> levels{(1 - options.level) / 2, (1 + options.level) / 2};
  if (options.method == BootstrapOptions::Method::bias_corrected) {
    levels = corrected_levels(values, estimate, options.level, accelerated());
  }
  result.low = quantile(values, levels.first);
  result.high = quantile(values, levels.second);
  return result;
}

void check(std::size_t rows, std::span<const double> weights, const BootstrapOptions& options) {
  check_level(options.level);
  if (options.replicates < 10) {
    throw ParameterError("bootstrap.replicates",
                         fmt::format("a bootstrap needs at least 10 replicates, got {}", options.replicates));
  }
  detail::check_weights(rows, weights);
}

}  // namespace

BootstrapInterval bootstrap_interval(std::size_t rows, const WeightedFigure& figure,
                                     std::span<const double> weights, const BootstrapOptions& options,
                                     const Context& context) {
  check(rows, weights, options);
  const double estimate = figure(base_weights(rows, weights));
  return summarise(estimate, replicate(rows, figure, weights, options.replicates, context), options,
                   [&] { return acceleration(rows, figure, weights, context); });
}

BootstrapInterval bootstrap_interval(std::string_view metric, const Target& truth, const Scores& predicted,
                                     std::span<const double> weights, const BootstrapOptions& options,
                                     const Context& context) {
  return bootstrap_interval(truth.size(), score_function(metric, truth, predicted), weights, options,
                            context);
}

PairedDifference paired_bootstrap(std::string_view metric, const Target& truth, const Scores& a,
                                  const Scores& b, std::span<const double> weights,
                                  const BootstrapOptions& options, const Context& context) {
  const std::size_t rows = truth.size();
  check(rows, weights, options);
  const auto of_a = score_function(metric, truth, a), of_b = score_function(metric, truth, b);
  const WeightedFigure difference = [&](std::span<const double> w) { return of_a(w) - of_b(w); };
  const std::vector<double> values = replicate(rows, difference, weights, options.replicates, context);
  PairedDifference result;
  result.difference = summarise(difference(base_weights(rows, weights)), values, options,
                                [&] { return acceleration(rows, difference, weights, context); });
  double at_most = 1, at_least = 1, count = 1;
  for (const double value : values) {
    at_most += value <= 0;
    at_least += value >= 0;
    count += !std::isnan(value);
  }
  result.p_value = std::min(1.0, 2 * std::min(at_most, at_least) / count);
  if (std::isnan(result.difference.estimate)) result.p_value = nan;
  return result;
}

ResampledTest corrected_resampled_t_test(std::span<const double> a, std::span<const double> b,
                                         double test_to_training_ratio, double level) {
  detail::check_length("the second list of scores", b.size(), a.size());
  detail::check_finite("the first list of scores", a);
  detail::check_finite("the second list of scores", b);
  check_level(level);
  if (a.size() < 2) throw DataError("metrics.empty", "a test over folds needs at least 2 of them");
  if (!(test_to_training_ratio >= 0) || std::isinf(test_to_training_ratio)) {
    throw ParameterError(
        "metrics.ratio",
        fmt::format("the ratio of test to training rows is not negative, got {}", test_to_training_ratio));
  }
  const double k = static_cast<double>(a.size());
  ResampledTest result;
  for (std::size_t i = 0; i < a.size(); ++i) result.difference += (a[i] - b[i]) / k;
  double squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double gap = (a[i] - b[i]) - result.difference;
    squares += gap * gap;
  }
  result.degrees = k - 1;
  result.standard_error = std::sqrt(squares / result.degrees * (1 / k + test_to_training_ratio));
  const boost::math::students_t student(result.degrees);
  const double reach = boost::math::quantile(student, (1 + level) / 2) * result.standard_error;
  result.low = result.difference - reach;
  result.high = result.difference + reach;
  if (result.standard_error > 0) {
    result.statistic = result.difference / result.standard_error;
    result.p_value = 2 * boost::math::cdf(boost::math::complement(student, std::abs(result.statistic)));
  } else if (result.difference != 0) {
    result.statistic = std::copysign(infinity, result.difference);
    result.p_value = 0;
  }
  return result;
}

}  // namespace everyml
