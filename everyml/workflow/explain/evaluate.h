#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/base/json.h"
#include "everyml/foundation/data/table.h"
#include "everyml/foundation/metrics/bootstrap.h"
#include "everyml/foundation/metrics/metric.h"
#include "everyml/workflow/artifact/artifact.h"

namespace everyml {

struct EvaluateOptions {
  std::vector<std::string> metrics;  ///< names in metric_list(); empty: each of the task that is defined here
  std::string weights;               ///< column that counts each row so many times; empty: each once
};

struct Judgement {
  MetricInfo metric;
  BootstrapInterval interval;
};

/// What a model is worth on rows whose truth is known.
struct Evaluation {
  std::uint64_t rows = 0;           ///< judged
  std::uint64_t rows_left_out = 0;  ///< without a target that the model knows
  std::vector<Judgement> judgements;
  /// {"rows", "metrics": {name: {"value", "low", "high", "standard_error"}}}; null where not defined.
  Json to_json() const;
};

/// Throws DataError "evaluate.no_target" for a model that learned without one. `name` is the model's.
void require_truth(const Artifact& artifact, std::string_view name);

/// Compares the artifact's answers with the target column of the table, each metric with a 95 % bootstrap
/// interval. `name` stands for the table in messages. Throws DataError "evaluate.no_target",
/// "evaluate.no_rows", "data.column_missing", "metrics.domain" for a metric asked for
/// that these values do not have, ParameterError "metrics.unknown" and "metrics.task".
Evaluation evaluate(const Artifact& artifact, const Table& table, const EvaluateOptions& options,
                    std::string_view name, const Context& context);

}  // namespace everyml
