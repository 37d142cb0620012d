#include <algorithm>
#include <limits>

#include "everyml/ensembles/boosting/objective_kernels_impl.h"

// clang-format off: the order of these is part of Highway's way of compiling this file once per target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "everyml/ensembles/boosting/objective_kernels.cpp"
#include "everyml/foundation/base/simd.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace everyml::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D64 = hn::ScalableTag<double>;
using V64 = hn::Vec<D64>;

/// portable::exp, operation by operation.
HWY_INLINE V64 Exp(V64 x) {
  const D64 d;
  const hn::RebindToSigned<D64> di;
  const auto round = hn::Set(d, 0x1.8p52);
  const auto shifted = hn::Add(hn::Mul(x, hn::Set(d, 0x1.71547652b82fep+0)), round);
  const auto k = hn::Sub(shifted, round);
  const auto r = hn::Sub(hn::Sub(x, hn::Mul(k, hn::Set(d, 0x1.62e42fee00000p-1))),
                         hn::Mul(k, hn::Set(d, 0x1.a39ef35793c76p-33)));
  auto q = hn::Set(d, 1.0 / 6227020800);
  q = hn::Add(hn::Mul(q, r), hn::Set(d, 1.0 / 479001600));
  q = hn::Add(hn::Mul(q, r), hn::Set(d, 1.0 / 39916800));
  q = hn::Add(hn::Mul(q, r), hn::Set(d, 1.0 / 3628800));
  q = hn::Add(hn::Mul(q, r), hn::Set(d, 1.0 / 362880));
  q = hn::Add(hn::Mul(q, r), hn::Set(d, 1.0 / 40320));
  q = hn::Add(hn::Mul(q, r), hn::Set(d, 1.0 / 5040));
  q = hn::Add(hn::Mul(q, r), hn::Set(d, 1.0 / 720));
  q = hn::Add(hn::Mul(q, r), hn::Set(d, 1.0 / 120));
  q = hn::Add(hn::Mul(q, r), hn::Set(d, 1.0 / 24));
  q = hn::Add(hn::Mul(q, r), hn::Set(d, 1.0 / 6));
  q = hn::Add(hn::Mul(q, r), hn::Set(d, 1.0 / 2));
  const auto value = hn::Add(hn::Set(d, 1.0), hn::Add(r, hn::Mul(hn::Mul(r, r), q)));
  // The whole number k stands in the low bits of `shifted`. The power is taken in two steps, which is exact
  // but for one rounding at the small end.
  const auto whole = hn::Sub(hn::BitCast(di, shifted), hn::BitCast(di, round));
  const auto half = hn::ShiftRight<1>(whole);
  const auto bias = hn::Set(di, 1023);
  const auto power1 = hn::BitCast(d, hn::ShiftLeft<52>(hn::Add(half, bias)));
  const auto power2 = hn::BitCast(d, hn::ShiftLeft<52>(hn::Add(hn::Sub(whole, half), bias)));
  const auto scaled = hn::Mul(hn::Mul(value, power1), power2);
  const auto large = hn::Gt(x, hn::Set(d, 709.782712893384)),
             small = hn::Lt(x, hn::Set(d, -745.1332191019412));
  const auto bounded = hn::IfThenElse(large, hn::Set(d, std::numeric_limits<double>::infinity()), scaled);
  return hn::IfThenElse(small, hn::Zero(d), bounded);
}

/// portable::log1p_unit.
HWY_INLINE V64 Log1pUnit(V64 y) {
  const D64 d;
  const auto s = hn::Div(y, hn::Add(hn::Set(d, 2.0), y));
  const auto s2 = hn::Mul(s, s);
  auto q = hn::Zero(d);
  for (int i = 17; i >= 1; --i) q = hn::Mul(hn::Add(q, hn::Set(d, 1.0 / (2 * i + 1))), s2);
  return hn::Mul(hn::Set(d, 2.0), hn::Add(s, hn::Mul(s, q)));
}

