#pragma once

#include <span>

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

}  // namespace everyml::select_impl
