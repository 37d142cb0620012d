#pragma once

#include <optional>
#include <string>
#include <vector>

#include "everyml/workflow/select/judge_impl.h"
#include "everyml/workflow/select/learn.h"

namespace everyml::select_impl {

/// A row of the leaderboard and the answers that it stands for.
struct Judged {
  Candidate candidate;
  std::vector<double> out_of_fold;  ///< [rows, width], NaN where never tested
  std::vector<std::optional<Artifact>>
      artifacts;  ///< [folds]: models that have not seen their fold's test rows
};

/// Small folds run side by side; above that each learner is itself parallel.
bool folds_side_by_side(const Problem& problem);

/// The algorithm on every fold. `from`, `to`: shares of the whole run between which its progress lies.
Judged judge(const Problem& problem, const Entry& entry, EncodedCache& cache, const Search& search,
             double from, double to, const Context& context);

/// Fills score, interval and metrics of the candidate from its fold scores and `out_of_fold`; says so where
/// the metric is defined in no fold.
void sum_up(const Problem& problem, Judged& judged);

}  // namespace everyml::select_impl
