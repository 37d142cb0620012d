#include "everyml/workflow/select/learn.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <string_view>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/metrics/metric.h"
#include "everyml/workflow/catalog/catalog.h"
#include "everyml/workflow/explain/scoring.h"
#include "everyml/workflow/select/chance_impl.h"
#include "everyml/workflow/select/compare_impl.h"
#include "everyml/workflow/select/costs_impl.h"
#include "everyml/workflow/select/judge_impl.h"
#include "everyml/workflow/select/roles_impl.h"
#include "everyml/workflow/select/verdict_impl.h"

namespace everyml {
namespace {

using namespace select_impl;

constexpr std::size_t kFewestRows = 10;
constexpr std::size_t kFewestRowsPerFold = 2;
constexpr std::size_t kMostDependence = 6;
constexpr std::size_t kMostShuffled = 200;
/// Below this many cells folds run side by side; above it each learner is itself parallel.
constexpr std::size_t kSmallCells = 2'000'000;
constexpr std::size_t kCacheBytes = std::size_t{512} << 20;
/// Probabilities that the answers of one algorithm may hold, 2 GiB of them.
constexpr std::size_t kMostAnswers = std::size_t{1} << 28;
/// Multiply-adds that judging a lazy learner may cost before it is left to those who ask for it by name.
constexpr double kLazyWork = 4e11;

double seconds_since(Context::Clock::time_point start) {
  return std::chrono::duration<double>(Context::Clock::now() - start).count();
}

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

/// Rows of weight 0 are as if they were not there: a fold could else have nothing that counts. Fills the
/// weights of the rows that are left.
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

/// Candidate and the out-of-fold answers it gave.
struct Judged {
  Candidate candidate;
  std::vector<double> out_of_fold;  ///< [rows, width], NaN where never tested
  std::vector<std::optional<Artifact>> artifacts;
};

std::map<std::string, double> all_metrics(const Problem& problem, std::span<const double> out_of_fold) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < problem.table.rows(); ++row) {
    if (!std::isnan(out_of_fold[row * problem.width()])) rows.push_back(row);
  }
  std::vector<double> predicted, weights;
  for (const std::size_t row : rows) {
    for (std::size_t k = 0; k < problem.width(); ++k)
      predicted.push_back(out_of_fold[row * problem.width() + k]);
    if (!problem.weights.empty()) weights.push_back(problem.weights[row]);
  }
  const Target truth = problem.target.select(rows);
  const std::vector<std::string> names =
      problem.target.kind() == Target::Kind::numbers ? std::vector<std::string>{"rmse", "mae", "r2"}
      : problem.width() == 2 ? std::vector<std::string>{"auc", "accuracy", "log_loss", "f1", "brier"}
                             : std::vector<std::string>{"accuracy", "log_loss", "f1", "balanced_accuracy"};
  std::map<std::string, double> metrics;
  for (const std::string& name : names) {
    const double figure = score_predictions(name, truth, predicted, weights);
    if (!std::isnan(figure)) metrics[name] = figure;
  }
  return metrics;
}

/// `from`, `to`: shares of the whole run between which the progress of this candidate lies.
Judged judge(const Problem& problem, const Entry& entry, EncodedCache& cache, bool search, double test_share,
             double from, double to, const Context& context) {
  const std::size_t width = problem.width();
  const bool small = problem.table.rows() * problem.columns.size() < kSmallCells;
  std::vector<FoldOutcome> outcomes(problem.folds.size());
  const Context quiet = context.with_observer(nullptr);
  const auto one = [&](std::size_t fold) {
    outcomes[fold] = judge_fold(problem, entry, cache, fold, search, small || fold == 0, quiet);
  };
  if (small) {
    parallel_for(context, problem.folds.size(), 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t fold = begin; fold < end; ++fold) one(fold);
    });
  } else {
    for (std::size_t fold = 0; fold < problem.folds.size(); ++fold) {
      one(fold);
      const double done = static_cast<double>(fold + 1) / static_cast<double>(problem.folds.size());
      context.progress(entry.card().title, from + done * (to - from));
    }
  }

  Judged judged;
  Candidate& candidate = judged.candidate;
  candidate.algorithm = entry.card().name;
  candidate.title = entry.card().title;
  candidate.complexity = entry.card().complexity;
  judged.out_of_fold.assign(problem.table.rows() * width, std::numeric_limits<double>::quiet_NaN());
  std::vector<double> defined;
  for (std::size_t fold = 0; fold < outcomes.size(); ++fold) {
    FoldOutcome& outcome = outcomes[fold];
    candidate.fold_scores.push_back(outcome.score);
    if (!std::isnan(outcome.score)) defined.push_back(outcome.score);
    candidate.fit_seconds += outcome.fit_seconds;
    candidate.predict_seconds += outcome.predict_seconds;
    candidate.trials = outcome.trials;
    const auto& test = problem.folds[fold].test;
    for (std::size_t i = 0; i < test.size(); ++i) {
      std::copy_n(outcome.predicted.begin() + static_cast<std::ptrdiff_t>(i * width), width,
                  judged.out_of_fold.begin() + static_cast<std::ptrdiff_t>(test[i] * width));
    }
    judged.artifacts.push_back(std::move(outcome.artifact));
  }
  const FoldMean mean = fold_mean(defined, test_share);
  const MetricInfo& metric = find_metric(problem.metric);
  candidate.score = mean.mean;
  candidate.low = std::max(mean.low, metric.low);
  candidate.high = std::min(mean.high, metric.high);
  candidate.metrics = all_metrics(problem, judged.out_of_fold);
  if (defined.empty()) candidate.skipped = "its metric is not defined on any fold";
  return judged;
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

