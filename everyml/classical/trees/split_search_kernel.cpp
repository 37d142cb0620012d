#include <algorithm>
#include <limits>

#include "everyml/classical/trees/split_search_impl.h"

// clang-format off: the order of these is part of Highway's way of compiling this file once per target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "everyml/classical/trees/split_search_kernel.cpp"
#include "everyml/foundation/base/simd.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace everyml::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<double>;
using DI = hn::RebindToSigned<D>;

/// Everything here is counted in units of words. These are powers of two, so scores are, but for that factor,
/// those of the plain loop in the test, bit by bit.
template <bool L1>
void BestCutOf(const std::uint64_t* sums, std::size_t count, const split_detail::CutRules& rules,
               split_detail::Cut* out) {
  const D d;
  const DI di;
  const std::size_t lanes = hn::Lanes(d);
  const auto* words = reinterpret_cast<const std::int64_t*>(sums);
  const auto extra = hn::Set(di, static_cast<std::int64_t>(rules.extra));
  const auto low_half = hn::Set(di, 0xffffffff);
  const auto all_hessian = static_cast<std::int64_t>(rules.total & 0xffffffffu);
  const auto least = static_cast<std::int64_t>(rules.least);
  const auto below = hn::Set(di, least - 1), above = hn::Set(di, all_hessian - least + 1);
  const auto total_g = hn::Set(d, static_cast<double>(static_cast<std::int64_t>(rules.total) >> 32));
  const auto total_h = hn::Set(d, static_cast<double>(all_hessian));
  const auto l1 = hn::Set(d, rules.l1 / rules.gradient_unit), l2 = hn::Set(d, rules.l2 / rules.hessian_unit);
  auto best = hn::Set(d, -std::numeric_limits<double>::infinity());
  auto best_bin = hn::Zero(di);
  for (std::size_t i = 0; i < count; i += lanes) {
    auto word = hn::Zero(di);
    auto allowed = hn::Eq(word, word);
    if (i + lanes <= count) {
      word = hn::LoadU(di, words + i);
    } else {
      HWY_ALIGN std::int64_t last[HWY_MAX_BYTES / sizeof(std::int64_t)] = {};
      std::copy(words + i, words + count, last);
      word = hn::Load(di, last);
      allowed = hn::Lt(hn::Iota(di, 0), hn::Set(di, static_cast<std::int64_t>(count - i)));
    }
    word = hn::Add(word, extra);
    const auto hessian = hn::And(word, low_half);
    allowed = hn::And(allowed, hn::And(hn::Gt(hessian, below), hn::Lt(hessian, above)));
    if (hn::AllFalse(di, allowed)) continue;
    auto gl = hn::ConvertTo(d, hn::ShiftRight<32>(word)), hl = hn::ConvertTo(d, hessian);
    auto gr = hn::Sub(total_g, gl), hr = hn::Sub(total_h, hl);
    if constexpr (L1) {
      gl = hn::Sub(gl, hn::Min(hn::Max(gl, hn::Neg(l1)), l1));
      gr = hn::Sub(gr, hn::Min(hn::Max(gr, hn::Neg(l1)), l1));
    }
    hl = hn::Add(hl, l2);
    hr = hn::Add(hr, l2);
    const auto over = hn::Add(hn::Mul(hn::Mul(gl, gl), hr), hn::Mul(hn::Mul(gr, gr), hl));
    const auto score = hn::Div(over, hn::Mul(hl, hr));
    const auto better = hn::And(hn::Gt(score, best), hn::RebindMask(d, allowed));
    const auto bin = hn::Add(hn::Iota(di, 0), hn::Set(di, static_cast<std::int64_t>(i)));
    best = hn::IfThenElse(better, score, best);
    best_bin = hn::IfThenElse(hn::RebindMask(di, better), bin, best_bin);
  }
  HWY_ALIGN double scores[HWY_MAX_BYTES / sizeof(double)];
  HWY_ALIGN std::int64_t bins[HWY_MAX_BYTES / sizeof(std::int64_t)];
  hn::Store(best, d, scores);
  hn::Store(best_bin, di, bins);
  for (std::size_t k = 0; k < lanes; ++k) {
    const auto at = static_cast<std::size_t>(bins[k]);
    if (scores[k] > out->score || (scores[k] == out->score && at < out->bin)) *out = {scores[k], at};
  }
}

void BestCut(const std::uint64_t* sums, std::size_t count, const split_detail::CutRules& rules,
             split_detail::Cut* out) {
  if (rules.l1 > 0) {
    BestCutOf<true>(sums, count, rules, out);
  } else {
    BestCutOf<false>(sums, count, rules, out);
  }
}

void SubtractCells(const std::uint64_t* other, std::size_t count, std::uint64_t* cells) {
  const hn::ScalableTag<std::uint64_t> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes)
    hn::StoreU(hn::Sub(hn::LoadU(d, cells + i), hn::LoadU(d, other + i)), d, cells + i);
  for (; i < count; ++i) cells[i] -= other[i];
}

}  // namespace everyml::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace everyml {
namespace {
HWY_EXPORT(BestCut);
HWY_EXPORT(SubtractCells);
}  // namespace

split_detail::Cut split_detail::best_cut(const std::uint64_t* sums, std::size_t count,
                                         const CutRules& rules) {
  Cut cut{-std::numeric_limits<double>::infinity(), 0};
  HWY_DYNAMIC_DISPATCH(BestCut)(sums, count, rules, &cut);
  cut.score = cut.score * rules.gradient_unit * (rules.gradient_unit / rules.hessian_unit);
  return cut;
}

void split_detail::subtract_cells(const std::uint64_t* other, std::size_t count, std::uint64_t* cells) {
  HWY_DYNAMIC_DISPATCH(SubtractCells)(other, count, cells);
}
}  // namespace everyml
#endif
