#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/features.h"
#include "everyml/foundation/linalg/matrix.h"

namespace everyml {

/// How a least squares problem was solved.
enum class LeastSquaresMethod : std::uint8_t {
  qr,                ///< Householder QR of all rows
  qr_twice,          ///< the same in double-double, because double had too few digits
  normal_equations,  ///< Cholesky of the Gram matrix and steps of refinement in double
  blocked_qr,        ///< QR of blocks of rows, then of their factors
};
std::string_view to_string(LeastSquaresMethod method);

/// min sum w (y - b0 - x . b)^2.
struct LeastSquares {
  std::vector<double> coefficients;  ///< [columns]; 0 where aliased
  double intercept = 0.0;
  std::vector<std::int32_t> kept;     ///< columns with a coefficient, ascending
  std::vector<std::int32_t> aliased;  ///< columns that are combinations of earlier ones (and the intercept)
  std::vector<double> mean;           ///< [columns] weighted means; zeros without an intercept
  /// F, upper triangular [rank, rank] over the kept columns: F F' is the inverse of their Gram matrix, about
  /// the means when there is an intercept. The variance of coefficient k is sigma^2 times the squared length
  /// of row k.
  Matrix inverse;
  double intercept_factor = 0.0;  ///< variance of the intercept / sigma^2
  double weight = 0.0;            ///< sum of weights
  std::size_t rows = 0;           ///< rows of positive weight
  double residual_square = 0.0;   ///< sum w (y - prediction)^2
  double total_square = 0.0;      ///< sum w (y - mean)^2, or sum w y^2 without an intercept
  LeastSquaresMethod method = LeastSquaresMethod::qr;
};

/// Rank-revealing: a column whose part unexplained by earlier columns is below 1e-12 of its length (1e-6 for
/// float storage) is aliased. Up to 2e7 operations (rows * columns^2) a Householder QR is used, and again in
/// double-double when it leaves a column less than a hundredth of its length and the problem is below 2e6.
/// Larger problems go by the normal equations when the condition estimate of the correlation matrix is at
/// most 1e5 (float storage) or 1e8, else by blocked QR. `weights` may be empty; a weight of k is k copies of
/// the row. Throws ResourceError of the context. REQUIRES: finite values, y.size() == x.rows().
LeastSquares least_squares(const Features& x, std::span<const double> y, std::span<const double> weights,
                           bool intercept, const Context& context);

}  // namespace everyml
