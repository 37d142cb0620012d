#pragma once

#include <cstdint>
#include <optional>
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
  /// Names in metric_list(), or with `group` those that find_list_metric() knows; empty: each of the task
  /// that is defined here.
  std::vector<std::string> metrics;
  std::string weights;  ///< column that counts each row so many times; empty: each once
  /// Column that says which rows are one list. The answers are then judged by the order in which they put the
  /// rows of each list; the target holds how relevant each row is.
  std::string group;
};

struct Judgement {
  std::string name;   ///< "auc", "ndcg@5"
  std::string title;  ///< as read
  bool greater_is_better = false;
  BootstrapInterval interval;
  std::optional<double> chance;  ///< of orders: what a random order has on the mean
};

/// What a model is worth on rows whose truth is known.
struct Evaluation {
  std::uint64_t rows = 0;            ///< judged
  std::uint64_t rows_left_out = 0;   ///< without a target that the model knows
  std::uint64_t lists = 0;           ///< of rows, where orders are judged
  std::uint64_t lists_left_out = 0;  ///< nothing in them is relevant, so that no order is better than another
  std::vector<Judgement> judgements;
  /// {"rows", "metrics": {name: {"value", "low", "high", "standard_error"}}}; null where not defined.
  /// Of orders besides "lists", "lists_left_out" and for each metric "chance".
  Json to_json() const;
};

/// Throws DataError "evaluate.no_target" for a model that learned without one. `name` is the model's.
void require_truth(const Artifact& artifact, std::string_view name);

/// Compares the artifact's answers with the target column of the table, each metric with a 95 % bootstrap
/// interval. With a group the interval comes from drawing whole lists, gains are 2^grade - 1, and a list
/// weighs as the mean weight of its rows. `name` stands for the table in messages. Throws DataError
/// "evaluate.no_target", "evaluate.no_rows", "evaluate.no_lists" (nothing is relevant in any of them),
/// "data.column_missing", "metrics.domain" for a metric asked for that these values do not have;
/// ParameterError "metrics.unknown", "metrics.task", "evaluate.group" (an algorithm of lists without one, or
/// one for classes).
Evaluation evaluate(const Artifact& artifact, const Table& table, const EvaluateOptions& options,
                    std::string_view name, const Context& context);

}  // namespace everyml
