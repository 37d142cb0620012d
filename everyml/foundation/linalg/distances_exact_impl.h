#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "everyml/foundation/linalg/distances.h"
#include "everyml/foundation/linalg/distances_kernel_impl.h"

// The definitions of distances.h for rows of any element type, and the bound on the error of the kernels.

namespace everyml::distances_detail {

template <class A, class B>
double exact_squared(const A* a, const B* b, std::size_t columns) {
  double sum = 0;
  for (std::size_t j = 0; j < columns; ++j) {
    const double difference = static_cast<double>(a[j]) - static_cast<double>(b[j]);
    sum += difference * difference;
  }
  return sum;
}

/// Most rows of a strip.
inline constexpr std::size_t kMostStripRows = 768;
/// Rows converted at a time: few when they are wide, since sparse rows become dense on the way.
inline std::size_t strip_rows(std::size_t columns) {
  constexpr std::size_t kValues = std::size_t{1} << 22;
  return std::clamp(kValues / std::max<std::size_t>(columns, 1), kMostBlockRows, kMostStripRows);
}

/// What neighbours are ranked by: the squared Euclidean, the Manhattan or the cosine distance.
template <class A, class B>
double exact_rank(Metric metric, const A* a, const B* b, std::size_t columns) {
  if (metric == Metric::euclidean) return exact_squared(a, b, columns);
  if (metric == Metric::manhattan) {
    double sum = 0;
    for (std::size_t j = 0; j < columns; ++j)
      sum += std::abs(static_cast<double>(a[j]) - static_cast<double>(b[j]));
    return sum;
  }
  double dot = 0, aa = 0, bb = 0;
  for (std::size_t j = 0; j < columns; ++j) {
    const double u = static_cast<double>(a[j]), v = static_cast<double>(b[j]);
    dot += u * v;
    aa += u * u;
    bb += v * v;
  }
  if (aa == 0 || bb == 0) return 1.0;
  const double away = 1.0 - dot / (std::sqrt(aa) * std::sqrt(bb));
  // Below its own rounding error the angle is none: rows of one direction are at distance 0.
  return away > static_cast<double>(columns + 4) * 0x1p-52 ? away : 0.0;
}

/// The distance a rank stands for.
inline double finished(Metric metric, double rank) {
  return metric == Metric::euclidean ? std::sqrt(rank) : rank;
}

/// Relative part of the error bound of a kernel's sum over `columns` products, its operands' rounding to
/// float32 and the few operations after it. With u = 2^-24 and sums in runs of kRun: every product passes at
/// most min(columns, kRun) + columns / kRun additions, its own rounding and two of the operands; four more
/// operations follow. The second factor covers the products of errors and the lengths, which are float32 sums
/// themselves.
inline double kernel_error(std::size_t columns) {
  constexpr double kUnit = 0x1p-24;
  const std::size_t runs = columns / kRun;
  const double operations = static_cast<double>(std::min(columns, kRun) + runs) + 8.0;
  return operations * kUnit * (1.02 + static_cast<double>(columns) * 0x1p-22);
}

/// The least error of a sum whose products may fall below the normal range.
inline double kernel_floor(std::size_t columns) { return static_cast<double>(columns + 8) * 0x1p-148; }

/// Error of the definition itself, which sums (length_a + length_b)^2 at most.
inline double definition_error(std::size_t columns, double length) {
  return static_cast<double>(columns + 8) * 0x1p-52 * length * length;
}

}  // namespace everyml::distances_detail
