#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "everyml/foundation/data/dataset.h"

namespace everyml {

/// A metric by name, for the faces.
struct MetricInfo {
  std::string_view name;   ///< "auc"
  std::string_view title;  ///< "area under the ROC curve"
  Target::Kind task = Target::Kind::numbers;
  bool greater_is_better = false;
  /// It reads the probabilities themselves. Other metrics of classes read only which one is largest (the
  /// first on ties).
  bool needs_probabilities = false;
  double low = 0, high = 0;  ///< range; infinite where there is no bound
};
/// In the order to show them, first those of classes.
const std::vector<MetricInfo>& metric_list();
/// Throws ParameterError "metrics.unknown" with a did-you-mean.
const MetricInfo& find_metric(std::string_view name);
/// "auc" for two classes, "log_loss" for more (or one), "rmse" for numbers.
std::string_view default_metric_name(Target::Kind task, std::size_t classes);

/// What a model said; the one that the target asks for is filled.
struct Scores {
  std::span<const double> values;         ///< numbers: [rows]
  std::span<const double> probabilities;  ///< classes: row-major [rows, classes]
};

/// The figure of that metric. Classes: "auc" and "average_precision" read the probability of class 1 when
/// there are two, and are the macro average of each class against the rest when there are more; "precision",
/// "recall" and "f1" are of class 1 when there are two and macro otherwise. NaN where the figure is not
/// defined, as AUC with one class present. Throws ParameterError "metrics.unknown", "metrics.task" (a metric
/// of another kind of target), "metrics.length", and what the metric itself throws.
double score(std::string_view name, const Target& truth, const Scores& predicted,
             std::span<const double> weights = {});

/// The same as a function of the weights alone, for figures that are taken many times: sorting is done once.
/// Borrows what truth and predicted refer to. Safe to call from many threads.
std::function<double(std::span<const double> weights)> score_function(std::string_view name,
                                                                      const Target& truth,
                                                                      const Scores& predicted);

}  // namespace everyml
