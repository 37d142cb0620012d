#include "everyml/foundation/linalg/cholesky.h"

#include <algorithm>
#include <cmath>

#include "everyml/foundation/linalg/blas.h"

namespace everyml {
namespace {

constexpr std::size_t kPanel = 64;

/// Plain factorisation of the diagonal block [begin, end); false when a pivot is not positive.
bool factor_block(Matrix& a, std::size_t begin, std::size_t end) {
  for (std::size_t j = begin; j < end; ++j) {
    double pivot = a(j, j);
    for (std::size_t k = begin; k < j; ++k) pivot -= a(j, k) * a(j, k);
    if (!(pivot > 0.0) || !std::isfinite(pivot)) return false;
    const double root = std::sqrt(pivot);
    a(j, j) = root;
    for (std::size_t i = j + 1; i < end; ++i) {
      double value = a(i, j);
      for (std::size_t k = begin; k < j; ++k) value -= a(i, k) * a(j, k);
      a(i, j) = value / root;
    }
  }
  return true;
}

/// Rows below the block: L21 = A21 L11^-T.
void solve_panel(Matrix& a, std::size_t begin, std::size_t end) {
  for (std::size_t i = end; i < a.rows; ++i) {
    double* row = a.row(i);
    for (std::size_t j = begin; j < end; ++j) {
      const double* other = a.row(j);
      double value = row[j];
      for (std::size_t k = begin; k < j; ++k) value -= row[k] * other[k];
      row[j] = value / other[j];
    }
  }
}

}  // namespace

std::optional<Cholesky> Cholesky::factor(Matrix a) {
  const std::size_t n = a.rows;
  // A pivot that is rounding error of what it was computed from says nothing about the matrix.
  std::vector<double> diagonal(n);
  for (std::size_t i = 0; i < n; ++i) diagonal[i] = a(i, i);
  for (std::size_t begin = 0; begin < n; begin += kPanel) {
    const std::size_t end = std::min(n, begin + kPanel);
    if (!factor_block(a, begin, end)) return std::nullopt;
    solve_panel(a, begin, end);
    if (end < n) {
      // The trailing block loses L21 L21'; only its lower triangle is read later.
      gemm(false, true, n - end, n - end, end - begin, a.row(end) + begin, n, a.row(end) + begin, n,
           a.row(end) + end, n, -1.0, 1.0);
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (a(i, i) * a(i, i) < 1e-15 * diagonal[i]) return std::nullopt;
    std::fill(a.row(i) + i + 1, a.row(i) + n, 0.0);
  }
  return Cholesky(std::move(a));
}

void Cholesky::solve_lower(std::span<double> b) const {
  for (std::size_t i = 0; i < size(); ++i) {
    const double* row = lower_.row(i);
    double value = b[i];
    for (std::size_t k = 0; k < i; ++k) value -= row[k] * b[k];
    b[i] = value / row[i];
  }
}

void Cholesky::solve(std::span<double> b) const {
  solve_lower(b);
  for (std::size_t i = size(); i-- > 0;) {
    const double* row = lower_.row(i);
    b[i] /= row[i];
    for (std::size_t k = 0; k < i; ++k) b[k] -= row[k] * b[i];
  }
}

Matrix Cholesky::inverse() const {
  const std::size_t n = size();
  Matrix result(n, n);
  std::vector<double> column(n);
  for (std::size_t j = 0; j < n; ++j) {
    std::fill(column.begin(), column.end(), 0.0);
    column[j] = 1.0;
    solve(column);
    for (std::size_t i = 0; i < n; ++i) result(i, j) = column[i];
  }
  return result;
}

double Cholesky::log_determinant() const {
  double sum = 0.0;
  for (std::size_t i = 0; i < size(); ++i) sum += 2.0 * std::log(lower_(i, i));
  return sum;
}

double Cholesky::condition_estimate() const {
  if (size() == 0) return 1.0;
  double low = lower_(0, 0), high = low;
  for (std::size_t i = 1; i < size(); ++i) {
    low = std::min(low, lower_(i, i));
    high = std::max(high, lower_(i, i));
  }
  return (high / low) * (high / low);
}

}  // namespace everyml
