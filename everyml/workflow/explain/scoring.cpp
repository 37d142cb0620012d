#include "everyml/workflow/explain/scoring.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/metrics/metric.h"
#include "everyml/foundation/metrics/ranking.h"

namespace everyml {

std::string default_metric(Target::Kind task, std::size_t classes) {
  return std::string(default_metric_name(task, classes));
}

void require_metric(std::string_view metric, Target::Kind task) {
  std::vector<std::string> names;
  for (const MetricInfo& known : metric_list()) names.emplace_back(known.name);
  if (std::find(names.begin(), names.end(), metric) == names.end() && find_list_metric(metric))
    throw ParameterError(
        "metrics.task",
        fmt::format("{} judges the order of rows within lists; fit gradient-boosting-ranker with "
                    "--group and judge it with evaluate --group",
                    printable(metric)));
  const MetricInfo& info = find_metric(metric);
  if (info.task == task) return;
  names.clear();
  for (const MetricInfo& other : metric_list()) {
    if (other.task == task) names.emplace_back(other.name);
  }
  throw ParameterError(
      "metrics.task",
      fmt::format("the metric {} is not for a target that is {}; these are: {}", metric,
                  task == Target::Kind::numbers ? "a number" : "a label", fmt::join(names, ", ")));
}

bool metric_greater_is_better(std::string_view metric) { return find_metric(metric).greater_is_better; }
std::string metric_title(std::string_view metric) { return std::string(find_metric(metric).title); }

double score_predictions(std::string_view metric, const Target& truth, std::span<const double> predicted,
                         std::span<const double> weights) {
  Scores scores;
  (truth.kind() == Target::Kind::numbers ? scores.values : scores.probabilities) = predicted;
  return score(metric, truth, scores, weights);
}

std::vector<double> predict_scores(const Artifact& artifact, const Table& table, const Context& context) {
  switch (artifact.target_kind) {
    case Target::Kind::classes:
      return predict_probabilities(artifact, table, context);
    case Target::Kind::numbers:
      return predict_values(artifact, table, context);
    case Target::Kind::none:
      break;
  }
  throw UnsupportedError("explain.no_target", "a model without a target has no answers to score");
}

Target target_of(const Artifact& artifact, const Table& table, std::vector<std::size_t>& rows) {
  if (!artifact.model.target_classes().empty()) {
    throw UnsupportedError("explain.targets",
                           fmt::format("this model answers for \"{}\" together, and models are judged by one "
                                       "target; `everyml predict` writes a column for each",
                                       printable(artifact.target_name)));
  }
  const Column& column = table.column(artifact.target_name);
  rows.clear();
  if (artifact.target_kind == Target::Kind::numbers) {
    if (column.kind() == ColumnKind::category || column.kind() == ColumnKind::text) {
      throw DataError("explain.target_kind",
                      fmt::format("\"{}\" holds {} here, but the model predicts a number",
                                  printable(column.name()), to_string(column.kind())));
    }
    std::vector<double> values;
    for (std::size_t row = 0; row < table.rows(); ++row) {
      if (column.missing(row)) continue;
      rows.push_back(row);
      values.push_back(column.number(row));
    }
    auto buffer = Buffer<double>::uninitialized(values.size());
    std::copy(values.begin(), values.end(), buffer.begin());
    return Target::numbers(std::move(buffer));
  }
  std::unordered_map<std::string, std::int32_t> code_of;
  for (const std::string& name : artifact.class_names) {
    code_of.emplace(name, static_cast<std::int32_t>(code_of.size()));
  }
  std::vector<std::int32_t> codes;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    if (column.missing(row)) continue;
    const auto found = code_of.find(column.cell(row));
    if (found == code_of.end()) continue;
    rows.push_back(row);
    codes.push_back(found->second);
  }
  auto buffer = Buffer<std::int32_t>::uninitialized(codes.size());
  std::copy(codes.begin(), codes.end(), buffer.begin());
  return Target::classes(std::move(buffer), artifact.class_names, artifact.label_kind);
}

std::vector<std::int32_t> row_groups(const Column& column, std::span<const std::size_t> rows) {
  std::map<std::string, std::int32_t> found;
  std::vector<std::int32_t> groups;
  groups.reserve(rows.size());
  for (const std::size_t row : rows) {
    groups.push_back(found.emplace(column.cell(row), static_cast<std::int32_t>(found.size())).first->second);
  }
  return groups;
}

}  // namespace everyml
