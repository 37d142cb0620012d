#pragma once

#include <optional>
#include <span>

#include "everyml/classical/linear/ridge.h"

namespace everyml {

/// Everything of the model but the names. `alpha` not set: the one of `alphas` with the least leave-one-out
/// error, the largest among equals.
RidgeModel::State solve_ridge(const Dataset& data, std::optional<double> alpha,
                              std::span<const double> alphas, bool intercept, const Context& context);

}  // namespace everyml
