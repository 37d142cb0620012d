#pragma once

#include <optional>
#include <span>
#include <vector>

#include "everyml/foundation/linalg/matrix.h"

namespace everyml {

/// L with A = L L' of a symmetric positive definite matrix. Immutable, thread-safe.
class Cholesky {
 public:
  /// Nothing when `a` is not positive definite to working precision (or not finite). Reads the lower
  /// triangle.
  static std::optional<Cholesky> factor(Matrix a);

  std::size_t size() const { return lower_.rows; }
  /// x = A^-1 b, in place. REQUIRES: b has size() elements.
  void solve(std::span<double> b) const;
  /// x = L^-1 b, in place; |x|^2 = b' A^-1 b.
  void solve_lower(std::span<double> b) const;
  Matrix inverse() const;
  double log_determinant() const;
  /// Lower bound on the condition number of A in the 2-norm: (largest / smallest diagonal of L)^2.
  double condition_estimate() const;

 private:
  explicit Cholesky(Matrix lower) : lower_(std::move(lower)) {}
  Matrix lower_;
};

}  // namespace everyml
