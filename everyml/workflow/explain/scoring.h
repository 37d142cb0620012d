#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "everyml/foundation/data/dataset.h"
#include "everyml/foundation/data/table.h"
#include "everyml/workflow/artifact/artifact.h"

namespace everyml {

/// The task's metric when none is asked for: "auc" for two classes, "log_loss" for more, "rmse" for numbers.
std::string default_metric(Target::Kind task, std::size_t classes);

/// Throws ParameterError "metrics.unknown", or "metrics.task" when it is a metric of another task.
void require_metric(std::string_view metric, Target::Kind task);
bool metric_greater_is_better(std::string_view metric);
std::string metric_title(std::string_view metric);

/// predicted: [rows] numbers, or [rows, classes] probabilities. NaN where the metric is not defined, as AUC
/// with one class.
double score_predictions(std::string_view metric, const Target& truth, std::span<const double> predicted,
                         std::span<const double> weights);

/// What the artifact answers for the table, in the form that score_predictions takes.
std::vector<double> predict_scores(const Artifact& artifact, const Table& table, const Context& context);

/// The table's target column as the artifact's own classes or numbers. Labels the model does not know and
/// missing ones are left out: `rows` lists the rows kept. Throws DataError "data.column_missing",
/// UnsupportedError "explain.targets" (a model of several targets).
Target target_of(const Artifact& artifact, const Table& table, std::vector<std::size_t>& rows);

/// Groups (lists) of these rows in order of first appearance, [rows]; missing cells are one group.
std::vector<std::int32_t> row_groups(const Column& column, std::span<const std::size_t> rows);

}  // namespace everyml
