#include "everyml/classical/bayes/gaussian_kernels_impl.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "everyml/classical/bayes/gaussian_kernels.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

// GCC does not unroll loops of constant length at -O2, and vectors in arrays then live on the stack.
#ifndef EVERYML_UNROLL
#if defined(__clang__)
#define EVERYML_UNROLL _Pragma("unroll")
#else
#define EVERYML_UNROLL _Pragma("GCC unroll 8")
#endif
#endif

HWY_BEFORE_NAMESPACE();
namespace everyml {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<double, 8>;
using V = hn::Vec<D>;

HWY_INLINE V load(D d, const double* p) { return hn::LoadU(d, p); }
HWY_INLINE V load(D d, const float* p) { return hn::PromoteTo(d, hn::LoadU(hn::Rebind<float, D>(), p)); }

/// One vector of one row into the moments of its class.
template <bool kWeighted>
HWY_INLINE void add_vector(D d, V deviation, V weight, double* HWY_RESTRICT sum,
                           double* HWY_RESTRICT square) {
  V weighted = deviation;
  if constexpr (kWeighted) weighted = hn::Mul(deviation, weight);
  hn::StoreU(hn::Add(hn::LoadU(d, sum), weighted), d, sum);
  hn::StoreU(hn::MulAdd(weighted, deviation, hn::LoadU(d, square)), d, square);
}

template <bool kWeighted, class T>
void moments(const T* rows, std::size_t n, std::size_t columns, std::size_t stride, const std::int32_t* codes,
             const double* weights, const double* shift, double* sum, double* square) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t pad = (columns + 7) / 8 * 8;
  const std::size_t whole = columns / lanes * lanes;
  const auto last = hn::FirstN(d, columns - whole);
  for (std::size_t r = 0; r < n; ++r, rows += stride) {
    const double w = kWeighted ? weights[r] : 1.0;
    if (kWeighted && w == 0.0) continue;
    const V weight = hn::Set(d, w);
    const std::size_t at = static_cast<std::size_t>(codes[r]) * pad;
    std::size_t j = 0;
    for (; j < whole; j += lanes) {
      const V deviation = hn::Sub(load(d, rows + j), hn::LoadU(d, shift + at + j));
      add_vector<kWeighted>(d, deviation, weight, sum + at + j, square + at + j);
    }
    if (j < columns) {
      // What lies behind the row's end is some other row's value: it must not count.
      const V deviation = hn::IfThenElseZero(last, hn::Sub(load(d, rows + j), hn::LoadU(d, shift + at + j)));
      add_vector<kWeighted>(d, deviation, weight, sum + at + j, square + at + j);
    }
  }
}

template <class T>
void add_all(const T* rows, std::size_t n, std::size_t columns, std::size_t stride, const std::int32_t* codes,
             const double* weights, const double* shift, double* sum, double* square) {
  if (weights != nullptr)
    moments<true>(rows, n, columns, stride, codes, weights, shift, sum, square);
  else
    moments<false>(rows, n, columns, stride, codes, weights, shift, sum, square);
}

/// kRows rows against kClasses classes: each value is widened once for all of them, each mean loaded once for
/// all rows.
template <int kRows, int kClasses, class T>
HWY_INLINE void distances(const T* rows, std::size_t columns, std::size_t stride, std::size_t classes,
                          const double* mean, const double* half_precision, double* score) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t pad = (columns + 7) / 8 * 8;
  const std::size_t whole = columns / lanes * lanes;
  const auto last = hn::FirstN(d, columns - whole);
  V total[kClasses][kRows];
  EVERYML_UNROLL
  for (int c = 0; c < kClasses; ++c) {
    EVERYML_UNROLL
    for (int r = 0; r < kRows; ++r) total[c][r] = hn::Zero(d);
  }
  const auto step = [&](std::size_t j, auto limit) HWY_ATTR {
    V value[kRows];
    EVERYML_UNROLL
    for (int r = 0; r < kRows; ++r) {
      const T* from = rows + static_cast<std::size_t>(r) * stride + j;
      value[r] = load(d, from);
      // Several rows at once are too many streams for the hardware to run ahead of by itself.
      if constexpr (kRows > 1) hwy::Prefetch(from + 2 * kRows * stride);
    }
    EVERYML_UNROLL
    for (int c = 0; c < kClasses; ++c) {
      const std::size_t at = static_cast<std::size_t>(c) * pad + j;
      const V m = hn::LoadU(d, mean + at), h = hn::LoadU(d, half_precision + at);
      EVERYML_UNROLL
      for (int r = 0; r < kRows; ++r) {
        const V deviation = limit(hn::Sub(value[r], m));
        total[c][r] = hn::MulAdd(hn::Mul(deviation, deviation), h, total[c][r]);
      }
    }
  };
  std::size_t j = 0;
  for (; j < whole; j += lanes) step(j, [](V deviation) HWY_ATTR { return deviation; });
  // Behind a row's end lies some other row's value, which must not count.
  if (j < columns) step(j, [&](V deviation) HWY_ATTR { return hn::IfThenElseZero(last, deviation); });
  EVERYML_UNROLL
  for (int c = 0; c < kClasses; ++c) {
    EVERYML_UNROLL
    for (int r = 0; r < kRows; ++r) {
      score[static_cast<std::size_t>(r) * classes + static_cast<std::size_t>(c)] -=
          hn::GetLane(hn::SumOfLanes(d, total[c][r]));
    }
  }
}

