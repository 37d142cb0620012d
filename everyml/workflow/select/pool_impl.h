#pragma once

#include <span>
#include <string>
#include <vector>

#include "everyml/workflow/select/judge_impl.h"
#include "everyml/workflow/select/search_log_impl.h"

namespace everyml::select_impl {

/// A learner with settings, judged on the problem's own folds.
struct PoolMember {
  AnyEstimator estimator;  ///< boosting: with the rounds that do best over all folds
  std::string text;        ///< the same as a committee's member is typed
  /// Its answers are those of the learner as it is fitted by itself; else of a committee with it alone, which
  /// prepares the columns for it.
  bool alone = true;
  /// Of boosting each fold is answered, and its score made, with the rounds that do best in the other folds.
  /// NaN where the metric is not defined.
  std::vector<double> fold_scores;
  double score = 0;                             ///< mean of those that are defined
  std::vector<double> out_of_fold;              ///< [rows, width], NaN where never tested
  double fit_seconds = 0, predict_seconds = 0;  ///< of all folds
};

/// A learner's settings as a committee's member is typed: its name, and what differs from the defaults. The
/// setting named `without` is left out.
std::string member_text(const AnyEstimator& estimator, std::string_view without = {});

struct PoolOptions {
  double seconds =
      0;  ///< from the call; also what the longest of the best would take on all rows is kept free
  SearchLog* log = nullptr;
  double from = 0.6, to = 0.8;  ///< shares of the whole run between which the progress lies
};

/// Judges settings until the time is over: of each entry in turn its defaults and its short list, then what
/// is drawn from the spaces, half of it near the best so far. Fits of boosting are judged by their rounds'
/// stages, so one fit says how many rounds are best. What is drawn is given up after its first fold, each
/// time another one, when half of the settings judged did better there. With a log, settings that stand in it
/// are not judged again but for the best, whose answers are needed. Members come in the order in which they
/// were judged; the same time may bring more of them on a faster machine. Reference for giving up: the median
/// rule of Golovin et al., "Google Vizier", KDD 2017.
/// `members` are those that are known already; they come first.
std::vector<PoolMember> fill_pool(const Problem& problem, std::span<const Entry> entries,
                                  std::vector<PoolMember> members, EncodedCache& cache,
                                  const PoolOptions& options, const Context& context);

}  // namespace everyml::select_impl
