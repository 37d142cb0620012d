#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "everyml/foundation/data/features.h"
#include "everyml/foundation/linalg/matrix.h"

// Passes over rows of data, vectorised for the CPU at hand, for training. They read every storage of Features
// in place and compute in double whatever the storage. Rows are [begin, end); all are thread-safe,
// single-threaded and give the same bits for the same rows on one machine.

namespace everyml {

/// out[r - begin] = offset + x_r . w; w: [columns].
void row_dots(const Features& x, std::size_t begin, std::size_t end, const double* w, double offset,
              double* out);

/// sums[j] += sum over rows of factor[r - begin] * x_rj; sums: [columns].
void add_rows(const Features& x, std::size_t begin, std::size_t end, const double* factor, double* sums);

/// gram += sum over rows of s_r^2 (x_r - shift)(x_r - shift)', both triangles; gram: [columns, columns].
/// `shift` and `scale` (s, one per row from `begin`) may be null: zeros and ones. Float storage is multiplied
/// in float over blocks of at most 4096 rows and summed in double across blocks, unless `exact` or the
/// squares are beyond floats.
void add_gram(const Features& x, std::size_t begin, std::size_t end, const double* shift, const double* scale,
              bool exact, Matrix& gram);

/// Logistic loss of margins z against targets t in [0, 1], row weights u (null: ones). Returns the sum of
/// u (log(1 + e^z) - t z); residual = u (p - t); curvature = u p (1 - p) unless null.
double logistic_rows(std::size_t rows, const double* z, const double* t, const double* u, double* residual,
                     double* curvature);

/// Vectorised e^x, in place; within 2 units in the last place.
void exp_rows(std::span<double> values);

/// Rows of one chunk for sums over `rows` whose partial result takes `part_bytes`: depends on its arguments
/// alone.
std::size_t chunk_rows(std::size_t rows, std::size_t part_bytes);

}  // namespace everyml
