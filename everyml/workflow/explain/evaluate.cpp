#include "everyml/workflow/explain/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/workflow/explain/scoring.h"

namespace everyml {
namespace {

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

std::vector<MetricInfo> metrics_asked(const EvaluateOptions& options, Target::Kind task) {
  for (const std::string& name : options.metrics) (void)find_metric(name);
  std::vector<MetricInfo> asked;
  for (const MetricInfo& metric : metric_list()) {
    const auto same = [&](const std::string& name) { return name == metric.name; };
    const bool named = std::any_of(options.metrics.begin(), options.metrics.end(), same);
    if (options.metrics.empty() ? metric.task == task : named) asked.push_back(metric);
  }
  return asked;
}

}  // namespace

void require_truth(const Artifact& artifact, std::string_view name) {
  if (artifact.target_kind != Target::Kind::none) return;
  throw DataError("evaluate.no_target", fmt::format("{} has no target, so there is no truth to compare with",
                                                    printable(name, 200)));
}

Evaluation evaluate(const Artifact& artifact, const Table& whole, const EvaluateOptions& options,
                    std::string_view name, const Context& context) {
  require_truth(artifact, "the model");
  std::vector<std::size_t> rows;
  const Target truth = target_of(artifact, whole, rows);
  if (rows.empty()) {
    throw DataError("evaluate.no_rows", fmt::format("no row of {} has a \"{}\" that the model knows",
                                                    printable(name, 200), printable(artifact.target_name)));
  }
  const Table table = rows.size() == whole.rows() ? whole : whole.select_rows(rows);
  std::vector<double> weights;
  if (!options.weights.empty()) {
    weights.resize(table.rows());
    table.column(options.weights).read_numbers(0, weights);
  }
  const std::vector<double> predicted = predict_scores(artifact, table, context);
  const bool classes = artifact.target_kind == Target::Kind::classes;
  const Scores scores{
      .values = classes ? std::span<const double>{} : predicted,
      .probabilities = classes ? std::span<const double>(predicted) : std::span<const double>{}};
  Evaluation evaluation{.rows = rows.size(), .rows_left_out = whole.rows() - rows.size(), .judgements = {}};
  const std::vector<MetricInfo> asked = metrics_asked(options, artifact.target_kind);
  for (const MetricInfo& metric : asked) {
    context.progress(metric.title,
                     static_cast<double>(evaluation.judgements.size()) / static_cast<double>(asked.size()));
    try {
      evaluation.judgements.push_back(
          {metric, bootstrap_interval(metric.name, truth, scores, weights, {}, context)});
    } catch (const DataError& error) {
      // A deviance of counts says nothing of numbers below 0; it was not asked for.
      if (!options.metrics.empty() || error.code() != "metrics.domain") throw;
    }
  }
  return evaluation;
}

Json Evaluation::to_json() const {
  Json metrics = Json::object();
  for (const Judgement& one : judgements) {
    metrics[std::string(one.metric.name)] = {{"value", finite(one.interval.estimate)},
                                             {"low", finite(one.interval.low)},
                                             {"high", finite(one.interval.high)},
                                             {"standard_error", finite(one.interval.standard_error)}};
  }
  return {{"rows", rows}, {"metrics", metrics}};
}

}  // namespace everyml
