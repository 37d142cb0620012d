#pragma once

#include <cstddef>
#include <cstdint>

namespace everyml {

/// Adds rows to shifted moments: with d = x - shift[c], sum[c] += w d and square[c] += w d^2, c the row's
/// class. rows: n rows of `columns` values, `stride` apart, each readable for padded(columns) values; shift,
/// sum, square: [classes, padded(columns)]; weights may be null. Missing cells make their sums NaN. Rows of
/// weight 0 are skipped.
void add_moments(const float* rows, std::size_t n, std::size_t columns, std::size_t stride,
                 const std::int32_t* codes, const double* weights, const double* shift, double* sum,
                 double* square);
void add_moments(const double* rows, std::size_t n, std::size_t columns, std::size_t stride,
                 const std::int32_t* codes, const double* weights, const double* shift, double* sum,
                 double* square);

/// score[r, c] -= sum over columns of (x - mean[c])^2 * half_precision[c].
/// rows as above; mean, half_precision: [classes, padded(columns)]; score: [n, classes].
void subtract_distances(const float* rows, std::size_t n, std::size_t columns, std::size_t stride,
                        std::size_t classes, const double* mean, const double* half_precision, double* score);
void subtract_distances(const double* rows, std::size_t n, std::size_t columns, std::size_t stride,
                        std::size_t classes, const double* mean, const double* half_precision, double* score);

}  // namespace everyml
