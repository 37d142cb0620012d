#include "everyml/foundation/linalg/row_kernels.h"

#include <algorithm>
#include <cmath>

#include "everyml/foundation/linalg/blas.h"

// clang-format off: the order of these is part of Highway's way of compiling this file once per target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "everyml/foundation/linalg/row_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/cache_control.h>
#include <hwy/contrib/math/math-inl.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace everyml::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D64 = hn::ScalableTag<double>;

/// A vector of doubles from double or float memory.
HWY_INLINE hn::Vec<D64> Load(const double* p) { return hn::LoadU(D64(), p); }
HWY_INLINE hn::Vec<D64> Load(const float* p) {
  const hn::Rebind<float, D64> df;
  return hn::PromoteTo(D64(), hn::LoadU(df, p));
}

/// Four streams at once are more than the hardware foresees in full: asks for the rows after the next.
template <class T>
HWY_INLINE void Ahead(const T* x, std::size_t stride) {
  for (std::size_t k = 8; k < 12; ++k) hwy::Prefetch(x + k * stride);
}

template <class T>
void Dots(const T* x, std::size_t rows, std::size_t stride, std::size_t columns, const double* w,
          double offset, double* out) {
  const D64 d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t r = 0;
  for (; r + 4 <= rows; r += 4, x += 4 * stride) {
    auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
    std::size_t j = 0;
    for (; j + lanes <= columns; j += lanes) {
      const auto wj = hn::LoadU(d, w + j);
      Ahead(x + j, stride);
      s0 = hn::MulAdd(Load(x + j), wj, s0);
      s1 = hn::MulAdd(Load(x + stride + j), wj, s1);
      s2 = hn::MulAdd(Load(x + 2 * stride + j), wj, s2);
      s3 = hn::MulAdd(Load(x + 3 * stride + j), wj, s3);
    }
    double tail[4] = {};
    for (; j < columns; ++j) {
      for (std::size_t k = 0; k < 4; ++k) tail[k] += static_cast<double>(x[k * stride + j]) * w[j];
    }
    out[r] = offset + (hn::GetLane(hn::SumOfLanes(d, s0)) + tail[0]);
    out[r + 1] = offset + (hn::GetLane(hn::SumOfLanes(d, s1)) + tail[1]);
    out[r + 2] = offset + (hn::GetLane(hn::SumOfLanes(d, s2)) + tail[2]);
    out[r + 3] = offset + (hn::GetLane(hn::SumOfLanes(d, s3)) + tail[3]);
  }
  for (; r < rows; ++r, x += stride) {
    auto s = hn::Zero(d);
    std::size_t j = 0;
    for (; j + lanes <= columns; j += lanes) s = hn::MulAdd(Load(x + j), hn::LoadU(d, w + j), s);
    double tail = 0.0;
    for (; j < columns; ++j) tail += static_cast<double>(x[j]) * w[j];
    out[r] = offset + (hn::GetLane(hn::SumOfLanes(d, s)) + tail);
  }
}

