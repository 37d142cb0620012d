#include "everyml/foundation/linalg/blas.h"

#include <cblas.h>

#include <algorithm>
#include <mutex>

#include "everyml/foundation/base/error.h"

extern "C" {
void openblas_set_num_threads(int threads);
void dsyevd_(const char* job, const char* triangle, const int* n, double* a, const int* lda, double* values,
             double* work, const int* work_size, int* integer_work, const int* integer_work_size, int* info,
             std::size_t, std::size_t);
void dgeqrf_(const int* m, const int* n, double* a, const int* lda, double* tau, double* work,
             const int* work_size, int* info);
}

namespace everyml {
namespace {

void one_thread() {
  static std::once_flag once;
  std::call_once(once, [] { openblas_set_num_threads(1); });
}

int narrow(std::size_t n) {
  if (n > 0x7fffffff)
    throw ResourceError("resource.memory",
                        "a matrix side beyond 2147483647 is more than the linear algebra can hold");
  return static_cast<int>(n);
}

template <class T>
void mirror(T* c, std::size_t n, std::size_t ldc) {
  for (std::size_t i = 1; i < n; ++i) {
    for (std::size_t j = 0; j < i; ++j) c[i * ldc + j] = c[j * ldc + i];
  }
}

CBLAS_TRANSPOSE form(bool transposed) { return transposed ? CblasTrans : CblasNoTrans; }

}  // namespace

void syrk(std::size_t rows, std::size_t columns, const double* a, std::size_t lda, double* c, std::size_t ldc,
          double alpha, double beta) {
  one_thread();
  cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, narrow(columns), narrow(rows), alpha, a, narrow(lda),
              beta, c, narrow(ldc));
  mirror(c, columns, ldc);
}

void syrk(std::size_t rows, std::size_t columns, const float* a, std::size_t lda, float* c, std::size_t ldc,
          float alpha, float beta) {
  one_thread();
  cblas_ssyrk(CblasRowMajor, CblasUpper, CblasTrans, narrow(columns), narrow(rows), alpha, a, narrow(lda),
              beta, c, narrow(ldc));
  mirror(c, columns, ldc);
}

void gemm(bool a_transposed, bool b_transposed, std::size_t m, std::size_t n, std::size_t k, const double* a,
          std::size_t lda, const double* b, std::size_t ldb, double* c, std::size_t ldc, double alpha,
          double beta) {
  one_thread();
  cblas_dgemm(CblasRowMajor, form(a_transposed), form(b_transposed), narrow(m), narrow(n), narrow(k), alpha,
              a, narrow(lda), b, narrow(ldb), beta, c, narrow(ldc));
}

void gemm(bool a_transposed, bool b_transposed, std::size_t m, std::size_t n, std::size_t k, const float* a,
          std::size_t lda, const float* b, std::size_t ldb, float* c, std::size_t ldc, float alpha,
          float beta) {
  one_thread();
  cblas_sgemm(CblasRowMajor, form(a_transposed), form(b_transposed), narrow(m), narrow(n), narrow(k), alpha,
              a, narrow(lda), b, narrow(ldb), beta, c, narrow(ldc));
}

SymmetricEigen symmetric_eigen(Matrix a) {
  one_thread();
  const int n = narrow(a.rows);
  SymmetricEigen result;
  result.values.resize(a.rows);
  if (n == 0) return result;
  double work_query = 0;
  int integer_query = 0, info = 0;
  const int ask = -1;
  // A symmetric matrix reads the same by rows and by columns; the eigenvectors come back as columns of a
  // column-major matrix, which are the rows of ours.
  dsyevd_("V", "L", &n, a.values.data(), &n, result.values.data(), &work_query, &ask, &integer_query, &ask,
          &info, 1, 1);
  std::vector<double> work(static_cast<std::size_t>(work_query));
  std::vector<int> integer_work(static_cast<std::size_t>(integer_query));
  const int work_size = narrow(work.size()), integer_size = narrow(integer_work.size());
  dsyevd_("V", "L", &n, a.values.data(), &n, result.values.data(), work.data(), &work_size,
          integer_work.data(), &integer_size, &info, 1, 1);
  if (info != 0)
    throw ResourceError("linalg.eigen", "the eigenvalues of a symmetric matrix did not converge");
  result.vectors = std::move(a);
  return result;
}

Matrix qr_upper(Matrix a) {
  one_thread();
  const std::size_t m = a.rows, n = a.columns, kept = std::min(m, n);
  Matrix upper(n, n);
  if (kept == 0) return upper;
  std::vector<double> by_column(m * n);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) by_column[j * m + i] = a(i, j);
  }
  const int rows = narrow(m), columns = narrow(n), ask = -1;
  std::vector<double> tau(kept);
  double query = 0;
  int info = 0;
  dgeqrf_(&rows, &columns, by_column.data(), &rows, tau.data(), &query, &ask, &info);
  std::vector<double> work(static_cast<std::size_t>(query));
  const int work_size = narrow(work.size());
  dgeqrf_(&rows, &columns, by_column.data(), &rows, tau.data(), work.data(), &work_size, &info);
  for (std::size_t i = 0; i < kept; ++i) {
    for (std::size_t j = i; j < n; ++j) upper(i, j) = by_column[j * m + i];
  }
  return upper;
}

}  // namespace everyml
