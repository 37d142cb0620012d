#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/metrics/metric.h"

namespace everyml {

struct BootstrapOptions {
  enum class Method : std::uint8_t {
    percentile,      ///< quantiles of the replicates
    bias_corrected,  ///< BCa: corrected for bias and skewness; costs up to 200 further evaluations
  };
  std::size_t replicates = 1000;  ///< at least 10
  double level = 0.95;            ///< in (0, 1)
  Method method = Method::percentile;
};

struct BootstrapInterval {
  double estimate = 0;  ///< the figure on the rows themselves
  double low = 0, high = 0;
  double standard_error = 0;  ///< of the replicates
  std::size_t undefined =
      0;  ///< replicates left out because the figure was NaN; when more than half, all above are NaN
};

/// A figure as a function of row weights, [rows]. Called from many threads at once.
using WeightedFigure = std::function<double(std::span<const double> weights)>;

/// Resamples rows with replacement: replicate r draws from the context's stream ("bootstrap", r), so the
/// interval is the same with any number of threads. A resample multiplies the weights by how often each row
/// was drawn; rows of weight 0 are not drawn. Throws ParameterError "bootstrap.replicates",
/// "bootstrap.level", DataError "metrics.empty". Source: Efron and Tibshirani, "An introduction to the
/// bootstrap", 1993, chapters 13 and 14.
BootstrapInterval bootstrap_interval(std::size_t rows, const WeightedFigure& figure,
                                     std::span<const double> weights, const BootstrapOptions& options,
                                     const Context& context);
/// For a metric by name.
BootstrapInterval bootstrap_interval(std::string_view metric, const Target& truth, const Scores& predicted,
                                     std::span<const double> weights, const BootstrapOptions& options,
                                     const Context& context);

/// The difference metric(a) - metric(b) of two models on the same rows, both resampled alike.
struct PairedDifference {
  BootstrapInterval difference;
  double p_value =
      1;  ///< two-sided share of replicates on the other side of 0, at least 1 / (replicates + 1)
};
PairedDifference paired_bootstrap(std::string_view metric, const Target& truth, const Scores& a,
                                  const Scores& b, std::span<const double> weights,
                                  const BootstrapOptions& options, const Context& context);

/// Student's t test for two models' scores on the same folds, its variance enlarged because training sets
/// overlap: variance * (1/k + test rows / training rows). REQUIRES of the caller: equal lengths
/// (ParameterError "metrics.length"), at least 2 folds (DataError "metrics.empty"), ratio >= 0
/// (ParameterError "metrics.ratio"). Source: Nadeau and Bengio, "Inference for the generalization error",
/// Machine Learning 52 (2003).
struct ResampledTest {
  double difference = 0;  ///< mean of a - b
  double standard_error = 0;
  double statistic = 0;  ///< 0 when all differences are 0, infinite when they are equal and not 0
  double degrees = 0;
  double p_value = 1;  ///< two-sided
  double low = 0, high = 0;
};
ResampledTest corrected_resampled_t_test(std::span<const double> a, std::span<const double> b,
                                         double test_to_training_ratio, double level = 0.95);

}  // namespace everyml