HWY_INLINE V64 Sigmoid(V64 f) {
  const D64 d;
  const auto one = hn::Set(d, 1.0);
  const auto e = Exp(hn::Neg(hn::Abs(f)));
  return hn::Div(hn::IfThenElse(hn::Lt(f, hn::Zero(d)), e, one), hn::Add(one, e));
}

HWY_INLINE void StoreFloats(V64 value, float* to) {
  const hn::Rebind<float, D64> df;
  hn::StoreU(hn::DemoteTo(df, value), df, to);
}

HWY_INLINE void SigmoidStep(const double* f_in, const double* y_in, const double* w_in, float* gradient,
                            float* hessian) {
  const D64 d;
  const auto one = hn::Set(d, 1.0);
  const auto f = hn::LoadU(d, f_in), y = hn::LoadU(d, y_in);
  const auto e = Exp(hn::Neg(hn::Abs(f)));
  const auto below = hn::Add(one, e);
  const auto small = hn::Div(e, below), large = hn::Div(one, below);
  const auto p = hn::IfThenElse(hn::Lt(f, hn::Zero(d)), small, large);
  auto g = hn::Sub(p, y), h = hn::Max(hn::Mul(small, large), hn::Set(d, 1e-16));
  if (w_in != nullptr) {
    const auto w = hn::LoadU(d, w_in);
    g = hn::Mul(w, g);
    h = hn::Mul(w, h);
  }
  StoreFloats(g, gradient);
  StoreFloats(h, hessian);
}

/// Room for one vector's worth of the last rows.
constexpr std::size_t kMost = HWY_MAX_BYTES / sizeof(double);

void SigmoidDerivatives(std::size_t n, const double* f, const double* y, const double* w, float* gradient,
                        float* hessian) {
  const std::size_t lanes = hn::Lanes(D64());
  std::size_t r = 0;
  for (; r + lanes <= n; r += lanes)
    SigmoidStep(f + r, y + r, w != nullptr ? w + r : nullptr, gradient + r, hessian + r);
  if (r < n) {
    double fs[kMost] = {}, ys[kMost] = {}, ws[kMost] = {};
    float gs[kMost], hs[kMost];
    std::copy(f + r, f + n, fs);
    std::copy(y + r, y + n, ys);
    if (w != nullptr) std::copy(w + r, w + n, ws);
    SigmoidStep(fs, ys, w != nullptr ? ws : nullptr, gs, hs);
    std::copy(gs, gs + (n - r), gradient + r);
    std::copy(hs, hs + (n - r), hessian + r);
  }
}

HWY_INLINE V64 LogisticStep(V64 f, V64 y) {
  const D64 d;
  const auto tail = Log1pUnit(Exp(hn::Neg(hn::Abs(f))));
  return hn::Sub(hn::Add(hn::Max(f, hn::Zero(d)), tail), hn::Mul(y, f));
}

void LogisticLosses(std::size_t n, const double* f, const double* y, double* out) {
  const D64 d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t r = 0;
  for (; r + lanes <= n; r += lanes)
    hn::StoreU(LogisticStep(hn::LoadU(d, f + r), hn::LoadU(d, y + r)), d, out + r);
  if (r < n) {
    double fs[kMost] = {}, ys[kMost] = {};
    std::copy(f + r, f + n, fs);
    std::copy(y + r, y + n, ys);
    hn::StoreU(LogisticStep(hn::LoadU(d, fs), hn::LoadU(d, ys)), d, fs);
    std::copy(fs, fs + (n - r), out + r);
  }
}

template <class Step>
HWY_INLINE void InPlace(std::size_t n, double* values, Step step) {
  const D64 d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t r = 0;
  for (; r + lanes <= n; r += lanes) hn::StoreU(step(hn::LoadU(d, values + r)), d, values + r);
  if (r < n) {
    double rest[kMost] = {};
    std::copy(values + r, values + n, rest);
    hn::StoreU(step(hn::LoadU(d, rest)), d, rest);
    std::copy(rest, rest + (n - r), values + r);
  }
}

