#pragma once

#include <cstddef>
#include <span>

#include "everyml/foundation/linalg/matrix.h"

namespace everyml {

/// A smooth function to be made small. Called from one thread at a time.
class Objective {
 public:
  virtual ~Objective() = default;
  virtual std::size_t size() const = 0;
  /// The value at x, and its gradient; both [size()]. May be infinite outside of the domain.
  virtual double evaluate(std::span<const double> x, std::span<double> gradient) = 0;
};

/// One that knows its second derivatives as well.
class CurvedObjective : public Objective {
 public:
  /// As evaluate; `hessian` is [size(), size()], symmetric, both triangles.
  virtual double evaluate_with_hessian(std::span<const double> x, std::span<double> gradient,
                                       Matrix& hessian) = 0;
};

/// Why a minimisation ended.
enum class Ending {
  converged,   ///< the remaining decrease is below the tolerance
  precision,   ///< no point nearby is lower in double precision
  iterations,  ///< the allowed number is used up
  stopped,     ///< the observer asked for it
  failed,      ///< no way down could be computed: derivatives that are no numbers, or beyond doubles
};

/// What a minimisation reached; x itself is changed in place.
struct Minimum {
  Ending ending = Ending::converged;
  std::size_t iterations = 0;
  double value = 0.0;
  double gradient_norm = 0.0;  ///< largest absolute component at the end
};

}  // namespace everyml
