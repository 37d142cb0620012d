#pragma once

#include <span>

#include "everyml/workflow/select/judge_impl.h"

namespace everyml::select_impl {

/// How often answers dealt at random to the test rows of their fold score as well as the answers given did:
/// the one-sided p of a permutation test on the mean of the fold scores, from 999 deals. Over a few test rows
/// scores take few values, may be equal in all folds, and say nothing of their own spread; this p still
/// holds. 0 where there are so many test rows that the t-test can be left to itself. out_of_fold: [rows,
/// width], NaN where never tested. Reference: Phipson and Smyth, "Permutation P-values Should Never Be Zero",
/// Stat. Appl. Genet. Mol. Biol. 9 (2010).
double permutation_p(const Problem& problem, std::span<const double> out_of_fold, const Context& context);

}  // namespace everyml::select_impl
