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

/// Both sides' scores with one division; the order of operations is that of the plain loop in the test.
HWY_INLINE hn::Vec<D> Scores(hn::Vec<DI> left, const split_detail::CutRules& rules) {
  const D d;
  const DI di;
  const auto low_half = hn::Set(di, 0xffffffff);
  const auto right = hn::Sub(hn::Set(di, static_cast<std::int64_t>(rules.total)), left);
  const auto g_unit = hn::Set(d, rules.gradient_unit), h_unit = hn::Set(d, rules.hessian_unit);
  const auto l1 = hn::Set(d, rules.l1), l2 = hn::Set(d, rules.l2);
  const auto gradient = [&](hn::Vec<DI> word) {
    const auto g = hn::Mul(hn::ConvertTo(d, hn::ShiftRight<32>(word)), g_unit);
    return hn::Sub(g, hn::Min(hn::Max(g, hn::Neg(l1)), l1));
  };
  const auto hessian = [&](hn::Vec<DI> word) {
    return hn::Add(hn::Mul(hn::ConvertTo(d, hn::And(word, low_half)), h_unit), l2);
  };
  const auto gl = gradient(left), gr = gradient(right), hl = hessian(left), hr = hessian(right);
  const auto over = hn::Add(hn::Mul(hn::Mul(gl, gl), hr), hn::Mul(hn::Mul(gr, gr), hl));
  return hn::Div(over, hn::Mul(hl, hr));
}

/// The best of all lanes, of equal ones the first.
HWY_INLINE void TakeBest(hn::Vec<D> best, hn::Vec<DI> best_bin, split_detail::Cut* out) {
  HWY_ALIGN double scores[HWY_MAX_BYTES / sizeof(double)];
  HWY_ALIGN std::int64_t bins[HWY_MAX_BYTES / sizeof(std::int64_t)];
  hn::Store(best, D(), scores);
  hn::Store(best_bin, DI(), bins);
  for (std::size_t k = 0; k < hn::Lanes(D()); ++k) {
    const auto at = static_cast<std::size_t>(bins[k]);
    if (scores[k] > out->score || (scores[k] == out->score && at < out->bin)) *out = {scores[k], at};
  }
}

void BestCut(const std::uint64_t* sums, std::size_t first, std::size_t last,
             const split_detail::CutRules& rules, split_detail::Cut* out) {
  const D d;
  const DI di;
  const std::size_t lanes = hn::Lanes(d);
  const auto* words = reinterpret_cast<const std::int64_t*>(sums);
  auto best = hn::Set(d, -std::numeric_limits<double>::infinity());
  auto best_bin = hn::Zero(di);
  auto bin = hn::Add(hn::Iota(di, 0), hn::Set(di, static_cast<std::int64_t>(first)));
  const auto step = hn::Set(di, static_cast<std::int64_t>(lanes));
  const auto end = hn::Set(di, static_cast<std::int64_t>(last));
  for (std::size_t i = first; i < last; i += lanes) {
    const auto word = hn::LoadU(di, words + i);
    const auto score = Scores(word, rules);
    const auto better = hn::And(hn::Gt(score, best), hn::RebindMask(d, hn::Lt(bin, end)));
    best = hn::IfThenElse(better, score, best);
    best_bin = hn::IfThenElse(hn::RebindMask(di, better), bin, best_bin);
    bin = hn::Add(bin, step);
  }
  TakeBest(best, best_bin, out);
}

void BestCell(const std::uint64_t* cells, std::size_t count, std::uint64_t least,
              const split_detail::CutRules& rules, split_detail::Cut* out) {
  const D d;
  const DI di;
  const std::size_t lanes = hn::Lanes(d);
  const auto* words = reinterpret_cast<const std::int64_t*>(cells);
  const auto total = hn::Set(di, static_cast<std::int64_t>(rules.total));
  const auto low_half = hn::Set(di, 0xffffffff);
  const auto bound = static_cast<std::int64_t>(least);
  const auto below = hn::Set(di, bound - 1);
  const auto above = hn::Set(di, static_cast<std::int64_t>(rules.total & 0xffffffffu) - bound + 1);
  auto best = hn::Set(d, -std::numeric_limits<double>::infinity());
  auto best_bin = hn::Zero(di);
  for (std::size_t i = 0; i < count; i += lanes) {
    auto word = hn::Zero(di);
    if (i + lanes <= count) {
      word = hn::LoadU(di, words + i);
    } else {
      // What lies beyond the end reads as an empty cell.
      HWY_ALIGN std::int64_t last[HWY_MAX_BYTES / sizeof(std::int64_t)] = {};
      std::copy(words + i, words + count, last);
      word = hn::Load(di, last);
    }
    const auto hessian = hn::And(word, low_half);
    const auto allowed = hn::And(hn::Gt(hessian, below), hn::Lt(hessian, above));
    if (hn::AllFalse(di, allowed)) continue;
    const auto score = Scores(hn::Sub(total, word), rules);
    const auto better = hn::And(hn::Gt(score, best), hn::RebindMask(d, allowed));
    const auto bin = hn::Add(hn::Iota(di, 0), hn::Set(di, static_cast<std::int64_t>(i)));
    best = hn::IfThenElse(better, score, best);
    best_bin = hn::IfThenElse(hn::RebindMask(di, better), bin, best_bin);
  }
  TakeBest(best, best_bin, out);
}

}  // namespace everyml::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace everyml {
namespace {
HWY_EXPORT(BestCut);
HWY_EXPORT(BestCell);
}  // namespace

split_detail::Cut split_detail::best_cut(const std::uint64_t* sums, std::size_t first, std::size_t last,
                                         const CutRules& rules) {
  Cut cut{-std::numeric_limits<double>::infinity(), 0};
  HWY_DYNAMIC_DISPATCH(BestCut)(sums, first, last, rules, &cut);
  return cut;
}

split_detail::Cut split_detail::best_cell(const std::uint64_t* cells, std::size_t count, std::uint64_t least,
                                          const CutRules& rules) {
  Cut cut{-std::numeric_limits<double>::infinity(), 0};
  HWY_DYNAMIC_DISPATCH(BestCell)(cells, count, least, rules, &cut);
  return cut;
}
}  // namespace everyml
#endif