/// Eight rows at a time, so that each partial sum is loaded and stored once for eight additions.
template <class T>
void AddRows(const T* x, std::size_t rows, std::size_t stride, std::size_t columns, const double* factor,
             double* sums) {
  const D64 d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t r = 0;
  for (; r + 8 <= rows; r += 8, x += 8 * stride, factor += 8) {
    const auto f0 = hn::Set(d, factor[0]), f1 = hn::Set(d, factor[1]), f2 = hn::Set(d, factor[2]);
    const auto f3 = hn::Set(d, factor[3]), f4 = hn::Set(d, factor[4]), f5 = hn::Set(d, factor[5]);
    const auto f6 = hn::Set(d, factor[6]), f7 = hn::Set(d, factor[7]);
    std::size_t j = 0;
    for (; j + lanes <= columns; j += lanes) {
      const T* p = x + j;
      auto even = hn::Mul(f0, Load(p)), odd = hn::Mul(f1, Load(p + stride));
      even = hn::MulAdd(f2, Load(p + 2 * stride), even);
      odd = hn::MulAdd(f3, Load(p + 3 * stride), odd);
      even = hn::MulAdd(f4, Load(p + 4 * stride), even);
      odd = hn::MulAdd(f5, Load(p + 5 * stride), odd);
      even = hn::MulAdd(f6, Load(p + 6 * stride), even);
      odd = hn::MulAdd(f7, Load(p + 7 * stride), odd);
      hn::StoreU(hn::Add(hn::LoadU(d, sums + j), hn::Add(even, odd)), d, sums + j);
    }
    for (; j < columns; ++j) {
      for (std::size_t k = 0; k < 8; ++k) sums[j] += factor[k] * static_cast<double>(x[k * stride + j]);
    }
  }
  for (; r < rows; ++r, x += stride, ++factor) {
    const auto f = hn::Set(d, *factor);
    std::size_t j = 0;
    for (; j + lanes <= columns; j += lanes)
      hn::StoreU(hn::MulAdd(f, Load(x + j), hn::LoadU(d, sums + j)), d, sums + j);
    for (; j < columns; ++j) sums[j] += *factor * static_cast<double>(x[j]);
  }
}

HWY_ATTR void Dots64(const double* x, std::size_t rows, std::size_t stride, std::size_t columns,
                     const double* w, double offset, double* out) {
  Dots(x, rows, stride, columns, w, offset, out);
}
HWY_ATTR void Dots32(const float* x, std::size_t rows, std::size_t stride, std::size_t columns,
                     const double* w, double offset, double* out) {
  Dots(x, rows, stride, columns, w, offset, out);
}
HWY_ATTR void AddRows64(const double* x, std::size_t rows, std::size_t stride, std::size_t columns,
                        const double* factor, double* sums) {
  AddRows(x, rows, stride, columns, factor, sums);
}
HWY_ATTR void AddRows32(const float* x, std::size_t rows, std::size_t stride, std::size_t columns,
                        const double* factor, double* sums) {
  AddRows(x, rows, stride, columns, factor, sums);
}

/// One vector of rows of the logistic loss; returns the losses.
HWY_INLINE hn::Vec<D64> LogisticStep(const double* z_in, const double* t_in, const double* u_in,
                                     double* residual, double* curvature) {
  const D64 d;
  const auto z = hn::LoadU(d, z_in), t = hn::LoadU(d, t_in), u = u_in ? hn::LoadU(d, u_in) : hn::Set(d, 1.0);
  const auto one = hn::Set(d, 1.0), zero = hn::Zero(d);
  const auto e = hn::Exp(d, hn::Neg(hn::Abs(z)));
  const auto small = hn::Div(e, hn::Add(one, e));
  const auto p = hn::IfThenElse(hn::Lt(z, zero), small, hn::Div(one, hn::Add(one, e)));
  hn::StoreU(hn::Mul(u, hn::Sub(p, t)), d, residual);
  if (curvature) hn::StoreU(hn::Mul(u, hn::Div(small, hn::Add(one, e))), d, curvature);
  return hn::Mul(u, hn::Add(hn::Log1p(d, e), hn::Sub(hn::Max(z, zero), hn::Mul(t, z))));
}

double LogisticRows(std::size_t rows, const double* z, const double* t, const double* u, double* residual,
                    double* curvature) {
  const D64 d;
  const std::size_t lanes = hn::Lanes(d);
  auto loss = hn::Zero(d);
  std::size_t r = 0;
  for (; r + lanes <= rows; r += lanes) {
    loss = hn::Add(loss, LogisticStep(z + r, t + r, u ? u + r : nullptr, residual + r,
                                      curvature ? curvature + r : nullptr));
  }
  if (r < rows) {
    // The last rows go through a padded copy whose other lanes weigh nothing.
    constexpr std::size_t kMost = HWY_MAX_BYTES / sizeof(double);
    double zs[kMost] = {}, ts[kMost] = {}, us[kMost] = {}, rs[kMost], cs[kMost];
    for (std::size_t i = r; i < rows; ++i) zs[i - r] = z[i], ts[i - r] = t[i], us[i - r] = u ? u[i] : 1.0;
    loss = hn::Add(loss, LogisticStep(zs, ts, us, rs, cs));
    for (std::size_t i = r; i < rows; ++i) {
      residual[i] = rs[i - r];
      if (curvature) curvature[i] = cs[i - r];
    }
  }
  return hn::GetLane(hn::SumOfLanes(d, loss));
}