// Lambdas do not inherit the target, so the steps are types.
struct SigmoidOf {
  HWY_INLINE V64 operator()(V64 x) const { return Sigmoid(x); }
};
struct ExpOf {
  HWY_INLINE V64 operator()(V64 x) const { return Exp(x); }
};
void Sigmoids(std::size_t n, double* values) { InPlace(n, values, SigmoidOf()); }
void Exponentials(std::size_t n, double* values) { InPlace(n, values, ExpOf()); }

/// One vector of rows.
HWY_INLINE void SoftmaxStep(std::size_t classes, const double* f, std::size_t stride, double* out,
                            std::size_t out_stride) {
  const D64 d;
  auto top = hn::LoadU(d, f);
  for (std::size_t k = 1; k < classes; ++k) {
    const auto score = hn::LoadU(d, f + k * stride);
    top = hn::IfThenElse(hn::Gt(score, top), score, top);
  }
  auto sum = hn::Zero(d);
  for (std::size_t k = 0; k < classes; ++k) {
    const auto e = Exp(hn::Sub(hn::LoadU(d, f + k * stride), top));
    sum = hn::Add(sum, e);
    hn::StoreU(e, d, out + k * out_stride);
  }
  for (std::size_t k = 0; k < classes; ++k)
    hn::StoreU(hn::Div(hn::LoadU(d, out + k * out_stride), sum), d, out + k * out_stride);
}

void SoftmaxRows(std::size_t n, std::size_t classes, const double* f, std::size_t stride, double* out) {
  const std::size_t lanes = hn::Lanes(D64());
  std::size_t r = 0;
  for (; r + lanes <= n; r += lanes) SoftmaxStep(classes, f + r, stride, out + r, n);
  // The last rows one by one: each row is a vector of equal lanes, written once.
  for (; r < n; ++r) {
    double top = f[r];
    for (std::size_t k = 1; k < classes; ++k) top = f[k * stride + r] > top ? f[k * stride + r] : top;
    const D64 d;
    double sum = 0;
    for (std::size_t k = 0; k < classes; ++k) {
      const double e = hn::GetLane(Exp(hn::Set(d, f[k * stride + r] - top)));
      sum += e;
      out[k * n + r] = e;
    }
    for (std::size_t k = 0; k < classes; ++k) out[k * n + r] /= sum;
  }
}

}  // namespace everyml::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace everyml {
namespace {
HWY_EXPORT(SigmoidDerivatives);
HWY_EXPORT(LogisticLosses);
HWY_EXPORT(Sigmoids);
HWY_EXPORT(Exponentials);
HWY_EXPORT(SoftmaxRows);
}  // namespace

namespace boosting_detail {

void sigmoid_derivatives(std::size_t n, const double* f, const double* y, const double* w, float* gradient,
                         float* hessian) {
  HWY_DYNAMIC_DISPATCH(SigmoidDerivatives)(n, f, y, w, gradient, hessian);
}
void logistic_losses(std::size_t n, const double* f, const double* y, double* out) {
  HWY_DYNAMIC_DISPATCH(LogisticLosses)(n, f, y, out);
}
void sigmoids(std::size_t n, double* values) { HWY_DYNAMIC_DISPATCH(Sigmoids)(n, values); }
void exponentials(std::size_t n, double* values) { HWY_DYNAMIC_DISPATCH(Exponentials)(n, values); }
void softmax_rows(std::size_t n, std::size_t classes, const double* f, std::size_t stride, double* out) {
  HWY_DYNAMIC_DISPATCH(SoftmaxRows)(n, classes, f, stride, out);
}

}  // namespace boosting_detail
}  // namespace everyml
#endif
