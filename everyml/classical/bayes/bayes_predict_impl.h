#pragma once

#include <span>

#include "everyml/classical/bayes/bayes_state_impl.h"

namespace everyml {

/// out: [rows, classes], each row summing to 1.
void class_probabilities(const BayesState& state, const Features& x, std::span<double> out,
                         const Context& context);
/// out: [rows, classes], logarithms of prior times likelihood; -infinity for a class that cannot be.
void log_joint(const BayesState& state, const Features& x, std::span<double> out, const Context& context);

}  // namespace everyml
