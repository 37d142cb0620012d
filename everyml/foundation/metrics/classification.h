#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace everyml {

// Metrics of predicted classes and class probabilities.
//
// Everywhere: `truth` and `predicted` are codes 0..classes-1, [rows]; `probabilities` is row-major [rows,
// classes]; `scores` is [rows], larger means more likely class 1; `weights` is [rows] of non-negative numbers
// or empty, which counts each row once. A weight of k equals k copies of the row, a weight of 0 its absence.
// All are pure functions, safe to call from many threads. Errors: ParameterError "metrics.length" (spans of
// different lengths), "metrics.class" (a code outside), DataError "metrics.empty" (no rows, or all weights
// 0), "metrics.weight" (a negative or non-finite weight), "metrics.not_finite" (a score or probability that
// is NaN or infinite). The figures agree with scikit-learn 1.9 where it has the metric; differences are said
// at the function.

using Labels = std::span<const std::int32_t>;
using Weights = std::span<const double>;

/// Weight of the rows of class t predicted as class p, [classes, classes].
struct ConfusionMatrix {
  std::size_t classes = 0;
  std::vector<double> weight;

  double at(std::size_t truth, std::size_t predicted) const { return weight[truth * classes + predicted]; }
};
ConfusionMatrix confusion_matrix(Labels truth, Labels predicted, std::size_t classes, Weights weights = {});

/// The margins of the confusion matrix, [classes] each: enough for most figures, and small with many classes.
struct ClassTotals {
  std::vector<double> truth;      ///< weight of the rows of the class
  std::vector<double> predicted;  ///< weight of the rows predicted so
  std::vector<double> right;      ///< weight of the rows of the class that are predicted so
};
ClassTotals class_totals(Labels truth, Labels predicted, std::size_t classes, Weights weights = {});

/// Share of rows predicted right, [0, 1].
double accuracy(Labels truth, Labels predicted, Weights weights = {});
/// 1 - accuracy.
double error_rate(Labels truth, Labels predicted, Weights weights = {});
/// Mean recall over the classes that occur in the truth, [0, 1].
/// Source: Brodersen et al., "The balanced accuracy and its posterior distribution", ICPR 2010.
double balanced_accuracy(Labels truth, Labels predicted, std::size_t classes, Weights weights = {});

/// How figures of single classes become one: of the class `positive` alone; the plain mean over the classes
/// that occur in truth or prediction; their mean by weight in the truth; over all decisions together.
enum class Average : std::uint8_t { binary, macro, weighted, micro };

/// precision = right among those predicted so, recall = right among those that are so, f1 = their harmonic
/// mean. A ratio of 0 to 0 is 0. All in [0, 1]. Source: van Rijsbergen, "Information Retrieval", 1979.
struct PrecisionRecall {
  double precision = 0, recall = 0, f1 = 0;
};
PrecisionRecall precision_recall(Labels truth, Labels predicted, std::size_t classes, Average average,
                                 Weights weights = {}, std::int32_t positive = 1);

/// Correlation of truth and prediction, [-1, 1]; 0 when either has one class.
/// Source: Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient", 2004.
double matthews_correlation(Labels truth, Labels predicted, std::size_t classes, Weights weights = {});

/// How wrong class p is for class t in Cohen's kappa: 1, |t - p| or (t - p)^2.
enum class KappaScale : std::uint8_t { nominal, linear, quadratic };
/// Agreement beyond chance, at most 1; NaN when chance agreement is certain (one class on both sides).
/// Source: Cohen, "A coefficient of agreement for nominal scales", 1960; weighted kappa, 1968.
double cohen_kappa(Labels truth, Labels predicted, std::size_t classes,
                   KappaScale scale = KappaScale::nominal, Weights weights = {});

/// Mean of -ln(probability of the true class), probabilities clipped to [e, 1 - e] with e = 2^-52. At least
/// 0. Source: Good, "Rational decisions", 1952.
double log_loss(Labels truth, std::span<const double> probabilities, std::size_t classes,
                Weights weights = {});
/// Mean squared distance of the probabilities to the truth, summed over classes; halved for two classes,
/// which makes it (p - y)^2 of class 1. Source: Brier, "Verification of forecasts expressed in terms of
/// probability", 1950.
double brier_score(Labels truth, std::span<const double> probabilities, std::size_t classes,
                   Weights weights = {});
