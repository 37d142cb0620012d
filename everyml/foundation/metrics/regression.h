#pragma once

#include <span>

namespace everyml {

// Metrics of predicted numbers. `truth` and `predicted` are [rows] of finite numbers; `weights` is [rows] of
// non-negative numbers or empty, which counts each row once. A weight of k equals k copies of the row.
// Pure functions, safe to call from many threads. Errors: ParameterError "metrics.length", DataError
// "metrics.empty" (no rows, or all weights 0), "metrics.weight", "metrics.not_finite". The figures agree with
// scikit-learn 1.9.

/// 1 - (residual sum of squares) / (sum of squares about the mean), at most 1. For a constant truth: 1 when
/// every prediction is right, else 0.
double r_squared(std::span<const double> truth, std::span<const double> predicted,
                 std::span<const double> weights = {});
/// As r_squared with the variance of the residuals, which forgives a constant offset.
double explained_variance(std::span<const double> truth, std::span<const double> predicted,
                          std::span<const double> weights = {});
/// Mean of |truth - predicted|, in the target's unit.
double mean_absolute_error(std::span<const double> truth, std::span<const double> predicted,
                           std::span<const double> weights = {});
double mean_squared_error(std::span<const double> truth, std::span<const double> predicted,
                          std::span<const double> weights = {});
double root_mean_squared_error(std::span<const double> truth, std::span<const double> predicted,
                               std::span<const double> weights = {});
/// Median of |truth - predicted|; the mean of both middle values when the weight splits evenly between them.
/// Source of the weighted median: Hyndman and Fan, "Sample quantiles in statistical packages", 1996,
/// definition 2.
double median_absolute_error(std::span<const double> truth, std::span<const double> predicted,
                             std::span<const double> weights = {});
/// Mean of |truth - predicted| / max(|truth|, 2^-52), as a share (1 is 100 %).
double mean_absolute_percentage_error(std::span<const double> truth, std::span<const double> predicted,
                                      std::span<const double> weights = {});
/// Largest |truth - predicted| among rows whose weight is not 0.
double max_error(std::span<const double> truth, std::span<const double> predicted,
                 std::span<const double> weights = {});
/// Mean of level * (truth - predicted) above the prediction and (1 - level) * (predicted - truth) below it.
/// Smallest for the quantile of that level. ParameterError "metrics.level" unless level is in [0, 1].
/// Source: Koenker and Bassett, "Regression quantiles", 1978.
double pinball_loss(std::span<const double> truth, std::span<const double> predicted, double level,
                    std::span<const double> weights = {});
/// Mean of 2 (y ln(y / p) - y + p). DataError "metrics.domain" unless truth >= 0 and predicted > 0.
/// Source: McCullagh and Nelder, "Generalized linear models", 1989.
double poisson_deviance(std::span<const double> truth, std::span<const double> predicted,
                        std::span<const double> weights = {});
/// Mean of 2 (ln(p / y) + y / p - 1). DataError "metrics.domain" unless truth > 0 and predicted > 0.
double gamma_deviance(std::span<const double> truth, std::span<const double> predicted,
                      std::span<const double> weights = {});

}  // namespace everyml
