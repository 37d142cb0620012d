#pragma once

#include "everyml/workflow/select/learn.h"

namespace everyml::select_impl {

/// Ranks the leaderboard, marks ties with the best, and picks the plainest of those that give up nothing that
/// matters.
void rank_candidates(LearnResult& result, double test_share);

/// Compares the chosen with the baseline and with the next simpler model; fills verdict, improvement and
/// reasons. `chance` is a p that the chosen one's lead cannot be surer than, as permutation_p gives.
void judge_worth(LearnResult& result, double test_share, double chance);

/// The one sentence a manager can act on. REQUIRES: importance, metrics and costs are filled.
void write_sentence(LearnResult& result);

}  // namespace everyml::select_impl
