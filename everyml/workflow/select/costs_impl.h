#pragma once

#include <span>
#include <vector>

#include "everyml/workflow/select/learn.h"

namespace everyml::select_impl {

/// Throws ParameterError "learn.costs" for a label the target does not have (did-you-mean), a negative cost,
/// or a target that is not of two classes.
void check_costs(std::span<const ErrorCost> costs, const Target& target);

/// [truth * 2 + answered]: 0 for right and 1 for wrong unless named.
std::vector<double> cost_matrix(std::span<const ErrorCost> costs, std::span<const std::string> names);

/// The threshold on the probability of the second class that costs least on these rows, exactly: every
/// distinct probability is a candidate. Fills threshold and expected costs of the result and the artifact.
/// The threshold is just above 1 where it costs least never to answer the second class. probabilities: [rows,
/// 2]. The baseline cost is that of the cheaper constant answer.
void apply_costs(std::span<const ErrorCost> costs, std::span<const double> probabilities, const Target& truth,
                 std::span<const double> weights, LearnResult& result);

}  // namespace everyml::select_impl
