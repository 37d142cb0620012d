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

/// Mean deviance of the Tweedie family with variance mean^power, 1 < power < 2 (ParameterError
/// "metrics.power"): between Poisson and gamma. DataError "metrics.domain" unless truth >= 0 and predicted >
/// 0. Source: Jorgensen, "Exponential dispersion models", 1987.
double tweedie_deviance(std::span<const double> truth, std::span<const double> predicted, double power,
                        std::span<const double> weights = {});
/// Mean over rows and levels of the pinball loss; predicted: row-major [rows, levels].
double mean_pinball_loss(std::span<const double> truth, std::span<const double> predicted,
                         std::span<const double> levels, std::span<const double> weights = {});
/// Mean of r^2 / 2 within the width, width (|r| - width / 2) beyond; r = truth - predicted. ParameterError
/// "metrics.width" unless width > 0. Source: Huber, "Robust estimation of a location parameter", 1964.
double huber_loss(std::span<const double> truth, std::span<const double> predicted, double width,
                  std::span<const double> weights = {});
/// Mean of log cosh (truth - predicted).
double log_cosh_loss(std::span<const double> truth, std::span<const double> predicted,
                     std::span<const double> weights = {});
/// Mean of level (truth - predicted)^2 above the prediction and (1 - level) times it below. Smallest for the
/// expectile of that level. ParameterError "metrics.level" as pinball_loss.
double expectile_loss(std::span<const double> truth, std::span<const double> predicted, double level,
                      std::span<const double> weights = {});
/// Mean of -y ln p - (1 - y) ln(1 - p) for shares y and p in [0, 1] (DataError "metrics.domain"), p clipped
/// to [e, 1 - e] with e = 2^-52.
double share_cross_entropy(std::span<const double> truth, std::span<const double> predicted,
                           std::span<const double> weights = {});

/// Chance that of two rows whose order is known the one with the larger risk has its event first, ties of
/// risk half, [0, 1]; NaN when no order is known. `times`: positive for an event, negative for a time until
/// which there was none (censored), not 0 (DataError "metrics.domain"). The order of two rows is known when
/// the earlier one is an event; at equal times an event comes before a censored row, and two events have no
/// order. A pair weighs as the product of its weights. Source: Harrell et al., "Evaluating the yield of
/// medical tests", JAMA 247, 1982. Takes rows * log(rows) steps.
double concordance_index(std::span<const double> times, std::span<const double> risk,
                         std::span<const double> weights = {});

}  // namespace everyml
