#include "everyml/ensembles/boosting/objective_pairs_impl.h"

// clang-format off: the order of these is part of Highway's way of compiling this file once per target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "everyml/ensembles/boosting/objective_pairs.cpp"
#include "everyml/foundation/base/simd.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace everyml::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using boosting_detail::PairList;
using boosting_detail::PairSums;
using boosting_detail::SwapValue;

using F32 = hn::CappedTag<float, 16>;
using V32 = hn::Vec<F32>;

/// e^x for x in [-87, 87], within 2 units in the last place of a float.
HWY_INLINE V32 ExpFloat(V32 x) {
  const F32 d;
  const hn::RebindToSigned<F32> di;
  const auto round = hn::Set(d, 0x1.8p23F);
  const auto shifted = hn::Add(hn::Mul(x, hn::Set(d, 1.44269504F)), round);
  const auto k = hn::Sub(shifted, round);
  // log 2 in two parts, the first with few enough bits that k times it is exact.
  const auto r =
      hn::Sub(hn::Sub(x, hn::Mul(k, hn::Set(d, 0x1.62ep-1F))), hn::Mul(k, hn::Set(d, 0x1.0bfbe8p-15F)));
  auto q = hn::Set(d, 1.0F / 5040);
  q = hn::Add(hn::Mul(q, r), hn::Set(d, 1.0F / 720));
  q = hn::Add(hn::Mul(q, r), hn::Set(d, 1.0F / 120));
  q = hn::Add(hn::Mul(q, r), hn::Set(d, 1.0F / 24));
  q = hn::Add(hn::Mul(q, r), hn::Set(d, 1.0F / 6));
  q = hn::Add(hn::Mul(q, r), hn::Set(d, 0.5F));
  const auto value = hn::Add(hn::Set(d, 1.0F), hn::Add(r, hn::Mul(hn::Mul(r, r), q)));
  const auto whole = hn::Sub(hn::BitCast(di, shifted), hn::BitCast(di, round));
  return hn::Mul(value, hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(whole, hn::Set(di, 127)))));
}

/// Adds to a stretch of floats.
HWY_INLINE void Accumulate(float* to, V32 value) {
  const F32 d;
  hn::StoreU(hn::Add(hn::LoadU(d, to), value), d, to);
}

HWY_INLINE double Join(const float* lane) {
  double half[8];
  for (std::size_t l = 0; l < 8; ++l)
    half[l] = static_cast<double>(lane[l]) + static_cast<double>(lane[l + 8]);
  return join_lanes(half);
}

template <SwapValue kSwap>
HWY_INLINE PairSums Row(const PairList& list, std::size_t i, float scale_in, float steepness_in, bool damped,
                        float* force, float* curve) {
  const F32 d;
  const std::size_t lanes = hn::Lanes(d);
  const auto one = hn::Set(d, 1.0F), zero = hn::Zero(d), limit = hn::Set(d, 87.0F);
  const auto scale = hn::Set(d, scale_in), steepness = hn::Set(d, steepness_in);
  const auto score = hn::Set(d, list.score[i]), grade = hn::Set(d, list.grade[i]);
  const auto first = hn::Set(d, kSwap == SwapValue::one ? 0.0F : list.first[i]);
  HWY_ALIGN float pulls[16] = {}, bends[16] = {}, sizes[16] = {};
  for (std::size_t j = i + 1, lane = 0; j < list.items; j += lanes, lane = (lane + lanes) % 16) {
    const auto gap = hn::Sub(score, hn::LoadU(d, list.score + j));  // >= 0: the list descends
    const auto lead = hn::Sub(grade, hn::LoadU(d, list.grade + j));
    auto swap = one;
    if constexpr (kSwap == SwapValue::gain)
      swap = hn::Mul(hn::Abs(lead), hn::Abs(hn::Sub(first, hn::LoadU(d, list.first + j))));
    if constexpr (kSwap == SwapValue::precision)
      swap = hn::Max(zero, hn::Sub(first, hn::LoadU(d, list.second + j)));
    swap = hn::Mul(hn::Mul(swap, scale), hn::LoadU(d, list.real + j));
    if (damped) swap = hn::Div(swap, hn::Add(hn::Set(d, 0.01F), hn::Abs(gap)));
    swap = hn::IfThenElse(hn::Eq(lead, zero), zero, swap);
    // The gap in favour of the better item.
    const auto worse = hn::Lt(lead, zero);
    const auto margin = hn::Mul(steepness, hn::IfThenElse(worse, hn::Neg(gap), gap));
    const auto e = ExpFloat(hn::Max(hn::Neg(limit), hn::Min(limit, margin)));
    const auto p = hn::Div(one, hn::Add(one, e));
    const auto size = hn::Mul(hn::Mul(steepness, swap), p);
    const auto pull = hn::IfThenElse(worse, hn::Neg(size), size);
    const auto bend = hn::Mul(hn::Mul(steepness, size), hn::Sub(one, p));
    Accumulate(force + j, pull);
    Accumulate(curve + j, bend);
    Accumulate(pulls + lane, pull);
    Accumulate(bends + lane, bend);
    Accumulate(sizes + lane, size);
  }
  return {Join(pulls), Join(bends), Join(sizes)};
}

PairSums PairRow(const PairList& list, std::size_t i, SwapValue swap, float scale, float steepness,
                 bool damped, float* force, float* curve) {
  if (swap == SwapValue::gain) return Row<SwapValue::gain>(list, i, scale, steepness, damped, force, curve);
  if (swap == SwapValue::precision)
    return Row<SwapValue::precision>(list, i, scale, steepness, damped, force, curve);
  return Row<SwapValue::one>(list, i, scale, steepness, damped, force, curve);
}

}  // namespace everyml::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace everyml {
namespace {
HWY_EXPORT(PairRow);
}
namespace boosting_detail {

PairSums pair_row(const PairList& list, std::size_t i, SwapValue swap, float scale, float steepness,
                  bool damped, float* force, float* curve) {
  return HWY_DYNAMIC_DISPATCH(PairRow)(list, i, swap, scale, steepness, damped, force, curve);
}

}  // namespace boosting_detail
}  // namespace everyml
#endif
