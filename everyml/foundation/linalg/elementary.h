#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

// Functions whose bits are the same on every CPU and with every compiler: plain IEEE additions,
// multiplications and divisions in one written order, no fused multiply-add, no mathematics library.
// Predictions of linear models are made of these, so their files answer the same to the bit wherever they are
// opened. Training has faster ones in row_kernels.h. All are thread-safe and allocate nothing.

namespace everyml::portable {

/// e^x within 1 unit in the last place; infinity above 709.79, 0 below -745.14, NaN stays NaN.
double exp(double x);

/// log(1 + y) for y in [0, 1], within 2 units in the last place.
double log1p_unit(double y);

/// log(1 + e^x) without overflow.
double log1p_exp(double x);

/// 1 / (1 + e^-x), in [0, 1].
double sigmoid(double x);

/// Scores become probabilities that sum to 1, in place. REQUIRES: not empty; a score may be minus infinity
/// (probability 0) unless all are.
void softmax(std::span<double> scores);

/// sum x[i] * w[i] over i < n, in eight fixed lanes that are joined pairwise.
double dot(const double* x, const double* w, std::size_t n);
double dot(const float* x, const double* w, std::size_t n);

/// sum values[i] * w[columns[i]] over i < n, in order.
double sparse_dot(const float* values, const std::uint32_t* columns, const double* w, std::size_t n);

}  // namespace everyml::portable
