#pragma once

#include "everyml/workflow/select/candidate_impl.h"

namespace everyml::select_impl {

/// Calibration, conformal scores, confusion and costs of the chosen candidate, from `result.out_of_fold`,
/// which is calibrated in place.
void finish_answers(const Problem& problem, const LearnOptions& options, LearnResult& result,
                    const Context& context);

/// Importance, dependence and contributions of the chosen candidate. `seconds`: what they may take, by
/// looking at fewer rows and, at last, by leaving them out; 0 is no limit.
void explain_chosen(const Problem& problem, const LearnOptions& options, const Judged& winner, double seconds,
                    LearnResult& result, const Context& context);

}  // namespace everyml::select_impl
