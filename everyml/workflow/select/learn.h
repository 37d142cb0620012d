#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/base/json.h"
#include "everyml/foundation/data/splits.h"
#include "everyml/foundation/data/table.h"
#include "everyml/foundation/io/csv.h"
#include "everyml/workflow/artifact/artifact.h"
#include "everyml/workflow/doctor/doctor.h"
#include "everyml/workflow/explain/explain.h"

namespace everyml {

/// The cost of answering `answered` when the truth is `truth`; unnamed pairs cost 0 when right and 1 when
/// wrong.
struct ErrorCost {
  std::string truth;
  std::string answered;
  double cost = 1;
};

struct LearnOptions {
  std::string target;
  std::string metric;               ///< empty: the task's default
  std::vector<std::string> only;    ///< registry names; empty: every fitting one
  std::vector<std::string> ignore;  ///< columns to leave out
  std::size_t folds = 5;
  std::string group;               ///< column whose rows must stay together
  std::string date;                ///< column by which the past must not see the future
  std::string weights;             ///< column of row weights; rows of weight 0 are left out
  std::vector<ErrorCost> costs;    ///< classification only
  std::optional<Folds> fold_list;  ///< the caller's own folds of the table's rows instead
  std::optional<bool>
      classification;          ///< force the task when the target is numeric; unset: found from the target
  bool keep_suspects = false;  ///< use columns that the doctor would exclude
  /// For the whole call; 0 none. The baseline and one model always finish. Time that is left when all were
  /// judged goes into other settings and a blend of the best (docs/learn.md), and the result then depends on
  /// the machine.
  double seconds = 0;
  std::string
      search_log;  ///< file that keeps what was tried, so that a later call with the same data goes on
  std::size_t importance_repeats = 5;
};

/// One row of the leaderboard: an algorithm with the settings that its inner search chose.
struct Candidate {
  std::string algorithm;  ///< registry name
  std::string title;
  int complexity = 0;
  std::string settings_json;  ///< chosen on the whole training data
  std::vector<double> fold_scores;
  double score = 0;            ///< mean over folds, in the metric's unit
  double low = 0, high = 0;    ///< 95 % interval of the mean
  double fit_seconds = 0;      ///< of all folds
  double predict_seconds = 0;  ///< of all held-out rows
  std::size_t trials = 1;
  bool tuned =
      false;  ///< the best of the settings tried, or a blend, rather than the defaults or the short list
  double p_versus_best = 1;  ///< paired corrected t-test; 1 for the best
  bool tied_with_best = false;
  std::string skipped;                    ///< why it was not judged (time, error); empty when it was
  std::map<std::string, double> metrics;  ///< other metrics over all held-out rows
};

enum class Verdict : std::uint8_t {
  worth_it,      ///< clearly better than the baseline
  not_worth_it,  ///< better than the baseline, by less than matters
  no_pattern,    ///< not distinguishable from the baseline
};
std::string_view to_string(Verdict verdict);

struct LearnResult {
  Target::Kind task = Target::Kind::none;
  std::string target;
  std::string metric;  ///< name in metric_list()
  std::string metric_title;
  bool greater_is_better = true;
  std::vector<std::string> class_names;
  std::vector<std::string> columns_used;
  std::string territory;               ///< "classification", "regression" and why it fits, in one sentence
  std::vector<Candidate> leaderboard;  ///< best first; skipped ones last
  std::size_t chosen = 0;    ///< index into the leaderboard: the plainest of those tied with the best
  std::size_t baseline = 0;  ///< index of the baseline
  Verdict verdict = Verdict::worth_it;
  std::string sentence;              ///< the one sentence a manager can act on
  std::vector<std::string> reasons;  ///< how it was reached: baseline, next simpler model, ties, costs
  double improvement = 0;            ///< chosen minus baseline in the better direction, metric's unit
  double improvement_low = 0, improvement_high = 0;
  Artifact artifact;          ///< of the chosen candidate, fitted on all rows
  Folds folds;                ///< rows of the table, as fold files count them
  std::vector<double> truth;  ///< of the rows learned from: class codes or values
  std::vector<double>
      out_of_fold;  ///< chosen: [rows of truth] values, or [rows, classes] calibrated; NaN if never tested
  std::vector<ColumnImportance> importance;
  std::vector<PartialDependence> dependence;  ///< of the most important columns
  /// What each column adds to some of the rows, where the chosen model can tell.
  std::optional<ColumnContributions> contributions;
  std::vector<std::string> formulas;  ///< the encoder's
  DoctorReport doctor;
  std::uint64_t rows = 0;
  std::uint64_t rows_without_target = 0;
  double threshold = 0.5;                       ///< binary with costs: the one that costs least
  double expected_cost = 0, baseline_cost = 0;  ///< per row, when costs are given
  std::vector<double> costs;             ///< [truth, answered], [classes, classes]; empty when none are given
  std::vector<std::uint64_t> confusion;  ///< [classes, classes] truth x answered, out of fold
  bool time_ran_out = false;
  double seconds = 0;
  std::uint64_t seed = 0;
  std::string artifact_summary_json;  ///< the model's own summary
  /// Everything above that a program would want, as JSON.
  Json to_json() const;
  /// What the model file keeps of it; nothing that changes from run to run, such as seconds.
  Json to_metadata() const;
};

/// From a table and a target to a trusted model: examines the data, finds the task, judges every fitting
/// algorithm on the same folds with everything learned inside them, chooses the plainest of the best, fits it
/// on all rows. Throws DataError "data.column_missing" (target, did-you-mean), "learn.no_rows",
/// "learn.one_class", "learn.too_few_rows", "learn.no_columns"; ParameterError for options that contradict
/// each other, "learn.search_log" for a log of another question.
LearnResult learn(const Table& table, const LearnOptions& options, std::span<const ReadNote> notes,
                  const Context& context);

/// What the target column says of the task. `reason` is a sentence. Empty kind when it cannot be learned
/// (text, dates).
struct TaskGuess {
  Target::Kind kind = Target::Kind::none;
  std::string reason;
};
TaskGuess guess_task(const Column& target, std::optional<bool> classification);
/// The target as codes or numbers over the rows where it is present, which are listed in `rows`.
Target make_target(const Column& column, Target::Kind kind, std::vector<std::size_t>& rows);

}  // namespace everyml
