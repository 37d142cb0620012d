#include <algorithm>
#include <cmath>
#include <limits>

#include "everyml/classical/trees/histogram_words_impl.h"

// clang-format off: the order of these is part of Highway's way of compiling this file once per target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "everyml/classical/trees/histogram_words_kernel.cpp"
#include "everyml/foundation/base/simd.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace everyml::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<double>;
using DI = hn::RebindToSigned<D>;
using DU = hn::RebindToUnsigned<D>;
using DF = hn::Rebind<float, D>;

template <class V>
HWY_INLINE V mixed(V z) {
  const DU du;
  z = hn::Mul(hn::Xor(z, hn::ShiftRight<30>(z)), hn::Set(du, 0xbf58476d1ce4e5b9u));
  z = hn::Mul(hn::Xor(z, hn::ShiftRight<27>(z)), hn::Set(du, 0x94d049bb133111ebu));
  return hn::Xor(z, hn::ShiftRight<31>(z));
}

/// The whole number at or below x + up, of |x| < 2^32; up in units of 2^-32.
template <class V, class U>
HWY_INLINE hn::Vec<DI> floor_of(V x, U up) {
  const D d;
  const DI di;
  constexpr std::int64_t kUp = std::int64_t{1} << 33;
  x = hn::Add(x, hn::Mul(hn::ConvertTo(d, hn::BitCast(di, up)), hn::Set(d, 1.0 / 4294967296.0)));
  return hn::Sub(hn::ConvertTo(di, hn::Add(x, hn::Set(d, static_cast<double>(kUp)))), hn::Set(di, kUp));
}

void WordsAtRandom(const float* gradient, const float* hessian, const std::uint64_t* rows, std::size_t count,
                   const words_detail::Rounding& how, std::uint64_t* words, words_detail::Extent* extent) {
  const D d;
  const DI di;
  const DU du;
  const DF df;
  const std::size_t lanes = hn::Lanes(d);
  const auto golden = hn::Set(du, 0x9e3779b97f4a7c15u), key = hn::Set(du, how.key);
  const auto low_half = hn::Set(du, 0xffffffffu);
  const auto g_scale = hn::Set(d, how.gradient_scale), h_scale = hn::Set(d, how.hessian_scale);
  auto least = hn::Set(di, std::numeric_limits<std::int64_t>::max());
  auto most = hn::Zero(di);
  for (std::size_t i = 0; i < count; i += lanes) {
    const auto random = mixed(hn::Add(key, hn::Mul(hn::LoadU(du, rows + i), golden)));
    const auto g =
        floor_of(hn::Mul(hn::PromoteTo(d, hn::LoadU(df, gradient + i)), g_scale), hn::ShiftRight<32>(random));
    const auto exact = hn::Mul(hn::PromoteTo(d, hn::LoadU(df, hessian + i)), h_scale);
    const auto some = hn::RebindMask(di, hn::Gt(exact, hn::Zero(d)));
    const auto rounded = hn::Max(floor_of(exact, hn::And(random, low_half)), hn::Set(di, 1));
    const auto h = hn::IfThenElseZero(some, rounded);
    hn::StoreU(hn::BitCast(du, hn::Add(hn::ShiftLeft<32>(g), h)), du, words + i);
    least = hn::Min(least, hn::IfThenElse(some, rounded, least));
    most = hn::Max(most, h);
  }
  HWY_ALIGN std::int64_t low[HWY_MAX_BYTES / 8], high[HWY_MAX_BYTES / 8];
  hn::Store(least, di, low);
  hn::Store(most, di, high);
  for (std::size_t k = 0; k < lanes; ++k) {
    extent->least = std::min(extent->least, low[k]);
    extent->most = std::max(extent->most, high[k]);
  }
}

void SumSizes(const float* gradient, const float* hessian, std::size_t count, words_detail::Sizes* out) {
  const hn::CappedTag<double, simd_lanes> d;
  const hn::Rebind<float, decltype(d)> df;
  const std::size_t lanes = hn::Lanes(d);
  HWY_ALIGN double g[simd_lanes] = {}, h[simd_lanes] = {}, largest[simd_lanes] = {};
  const std::size_t whole = count / simd_lanes * simd_lanes;
  for (std::size_t first = 0; first < simd_lanes; first += lanes) {
    auto sum = hn::Zero(d), most = hn::Zero(d), second = hn::Zero(d);
    for (std::size_t i = first; i < whole; i += simd_lanes) {
      const auto size = hn::Abs(hn::PromoteTo(d, hn::LoadU(df, gradient + i)));
      sum = hn::Add(sum, size);
      most = hn::Max(most, size);
      second = hn::Add(second, hn::PromoteTo(d, hn::LoadU(df, hessian + i)));
    }
    hn::Store(sum, d, g + first);
    hn::Store(most, d, largest + first);
    hn::Store(second, d, h + first);
  }
  for (std::size_t i = whole; i < count; ++i) {
    const double size = std::abs(static_cast<double>(gradient[i]));
    g[i - whole] += size;
    largest[i - whole] = std::max(largest[i - whole], size);
    h[i - whole] += static_cast<double>(hessian[i]);
  }
  out->gradient = join_lanes(g);
  out->hessian = join_lanes(h);
  out->largest = *std::max_element(largest, largest + simd_lanes);
}

}  // namespace everyml::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace everyml::words_detail {

HWY_EXPORT(WordsAtRandom);
HWY_EXPORT(SumSizes);

void words_at_random(const float* gradient, const float* hessian, const std::uint64_t* rows,
                     std::size_t count, const Rounding& how, std::uint64_t* words, Extent& extent) {
  HWY_DYNAMIC_DISPATCH(WordsAtRandom)(gradient, hessian, rows, count, how, words, &extent);
}

Sizes sum_sizes(const float* gradient, const float* hessian, std::size_t count) {
  Sizes out;
  HWY_DYNAMIC_DISPATCH(SumSizes)(gradient, hessian, count, &out);
  return out;
}

}  // namespace everyml::words_detail
#endif