/// Mean over the folds' models, each on rows it has not seen.
std::vector<ColumnImportance> held_out_importance(const Problem& problem, const Judged& judged,
                                                  const LearnOptions& options,
                                                  const std::vector<std::string>& columns,
                                                  const Context& context) {
  std::map<std::string, std::vector<double>> found;
  std::map<std::string, double> squares;
  std::vector<std::string> order;
  for (std::size_t fold = 0; fold < judged.artifacts.size(); ++fold) {
    if (!judged.artifacts[fold]) continue;
    ImportanceOptions settings;
    settings.metric = problem.metric;
    settings.columns = columns;
    // Every answer of a lazy learner is a pass over its training rows.
    const bool lazy = judged.artifacts[fold]->model.card().lazy;
    settings.repeats =
        lazy ? std::min<std::size_t>(2, options.importance_repeats) : options.importance_repeats;
    settings.max_rows = lazy ? 400 : 2000;
    try {
      for (const ColumnImportance& one : permutation_importance(
               *judged.artifacts[fold], problem.table.select_rows(problem.folds[fold].test), settings,
               context.with_observer(nullptr))) {
        if (!found.count(one.column)) order.push_back(one.column);
        found[one.column].push_back(one.mean);
        squares[one.column] += one.deviation * one.deviation;
      }
    } catch (const DataError&) {  // a fold with one class has no AUC to lose
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

/// Calibration, conformal scores, confusion and costs of the chosen candidate, from its out-of-fold answers.
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

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::worth_it:
      return "worth it";
    case Verdict::not_worth_it:
      return "not worth it";
    case Verdict::no_pattern:
      return "no pattern";
  }
  return "";
}

LearnResult learn(const Table& table, const LearnOptions& options, std::span<const ReadNote> notes,
                  const Context& context) {
  const auto start = Context::Clock::now();
  check_options(table, options);
  LearnResult result;
  result.target = options.target;
  result.seed = context.seed();
  result.rows = table.rows();

  context.progress("examining the data", 0.0);
  DoctorOptions doctor;
  doctor.target = options.target;
  doctor.ignore = options.ignore;
  for (const std::string& own : {options.group, options.weights}) {
    if (!own.empty()) doctor.ignore.push_back(own);
  }
  result.doctor = examine(table, doctor, notes, context);

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
  if (rows.size() < kFewestRows) {
    throw DataError("learn.too_few_rows",
                    fmt::format("{} row{} a value in \"{}\"{}; at least {} are needed to judge a "
                                "model honestly",
                                rows.size(), rows.size() == 1 ? " has" : "s have", printable(options.target),
                                options.weights.empty() ? "" : " and a weight above 0", kFewestRows));
  }
  if (problem.target.kind() == Target::Kind::classes && problem.target.class_count() < 2) {
    throw DataError("learn.one_class",
                    fmt::format("every row has the same \"{}\" ({}); there is nothing to tell apart",
                                printable(options.target), printable(problem.target.names()[0])));
  }
  if (problem.target.kind() == Target::Kind::classes && problem.target.class_count() > rows.size() / 2) {
    throw DataError(
        "learn.too_many_classes",
        fmt::format(
            "\"{}\" has {} different labels in {} rows, hardly any twice; it looks like an identifier",
            printable(options.target), problem.target.class_count(), rows.size()));
  }
  if (problem.target.kind() == Target::Kind::classes &&
      problem.target.class_count() > kMostAnswers / rows.size()) {
    throw DataError(
        "learn.too_many_classes",
        fmt::format("\"{}\" has {} different labels; a probability for each of them in each of {} "
                    "rows is too much to judge; join rare labels or learn from fewer rows",
                    printable(options.target), problem.target.class_count(), rows.size()));
  }
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
  const double test_share = mean_test_share(problem.folds);

  const std::vector<Entry> entries = fitting_entries(problem, options);
  const std::size_t budget = context.memory().limit();
  EncodedCache cache(problem, budget > 0 ? std::min(kCacheBytes, budget / 4) : kCacheBytes);
  std::map<std::string, Judged> judged;
  std::size_t models = 0;
  std::exception_ptr too_much;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    // Training on all rows begins at 0.8.
    const double step = 0.8 / static_cast<double>(entries.size()), share = static_cast<double>(i) * step;
    context.progress(entry.card().title, share);
    Candidate skipped;
    skipped.algorithm = entry.card().name;
    skipped.title = entry.card().title;
    skipped.complexity = entry.card().complexity;
    skipped.skipped = reason_to_skip(entry, problem, options);
    const bool stop = context.stop_requested();
    const bool late = options.seconds > 0 && seconds_since(start) > options.seconds;
    if (models > 0 && (stop || late)) {
      skipped.skipped =
          stop ? "the run was stopped before its turn" : "the time given was over before its turn";
      result.time_ran_out = result.time_ran_out || late;
    }
    if (skipped.skipped.empty()) {
      // With a time limit the search may not eat what the remaining learners need for their defaults.
      const double left = options.seconds - seconds_since(start);
      const bool search = options.seconds == 0 || left > options.seconds / 3;
      // Once there is a model to show, the limit also cuts what runs past it.
      const bool limited = options.seconds > 0 && models > 0;
      try {
        Judged one = judge(problem, entry, cache, search, test_share, share, share + step,
                           limited ? context.with_seconds(left) : context);
        models += entry.card().complexity > 0 && one.candidate.skipped.empty();
        result.leaderboard.push_back(one.candidate);
        judged.emplace(entry.card().name, std::move(one));
        continue;
      } catch (const DataError& error) {
        skipped.skipped = error.what();
      } catch (const UnsupportedError& error) {
        skipped.skipped = error.what();
      } catch (const ResourceError& error) {
        // Another may do with less; an end asked for from outside is an end.
        if (error.code() == "resource.cancelled") throw;
        if (error.code() == "resource.deadline") {
          context.check();
          if (!limited) throw;
          result.time_ran_out = true;
          skipped.skipped = "the time given was over while it was judged";
        } else {
          too_much = std::current_exception();
          skipped.skipped = error.what();
        }
      }
    }
    result.leaderboard.push_back(std::move(skipped));
  }
  if (judged.empty() || models == 0) {
    if (too_much) std::rethrow_exception(too_much);
    std::string why;
    for (const Candidate& candidate : result.leaderboard) {
      if (candidate.complexity > 0 && !candidate.skipped.empty())
        why = candidate.title + ": " + candidate.skipped;
    }
    throw DataError("learn.no_model", fmt::format("no algorithm could be judged on this table. {}", why));
  }
  rank_candidates(result, test_share);
  const Candidate& chosen = result.leaderboard[result.chosen];
  const Judged& winner = judged.at(chosen.algorithm);
  judge_worth(result, test_share, permutation_p(problem, winner.out_of_fold, context.with_observer(nullptr)));

  context.progress("training " + chosen.title + " on all rows", 0.8);
  Trained trained =
      train_on_all(problem, catalog().find(chosen.algorithm), options.seconds == 0 || !result.time_ran_out,
                   context.with_observer(nullptr));
  result.artifact = std::move(trained.artifact);
  result.leaderboard[result.chosen].settings_json = result.artifact.settings_json;
  result.out_of_fold = winner.out_of_fold;
  if (result.task == Target::Kind::numbers) {
    result.truth.assign(problem.target.values().begin(), problem.target.values().end());
  } else {
    result.truth.assign(problem.target.codes().begin(), problem.target.codes().end());
  }
  finish_answers(problem, options, result, context);

  context.progress("explaining", 0.9);
  result.importance =
      held_out_importance(problem, winner, options, columns_to_shuffle(problem, result.doctor), context);
  for (const ColumnImportance& importance : result.importance) {
    if (result.dependence.size() == kMostDependence) break;
    if (problem.table.column(importance.column).kind() == ColumnKind::text) continue;
    DependenceOptions dependence;
    if (result.artifact.model.card().lazy) dependence.max_rows = 200;
    result.dependence.push_back(partial_dependence(result.artifact, problem.table, importance.column,
                                                   dependence, context.with_observer(nullptr)));
  }
  result.formulas = result.artifact.encoder.formulas();
  result.artifact_summary_json = write_json(result.artifact.model.summary());
  write_sentence(result);
  result.seconds = seconds_since(start);
  result.artifact.metadata_json = write_json(result.to_metadata());
  context.progress("done", 1.0);
  return result;
}

}  // namespace everyml
