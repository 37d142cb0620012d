#pragma once

#include <functional>
#include <span>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/optim/objective.h"

namespace everyml {

struct LbfgsOptions {
  std::size_t memory = 10;           ///< pairs remembered
  std::size_t iterations = 1000;     ///< at most
  double gradient_tolerance = 1e-8;  ///< converged when no component of the gradient is larger
  /// Converged also when the expected decrease g' H g / 2 is at most this; 0 switches it off.
  double decrease_tolerance = 0.0;
  /// Take one more step, without looking at the function again, when the decrease that would be left after it
  /// is at most `decrease_tolerance`, judged by how fast it has been shrinking. For a preconditioner close to
  /// the inverse Hessian, with which such a step is always good.
  bool final_step = false;
  /// Replaces a gradient by H0 times it: an inverse of some approximate Hessian. Must be symmetric positive
  /// definite and stay the same. Empty: a multiple of the identity.
  std::function<void(std::span<double>)> precondition;
  std::string_view stage = "fitting";  ///< for the observer, which also gets the metric "loss"
};

/// Limited-memory BFGS with a line search for the weak Wolfe conditions by bisection, which falls back on the
/// gradient where values no longer tell points apart. Starts at x and leaves the lowest point found there, so
/// a run can be continued. Throws ResourceError of the context's deadline or cancellation. Reference: Nocedal
/// and Wright, "Numerical Optimization", 2nd ed., section 7.2.
Minimum minimise_lbfgs(Objective& objective, std::span<double> x, const LbfgsOptions& options,
                       const Context& context);

}  // namespace everyml
