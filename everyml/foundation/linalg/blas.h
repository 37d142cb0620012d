#pragma once

#include <cstddef>

#include "everyml/foundation/linalg/matrix.h"

// The one door to BLAS and LAPACK (OpenBLAS), which always run on the calling thread alone: their bits change
// with their number of threads. All matrices are row-major. Thread-safe.

namespace everyml {

/// c = alpha * a' a + beta * c, both triangles; a: [rows, columns] with stride lda, c: [columns, columns].
void syrk(std::size_t rows, std::size_t columns, const double* a, std::size_t lda, double* c, std::size_t ldc,
          double alpha = 1.0, double beta = 0.0);
void syrk(std::size_t rows, std::size_t columns, const float* a, std::size_t lda, float* c, std::size_t ldc,
          float alpha = 1.0F, float beta = 0.0F);

/// c = alpha * op(a) op(b) + beta * c with op(a): [m, k], op(b): [k, n], c: [m, n].
void gemm(bool a_transposed, bool b_transposed, std::size_t m, std::size_t n, std::size_t k, const double* a,
          std::size_t lda, const double* b, std::size_t ldb, double* c, std::size_t ldc, double alpha = 1.0,
          double beta = 0.0);
void gemm(bool a_transposed, bool b_transposed, std::size_t m, std::size_t n, std::size_t k, const float* a,
          std::size_t lda, const float* b, std::size_t ldb, float* c, std::size_t ldc, float alpha = 1.0F,
          float beta = 0.0F);

/// Eigenvalues of a symmetric matrix, ascending, and its eigenvectors as the rows of `vectors`.
/// Throws ResourceError "linalg.eigen" when the iteration does not converge.
struct SymmetricEigen {
  std::vector<double> values;  ///< [n]
  Matrix vectors;              ///< [n, n], row k belongs to values[k]
};
SymmetricEigen symmetric_eigen(Matrix a);

/// R of a thin QR of `a` ([rows, columns], row-major, destroyed), without pivoting: upper triangular
/// [columns, columns]. Rows may be fewer than columns; missing rows of R are zero.
Matrix qr_upper(Matrix a);

}  // namespace everyml
