#include "everyml/foundation/linalg/pivoted_qr.h"

#include <algorithm>
#include <cmath>

#include "everyml/foundation/linalg/double_double.h"

namespace everyml {
namespace {

/// One run of the factorisation. Columns are stored one after the other, each `rows` long.
template <class T>
struct Factorisation {
  std::size_t rows, columns;
  std::vector<T> cells;

  explicit Factorisation(const Matrix& a) : rows(a.rows), columns(a.columns), cells(a.rows * a.columns) {
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < columns; ++j) cells[j * rows + i] = T(a(i, j));
    }
  }
  T* column(std::size_t j) { return cells.data() + j * rows; }

  T dot(const T* a, const T* b, std::size_t begin) const {
    T sum(0.0);
    for (std::size_t i = begin; i < rows; ++i) sum += a[i] * b[i];
    return sum;
  }

  /// Makes column j zero below row k, and applies the same reflection to the columns after it.
  /// `length` is |column j| from row k on.
  void reflect(std::size_t j, std::size_t k, T length) {
    T* v = column(j);
    const T diagonal = T(0.0) < v[k] ? -length : length;
    v[k] -= diagonal;
    const T scale = -(diagonal * v[k]);  // |v|^2 / 2
    for (std::size_t other = j + 1; other < columns; ++other) {
      T* target = column(other);
      const T factor = dot(v, target, k) / scale;
      for (std::size_t i = k; i < rows; ++i) target[i] -= factor * v[i];
    }
    v[k] = diagonal;
  }
};

template <class T>
PivotedSolution solve(const Matrix& a, double tolerance, const Context* context) {
  Factorisation<T> qr(a);
  const std::size_t count = a.columns - 1;
  PivotedSolution result;
  std::size_t rank = 0;
  std::vector<double> lengths(count);
  for (std::size_t j = 0; j < count; ++j)
    lengths[j] = static_cast<double>(square_root(qr.dot(qr.column(j), qr.column(j), 0)));
  for (std::size_t j = 0; j < count; ++j) {
    if (context) context->check();
    const T left = rank < qr.rows ? square_root(qr.dot(qr.column(j), qr.column(j), rank)) : T(0.0);
    const double share = lengths[j] > 0.0 ? static_cast<double>(left) / lengths[j] : 0.0;
    if (!(share > tolerance)) {
      result.aliased.push_back(j);
      continue;
    }
    result.least_share = std::min(result.least_share, share);
    qr.reflect(j, rank, left);
    result.kept.push_back(j);
    ++rank;
  }

  // R^-1 column by column, then b = R^-1 Q'y.
  const T* y = qr.column(count);
  std::vector<T> inverse(rank * rank, T(0.0));
  for (std::size_t c = 0; c < rank; ++c) {
    if (context) context->check();
    inverse[c * rank + c] = T(1.0) / qr.column(result.kept[c])[c];
    for (std::size_t i = c; i-- > 0;) {
      T sum(0.0);
      for (std::size_t k = i + 1; k <= c; ++k) sum += qr.column(result.kept[k])[i] * inverse[k * rank + c];
      inverse[i * rank + c] = -(sum / qr.column(result.kept[i])[i]);
    }
  }
  std::vector<T> solution(rank, T(0.0));
  for (std::size_t i = rank; i-- > 0;) {
    T value = y[i];
    for (std::size_t k = i + 1; k < rank; ++k) value -= qr.column(result.kept[k])[i] * solution[k];
    solution[i] = value / qr.column(result.kept[i])[i];
  }
  for (const T& value : solution) result.coefficients.push_back(static_cast<double>(value));
  result.inverse = Matrix(rank, rank);
  for (std::size_t i = 0; i < rank * rank; ++i) result.inverse.values[i] = static_cast<double>(inverse[i]);
  result.residual_square = rank < qr.rows ? static_cast<double>(qr.dot(y, y, rank)) : 0.0;
  return result;
}

}  // namespace

PivotedSolution pivoted_least_squares(const Matrix& a, double tolerance, Precision precision,
                                      const Context* context) {
  return precision == Precision::twice ? solve<DoubleDouble>(a, tolerance, context)
                                       : solve<double>(a, tolerance, context);
}

}  // namespace everyml