void ExpRows(double* values, std::size_t n) {
  const D64 d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(hn::Exp(d, hn::LoadU(d, values + i)), d, values + i);
  if (i < n) {
    double rest[HWY_MAX_BYTES / sizeof(double)] = {};
    std::copy(values + i, values + n, rest);
    hn::StoreU(hn::Exp(d, hn::LoadU(d, rest)), d, rest);
    std::copy(rest, rest + (n - i), values + i);
  }
}

/// out = (x - shift) * scale, rows one after the other; out: [rows, columns].
HWY_ATTR void ScaleTile32(const float* x, std::size_t rows, std::size_t stride, std::size_t columns,
                          const float* shift, const double* scale, float* out) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t r = 0; r < rows; ++r, x += stride, out += columns) {
    const float factor = scale ? static_cast<float>(scale[r]) : 1.0F;
    const auto s = hn::Set(d, factor);
    std::size_t j = 0;
    for (; j + lanes <= columns; j += lanes)
      hn::StoreU(hn::Mul(hn::Sub(hn::LoadU(d, x + j), hn::LoadU(d, shift + j)), s), d, out + j);
    for (; j < columns; ++j) out[j] = (x[j] - shift[j]) * factor;
  }
}

}  // namespace everyml::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace everyml {
namespace {

HWY_EXPORT(Dots64);
HWY_EXPORT(Dots32);
HWY_EXPORT(AddRows64);
HWY_EXPORT(AddRows32);
HWY_EXPORT(LogisticRows);
HWY_EXPORT(ExpRows);
HWY_EXPORT(ScaleTile32);

/// Rows of one tile of about 256 KiB, which the second-level cache holds while it is multiplied.
std::size_t tile_rows(std::size_t columns, std::size_t element) {
  return std::clamp<std::size_t>((std::size_t{256} << 10) / (element * std::max<std::size_t>(columns, 1)), 32,
                                 4096);
}

void gram_in_double(const Features& x, std::size_t begin, std::size_t end, const double* shift,
                    const double* scale, Matrix& gram) {
  const std::size_t columns = x.columns();
  const std::size_t step = tile_rows(columns, sizeof(double));
  std::vector<double> scratch, tile(step * columns);
  for (std::size_t b = begin; b < end; b += step) {
    const std::size_t e = std::min(end, b + step);
    const double* source = x.tile64(b, e, scratch);
    if (shift || scale) {
      for (std::size_t r = 0; r < e - b; ++r) {
        const double factor = scale ? scale[b - begin + r] : 1.0;
        for (std::size_t j = 0; j < columns; ++j)
          tile[r * columns + j] = (source[r * columns + j] - (shift ? shift[j] : 0.0)) * factor;
      }
      source = tile.data();
    }
    syrk(e - b, columns, source, columns, gram.values.data(), columns, 1.0, 1.0);
  }
}

void gram_in_float(const Features& x, std::size_t begin, std::size_t end, const double* shift,
                   const double* scale, Matrix& gram) {
  const std::size_t columns = x.columns();
  const std::size_t step = tile_rows(columns, sizeof(float));
  std::vector<float> scratch, tile, shift32(columns, 0.0F);
  std::vector<float> part(columns * columns);
  if (shift)
    std::transform(shift, shift + columns, shift32.begin(), [](double v) { return static_cast<float>(v); });
  // Sums in float run over at most 4096 rows.
  const std::size_t tiles = std::max<std::size_t>(4096 / step, 1);
  std::size_t used = 0, run = begin;
  for (std::size_t b = begin; b < end; b += step) {
    const std::size_t e = std::min(end, b + step);
    const float* source = x.dense32() ? x.dense32() + b * x.stride() : x.tile32(b, e, scratch);
    std::size_t stride = x.dense32() ? x.stride() : columns;
    if (shift || scale) {
      tile.resize(step * columns);
      HWY_DYNAMIC_DISPATCH(ScaleTile32)
      (source, e - b, stride, columns, shift32.data(), scale ? scale + (b - begin) : nullptr, tile.data());
      source = tile.data();
      stride = columns;
    }
    syrk(e - b, columns, source, stride, part.data(), columns, 1.0F, used == 0 ? 0.0F : 1.0F);
    if (++used < tiles && e < end) continue;
    bool held = true;
    for (std::size_t j = 0; j < columns; ++j) held = held && std::isfinite(part[j * columns + j]);
    if (held) {
      for (std::size_t i = 0; i < part.size(); ++i) gram.values[i] += static_cast<double>(part[i]);
    } else {
      // Squares leave the range of floats from 1.8e19 on.
      gram_in_double(x, run, e, shift, scale ? scale + (run - begin) : nullptr, gram);
    }
    used = 0;
    run = e;
  }
}

}  // namespace