/// Mean gap between confidence and accuracy over `bins` equal intervals of confidence (a, b], by weight.
/// Confidence is the largest probability of a row, right means that its class (the first on ties) is the
/// truth. [0, 1]. Source: Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using
/// Bayesian binning", AAAI 2015.
double expected_calibration_error(Labels truth, std::span<const double> probabilities, std::size_t classes,
                                  std::size_t bins = 15, Weights weights = {});

/// One point for each distinct score, from the strictest threshold down; a row is called positive when its
/// score >= threshold. The first point has threshold +infinity and calls nothing positive.
struct ThresholdCurve {
  std::vector<double> threshold;
  std::vector<double> false_positive_rate;  ///< NaN when no row is negative
  std::vector<double> true_positive_rate;   ///< recall; NaN when no row is positive
  std::vector<double> precision;            ///< 1 at the first point
  std::vector<double> false_positives;      ///< weight of the negative rows called positive
  std::vector<double> true_positives;       ///< weight of the positive rows called so
};
/// truth is 0 or 1. Rows of weight 0 make no point.
ThresholdCurve threshold_curve(Labels truth, std::span<const double> scores, Weights weights = {});

/// Area under the ROC curve: the chance that a positive row has a larger score than a negative one, ties
/// half. [0, 1]. NaN when the truth has one class only. Source: Hanley and McNeil, Radiology 143 (1982).
double roc_auc(Labels truth, std::span<const double> scores, Weights weights = {});
/// The part of that area left of a false positive rate, on a scale where chance is 0.5 and the best is 1. NaN
/// when the truth has one class only; ParameterError "metrics.rate" unless 0 < most_false <= 1.
/// Source: McClish, "Analyzing a portion of the ROC curve", Medical Decision Making 9 (1989).
double partial_roc_auc(Labels truth, std::span<const double> scores, double most_false, Weights weights = {});
/// Each class against the rest, averaged (macro or weighted) over the classes for which it is defined: those
/// that occur and are not all there is. NaN when there is none. scikit-learn refuses a truth that lacks a
/// class.
double roc_auc_one_vs_rest(Labels truth, std::span<const double> probabilities, std::size_t classes,
                           Average average, Weights weights = {});
/// AUC of several classes: for each two of them that occur, the chance that of a row of each the one of the
/// first has the larger difference of the first's and the second's probability, ties half; the plain mean
/// over pairs. Equal to roc_auc for two classes, and to a half for answers by chance whatever the shares of
/// the classes. NaN when fewer than two occur. Source: Kleiman and Page, "AUC mu: a performance metric for
/// multi-class machine learning models", ICML 2019, with equal costs.
double auc_mu(Labels truth, std::span<const double> probabilities, std::size_t classes, Weights weights = {});
/// Sum of precision times the growth of recall over the points of the curve, [0, 1]; NaN without a positive
/// row (scikit-learn says 0). Source: Zhu, "Recall, precision and average precision", 2004.
double average_precision(Labels truth, std::span<const double> scores, Weights weights = {});

/// What errors cost: cost[t * classes + p] for a row of class t called p. Any finite numbers; gains are
/// negative. Mean cost of a row. ParameterError "metrics.length" unless costs has classes^2 entries.
double expected_cost(Labels truth, Labels predicted, std::size_t classes, std::span<const double> costs,
                     Weights weights = {});
/// The class of smallest expected cost for each row of probabilities (the first on ties).
/// Source: Elkan, "The foundations of cost-sensitive learning", IJCAI 2001.
std::vector<std::int32_t> cost_minimal_classes(std::span<const double> probabilities, std::size_t classes,
                                               std::span<const double> costs);
/// For true probabilities of class 1: the p at which both calls cost the same, (c01 - c00) / (c01 - c00 + c10
/// - c11). costs is [2, 2]. ParameterError "metrics.costs" unless each error costs more than the right call
/// of its class.
double cost_threshold(std::span<const double> costs);
/// The threshold among all that the scores allow with the smallest mean cost on these rows, exact: call 1
/// when score >= threshold. It lies half way between two scores, or at -/+infinity when all or none are
/// called 1. On ties the one that calls fewer rows 1.
struct CostThreshold {
  double threshold = 0;
  double cost = 0;  ///< mean cost of a row at this threshold
};
CostThreshold cost_minimal_threshold(Labels truth, std::span<const double> scores,
                                     std::span<const double> costs, Weights weights = {});

}  // namespace everyml
