#include "everyml/classical/bayes/gaussian_kernels_impl.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "everyml/classical/bayes/gaussian_kernels.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

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

/// kRows rows against every class, so that means and precisions are loaded once per kRows rows.
template <int kRows, class T>
HWY_INLINE void distances(const T* rows, std::size_t columns, std::size_t stride, std::size_t classes,
                          const double* mean, const double* half_precision, double* score) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t pad = (columns + 7) / 8 * 8;
  const std::size_t whole = columns / lanes * lanes;
  const auto last = hn::FirstN(d, columns - whole);
  for (std::size_t c = 0; c < classes; ++c) {
    const double* HWY_RESTRICT m = mean + c * pad;
    const double* HWY_RESTRICT h = half_precision + c * pad;
    V total[kRows];
    for (int r = 0; r < kRows; ++r) total[r] = hn::Zero(d);
    std::size_t j = 0;
    for (; j < whole; j += lanes) {
      const V mj = hn::LoadU(d, m + j), hj = hn::LoadU(d, h + j);
      for (int r = 0; r < kRows; ++r) {
        const V deviation = hn::Sub(load(d, rows + static_cast<std::size_t>(r) * stride + j), mj);
        total[r] = hn::MulAdd(hn::Mul(deviation, deviation), hj, total[r]);
      }
    }
    if (j < columns) {
      const V mj = hn::LoadU(d, m + j), hj = hn::LoadU(d, h + j);
      for (int r = 0; r < kRows; ++r) {
        const V value = load(d, rows + static_cast<std::size_t>(r) * stride + j);
        const V deviation = hn::IfThenElseZero(last, hn::Sub(value, mj));
        total[r] = hn::MulAdd(hn::Mul(deviation, deviation), hj, total[r]);
      }
    }
    for (int r = 0; r < kRows; ++r) {
      score[static_cast<std::size_t>(r) * classes + c] -= hn::GetLane(hn::SumOfLanes(d, total[r]));
    }
  }
}

template <class T>
void subtract_all(const T* rows, std::size_t n, std::size_t columns, std::size_t stride, std::size_t classes,
                  const double* mean, const double* half_precision, double* score) {
  std::size_t r = 0;
  for (; r + 4 <= n; r += 4) {
    distances<4>(rows + r * stride, columns, stride, classes, mean, half_precision, score + r * classes);
  }
  for (; r < n; ++r) {
    distances<1>(rows + r * stride, columns, stride, classes, mean, half_precision, score + r * classes);
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
