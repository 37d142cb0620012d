#include <algorithm>
#include <cmath>
#include <limits>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/metrics/check_impl.h"
#include "everyml/foundation/metrics/classification.h"

namespace everyml {

using detail::weight_of;

ConfusionMatrix confusion_matrix(Labels truth, Labels predicted, std::size_t classes, Weights weights) {
  detail::check_length("the prediction", predicted.size(), truth.size());
  detail::check_weights(truth.size(), weights);
  detail::check_codes("the truth", truth, classes);
  detail::check_codes("the prediction", predicted, classes);
  ConfusionMatrix matrix{classes, std::vector<double>(classes * classes, 0.0)};
  for (std::size_t row = 0; row < truth.size(); ++row) {
    const auto cell =
        static_cast<std::size_t>(truth[row]) * classes + static_cast<std::size_t>(predicted[row]);
    matrix.weight[cell] += weight_of(weights, row);
  }
  return matrix;
}

ClassTotals class_totals(Labels truth, Labels predicted, std::size_t classes, Weights weights) {
  detail::check_length("the prediction", predicted.size(), truth.size());
  detail::check_weights(truth.size(), weights);
  detail::check_codes("the truth", truth, classes);
  detail::check_codes("the prediction", predicted, classes);
  ClassTotals totals{std::vector<double>(classes), std::vector<double>(classes),
                     std::vector<double>(classes)};
  for (std::size_t row = 0; row < truth.size(); ++row) {
    const auto t = static_cast<std::size_t>(truth[row]), p = static_cast<std::size_t>(predicted[row]);
    const double weight = weight_of(weights, row);
    totals.truth[t] += weight;
    totals.predicted[p] += weight;
    if (t == p) totals.right[t] += weight;
  }
  return totals;
}

double accuracy(Labels truth, Labels predicted, Weights weights) {
  detail::check_length("the prediction", predicted.size(), truth.size());
  return detail::weighted_mean(truth.size(), weights,
                               [&](std::size_t row) { return truth[row] == predicted[row]; });
}

double error_rate(Labels truth, Labels predicted, Weights weights) {
  detail::check_length("the prediction", predicted.size(), truth.size());
  return detail::weighted_mean(truth.size(), weights,
                               [&](std::size_t row) { return truth[row] != predicted[row]; });
}

namespace {

double sum(const std::vector<double>& values) {
  double total = 0;
  for (const double value : values) total += value;
  return total;
}

double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

PrecisionRecall figures(double right, double predicted, double truth) {
  return {ratio(right, predicted), ratio(right, truth), ratio(2 * right, predicted + truth)};
}

}  // namespace

double balanced_accuracy(Labels truth, Labels predicted, std::size_t classes, Weights weights) {
  const ClassTotals totals = class_totals(truth, predicted, classes, weights);
  double recalls = 0;
  int present = 0;
  for (std::size_t c = 0; c < classes; ++c) {
    if (totals.truth[c] <= 0) continue;
    recalls += totals.right[c] / totals.truth[c];
    ++present;
  }
  return recalls / present;
}

PrecisionRecall precision_recall(Labels truth, Labels predicted, std::size_t classes, Average average,
                                 Weights weights, std::int32_t positive) {
  const ClassTotals totals = class_totals(truth, predicted, classes, weights);
  if (average == Average::binary) {
    detail::check_codes("the positive class", {&positive, 1}, classes);
    const auto c = static_cast<std::size_t>(positive);
    return figures(totals.right[c], totals.predicted[c], totals.truth[c]);
  }
  if (average == Average::micro) {
    return figures(sum(totals.right), sum(totals.predicted), sum(totals.truth));
  }
  PrecisionRecall mean;
  double total = 0;
  for (std::size_t c = 0; c < classes; ++c) {
    if (totals.truth[c] <= 0 && totals.predicted[c] <= 0) continue;
    const PrecisionRecall one = figures(totals.right[c], totals.predicted[c], totals.truth[c]);
    const double share = average == Average::weighted ? totals.truth[c] : 1.0;
    mean.precision += share * one.precision;
    mean.recall += share * one.recall;
    mean.f1 += share * one.f1;
    total += share;
  }
  return {mean.precision / total, mean.recall / total, mean.f1 / total};
}

double matthews_correlation(Labels truth, Labels predicted, std::size_t classes, Weights weights) {
  const ClassTotals totals = class_totals(truth, predicted, classes, weights);
  const double n = sum(totals.truth);
  // Shares instead of weights, so that no weight can overflow the squares.
  double agree = sum(totals.right) / n, truth_spread = 1, predicted_spread = 1;
  int truth_classes = 0, predicted_classes = 0;
  for (std::size_t c = 0; c < classes; ++c) {
    const double t = totals.truth[c] / n, p = totals.predicted[c] / n;
    agree -= t * p;
    truth_spread -= t * t;
    predicted_spread -= p * p;
    truth_classes += t > 0;
    predicted_classes += p > 0;
  }
  if (truth_classes < 2 || predicted_classes < 2) return 0;
  return std::clamp(agree / std::sqrt(truth_spread * predicted_spread), -1.0, 1.0);
}

double cohen_kappa(Labels truth, Labels predicted, std::size_t classes, KappaScale scale, Weights weights) {
  const ClassTotals totals = class_totals(truth, predicted, classes, weights);
  const double n = sum(totals.truth);
  const auto wrong = [scale](std::size_t t, std::size_t p) {
    const double distance = std::abs(static_cast<double>(t) - static_cast<double>(p));
    return scale == KappaScale::nominal  ? static_cast<double>(t != p)
           : scale == KappaScale::linear ? distance
                                         : distance * distance;
  };
  const double all = sum(totals.predicted);
  double seen = 0, by_chance = 0;
  for (std::size_t row = 0; row < truth.size(); ++row) {
    const auto t = static_cast<std::size_t>(truth[row]), p = static_cast<std::size_t>(predicted[row]);
    seen += wrong(t, p) * weight_of(weights, row) / n;
  }
  for (std::size_t t = 0; t < classes; ++t) {
    const double own = totals.truth[t] / n;
    if (own == 0) continue;
    if (scale == KappaScale::nominal) {
      by_chance += own * (all - totals.predicted[t]) / n;
      continue;
    }
    for (std::size_t p = 0; p < classes; ++p) by_chance += wrong(t, p) * own * (totals.predicted[p] / n);
  }
  return by_chance > 0 ? 1 - seen / by_chance : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace everyml