void row_dots(const Features& x, std::size_t begin, std::size_t end, const double* w, double offset,
              double* out) {
  if (const double* values = x.dense64()) {
    HWY_DYNAMIC_DISPATCH(Dots64)(values + begin * x.stride(), end - begin, x.stride(), x.columns(), w, offset,
                                 out);
  } else if (const float* singles = x.dense32()) {
    HWY_DYNAMIC_DISPATCH(Dots32)(singles + begin * x.stride(), end - begin, x.stride(), x.columns(), w,
                                 offset, out);
  } else {
    const auto sparse = x.sparse32();
    for (std::size_t r = begin; r < end; ++r) {
      double sum = 0.0;
      for (std::uint64_t i = sparse.row_starts[r]; i < sparse.row_starts[r + 1]; ++i)
        sum += static_cast<double>(sparse.values[i]) * w[sparse.columns[i]];
      out[r - begin] = offset + sum;
    }
  }
}

void add_rows(const Features& x, std::size_t begin, std::size_t end, const double* factor, double* sums) {
  if (const double* values = x.dense64()) {
    HWY_DYNAMIC_DISPATCH(AddRows64)(values + begin * x.stride(), end - begin, x.stride(), x.columns(), factor,
                                    sums);
  } else if (const float* singles = x.dense32()) {
    HWY_DYNAMIC_DISPATCH(AddRows32)(singles + begin * x.stride(), end - begin, x.stride(), x.columns(),
                                    factor, sums);
  } else {
    const auto sparse = x.sparse32();
    for (std::size_t r = begin; r < end; ++r) {
      for (std::uint64_t i = sparse.row_starts[r]; i < sparse.row_starts[r + 1]; ++i)
        sums[sparse.columns[i]] += factor[r - begin] * static_cast<double>(sparse.values[i]);
    }
  }
}

void add_gram(const Features& x, std::size_t begin, std::size_t end, const double* shift, const double* scale,
              bool exact, Matrix& gram) {
  if (x.storage() == Features::Storage::dense64 || exact)
    gram_in_double(x, begin, end, shift, scale, gram);
  else
    gram_in_float(x, begin, end, shift, scale, gram);
}

double logistic_rows(std::size_t rows, const double* z, const double* t, const double* u, double* residual,
                     double* curvature) {
  return HWY_DYNAMIC_DISPATCH(LogisticRows)(rows, z, t, u, residual, curvature);
}

void exp_rows(std::span<double> values) { HWY_DYNAMIC_DISPATCH(ExpRows)(values.data(), values.size()); }

std::size_t chunk_rows(std::size_t rows, std::size_t part_bytes) {
  // At most 64 chunks, and fewer when their partial results would take more than 256 MiB together.
  const std::size_t fit = (std::size_t{256} << 20) / std::max<std::size_t>(part_bytes, 1);
  const std::size_t chunks = std::clamp<std::size_t>(fit, 2, 64);
  return std::max<std::size_t>(4096, (rows + chunks - 1) / chunks);
}

}  // namespace everyml
#endif  // HWY_ONCE
