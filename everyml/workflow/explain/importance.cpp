#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <string_view>

#include "everyml/foundation/base/error.h"
#include "everyml/workflow/explain/explain.h"
#include "everyml/workflow/explain/scoring.h"

namespace everyml {
namespace {

struct Moments {
  double mean = 0, deviation = 0;
};

Moments moments_of(std::span<const double> values) {
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double variance = values.size() > 1 ? squares / static_cast<double>(values.size() - 1) : 0.0;
  return {mean, std::sqrt(variance)};
}

}  // namespace

std::vector<ColumnImportance> permutation_importance(const Artifact& artifact, const Table& table,
                                                     const ImportanceOptions& options,
                                                     const Context& context) {
  if (options.repeats == 0) {
    throw ParameterError("parameter.range", "permutation importance: repeats must be at least 1, got 0");
  }
  std::vector<std::size_t> rows;
  Target truth = target_of(artifact, table, rows);
  if (rows.empty())
    throw DataError("explain.no_rows", "permutation importance needs at least one row with a target");
  if (rows.size() > options.max_rows) {
    const auto chosen = context.random("importance rows").sample(rows.size(), options.max_rows);
    truth = truth.select(chosen);
    std::vector<std::size_t> kept(chosen.size());
    std::transform(chosen.begin(), chosen.end(), kept.begin(), [&](std::size_t i) { return rows[i]; });
    rows = std::move(kept);
  }
  const Table part = table.select_rows(rows);
  const std::string metric = options.metric.empty()
                                 ? default_metric(artifact.target_kind, artifact.class_names.size())
                                 : options.metric;
  require_metric(metric, artifact.target_kind);
  const double sign = metric_greater_is_better(metric) ? 1.0 : -1.0;
  const double intact = score_predictions(metric, truth, predict_scores(artifact, part, context), {});
  if (std::isnan(intact)) {
    throw DataError("explain.metric_undefined", fmt::format("{} is not defined on these rows", metric));
  }

  std::vector<ColumnImportance> result;
  const auto& columns = artifact.encoder.schema().columns;
  const std::set<std::string_view> asked(options.columns.begin(), options.columns.end());
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (!asked.empty() && !asked.contains(columns[c].name)) continue;
    const auto position = part.find(columns[c].name);
    ColumnImportance importance{columns[c].name, 0, 0};
    if (position) {
      std::vector<double> drops(options.repeats);
      for (std::size_t repeat = 0; repeat < options.repeats; ++repeat) {
        Stream random = context.random(fmt::format("importance {}", c), repeat);
        const auto order = random.permutation(part.rows());
        const Table shuffled = part.with(part.column(*position).select(order));
        drops[repeat] = sign * (intact - score_predictions(metric, truth,
                                                           predict_scores(artifact, shuffled, context), {}));
      }
      const Moments moments = moments_of(drops);
      importance.mean = moments.mean;
      importance.deviation = moments.deviation;
    }
    result.push_back(std::move(importance));
    context.progress("importance", static_cast<double>(c + 1) / static_cast<double>(columns.size()));
  }
  std::stable_sort(result.begin(), result.end(),
                   [](const auto& a, const auto& b) { return a.mean > b.mean; });
  return result;
}

}  // namespace everyml
