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
#include "everyml/workflow/select/learn_setup_impl.h"
#include "everyml/workflow/select/roles_impl.h"
#include "everyml/workflow/select/tune_impl.h"
#include "everyml/workflow/select/verdict_impl.h"

namespace everyml {
namespace {

using namespace select_impl;

constexpr std::size_t kFewestRows = 10;
constexpr std::size_t kMostDependence = 6;
constexpr std::size_t kMostShuffled = 200;
constexpr std::size_t kMostExplained = 120, kManyRows = 100'000;
/// Cells below which a table is small.
constexpr std::size_t kSmallCells = 2'000'000;
/// Seconds of a search below which it finds little.
constexpr double kShortestTuning = 0.5;
constexpr std::size_t kCacheBytes = std::size_t{512} << 20;
/// Probabilities that the answers of one algorithm may hold, 2 GiB of them.
constexpr std::size_t kMostAnswers = std::size_t{1} << 28;

double seconds_since(Context::Clock::time_point start) {
  return std::chrono::duration<double>(Context::Clock::now() - start).count();
}

/// Candidate and the out-of-fold answers it gave.
struct Judged {
  Candidate candidate;
  std::vector<std::string> settings;  ///< chosen in each fold, JSON
  std::vector<double> out_of_fold;    ///< [rows, width], NaN where never tested
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

/// Small folds run side by side; above that each learner is itself parallel.
bool folds_side_by_side(const Problem& problem) {
  return problem.table.rows() * problem.columns.size() < kSmallCells;
}

/// `from`, `to`: shares of the whole run between which the progress of this candidate lies.
Judged judge(const Problem& problem, const Entry& entry, EncodedCache& cache, const Search& search,
             double test_share, double from, double to, const Context& context) {
  const std::size_t width = problem.width();
  const bool small = folds_side_by_side(problem);
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
    judged.settings.push_back(outcome.settings);
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

/// The best candidate with a space to tune in, judged once more with settings that a tuner found in each
/// fold.
struct TunedCandidate {
  Judged judged;
  double seconds = 0;  ///< what each search was given
};

/// None when `left` seconds are too few for it, or nothing on the leaderboard has a space.
std::optional<TunedCandidate> tune_best(const Problem& problem, std::span<const Candidate> leaderboard,
                                        EncodedCache& cache, double left, SearchLog& log, double test_share,
                                        const Context& context) {
  const Candidate* best = nullptr;
  for (const Candidate& one : leaderboard) {
    if (!one.skipped.empty() || std::isnan(one.score) || catalog().find(one.algorithm).space().empty())
      continue;
    const bool better =
        best == nullptr || (problem.greater_is_better ? one.score > best->score : one.score < best->score);
    if (better) best = &one;
  }
  if (best == nullptr) return std::nullopt;
  // As many searches as folds, some side by side, and one more on all rows.
  const double folds = static_cast<double>(problem.folds.size());
  const double side_by_side =
      folds_side_by_side(problem) ? std::min<double>(folds, static_cast<double>(context.threads())) : 1;
  const double searches = std::ceil(folds / side_by_side) + 1;
  const double one_fit = best->fit_seconds / folds / static_cast<double>(best->trials);
  TunedCandidate tuned;
  tuned.seconds = left / searches - 2 * one_fit;
  if (tuned.seconds < std::max(kShortestTuning, 2 * one_fit)) return std::nullopt;
  const Entry& entry = catalog().find(best->algorithm);
  const Search search{.tune_seconds = tuned.seconds, .first = {}, .log = &log};
  context.progress(entry.card().title + ", tuned", 0.6);
  try {
    tuned.judged = judge(problem, entry, cache, search, test_share, 0.6, 0.8,
                         context.with_seconds(left - tuned.seconds));
  } catch (const ResourceError& error) {
    if (error.code() != "resource.deadline") throw;
    context.check();
    return std::nullopt;
  }
  tuned.judged.candidate.tuned = true;
  tuned.judged.candidate.title += ", tuned";
  return tuned;
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

/// None where a model that usually can tell cannot for these rows, as with linear leaves.
std::optional<ColumnContributions> explain_rows(const Artifact& artifact, const Table& table,
                                                const Context& context) {
  try {
    // The trees of many rows are large, and each row goes to every leaf.
    const std::size_t rows = table.rows() > kManyRows ? kMostExplained / 4 : kMostExplained;
    return column_contributions(artifact, table, rows, context);
  } catch (const UnsupportedError&) {
    return std::nullopt;
  }
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
        Judged one = judge(problem, entry, cache, {.list = search}, test_share, share, share + step,
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
  SearchLog log(options.search_log,
                options.search_log.empty() ? std::string() : fingerprint(problem, context.seed()));
  std::optional<TunedCandidate> tuned;
  if (options.seconds > 0 && !result.time_ran_out && !context.stop_requested()) {
    tuned = tune_best(problem, result.leaderboard, cache, options.seconds - seconds_since(start), log,
                      test_share, context);
    if (tuned) result.leaderboard.push_back(tuned->judged.candidate);
  }
  rank_candidates(result, test_share);
  const Candidate& chosen = result.leaderboard[result.chosen];
  const Judged& winner = chosen.tuned ? tuned->judged : judged.at(chosen.algorithm);
  judge_worth(result, test_share, permutation_p(problem, winner.out_of_fold, context.with_observer(nullptr)));

  context.progress("training " + chosen.title + " on all rows", 0.8);
  Search last{.list = options.seconds == 0 || !result.time_ran_out};
  if (chosen.tuned) last = {.tune_seconds = tuned->seconds, .first = tuned->judged.settings, .log = &log};
  Trained trained =
      train_on_all(problem, catalog().find(chosen.algorithm), last, context.with_observer(nullptr));
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
  if (result.artifact.model.can(Capability::contributions)) {
    result.contributions = explain_rows(result.artifact, problem.table, context.with_observer(nullptr));
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
