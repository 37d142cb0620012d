#pragma once

#include <functional>
#include <span>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/features.h"

namespace everyml {

// Inverses of approximate Hessians for L-BFGS, in the layout of LogisticProblem. `class_weight` are the sums
// of row weights of each class; with two classes there is one group of parameters, with `reference` one less
// than classes.

/// The diagonal of the Hessian at the model of class frequencies alone.
std::function<void(std::span<double>)> diagonal_preconditioner(const Features& x,
                                                               std::span<const double> weights,
                                                               std::span<const double> class_weight,
                                                               double penalty, bool intercept,
                                                               bool reference);

/// The whole Hessian there, which is a Kronecker product of (diag(p) - p p') and the Gram matrix of [x, 1]
/// but for the penalty: the small factor is diagonalised, and one Cholesky factor is kept for each of its
/// eigenvalues. Cost: rows columns^2 once, columns^2 for each class and use.
std::function<void(std::span<double>)> null_model_preconditioner(const Features& x,
                                                                 std::span<const double> weights,
                                                                 std::span<const double> class_weight,
                                                                 double penalty, bool intercept,
                                                                 bool reference, const Context& context);

}  // namespace everyml
