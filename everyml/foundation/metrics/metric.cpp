#include "everyml/foundation/metrics/metric.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/metrics/check_impl.h"
#include "everyml/foundation/metrics/classification.h"
#include "everyml/foundation/metrics/curve_impl.h"
#include "everyml/foundation/metrics/regression.h"

namespace everyml {

namespace {

using Figure = std::function<double(std::span<const double> weights)>;

/// Truth and prediction as a metric of classes reads them.
struct ClassScores {
  Labels truth;
  std::span<const double> probabilities;  ///< [rows, classes]
  std::size_t classes;
  std::vector<std::int32_t> predicted;  ///< filled unless the metric needs the probabilities
};
using SharedScores = std::shared_ptr<const ClassScores>;

struct Entry {
  MetricInfo info;
  Figure (*of_classes)(SharedScores) = nullptr;
  double (*of_numbers)(std::span<const double>, std::span<const double>, std::span<const double>) = nullptr;
};

/// Both ranked figures: sorted once per class, taken for class 1 of two or as the mean over the classes that
/// have it.
Figure ranked(SharedScores s, double (*figure)(const detail::RankedRows&, std::span<const double>)) {
  struct OneClass {
    std::vector<double> scores;
    std::vector<std::uint32_t> order;
    std::vector<std::uint8_t> positive;
  };
  auto parts = std::make_shared<std::vector<OneClass>>();
  const std::size_t rows = s->truth.size();
  for (std::size_t c = s->classes == 2 ? 1 : 0; c < s->classes; ++c) {
    OneClass one{std::vector<double>(rows), {}, std::vector<std::uint8_t>(rows)};
    for (std::size_t row = 0; row < rows; ++row) {
      one.scores[row] = s->probabilities[row * s->classes + c];
      one.positive[row] = s->truth[row] == static_cast<std::int32_t>(c);
    }
    detail::check_finite("the list of probabilities", one.scores);
    one.order = detail::descending(one.scores);
    parts->push_back(std::move(one));
  }
  return [parts, figure, rows](std::span<const double> weights) {
    detail::check_weights(rows, weights);
    double sum = 0, count = 0;
    for (const OneClass& one : *parts) {
      const double value = figure({one.scores, one.order, one.positive}, weights);
      if (std::isnan(value)) continue;
      sum += value;
      count += 1;
    }
    return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
  };
}

Average usual_average(std::size_t classes) { return classes == 2 ? Average::binary : Average::macro; }

const std::vector<Entry>& entries() {
  constexpr auto classes = Target::Kind::classes;
  constexpr auto numbers = Target::Kind::numbers;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  static const std::vector<Entry> list = {
      {{"auc", "area under the ROC curve", classes, true, true, 0, 1},
       [](SharedScores s) -> Figure { return ranked(std::move(s), &detail::roc_auc); }},
      {{"log_loss", "log loss", classes, false, true, 0, infinity},
       [](SharedScores s) -> Figure {
         return [s](Weights w) { return log_loss(s->truth, s->probabilities, s->classes, w); };
       }},
      {{"accuracy", "accuracy", classes, true, false, 0, 1},
       [](SharedScores s) -> Figure {
         return [s](Weights w) { return accuracy(s->truth, s->predicted, w); };
       }},
      {{"balanced_accuracy", "balanced accuracy", classes, true, false, 0, 1},
       [](SharedScores s) -> Figure {
         return [s](Weights w) { return balanced_accuracy(s->truth, s->predicted, s->classes, w); };
       }},
      {{"error_rate", "error rate", classes, false, false, 0, 1},
       [](SharedScores s) -> Figure {
         return [s](Weights w) { return error_rate(s->truth, s->predicted, w); };
       }},
      {{"f1", "F1", classes, true, false, 0, 1},
       [](SharedScores s) -> Figure {
         return [s](Weights w) {
           return precision_recall(s->truth, s->predicted, s->classes, usual_average(s->classes), w).f1;
         };
       }},
      {{"precision", "precision", classes, true, false, 0, 1},
       [](SharedScores s) -> Figure {
         return [s](Weights w) {
           return precision_recall(s->truth, s->predicted, s->classes, usual_average(s->classes), w)
               .precision;
         };
       }},
      {{"recall", "recall", classes, true, false, 0, 1},
       [](SharedScores s) -> Figure {
         return [s](Weights w) {
           return precision_recall(s->truth, s->predicted, s->classes, usual_average(s->classes), w).recall;
         };
       }},
      {{"average_precision", "average precision", classes, true, true, 0, 1},
       [](SharedScores s) -> Figure { return ranked(std::move(s), &detail::average_precision); }},
      {{"brier", "Brier score", classes, false, true, 0, 2},
       [](SharedScores s) -> Figure {
         return [s](Weights w) { return brier_score(s->truth, s->probabilities, s->classes, w); };
       }},
      {{"matthews", "Matthews correlation", classes, true, false, -1, 1},
       [](SharedScores s) -> Figure {
         return [s](Weights w) { return matthews_correlation(s->truth, s->predicted, s->classes, w); };
       }},
      {{"kappa", "Cohen's kappa", classes, true, false, -1, 1},
       [](SharedScores s) -> Figure {
         return [s](Weights w) {
           return cohen_kappa(s->truth, s->predicted, s->classes, KappaScale::nominal, w);
         };
       }},
      {{"calibration_error", "expected calibration error", classes, false, true, 0, 1},
       [](SharedScores s) -> Figure {
         return [s](Weights w) {
           return expected_calibration_error(s->truth, s->probabilities, s->classes, 15, w);
         };
       }},
      {{"rmse", "root mean squared error", numbers, false, false, 0, infinity},
       nullptr,
       &root_mean_squared_error},
      {{"mae", "mean absolute error", numbers, false, false, 0, infinity}, nullptr, &mean_absolute_error},
      {{"r2", "R\u00b2", numbers, true, false, -infinity, 1}, nullptr, &r_squared},
      {{"mse", "mean squared error", numbers, false, false, 0, infinity}, nullptr, &mean_squared_error},
      {{"median_absolute_error", "median absolute error", numbers, false, false, 0, infinity},
       nullptr,
       &median_absolute_error},
      {{"mape", "mean absolute percentage error", numbers, false, false, 0, infinity},
       nullptr,
       &mean_absolute_percentage_error},
      {{"max_error", "largest error", numbers, false, false, 0, infinity}, nullptr, &max_error},
      {{"explained_variance", "explained variance", numbers, true, false, -infinity, 1},
       nullptr,
       &explained_variance},
      {{"poisson_deviance", "Poisson deviance", numbers, false, false, 0, infinity},
       nullptr,
       &poisson_deviance},
      {{"gamma_deviance", "gamma deviance", numbers, false, false, 0, infinity}, nullptr, &gamma_deviance},
  };
  return list;
}

const Entry& find_entry(std::string_view name) {
  for (const Entry& entry : entries()) {
    if (entry.info.name == name) return entry;
  }
  std::vector<std::string> names;
  for (const Entry& entry : entries()) names.emplace_back(entry.info.name);
  throw ParameterError("metrics.unknown",
                       fmt::format("there is no metric \"{}\".{} Metrics are {}", printable(name),
                                   suggestion(name, names), join_and(names)));
}

std::vector<std::int32_t> likeliest(std::span<const double> probabilities, std::size_t rows,
                                    std::size_t classes) {
  std::vector<std::int32_t> codes(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto p = probabilities.subspan(row * classes, classes);
    codes[row] = static_cast<std::int32_t>(std::max_element(p.begin(), p.end()) - p.begin());
  }
  return codes;
}

}  // namespace

const std::vector<MetricInfo>& metric_list() {
  static const std::vector<MetricInfo> list = [] {
    std::vector<MetricInfo> infos;
    for (const Entry& entry : entries()) infos.push_back(entry.info);
    return infos;
  }();
  return list;
}

const MetricInfo& find_metric(std::string_view name) { return find_entry(name).info; }

std::string_view default_metric_name(Target::Kind task, std::size_t classes) {
  if (task == Target::Kind::numbers) return "rmse";
  return classes == 2 ? "auc" : "log_loss";
}

std::function<double(std::span<const double>)> score_function(std::string_view name, const Target& truth,
                                                              const Scores& predicted) {
  const Entry& entry = find_entry(name);
  if (entry.info.task != truth.kind()) {
    throw ParameterError("metrics.task",
                         fmt::format("the metric \"{}\" measures a target of {}, this one has {}", name,
                                     to_string(entry.info.task), to_string(truth.kind())));
  }
  if (entry.of_numbers != nullptr) {
    detail::check_length("the prediction", predicted.values.size(), truth.size());
    return [truth, values = predicted.values, figure = entry.of_numbers](std::span<const double> weights) {
      return figure(truth.values(), values, weights);
    };
  }
  const std::size_t classes = truth.class_count();
  detail::check_length("the list of probabilities", predicted.probabilities.size(), truth.size() * classes);
  auto scores =
      std::make_shared<ClassScores>(ClassScores{truth.codes(), predicted.probabilities, classes, {}});
  if (!entry.info.needs_probabilities) {
    detail::check_finite("the list of probabilities", predicted.probabilities);
    scores->predicted = likeliest(predicted.probabilities, truth.size(), classes);
  }
  return entry.of_classes(std::move(scores));
}

double score(std::string_view name, const Target& truth, const Scores& predicted,
             std::span<const double> weights) {
  return score_function(name, truth, predicted)(weights);
}

}  // namespace everyml
