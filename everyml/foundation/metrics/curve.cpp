#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/metrics/check_impl.h"
#include "everyml/foundation/metrics/classification.h"
#include "everyml/foundation/metrics/curve_impl.h"

namespace everyml {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// The checks of a binary truth with scores, and what the walks need.
struct Prepared {
  std::vector<std::uint8_t> positive;
  std::vector<std::uint32_t> order;

  Prepared(Labels truth, std::span<const double> scores, Weights weights) : positive(truth.size()) {
    detail::check_length("the list of scores", scores.size(), truth.size());
    detail::check_weights(truth.size(), weights);
    detail::check_codes("the truth", truth, 2);
    detail::check_finite("the list of scores", scores);
    std::transform(truth.begin(), truth.end(), positive.begin(), [](auto code) { return code == 1; });
    order = detail::descending(scores);
  }
};

std::vector<double> shares_of_last(const std::vector<double>& sums) {
  const double all = sums.back();
  std::vector<double> shares(sums.size());
  std::transform(sums.begin(), sums.end(), shares.begin(),
                 [all](double sum) { return all > 0 ? sum / all : nan; });
  return shares;
}

}  // namespace

namespace detail {

std::vector<std::uint32_t> descending(std::span<const double> scores) {
  std::vector<std::uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [&](auto a, auto b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; });
  return order;
}

double roc_auc(const RankedRows& rows, std::span<const double> weights) {
  double before_right = 0, before_wrong = 0;
  Sum area;
  walk_thresholds(rows, weights, [&](double, double right, double wrong) {
    area.add((wrong - before_wrong) * (before_right + right) / 2);
    before_right = right;
    before_wrong = wrong;
  });
  return before_right > 0 && before_wrong > 0 ? area.value() / before_right / before_wrong : nan;
}

double average_precision(const RankedRows& rows, std::span<const double> weights) {
  double before = 0;
  Sum area;
  walk_thresholds(rows, weights, [&](double, double right, double wrong) {
    area.add((right - before) * (right / (right + wrong)));
    before = right;
  });
  return before > 0 ? area.value() / before : nan;
}

}  // namespace detail

ThresholdCurve threshold_curve(Labels truth, std::span<const double> scores, Weights weights) {
  const Prepared prepared(truth, scores, weights);
  ThresholdCurve curve;
  curve.threshold = {infinity};
  curve.precision = {1.0};
  curve.true_positives = {0.0};
  curve.false_positives = {0.0};
  detail::walk_thresholds({scores, prepared.order, prepared.positive}, weights,
                          [&](double threshold, double right, double wrong) {
                            curve.threshold.push_back(threshold);
                            curve.true_positives.push_back(right);
                            curve.false_positives.push_back(wrong);
                            curve.precision.push_back(right / (right + wrong));
                          });
  curve.true_positive_rate = shares_of_last(curve.true_positives);
  curve.false_positive_rate = shares_of_last(curve.false_positives);
  return curve;
}

double roc_auc(Labels truth, std::span<const double> scores, Weights weights) {
  const Prepared prepared(truth, scores, weights);
  return detail::roc_auc({scores, prepared.order, prepared.positive}, weights);
}

double partial_roc_auc(Labels truth, std::span<const double> scores, double most_false, Weights weights) {
  if (!(most_false > 0 && most_false <= 1)) {
    throw ParameterError("metrics.rate",
                         "metrics: the largest false positive rate must be above 0 and at most 1");
  }
  const ThresholdCurve curve = threshold_curve(truth, scores, weights);
  const std::vector<double>&right = curve.true_positive_rate, &wrong = curve.false_positive_rate;
  if (std::isnan(right.back()) || std::isnan(wrong.back())) return nan;
  detail::Sum area;
  for (std::size_t i = 1; i < wrong.size() && wrong[i - 1] < most_false; ++i) {
    const double step = wrong[i] - wrong[i - 1];
    // The last piece is cut at the limit, on the straight line between its points.
    const double part = std::min(step, most_false - wrong[i - 1]);
    if (step > 0) area.add(part * (right[i - 1] + (right[i] - right[i - 1]) * (part / step) / 2));
  }
  const double chance = most_false * most_false / 2;
  return (1 + (area.value() - chance) / (most_false - chance)) / 2;
}

double average_precision(Labels truth, std::span<const double> scores, Weights weights) {
  const Prepared prepared(truth, scores, weights);
  return detail::average_precision({scores, prepared.order, prepared.positive}, weights);
}

double roc_auc_one_vs_rest(Labels truth, std::span<const double> probabilities, std::size_t classes,
                           Average average, Weights weights) {
  if (average != Average::macro && average != Average::weighted) {
    throw ParameterError("metrics.average",
                         "metrics: AUC of each class against the rest is macro or weighted");
  }
  detail::check_length("the list of probabilities", probabilities.size(), truth.size() * classes);
  detail::check_codes("the truth", truth, classes);
  double sum = 0, total = 0;
  std::vector<double> scores(truth.size());
  std::vector<std::int32_t> one(truth.size());
  for (std::size_t c = 0; c < classes; ++c) {
    double share = 0;
    for (std::size_t row = 0; row < truth.size(); ++row) {
      scores[row] = probabilities[row * classes + c];
      one[row] = truth[row] == static_cast<std::int32_t>(c);
      if (one[row] == 1) share += detail::weight_of(weights, row);
    }
    const double auc = roc_auc(one, scores, weights);
    if (std::isnan(auc)) continue;
    if (average == Average::macro) share = 1;
    sum += share * auc;
    total += share;
  }
  return total > 0 ? sum / total : nan;
}

double auc_mu(Labels truth, std::span<const double> probabilities, std::size_t classes, Weights weights) {
  detail::check_length("the list of probabilities", probabilities.size(), truth.size() * classes);
  detail::check_codes("the truth", truth, classes);
  detail::check_finite("the list of probabilities", probabilities);
  detail::check_weights(truth.size(), weights);
  std::vector<std::vector<std::size_t>> rows_of(classes);
  for (std::size_t row = 0; row < truth.size(); ++row) {
    if (detail::weight_of(weights, row) > 0) rows_of[static_cast<std::size_t>(truth[row])].push_back(row);
  }
  detail::Sum sum;
  double pairs = 0;
  for (std::size_t a = 0; a < classes; ++a) {
    for (std::size_t b = a + 1; b < classes; ++b) {
      if (rows_of[a].empty() || rows_of[b].empty()) continue;
      std::vector<std::int32_t> one;
      std::vector<double> scores, own;
      for (const std::size_t c : {a, b}) {
        for (const std::size_t row : rows_of[c]) {
          one.push_back(c == a ? 1 : 0);
          scores.push_back(probabilities[row * classes + a] - probabilities[row * classes + b]);
          own.push_back(detail::weight_of(weights, row));
        }
      }
      sum.add(roc_auc(one, scores, own));
      pairs += 1;
    }
  }
  return pairs > 0 ? sum.value() / pairs : nan;
}

}  // namespace everyml
