#pragma once

#include <cstddef>

// Loops over rows of the objectives, vectorised for the CPU at hand with the bits of portable::exp, sigmoid
// and softmax on every CPU. Single-threaded; thread-safe.

namespace everyml::boosting_detail {

/// The smallest second derivative of a probability: keeps a leaf of certain rows from dividing by 0.
inline constexpr double kLeastCurvature = 1e-16;

/// gradient = w (p - y), hessian = w max(p (1 - p), kLeastCurvature), p = sigmoid(f). w null: 1. [n].
void sigmoid_derivatives(std::size_t n, const double* f, const double* y, const double* w, float* gradient,
                         float* hessian);
/// out = log(1 + e^f) - y f, [n]. out may be f.
void logistic_losses(std::size_t n, const double* f, const double* y, double* out);
/// values become their sigmoids, [n].
void sigmoids(std::size_t n, double* values);
/// values become their exponentials, [n].
void exponentials(std::size_t n, double* values);

/// out = softmax over k of f[k * stride + r], written to out[k * n + r]; r < n, k < classes. The classes of a
/// row are summed in order.
void softmax_rows(std::size_t n, std::size_t classes, const double* f, std::size_t stride, double* out);

}  // namespace everyml::boosting_detail
