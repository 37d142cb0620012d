#pragma once

#include <functional>

#include "everyml/workflow/select/learn.h"

namespace everyml::select_impl {

/// How many standard errors two candidates are apart by the losses of single rows; 0 where that says nothing.
using RowErrors = std::function<double(const Candidate& a, const Candidate& b)>;

/// Ranks the leaderboard, marks ties with the best, and picks the plainest of those that give up nothing that
/// matters.
void rank_candidates(LearnResult& result, double test_share, const RowErrors& row_errors);

/// Compares the chosen with the baseline and with the next simpler model; fills verdict, improvement and
/// reasons. `chance` is a p that the chosen one's lead cannot be surer than, as permutation_p gives.
void judge_worth(LearnResult& result, double test_share, double chance);

/// The one sentence a manager can act on. REQUIRES: importance, metrics and costs are filled.
void write_sentence(LearnResult& result);

}  // namespace everyml::select_impl
