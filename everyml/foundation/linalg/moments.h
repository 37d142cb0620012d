#pragma once

#include <span>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/features.h"
#include "everyml/foundation/linalg/matrix.h"

namespace everyml {

/// Weighted second moments of features and a target, about their means when centred.
struct Moments {
  double weight = 0.0;         ///< sum of row weights
  std::vector<double> mean;    ///< [columns]; zeros unless centred
  double target_mean = 0.0;    ///< zero unless centred
  Matrix gram;                 ///< [columns, columns]: sum w (x - mean)(x - mean)'
  std::vector<double> cross;   ///< [columns]: sum w (x - mean)(y - target_mean)
  double target_square = 0.0;  ///< sum w (y - target_mean)^2
};

/// One pass over the rows in parallel, the same bits for any number of threads. `y` and `weights` have one
/// entry per row; empty weights are ones. Means and cross moments are exact to double; the Gram matrix of
/// float storage is summed as add_gram describes, with a relative error near 1e-6, or in double when `exact`.
/// Memory: columns^2 doubles for each of at most 64 chunks.
Moments moments(const Features& x, std::span<const double> y, std::span<const double> weights, bool centred,
                bool exact, const Context& context);

}  // namespace everyml
