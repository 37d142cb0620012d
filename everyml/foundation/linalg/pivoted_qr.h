#pragma once

#include <cstddef>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/linalg/matrix.h"

namespace everyml {

/// The minimum of |A b - y| found by a Householder QR that keeps columns in their order and moves those aside
/// that earlier ones already explain.
struct PivotedSolution {
  std::vector<std::size_t> kept;     ///< columns of A with a coefficient, ascending; its size is the rank
  std::vector<std::size_t> aliased;  ///< columns that are combinations of earlier ones, ascending
  std::vector<double> coefficients;  ///< [kept]
  Matrix inverse;                ///< R^-1, upper triangular [rank, rank]: (A'A)^-1 of the kept = R^-1 R^-T
  double residual_square = 0.0;  ///< |A b - y|^2
  /// Smallest share of a kept column's length that earlier columns left unexplained: its inverse is a lower
  /// bound of the condition number of A with columns scaled to length 1.
  double least_share = 1.0;
};

enum class Precision { simple, twice };

/// `a` is [rows, columns + 1], its last column is y. A column whose unexplained share is at most `tolerance`
/// is aliased. `context` may be null; it is asked for a stop at each column. `twice` works in double-double:
/// about 20 times slower, and right where double has no digit left. Cost: rows * columns^2 operations.
/// Thread-safe. REQUIRES: squares of columns that doubles can sum. Reference: Golub and Van Loan, "Matrix
/// Computations", 4th ed., section 5.2.
PivotedSolution pivoted_least_squares(const Matrix& a, double tolerance, Precision precision,
                                      const Context* context = nullptr);

}  // namespace everyml
