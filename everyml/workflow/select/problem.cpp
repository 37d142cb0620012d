#include <fmt/format.h>

#include <algorithm>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/workflow/explain/scoring.h"
#include "everyml/workflow/select/costs_impl.h"
#include "everyml/workflow/select/learn_setup_impl.h"
#include "everyml/workflow/select/roles_impl.h"

namespace everyml::select_impl {
namespace {

constexpr std::size_t kFewestRows = 10;
/// Probabilities that the answers of one algorithm may hold, 2 GiB of them.
constexpr std::size_t kMostAnswers = std::size_t{1} << 28;

DoctorReport examined(const Table& table, const LearnOptions& options, std::span<const ReadNote> notes,
                      const Context& context) {
  DoctorOptions doctor;
  doctor.target = options.target;
  doctor.ignore = options.ignore;
  for (const std::string& own : {options.group, options.weights}) {
    if (!own.empty()) doctor.ignore.push_back(own);
  }
  return examine(table, doctor, notes, context);
}

void require_learnable(const Target& target, std::size_t rows, const LearnOptions& options) {
  if (rows < kFewestRows) {
    throw DataError("learn.too_few_rows",
                    fmt::format("{} row{} a value in \"{}\"{}; at least {} are needed to judge a "
                                "model honestly",
                                rows, rows == 1 ? " has" : "s have", printable(options.target),
                                options.weights.empty() ? "" : " and a weight above 0", kFewestRows));
  }
  if (target.kind() != Target::Kind::classes) return;
  const std::string name = printable(options.target);
  if (target.class_count() < 2) {
    throw DataError("learn.one_class",
                    fmt::format("every row has the same \"{}\" ({}); there is nothing to tell apart", name,
                                printable(target.names()[0])));
  }
  if (target.class_count() > rows / 2) {
    throw DataError(
        "learn.too_many_classes",
        fmt::format(
            "\"{}\" has {} different labels in {} rows, hardly any twice; it looks like an identifier", name,
            target.class_count(), rows));
  }
  if (target.class_count() > kMostAnswers / rows) {
    throw DataError(
        "learn.too_many_classes",
        fmt::format("\"{}\" has {} different labels; a probability for each of them in each of {} "
                    "rows is too much to judge; join rare labels or learn from fewer rows",
                    name, target.class_count(), rows));
  }
}

}  // namespace

Problem make_problem(const Table& table, const LearnOptions& options, std::span<const ReadNote> notes,
                     LearnResult& result, const Context& context) {
  check_options(table, options);
  result.target = options.target;
  result.seed = context.seed();
  result.rows = table.rows();
  context.progress("examining the data", 0.0);
  result.doctor = examined(table, options, notes, context);

  const Column& target = table.column(options.target);
  const TaskGuess guess = guess_task(target, options.classification);
  if (guess.kind == Target::Kind::none) throw DataError("learn.target_kind", guess.reason);
  result.task = guess.kind;
  result.territory = guess.reason;

  std::vector<std::size_t> rows;
  Problem problem;
  problem.target = make_target(target, guess.kind, rows);
  result.rows_without_target = table.rows() - rows.size();
  if (!options.weights.empty()) leave_out_weightless(table, options, guess.kind, rows, problem);
  require_learnable(problem.target, rows.size(), options);
  problem.columns = columns_to_use(table, options, result.doctor);
  problem.table = rows.size() == table.rows() ? table : table.select_rows(rows);
  problem.target_name = options.target;
  result.class_names.assign(problem.target.names().begin(), problem.target.names().end());
  result.columns_used = problem.columns;
  if (!options.group.empty()) problem.groups = row_groups(table.column(options.group), rows);
  if (!options.date.empty()) problem.time = row_times(table, options.date, rows);
  check_costs(options.costs, problem.target);

  problem.metric =
      options.metric.empty() ? default_metric(problem.target.kind(), problem.width()) : options.metric;
  require_metric(problem.metric, problem.target.kind());
  problem.greater_is_better = metric_greater_is_better(problem.metric);
  result.metric = problem.metric;
  result.metric_title = metric_title(problem.metric);
  result.greater_is_better = problem.greater_is_better;

  problem.folds = options.fold_list ? to_learned_rows(*options.fold_list, rows, table.rows())
                                    : make_folds(problem, options, context);
  result.folds = to_table_rows(problem.folds, rows);
  return problem;
}

}  // namespace everyml::select_impl
