#pragma once

#include <span>
#include <string_view>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/optim/objective.h"

namespace everyml {

struct NewtonOptions {
  std::size_t iterations = 100;       ///< at most
  double decrease_tolerance = 1e-15;  ///< converged when the expected decrease g' H^-1 g / 2 is at most this
  std::string_view stage = "fitting";
};

/// Newton's method for convex functions: Cholesky steps, halved until the value falls enough (Armijo). A
/// Hessian that is not positive definite gets a multiple of its diagonal added. Starts at x, leaves the
/// lowest point there. When `last_step` is not null it receives the last Newton step, for those who want to
/// know where x was heading. Throws ResourceError of the context's deadline or cancellation. Reference:
/// Nocedal and Wright, "Numerical Optimization", 2nd ed., sections 3.3 and 3.4.
Minimum minimise_newton(CurvedObjective& objective, std::span<double> x, const NewtonOptions& options,
                        const Context& context, std::vector<double>* last_step = nullptr);

}  // namespace everyml
