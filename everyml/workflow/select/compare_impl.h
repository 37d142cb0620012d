#pragma once

#include <span>

#include "everyml/workflow/select/judge_impl.h"

namespace everyml::select_impl {

/// A mean over folds with its uncertainty.
struct FoldMean {
  double mean = 0;
  double low = 0, high = 0;  ///< 95 % interval
};

/// `test_share`: test rows over training rows of a fold, which corrects for training sets that overlap.
/// With fewer than two scores the interval is the whole line.
/// Reference: Nadeau and Bengio, "Inference for the Generalization Error", Machine Learning 52 (2003).
FoldMean fold_mean(std::span<const double> scores, double test_share);

/// Two-sided p of the corrected resampled t-test of the paired differences a - b. 1 when they do not differ
/// at all.
double paired_p(std::span<const double> a, std::span<const double> b, double test_share);

/// How many of its standard errors the mean of a - b is away from 0, corrected likewise. 0 when they do not
/// differ at all.
double paired_errors(std::span<const double> a, std::span<const double> b, double test_share);

/// The same from the losses of single rows, [rows, width] answers: their paired differences, as if the models
/// were given and only the rows could have been others, so it tells more apart than folds do. NaN rows do not
/// count; a weight of k is k rows. 0 for metrics that are no mean of rows' losses, and where rows of a group
/// or of a time hang together.
double row_errors(const Problem& problem, std::span<const double> a, std::span<const double> b);

}  // namespace everyml::select_impl
