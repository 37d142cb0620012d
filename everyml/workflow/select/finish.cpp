#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <string_view>

#include "everyml/foundation/base/error.h"
#include "everyml/workflow/select/costs_impl.h"
#include "everyml/workflow/select/finish_impl.h"

namespace everyml::select_impl {
namespace {

constexpr std::size_t kMostDependence = 6;
constexpr std::size_t kMostShuffled = 200;
constexpr std::size_t kMostExplained = 120, kManyRows = 100'000;
/// Rows of a fold on which a column is shuffled.
constexpr std::size_t kShuffledRows = 2000, kFewestRows = 100;
/// Every answer of a lazy learner is a pass over its training rows.
constexpr std::size_t kLazyRepeats = 2, kLazyRows = 400, kLazyDependence = 200;
/// Parts of the time for explaining.
constexpr double kForImportance = 0.6, kForDependence = 0.7;

double seconds_since(Context::Clock::time_point start) {
  return std::chrono::duration<double>(Context::Clock::now() - start).count();
}

/// The columns to shuffle; empty is all of them. Each costs passes over all columns, so of very many only
/// those are taken that alone say most of the target.
std::vector<std::string> columns_to_shuffle(const Problem& problem, const DoctorReport& doctor) {
  if (problem.columns.size() <= kMostShuffled) return {};
  const std::set<std::string_view> used(problem.columns.begin(), problem.columns.end());
  std::vector<std::pair<double, std::string>> tied;
  for (const ColumnProfile& profile : doctor.columns) {
    if (!used.contains(profile.name)) continue;
    tied.emplace_back(std::isnan(profile.target_association) ? 0 : profile.target_association, profile.name);
  }
  std::stable_sort(tied.begin(), tied.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::string> columns;
  for (std::size_t i = 0; i < std::min(kMostShuffled, tied.size()); ++i) columns.push_back(tied[i].second);
  return columns;
}

/// Seconds that one answer of the winner takes, from those it gave for the rows of the folds.
double seconds_of_a_row(const Judged& judged, std::size_t width) {
  const double rows = static_cast<double>(judged.out_of_fold.size()) / static_cast<double>(width);
  return judged.candidate.predict_seconds / std::max(rows, 1.0);
}

/// Fewer repeats, then fewer rows, so that shuffling keeps to its time.
void fit_into(double seconds, double row_seconds, std::size_t passes, ImportanceOptions& settings) {
  if (seconds <= 0 || row_seconds <= 0) return;
  const auto rows_within = [&] {
    return seconds / (row_seconds * static_cast<double>(passes) * static_cast<double>(settings.repeats));
  };
  while (settings.repeats > 1 && rows_within() < static_cast<double>(settings.max_rows)) --settings.repeats;
  settings.max_rows = std::clamp(static_cast<std::size_t>(std::min(rows_within(), 1e9)), kFewestRows,
                                 std::max(settings.max_rows, kFewestRows));
}

/// Mean over the folds' models, each on rows it has not seen.
std::vector<ColumnImportance> held_out_importance(const Problem& problem, const Judged& judged,
                                                  const LearnOptions& options, double seconds,
                                                  const std::vector<std::string>& columns,
                                                  const Context& context) {
  std::map<std::string, std::vector<double>> found;
  std::map<std::string, double> squares;
  std::vector<std::string> order;
  const auto models = static_cast<std::size_t>(std::count_if(
      judged.artifacts.begin(), judged.artifacts.end(), [](const auto& one) { return one.has_value(); }));
  const std::size_t shuffled = columns.empty() ? problem.columns.size() : columns.size();
  const Context quiet = context.with_observer(nullptr);
  const Context limited = seconds > 0 ? quiet.with_seconds(seconds) : quiet;
  for (std::size_t fold = 0; fold < judged.artifacts.size(); ++fold) {
    if (!judged.artifacts[fold]) continue;
    ImportanceOptions settings;
    settings.metric = problem.metric;
    settings.columns = columns;
    const bool lazy = judged.artifacts[fold]->model.card().lazy;
    settings.repeats = lazy ? std::min(kLazyRepeats, options.importance_repeats) : options.importance_repeats;
    settings.max_rows = std::min(lazy ? kLazyRows : kShuffledRows, problem.folds[fold].test.size());
    fit_into(seconds / 1.5, seconds_of_a_row(judged, problem.width()), models * shuffled, settings);
    try {
      for (const ColumnImportance& one :
           permutation_importance(*judged.artifacts[fold],
                                  problem.table.select_rows(problem.folds[fold].test), settings, limited)) {
        if (!found.count(one.column)) order.push_back(one.column);
        found[one.column].push_back(one.mean);
        squares[one.column] += one.deviation * one.deviation;
      }
    } catch (const DataError&) {  // a fold with one class has no AUC to lose
    } catch (const ResourceError& error) {
      if (error.code() != "resource.deadline") throw;
      context.check();
      break;
    }
  }
  std::vector<ColumnImportance> importance;
  for (const std::string& column : order) {
    const auto& means = found[column];
    const double count = static_cast<double>(means.size());
    const double mean = std::accumulate(means.begin(), means.end(), 0.0) / count;
    double spread = 0;
    for (const double value : means) spread += (value - mean) * (value - mean);
    importance.push_back(
        {column, mean, std::sqrt(spread / std::max(1.0, count - 1) + squares[column] / count)});
  }
  std::stable_sort(importance.begin(), importance.end(),
                   [](const auto& a, const auto& b) { return a.mean > b.mean; });
  return importance;
}

/// Of the most important columns, in `result`. A column that the time does not allow is left out with those
/// after it.
void depend(const Problem& problem, const Judged& winner, double seconds, LearnResult& result,
            const Context& context) {
  const Context quiet = context.with_observer(nullptr);
  const Context limited = seconds > 0 ? quiet.with_seconds(seconds) : quiet;
  const double row_seconds = seconds_of_a_row(winner, problem.width());
  for (const ColumnImportance& importance : result.importance) {
    if (result.dependence.size() == kMostDependence) break;
    if (problem.table.column(importance.column).kind() == ColumnKind::text) continue;
    DependenceOptions dependence;
    if (result.artifact.model.card().lazy) dependence.max_rows = kLazyDependence;
    if (seconds > 0 && row_seconds > 0) {
      const double within =
          seconds / 1.5 / (row_seconds * static_cast<double>(dependence.points * kMostDependence));
      dependence.max_rows =
          std::clamp(static_cast<std::size_t>(std::min(within, 1e9)), kFewestRows, dependence.max_rows);
    }
    try {
      result.dependence.push_back(
          partial_dependence(result.artifact, problem.table, importance.column, dependence, limited));
    } catch (const ResourceError& error) {
      if (error.code() != "resource.deadline") throw;
      context.check();
      break;
    }
  }
}

/// None where a model that usually can tell cannot for these rows, as with linear leaves, or not in time.
std::optional<ColumnContributions> explain_rows(const Artifact& artifact, const Table& table, double seconds,
                                                const Context& context) {
  const Context quiet = context.with_observer(nullptr);
  try {
    // The trees of many rows are large, and each row goes to every leaf.
    const std::size_t rows = table.rows() > kManyRows ? kMostExplained / 4 : kMostExplained;
    return column_contributions(artifact, table, rows, seconds > 0 ? quiet.with_seconds(seconds) : quiet);
  } catch (const UnsupportedError&) {
    return std::nullopt;
  } catch (const ResourceError& error) {
    if (error.code() != "resource.deadline") throw;
    context.check();
    return std::nullopt;
  }
}

}  // namespace

void explain_chosen(const Problem& problem, const LearnOptions& options, const Judged& winner, double seconds,
                    LearnResult& result, const Context& context) {
  const auto start = Context::Clock::now();
  const bool limited = options.seconds > 0;
  const auto part = [&](double share) {
    return limited ? std::max(share * (seconds - seconds_since(start)), 1e-3) : 0.0;
  };
  result.importance = held_out_importance(problem, winner, options, part(kForImportance),
                                          columns_to_shuffle(problem, result.doctor), context);
  depend(problem, winner, part(kForDependence), result, context);
  if (result.artifact.model.can(Capability::contributions))
    result.contributions = explain_rows(result.artifact, problem.table, part(1), context);
}

void finish_answers(const Problem& problem, const LearnOptions& options, LearnResult& result,
                    const Context& context) {
  const std::size_t width = problem.width();
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < problem.table.rows(); ++row) {
    if (!std::isnan(result.out_of_fold[row * width])) rows.push_back(row);
  }
  std::vector<double> predicted;
  predicted.reserve(rows.size() * width);
  for (const std::size_t row : rows) {
    for (std::size_t k = 0; k < width; ++k) predicted.push_back(result.out_of_fold[row * width + k]);
  }
  const Target truth = problem.target.select(rows);
  if (problem.target.kind() == Target::Kind::numbers) {
    result.artifact.conformal = conformal_of_values(predicted, truth.values());
    return;
  }
  std::vector<double> weights;
  if (!problem.weights.empty()) {
    for (const std::size_t row : rows) weights.push_back(problem.weights[row]);
  }
  result.artifact.calibration =
      fit_calibration(predicted, truth.codes(), width, weights, std::nullopt, context);
  std::vector<std::size_t> fold_of(problem.table.rows()), fold;
  for (std::size_t f = 0; f < problem.folds.size(); ++f) {
    for (const std::size_t row : problem.folds[f].test) fold_of[row] = f;
  }
  for (const std::size_t row : rows) fold.push_back(fold_of[row]);
  calibrate_across_folds(predicted, truth.codes(), width, weights, fold, result.artifact.calibration.method,
                         context);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::copy_n(predicted.begin() + static_cast<std::ptrdiff_t>(i * width), width,
                result.out_of_fold.begin() + static_cast<std::ptrdiff_t>(rows[i] * width));
  }
  result.artifact.conformal = conformal_of_probabilities(predicted, truth.codes(), width);
  if (!options.costs.empty()) {
    result.costs = cost_matrix(options.costs, result.class_names);
    apply_costs(options.costs, predicted, truth, weights, result);
  }
  const std::vector<std::int32_t> answers = decide(result.artifact, predicted);
  result.confusion.assign(width * width, 0);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ++result.confusion[static_cast<std::size_t>(truth.codes()[i]) * width +
                       static_cast<std::size_t>(answers[i])];
  }
}

}  // namespace everyml::select_impl
