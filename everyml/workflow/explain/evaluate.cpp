#include "everyml/workflow/explain/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "everyml/ensembles/boosting/boosting_family.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/metrics/ranking.h"
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

std::vector<double> weights_of(const Table& table, const std::string& name) {
  std::vector<double> weights;
  if (name.empty()) return weights;
  weights.resize(table.rows());
  table.column(name).read_numbers(0, weights);
  return weights;
}

std::vector<ListMetric> list_metrics_asked(const EvaluateOptions& options) {
  if (options.metrics.empty()) return list_metrics();
  std::vector<std::string> known;
  for (const ListMetric& metric : list_metrics()) known.push_back(metric.name);
  std::vector<ListMetric> asked;
  for (const std::string& name : options.metrics) {
    const std::optional<ListMetric> metric = find_list_metric(name);
    if (!metric)
      throw ParameterError("metrics.unknown",
                           fmt::format("there is no metric of lists \"{}\".{} They are {}, the first so many "
                                       "places as in ndcg@5",
                                       printable(name), suggestion(name, known), join_and(known)));
    asked.push_back(*metric);
  }
  return asked;
}

double weighted_mean(std::span<const ListFigure> lists, std::span<const double> weights) {
  double total = 0, mass = 0;
  for (std::size_t i = 0; i < lists.size(); ++i) {
    total += weights[i] * lists[i].value;
    mass += weights[i];
  }
  return total / mass;
}

void judge_orders(const Artifact& artifact, const Table& table, const Target& truth,
                  const EvaluateOptions& options, std::string_view name, const Context& context,
                  Evaluation& evaluation) {
  if (truth.kind() == Target::Kind::classes)
    throw ParameterError(
        "evaluate.group",
        fmt::format("the model answers classes of \"{}\", which are no order of the rows of a "
                    "list; leave the group out",
                    printable(artifact.target_name)));
  const std::vector<ListMetric> asked = list_metrics_asked(options);
  std::vector<std::size_t> all(table.rows());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const std::vector<std::int32_t> groups = row_groups(table.column(options.group), all);
  const std::vector<double> weights = weights_of(table, options.weights);
  std::set<std::int32_t> lists;
  for (std::size_t row = 0; row < groups.size(); ++row)
    if (weights.empty() || weights[row] > 0) lists.insert(groups[row]);
  const std::vector<double> scores = predict_scores(artifact, table, context);
  for (const ListMetric& metric : asked) {
    const auto figures = figures_of_lists(metric.figure, truth.values(), scores, groups, metric.places,
                                          Gains::exponential, weights);
    if (figures.empty())
      throw DataError(
          "evaluate.no_lists",
          fmt::format("no row of {} has a \"{}\" above 0, so nothing is relevant in any list of "
                      "\"{}\" and no order is better than another",
                      printable(name, 200), printable(artifact.target_name), printable(options.group)));
    evaluation.lists = figures.size();
    evaluation.lists_left_out = lists.size() - figures.size();
    std::vector<double> own;
    for (const ListFigure& list : figures) own.push_back(list.weight);
    const auto interval = bootstrap_interval(
        figures.size(), [&](std::span<const double> drawn) { return weighted_mean(figures, drawn); }, own, {},
        context);
    const double chance = weighted_mean(
        chance_of_lists(metric.figure, truth.values(), groups, metric.places, Gains::exponential, weights),
        own);
    evaluation.judgements.push_back({metric.name, metric.title, true, interval, chance});
  }
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
  if (options.group.empty() && orders_lists(artifact.model.card().name))
    throw ParameterError(
        "evaluate.group",
        fmt::format("{} orders the rows of lists; name the column that says which rows are one "
                    "list with --group",
                    artifact.algorithm));
  std::vector<std::size_t> rows;
  const Target truth = target_of(artifact, whole, rows);
  if (rows.empty()) {
    throw DataError("evaluate.no_rows", fmt::format("no row of {} has a \"{}\" that the model knows",
                                                    printable(name, 200), printable(artifact.target_name)));
  }
  const Table table = rows.size() == whole.rows() ? whole : whole.select_rows(rows);
  Evaluation evaluation;
  evaluation.rows = rows.size();
  evaluation.rows_left_out = whole.rows() - rows.size();
  if (!options.group.empty()) {
    judge_orders(artifact, table, truth, options, name, context, evaluation);
    return evaluation;
  }
  const std::vector<double> weights = weights_of(table, options.weights);
  const std::vector<double> predicted = predict_scores(artifact, table, context);
  const bool classes = artifact.target_kind == Target::Kind::classes;
  const Scores scores{
      .values = classes ? std::span<const double>{} : predicted,
      .probabilities = classes ? std::span<const double>(predicted) : std::span<const double>{}};
  const std::vector<MetricInfo> asked = metrics_asked(options, artifact.target_kind);
  for (const MetricInfo& metric : asked) {
    context.progress(metric.title,
                     static_cast<double>(evaluation.judgements.size()) / static_cast<double>(asked.size()));
    try {
      evaluation.judgements.push_back(
          {std::string(metric.name), std::string(metric.title), metric.greater_is_better,
           bootstrap_interval(metric.name, truth, scores, weights, {}, context), std::nullopt});
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
    Json& shown = metrics[one.name];
    shown = {{"value", finite(one.interval.estimate)},
             {"low", finite(one.interval.low)},
             {"high", finite(one.interval.high)},
             {"standard_error", finite(one.interval.standard_error)}};
    if (one.chance) shown["chance"] = finite(*one.chance);
  }
  Json json = {{"rows", rows}, {"metrics", metrics}};
  if (lists > 0) json.update({{"lists", lists}, {"lists_left_out", lists_left_out}});
  return json;
}

}  // namespace everyml
