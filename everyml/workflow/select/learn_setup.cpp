#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "everyml/ensembles/boosting/boosting_family.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/workflow/catalog/catalog.h"
#include "everyml/workflow/select/learn_setup_impl.h"
#include "everyml/workflow/select/roles_impl.h"

namespace everyml::select_impl {
namespace {

constexpr std::size_t kFewestRowsPerFold = 2;
/// Multiply-adds that judging a lazy learner may cost before it is left to those who ask for it by name.
constexpr double kLazyWork = 4e11;

/// "; the doctor leaves out "id" (id.column) and "x" (constant.column), keep them with --keep-suspects".
std::string why_left_out(const DoctorReport& doctor) {
  constexpr std::size_t kMost = 4;
  std::vector<std::string> shown;
  for (const auto& [column, code] : doctor.excluded) {
    if (shown.size() == kMost) {
      shown.push_back(fmt::format("{} more", doctor.excluded.size() - kMost));
      break;
    }
    shown.push_back(fmt::format("\"{}\" ({})", printable(column, 40), code));
  }
  return shown.empty() ? ""
                       : "; the doctor leaves out " + join_and(shown) + ", keep them with --keep-suspects";
}

}  // namespace

void check_options(const Table& table, const LearnOptions& options) {
  if (options.target.empty())
    throw ParameterError("learn.target", "learn needs the name of the target column");
  table.column(options.target);
  if (!options.group.empty()) table.column(options.group);
  if (!options.date.empty()) table.column(options.date);
  if (!options.weights.empty()) table.column(options.weights);
  for (const std::string& name : options.ignore) table.column(name);
  if (!options.group.empty() && !options.date.empty()) {
    throw ParameterError("learn.folds",
                         "folds can follow groups or dates, not both; give one of group and date");
  }
  if (options.folds < 2 || options.folds > 100) {
    throw ParameterError("parameter.range",
                         fmt::format("learn: folds must be between 2 and 100, got {}", options.folds));
  }
  if (!(options.seconds >= 0)) {
    throw ParameterError("parameter.range",
                         fmt::format("learn: time must be at least 0 seconds (0 is no limit), got {}",
                                     format_number(options.seconds)));
  }
  if (options.importance_repeats == 0) {
    throw ParameterError("parameter.range", "learn: importance_repeats must be at least 1, got 0");
  }
  for (const std::string& own : {options.group, options.date, options.weights}) {
    if (!own.empty() && own == options.target) {
      throw ParameterError(
          "learn.target",
          fmt::format("\"{}\" is the target and cannot be another thing as well", printable(own)));
    }
  }
}

std::vector<std::string> columns_to_use(const Table& table, const LearnOptions& options,
                                        const DoctorReport& doctor) {
  std::set<std::string> left_out = {options.target, options.group, options.weights};
  left_out.insert(options.ignore.begin(), options.ignore.end());
  if (!options.keep_suspects) {
    for (const auto& [column, reason] : doctor.excluded) left_out.insert(column);
  }
  std::vector<std::string> columns;
  for (const Column& column : table.all()) {
    if (!left_out.count(column.name())) columns.push_back(column.name());
  }
  if (columns.empty()) {
    throw DataError("learn.no_columns", fmt::format("no column is left to predict \"{}\" from{}",
                                                    printable(options.target), why_left_out(doctor)));
  }
  return columns;
}

Folds make_folds(const Problem& problem, const LearnOptions& options, const Context& context) {
  const Stream random = context.random("folds");
  const std::size_t rows = problem.table.rows();
  const std::size_t k = std::min(options.folds, rows / kFewestRowsPerFold);
  if (!problem.time.empty()) return time_folds(problem.time, k);
  if (!problem.groups.empty()) return group_folds(problem.groups, k, random);
  if (problem.target.kind() == Target::Kind::classes)
    return stratified_folds(problem.target.codes(), k, random);
  return quantile_folds(problem.target.values(), k, random);
}

void leave_out_weightless(const Table& table, const LearnOptions& options, Target::Kind kind,
                          std::vector<std::size_t>& rows, Problem& problem) {
  problem.weights = row_weights(table, options.weights, rows);
  const auto weightless =
      static_cast<std::size_t>(std::count(problem.weights.begin(), problem.weights.end(), 0.0));
  if (weightless == 0) return;
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (problem.weights[i] > 0) kept.push_back(rows[i]);
  }
  std::erase(problem.weights, 0.0);
  rows = std::move(kept);
  std::vector<std::size_t> all_of_them;
  problem.target = make_target(table.column(options.target).select(rows), kind, all_of_them);
}

double mean_test_share(const Folds& folds) {
  double share = 0;
  for (const Fold& fold : folds)
    share += static_cast<double>(fold.test.size()) / static_cast<double>(fold.train.size());
  return share / static_cast<double>(folds.size());
}

std::vector<Entry> fitting_entries(const Problem& problem, const LearnOptions& options) {
  std::vector<Entry> entries;
  for (const std::string& name : options.only) {
    const Entry& entry = catalog().find(name);
    if (orders_lists(entry.card().name)) {
      throw ParameterError(
          "learn.only",
          fmt::format("{0} orders rows within lists, and learn judges rows one by one; fit it with "
                      "\"everyml fit {0} --group COLUMN\" and judge it on rows kept back with "
                      "\"everyml evaluate --group COLUMN\"",
                      name));
    }
    if (entry.card().target != problem.target.kind()) {
      throw ParameterError(
          "learn.only", fmt::format("{} learns {}, but \"{}\" needs {}", name, to_string(entry.card().target),
                                    printable(problem.target_name), to_string(problem.target.kind())));
    }
  }
  for (const Entry& entry : catalog().entries()) {
    if (entry.card().target != problem.target.kind()) continue;
    const bool asked =
        std::find(options.only.begin(), options.only.end(), entry.card().name) != options.only.end();
    const bool offered = options.only.empty() && !entry.card().by_request;
    if (offered || asked || entry.card().complexity == 0) entries.push_back(entry);
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.card().complexity < b.card().complexity; });
  return entries;
}

std::string reason_to_skip(const Entry& entry, const Problem& problem, const LearnOptions& options) {
  if (!entry.card().lazy || !options.only.empty()) return "";
  double comparisons = 0;
  for (const Fold& fold : problem.folds) {
    const double searched = static_cast<double>(std::min(fold.train.size(), kSearchRows));
    comparisons += static_cast<double>(fold.train.size()) * static_cast<double>(fold.test.size()) +
                   static_cast<double>(entry.search().size()) * searched * searched;
  }
  const double work = comparisons * static_cast<double>(problem.columns.size());
  if (work <= kLazyWork) return "";
  return fmt::format("compares every row with every other, too slow for {} rows; ask for it with --only {}",
                     problem.table.rows(), entry.card().name);
}

}  // namespace everyml::select_impl
