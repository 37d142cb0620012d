#include <algorithm>
#include <cmath>
#include <limits>

#include "everyml/foundation/linalg/distances_kernel_impl.h"

// Arrays of vectors need a size known to the compiler, which the scalable targets do not have.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "everyml/foundation/linalg/distances_kernel.cpp"
#include "everyml/foundation/base/simd.h"

HWY_BEFORE_NAMESPACE();
namespace everyml::distances_detail {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Wide = hn::CappedTag<float, 16>;
using Quad = hn::CappedTag<float, 4>;
using V = hn::Vec<Wide>;

constexpr std::size_t kLanes = hn::MaxLanes(Wide());
// Distance between columns of a packed block, and between vectors of a tile. Rows are transposed four at a
// time, so the scalar target has a lane to spare.
constexpr std::size_t kBlock = HWY_MAX(3 * kLanes, 4);
constexpr std::size_t kRows = 3 * kLanes;
// Three vectors of rows times eight broadcasts fill 32 registers; machines with 16 take four at a time.
constexpr bool kManyRegisters = HWY_MAX_BYTES >= 64 || HWY_ARCH_ARM;

std::size_t BlockRows() { return kRows; }
std::size_t BlockStride() { return kBlock; }

// Four rows of four floats to four columns.
HWY_INLINE void Transpose4(const float* a, const float* b, const float* c, const float* d, const float* shift,
                           float* to) {
#if HWY_TARGET == HWY_SCALAR
  for (std::size_t j = 0; j < 4; ++j, to += kBlock) {
    to[0] = a[j] - shift[j];
    to[1] = b[j] - shift[j];
    to[2] = c[j] - shift[j];
    to[3] = d[j] - shift[j];
  }
#else
  const Quad q;
  const auto s = hn::LoadU(q, shift);
  const auto va = hn::Sub(hn::LoadU(q, a), s);
  const auto vb = hn::Sub(hn::LoadU(q, b), s);
  const auto vc = hn::Sub(hn::LoadU(q, c), s);
  const auto vd = hn::Sub(hn::LoadU(q, d), s);
  const auto ac = hn::InterleaveLower(q, va, vc);
  const auto bd = hn::InterleaveLower(q, vb, vd);
  const auto ac2 = hn::InterleaveUpper(q, va, vc);
  const auto bd2 = hn::InterleaveUpper(q, vb, vd);
  hn::StoreU(hn::InterleaveLower(q, ac, bd), q, to);
  hn::StoreU(hn::InterleaveUpper(q, ac, bd), q, to + kBlock);
  hn::StoreU(hn::InterleaveLower(q, ac2, bd2), q, to + 2 * kBlock);
  hn::StoreU(hn::InterleaveUpper(q, ac2, bd2), q, to + 3 * kBlock);
#endif
}

HWY_INLINE void PackNorms(const float* packed, std::size_t columns, float* norms) {
  const Wide d;
  auto n0 = hn::Zero(d), n1 = hn::Zero(d), n2 = hn::Zero(d);
  for (std::size_t j = 0; j < columns; ++j) {
    const float* at = packed + j * kBlock;
    const auto a = hn::Load(d, at), b = hn::Load(d, at + kLanes), c = hn::Load(d, at + 2 * kLanes);
    n0 = hn::MulAdd(a, a, n0);
    n1 = hn::MulAdd(b, b, n1);
    n2 = hn::MulAdd(c, c, n2);
  }
  hn::StoreU(hn::Sqrt(n0), d, norms);
  hn::StoreU(hn::Sqrt(n1), d, norms + kLanes);
  hn::StoreU(hn::Sqrt(n2), d, norms + 2 * kLanes);
}

void PackFloats(const RowsAt<float>& rows, std::size_t columns, const float* shift, float* packed,
                float* norms) {
  const std::size_t last = rows.count - 1;
  for (std::size_t i = 0; i < kBlock; i += 4) {
    const float* a = rows.row(std::min(i, last));
    const float* b = rows.row(std::min(i + 1, last));
    const float* c = rows.row(std::min(i + 2, last));
    const float* e = rows.row(std::min(i + 3, last));
    std::size_t j = 0;
    for (; j + 4 <= columns; j += 4)
      Transpose4(a + j, b + j, c + j, e + j, shift + j, packed + j * kBlock + i);
    for (; j < columns; ++j) {
      float* to = packed + j * kBlock + i;
      to[0] = a[j] - shift[j];
      to[1] = b[j] - shift[j];
      to[2] = c[j] - shift[j];
      to[3] = e[j] - shift[j];
    }
  }
  PackNorms(packed, columns, norms);
}

void PackDoubles(const RowsAt<double>& rows, std::size_t columns, const float* shift, float* packed,
                 float* norms) {
  // A strip of columns at a time goes through a small float32 buffer: the shift is taken off in float64
  // first.
  constexpr std::size_t kStrip = 64;
  HWY_ALIGN float strip[4 * kStrip];
  HWY_ALIGN const float zeros[kStrip] = {};
  const hn::CappedTag<double, 8> d64;
  const hn::Rebind<float, decltype(d64)> d32;
  const std::size_t n64 = hn::Lanes(d64);
  const std::size_t last = rows.count - 1;
  for (std::size_t i = 0; i < kBlock; i += 4) {
    for (std::size_t from = 0; from < columns; from += kStrip) {
      const std::size_t width = std::min(kStrip, columns - from);
      for (std::size_t r = 0; r < 4; ++r) {
        const double* x = rows.row(std::min(i + r, last)) + from;
        float* to = strip + r * kStrip;
        std::size_t j = 0;
        for (; j + n64 <= width; j += n64) {
          const auto s = hn::PromoteTo(d64, hn::LoadU(d32, shift + from + j));
          hn::StoreU(hn::DemoteTo(d32, hn::Sub(hn::LoadU(d64, x + j), s)), d32, to + j);
        }
        for (; j < width; ++j) to[j] = static_cast<float>(x[j] - static_cast<double>(shift[from + j]));
      }
      std::size_t j = 0;
      for (; j + 4 <= width; j += 4) {
        Transpose4(strip + j, strip + kStrip + j, strip + 2 * kStrip + j, strip + 3 * kStrip + j, zeros,
                   packed + (from + j) * kBlock + i);
      }
      for (; j < width; ++j) {
        for (std::size_t r = 0; r < 4; ++r) packed[(from + j) * kBlock + i + r] = strip[r * kStrip + j];
      }
    }
  }
  PackNorms(packed, columns, norms);
}

template <Product kProduct>
HWY_INLINE V Step(V sum, V x, V y) {
  if constexpr (kProduct == Product::dot) {
    return hn::MulAdd(x, y, sum);
  } else if constexpr (kProduct == Product::square) {
    // Not fused: these sums are used as they are, so they must round alike on every CPU.
    const V difference = hn::Sub(x, y);
    return hn::Add(sum, hn::Mul(difference, difference));
  } else {
    return hn::Add(sum, hn::Abs(hn::Sub(x, y)));
  }
}

// Sums of one run of columns for four vectors of a panel: 12 accumulators, named one by one so that they stay
// in registers whatever the compiler thinks of loops.
template <Product kProduct, bool kAdd>
HWY_INLINE void Tile4(const float* HWY_RESTRICT x, std::size_t columns, const float* HWY_RESTRICT y,
                      float* HWY_RESTRICT tile) {
  const Wide d;
#define EVERYML_BEGIN(c) V a##c = hn::Zero(d), b##c = hn::Zero(d), e##c = hn::Zero(d)
#define EVERYML_STEP(c)                 \
  {                                     \
    const V v = hn::Set(d, y[c]);       \
    a##c = Step<kProduct>(a##c, xa, v); \
    b##c = Step<kProduct>(b##c, xb, v); \
    e##c = Step<kProduct>(e##c, xe, v); \
  }
#define EVERYML_END(c)                                    \
  {                                                       \
    float* to = tile + (c) * kBlock;                      \
    if constexpr (kAdd) {                                 \
      a##c = hn::Add(a##c, hn::Load(d, to));              \
      b##c = hn::Add(b##c, hn::Load(d, to + kLanes));     \
      e##c = hn::Add(e##c, hn::Load(d, to + 2 * kLanes)); \
    }                                                     \
    hn::Store(a##c, d, to);                               \
    hn::Store(b##c, d, to + kLanes);                      \
    hn::Store(e##c, d, to + 2 * kLanes);                  \
  }
  EVERYML_BEGIN(0);
  EVERYML_BEGIN(1);
  EVERYML_BEGIN(2);
  EVERYML_BEGIN(3);
  for (std::size_t j = 0; j < columns; ++j, x += kBlock, y += kPanel) {
    const V xa = hn::Load(d, x), xb = hn::Load(d, x + kLanes), xe = hn::Load(d, x + 2 * kLanes);
    EVERYML_STEP(0) EVERYML_STEP(1) EVERYML_STEP(2) EVERYML_STEP(3)
  }
  EVERYML_END(0) EVERYML_END(1) EVERYML_END(2) EVERYML_END(3)
}

template <Product kProduct, bool kAdd>
HWY_INLINE void Tile8(const float* HWY_RESTRICT x, std::size_t columns, const float* HWY_RESTRICT y,
                      float* HWY_RESTRICT tile) {
  if constexpr (!kManyRegisters) {
    Tile4<kProduct, kAdd>(x, columns, y, tile);
    Tile4<kProduct, kAdd>(x, columns, y + 4, tile + 4 * kBlock);
  } else {
    const Wide d;
    EVERYML_BEGIN(0);
    EVERYML_BEGIN(1);
    EVERYML_BEGIN(2);
    EVERYML_BEGIN(3);
    EVERYML_BEGIN(4);
    EVERYML_BEGIN(5);
    EVERYML_BEGIN(6);
    EVERYML_BEGIN(7);
    for (std::size_t j = 0; j < columns; ++j, x += kBlock, y += kPanel) {
      const V xa = hn::Load(d, x), xb = hn::Load(d, x + kLanes), xe = hn::Load(d, x + 2 * kLanes);
      EVERYML_STEP(0)
      EVERYML_STEP(1)
      EVERYML_STEP(2) EVERYML_STEP(3) EVERYML_STEP(4) EVERYML_STEP(5) EVERYML_STEP(6) EVERYML_STEP(7)
    }
    EVERYML_END(0)
    EVERYML_END(1) EVERYML_END(2) EVERYML_END(3) EVERYML_END(4) EVERYML_END(5) EVERYML_END(6) EVERYML_END(7)
  }
#undef EVERYML_BEGIN
#undef EVERYML_STEP
#undef EVERYML_END
}

template <Product kProduct>
HWY_INLINE void Tile(const float* packed, std::size_t columns, const float* panel, std::size_t used,
                     float* tile) {
  const std::size_t first = std::min(columns, kRun);
  if (used > 4) {
    Tile8<kProduct, false>(packed, first, panel, tile);
    for (std::size_t j = first; j < columns; j += kRun) {
      Tile8<kProduct, true>(packed + j * kBlock, std::min(columns - j, kRun), panel + j * kPanel, tile);
    }
  } else {
    Tile4<kProduct, false>(packed, first, panel, tile);
    for (std::size_t j = first; j < columns; j += kRun) {
      Tile4<kProduct, true>(packed + j * kBlock, std::min(columns - j, kRun), panel + j * kPanel, tile);
    }
  }
}

void ScoreTile(Product product, const float* packed, std::size_t columns, const float* panel,
               std::size_t used, float* tile) {
  switch (product) {
    case Product::dot:
      Tile<Product::dot>(packed, columns, panel, used, tile);
      break;
    case Product::square:
      Tile<Product::square>(packed, columns, panel, used, tile);
      break;
    case Product::difference:
      Tile<Product::difference>(packed, columns, panel, used, tile);
      break;
  }
}

void NearestTwo(const float* packed, const PanelsAt& panels, const float* half_norms, float* best,
                float* second, std::int32_t* index) {
  const Wide d;
  const hn::Rebind<std::int32_t, Wide> di;
  HWY_ALIGN float tile[kPanel * kBlock];
  HWY_ALIGN float low[kBlock], next[kBlock];
  HWY_ALIGN std::int32_t at[kBlock];
  const auto infinity = hn::Set(d, std::numeric_limits<float>::infinity());
  for (std::size_t r = 0; r < kRows; r += kLanes) {
    hn::Store(infinity, d, low + r);
    hn::Store(infinity, d, next + r);
    hn::Store(hn::Zero(di), di, at + r);
  }
  for (std::size_t p = 0; p < panels.panels(); ++p) {
    const std::size_t used = std::min(kPanel, panels.count - p * kPanel);
    Tile<Product::dot>(packed, panels.columns, panels.panel(p), used, tile);
    const float* halves = half_norms + p * kPanel;
    for (std::size_t r = 0; r < kRows; r += kLanes) {
      V b = hn::Load(d, low + r), s = hn::Load(d, next + r);
      auto i = hn::Load(di, at + r);
      for (std::size_t c = 0; c < used; ++c) {
        const V score = hn::Sub(hn::Set(d, halves[c]), hn::Load(d, tile + c * kBlock + r));
        const auto nearer = hn::Lt(score, b);
        s = hn::Min(s, hn::Max(b, score));
        b = hn::Min(b, score);
        i = hn::IfThenElse(hn::RebindMask(di, nearer), hn::Set(di, static_cast<std::int32_t>(p * kPanel + c)),
                           i);
      }
      hn::Store(b, d, low + r);
      hn::Store(s, d, next + r);
      hn::Store(i, di, at + r);
    }
  }
  std::copy_n(low, kRows, best);
  std::copy_n(next, kRows, second);
  std::copy_n(at, kRows, index);
}

HWY_INLINE void Offer(const float* products, const Scoring& scoring, const Asked& asked) {
  const Wide d;
  Reservoir& reservoir = *asked.reservoir;
  const float bound = reservoir.limit + asked.slack;
  const auto limit = hn::Set(d, bound);
  const auto bias = hn::Set(d, asked.bias);
  HWY_ALIGN float scores[kLanes];
  for (std::size_t r = 0; r < scoring.lanes; r += kLanes) {
    auto product = hn::Load(d, products + r);
    if (scoring.scale != nullptr) product = hn::Mul(hn::LoadU(d, scoring.scale + r), product);
    auto score = hn::Sub(bias, product);
    if (scoring.offset != nullptr) score = hn::Add(hn::LoadU(d, scoring.offset + r), score);
    if (hn::AllTrue(d, hn::Gt(score, limit))) continue;
    hn::Store(score, d, scores);
    const std::size_t end = std::min(kLanes, scoring.lanes - r);
    for (std::size_t i = 0; i < end; ++i) {
      if (!(scores[i] > bound)) {
        reservoir.items[reservoir.size++] = {scores[i],
                                             scoring.first_row + static_cast<std::uint32_t>(r + i)};
      }
    }
  }
}

void ScanPanel(Product product, const float* packed, std::size_t columns, const float* panel,
               std::size_t used, const Scoring& scoring, const Asked* asked) {
  HWY_ALIGN float tile[kPanel * kBlock];
  ScoreTile(product, packed, columns, panel, used, tile);
  for (std::size_t c = 0; c < used; ++c) Offer(tile + c * kBlock, scoring, asked[c]);
}

template <class T>
HWY_INLINE void AddRows(const RowsAt<T>& rows, std::size_t columns, const std::int32_t* labels,
                        const double* weights, double* sums) {
  const hn::CappedTag<double, 8> d;
  const hn::Rebind<T, decltype(d)> from;
  const std::size_t n = hn::Lanes(d);
  for (std::size_t i = 0; i < rows.count; ++i) {
    const T* x = rows.row(i);
    double* to = sums + static_cast<std::size_t>(labels[i]) * columns;
    std::size_t j = 0;
    if (weights == nullptr) {
      for (; j + n <= columns; j += n) {
        if constexpr (sizeof(T) == sizeof(double)) {
          hn::StoreU(hn::Add(hn::LoadU(d, to + j), hn::LoadU(d, x + j)), d, to + j);
        } else {
          hn::StoreU(hn::Add(hn::LoadU(d, to + j), hn::PromoteTo(d, hn::LoadU(from, x + j))), d, to + j);
        }
      }
      for (; j < columns; ++j) to[j] += static_cast<double>(x[j]);
      continue;
    }
    const double w = weights[i];
    const auto vw = hn::Set(d, w);
    for (; j + n <= columns; j += n) {
      // A product and a sum, never fused: lanes and the scalar tail must round alike.
      if constexpr (sizeof(T) == sizeof(double)) {
        hn::StoreU(hn::Add(hn::LoadU(d, to + j), hn::Mul(vw, hn::LoadU(d, x + j))), d, to + j);
      } else {
        const auto v = hn::PromoteTo(d, hn::LoadU(from, x + j));
        hn::StoreU(hn::Add(hn::LoadU(d, to + j), hn::Mul(vw, v)), d, to + j);
      }
    }
    for (; j < columns; ++j) to[j] += w * static_cast<double>(x[j]);
  }
}

template <class T>
HWY_INLINE void OwnSquared(const RowsAt<T>& rows, std::size_t columns, const double* centres,
                           const std::int32_t* labels, double* out) {
  const hn::CappedTag<double, simd_lanes> d;
  const hn::Rebind<T, decltype(d)> from;
  const std::size_t n = hn::Lanes(d);
  HWY_ALIGN double sums[simd_lanes];
  for (std::size_t i = 0; i < rows.count; ++i) {
    const T* x = rows.row(i);
    const double* c = centres + static_cast<std::size_t>(labels[i]) * columns;
    for (double& sum : sums) sum = 0;
    std::size_t j = 0;
    // Running sum l takes the columns l, l + 8, ... whatever the width of a vector.
    for (std::size_t l = 0; l < simd_lanes; l += n) {
      auto sum = hn::Zero(d);
      for (j = 0; j + simd_lanes <= columns; j += simd_lanes) {
        hn::Vec<decltype(d)> value;
        if constexpr (sizeof(T) == sizeof(double)) {
          value = hn::LoadU(d, x + j + l);
        } else {
          value = hn::PromoteTo(d, hn::LoadU(from, x + j + l));
        }
        const auto difference = hn::Sub(value, hn::LoadU(d, c + j + l));
        sum = hn::Add(sum, hn::Mul(difference, difference));
      }
      hn::Store(sum, d, sums + l);
    }
    for (std::size_t l = 0; j < columns; ++j, ++l) {
      const double difference = static_cast<double>(x[j]) - c[j];
      sums[l] += difference * difference;
    }
    out[i] = join_lanes(sums);
  }
}

void OwnFloats(const RowsAt<float>& rows, std::size_t columns, const double* centres,
               const std::int32_t* labels, double* out) {
  OwnSquared(rows, columns, centres, labels, out);
}
void OwnDoubles(const RowsAt<double>& rows, std::size_t columns, const double* centres,
                const std::int32_t* labels, double* out) {
  OwnSquared(rows, columns, centres, labels, out);
}

void AddFloats(const RowsAt<float>& rows, std::size_t columns, const std::int32_t* labels,
               const double* weights, double* sums) {
  AddRows(rows, columns, labels, weights, sums);
}
void AddDoubles(const RowsAt<double>& rows, std::size_t columns, const std::int32_t* labels,
                const double* weights, double* sums) {
  AddRows(rows, columns, labels, weights, sums);
}

}  // namespace HWY_NAMESPACE
}  // namespace everyml::distances_detail
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace everyml::distances_detail {
HWY_EXPORT(BlockRows);
HWY_EXPORT(BlockStride);
HWY_EXPORT(PackFloats);
HWY_EXPORT(PackDoubles);
HWY_EXPORT(ScoreTile);
HWY_EXPORT(NearestTwo);
HWY_EXPORT(ScanPanel);
HWY_EXPORT(AddFloats);
HWY_EXPORT(AddDoubles);
HWY_EXPORT(OwnFloats);
HWY_EXPORT(OwnDoubles);

std::size_t block_rows() { return HWY_DYNAMIC_DISPATCH(BlockRows)(); }
std::size_t block_stride() { return HWY_DYNAMIC_DISPATCH(BlockStride)(); }
void pack(const RowsAt<float>& rows, std::size_t columns, const float* shift, float* packed, float* norms) {
  HWY_DYNAMIC_DISPATCH(PackFloats)(rows, columns, shift, packed, norms);
}
void pack(const RowsAt<double>& rows, std::size_t columns, const float* shift, float* packed, float* norms) {
  HWY_DYNAMIC_DISPATCH(PackDoubles)(rows, columns, shift, packed, norms);
}
void score_tile(Product product, const float* packed, std::size_t columns, const float* panel,
                std::size_t used, float* tile) {
  HWY_DYNAMIC_DISPATCH(ScoreTile)(product, packed, columns, panel, used, tile);
}
void nearest_two(const float* packed, const PanelsAt& panels, const float* half_norms, float* best,
                 float* second, std::int32_t* index) {
  HWY_DYNAMIC_DISPATCH(NearestTwo)(packed, panels, half_norms, best, second, index);
}
void scan_panel(Product product, const float* packed, std::size_t columns, const float* panel,
                std::size_t used, const Scoring& scoring, const Asked* asked) {
  HWY_DYNAMIC_DISPATCH(ScanPanel)(product, packed, columns, panel, used, scoring, asked);
}
void add_rows(const RowsAt<float>& rows, std::size_t columns, const std::int32_t* labels,
              const double* weights, double* sums) {
  HWY_DYNAMIC_DISPATCH(AddFloats)(rows, columns, labels, weights, sums);
}
void add_rows(const RowsAt<double>& rows, std::size_t columns, const std::int32_t* labels,
              const double* weights, double* sums) {
  HWY_DYNAMIC_DISPATCH(AddDoubles)(rows, columns, labels, weights, sums);
}
void own_squared(const RowsAt<float>& rows, std::size_t columns, const double* centres,
                 const std::int32_t* labels, double* out) {
  HWY_DYNAMIC_DISPATCH(OwnFloats)(rows, columns, centres, labels, out);
}
void own_squared(const RowsAt<double>& rows, std::size_t columns, const double* centres,
                 const std::int32_t* labels, double* out) {
  HWY_DYNAMIC_DISPATCH(OwnDoubles)(rows, columns, centres, labels, out);
}
}  // namespace everyml::distances_detail
#endif
