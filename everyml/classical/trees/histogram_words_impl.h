#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace everyml::words_detail {

/// How numbers become whole ones, at random by key and row.
struct Rounding {
  std::uint64_t key = 0;
  double gradient_scale = 1, hessian_scale = 1;
};

/// Least and largest hessian of rows that have one, in words.
struct Extent {
  std::int64_t least = std::numeric_limits<std::int64_t>::max(), most = 0;
};

/// Rows of one call: kernels read and write whole vectors, so arrays have room for a multiple of 8.
constexpr std::size_t kRowsAtOnce = 512;

/// Words of `count` rows of weight 1: gradient and hessian scaled, each rounded up or down at random without
/// bias, a positive hessian to at least 1. Bit by bit what the plain loop in make_words() does.
/// REQUIRES: count is a multiple of 8.
void words_at_random(const float* gradient, const float* hessian, const std::uint64_t* rows,
                     std::size_t count, const Rounding& how, std::uint64_t* words, Extent& extent);

/// Sums of the sizes of gradients, and of hessians; the largest gradient.
struct Sizes {
  double gradient = 0, hessian = 0, largest = 0;
};
Sizes sum_sizes(const float* gradient, const float* hessian, std::size_t count);

}  // namespace everyml::words_detail