template <int kRows, class T>
HWY_INLINE void all_distances(const T* rows, std::size_t columns, std::size_t stride, std::size_t classes,
                              const double* mean, const double* half_precision, double* score) {
  const std::size_t pad = (columns + 7) / 8 * 8;
  std::size_t c = 0;
  for (; c + 2 <= classes; c += 2) {
    distances<kRows, 2>(rows, columns, stride, classes, mean + c * pad, half_precision + c * pad, score + c);
  }
  if (c < classes) {
    distances<kRows, 1>(rows, columns, stride, classes, mean + c * pad, half_precision + c * pad, score + c);
  }
}

template <class T>
void subtract_all(const T* rows, std::size_t n, std::size_t columns, std::size_t stride, std::size_t classes,
                  const double* mean, const double* half_precision, double* score) {
  std::size_t r = 0;
  for (; r + 4 <= n; r += 4) {
    all_distances<4>(rows + r * stride, columns, stride, classes, mean, half_precision, score + r * classes);
  }
  for (; r < n; ++r) {
    all_distances<1>(rows + r * stride, columns, stride, classes, mean, half_precision, score + r * classes);
  }
}

void add32(const float* rows, std::size_t n, std::size_t columns, std::size_t stride,
           const std::int32_t* codes, const double* weights, const double* shift, double* sum,
           double* square) {
  add_all(rows, n, columns, stride, codes, weights, shift, sum, square);
}
void add64(const double* rows, std::size_t n, std::size_t columns, std::size_t stride,
           const std::int32_t* codes, const double* weights, const double* shift, double* sum,
           double* square) {
  add_all(rows, n, columns, stride, codes, weights, shift, sum, square);
}
void subtract32(const float* rows, std::size_t n, std::size_t columns, std::size_t stride,
                std::size_t classes, const double* mean, const double* half_precision, double* score) {
  subtract_all(rows, n, columns, stride, classes, mean, half_precision, score);
}
void subtract64(const double* rows, std::size_t n, std::size_t columns, std::size_t stride,
                std::size_t classes, const double* mean, const double* half_precision, double* score) {
  subtract_all(rows, n, columns, stride, classes, mean, half_precision, score);
}

}  // namespace HWY_NAMESPACE
}  // namespace everyml
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace everyml {

HWY_EXPORT(add32);
HWY_EXPORT(add64);
HWY_EXPORT(subtract32);
HWY_EXPORT(subtract64);

void add_moments(const float* rows, std::size_t n, std::size_t columns, std::size_t stride,
                 const std::int32_t* codes, const double* weights, const double* shift, double* sum,
                 double* square) {
  HWY_DYNAMIC_DISPATCH(add32)(rows, n, columns, stride, codes, weights, shift, sum, square);
}
void add_moments(const double* rows, std::size_t n, std::size_t columns, std::size_t stride,
                 const std::int32_t* codes, const double* weights, const double* shift, double* sum,
                 double* square) {
  HWY_DYNAMIC_DISPATCH(add64)(rows, n, columns, stride, codes, weights, shift, sum, square);
}
void subtract_distances(const float* rows, std::size_t n, std::size_t columns, std::size_t stride,
                        std::size_t classes, const double* mean, const double* half_precision,
                        double* score) {
  HWY_DYNAMIC_DISPATCH(subtract32)(rows, n, columns, stride, classes, mean, half_precision, score);
}
void subtract_distances(const double* rows, std::size_t n, std::size_t columns, std::size_t stride,
                        std::size_t classes, const double* mean, const double* half_precision,
                        double* score) {
  HWY_DYNAMIC_DISPATCH(subtract64)(rows, n, columns, stride, classes, mean, half_precision, score);
}

}  // namespace everyml
#endif  // HWY_ONCE
