// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "everyml/ensembles/forest/grow_records_kernel.cpp"
#include "everyml/foundation/base/simd.h"
// clang-format on

#include <algorithm>
#include <cstring>

#include "everyml/ensembles/forest/grow_draw_impl.h"
#include "everyml/ensembles/forest/grow_records_kernel_impl.h"

HWY_BEFORE_NAMESPACE();
namespace everyml::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Half = hn::CappedTag<std::uint8_t, 16>;
using Whole = hn::CappedTag<std::uint8_t, 32>;

template <class D>
void range_of(const std::uint8_t* records, std::size_t rows, std::size_t stride, std::uint8_t* low,
              std::uint8_t* high) {
  const D d;
  for (std::size_t c = 0; c < stride; c += hn::Lanes(d)) {
    auto least = hn::Set(d, std::uint8_t{255}), most = hn::Zero(d);
    const std::uint8_t* from = records + c;
    for (std::size_t i = 0; i < rows; ++i, from += stride) {
      const auto codes = hn::LoadU(d, from);
      least = hn::Min(least, codes);
      most = hn::Max(most, codes);
    }
    hn::StoreU(least, d, low + c);
    hn::StoreU(most, d, high + c);
  }
}

void range(const std::uint8_t* records, std::size_t rows, std::size_t stride, std::uint8_t* low,
           std::uint8_t* high) {
  stride == 16 ? range_of<Half>(records, rows, stride, low, high)
               : range_of<Whole>(records, rows, stride, low, high);
}

/// How many of 16 ascending numbers lie below a value.
inline std::size_t count_below(const double* numbers, double value) {
  const hn::CappedTag<double, 8> d;
  const auto wanted = hn::Set(d, value);
  std::size_t below = 0;
  for (std::size_t i = 0; i < CutTable::kStep; i += hn::Lanes(d)) {
    below += hn::CountTrue(d, hn::Lt(hn::LoadU(d, numbers + i), wanted));
  }
  return below;
}

void draw_cuts(const CutTable* tables, std::span<const std::uint8_t> columns, const double* where,
               const std::uint8_t* low, const std::uint8_t* high, std::uint8_t* cuts) {
  for (std::size_t j = 0; j < columns.size(); ++j) {
    const std::uint8_t f = columns[j];
    const CutTable& table = tables[f];
    const double value = random_value(table.edges, low[f], high[f], where[j]);
    const std::size_t from = CutTable::kStep * count_below(table.steps, value);
    const std::size_t code = from + count_below(table.edges + from, value);
    cuts[f] = static_cast<std::uint8_t>(std::clamp<std::size_t>(code, low[f], high[f] - 1U));
  }
}

template <class D>
void count_above_of(const std::uint8_t* records, std::span<const std::uint32_t> counts, std::size_t stride,
                    const std::uint8_t* cuts, std::span<const std::uint8_t> columns, std::uint32_t* above) {
  constexpr std::size_t kByte = 255;  // what a counter of one byte holds
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  const auto one = hn::Set(d, std::uint8_t{1});
  std::fill_n(above, counts.size() * columns.size(), 0U);
  HWY_ALIGN std::uint8_t sums[32];
  for (std::size_t c = 0; c < stride; c += lanes) {
    const auto cut = hn::LoadU(d, cuts + c);
    const std::uint8_t* from = records + c;
    for (std::size_t k = 0; k < counts.size(); ++k) {
      for (std::size_t left = counts[k]; left > 0;) {
        const std::size_t rows = std::min(left, kByte);
        auto sum = hn::Zero(d);
        for (std::size_t i = 0; i < rows; ++i, from += stride) {
          sum = hn::Add(sum, hn::Min(hn::SaturatedSub(hn::LoadU(d, from), cut), one));
        }
        hn::Store(sum, d, sums);
        for (std::size_t j = 0; j < columns.size(); ++j) {
          const std::size_t at = columns[j] - c;  // huge when it lies before
          if (at < lanes) above[k * columns.size() + j] += sums[at];
        }
        left -= rows;
      }
    }
  }
}

void count_above(const std::uint8_t* records, std::span<const std::uint32_t> counts, std::size_t stride,
                 const std::uint8_t* cuts, std::span<const std::uint8_t> columns, std::uint32_t* above) {
  stride == 16 ? count_above_of<Half>(records, counts, stride, cuts, columns, above)
               : count_above_of<Whole>(records, counts, stride, cuts, columns, above);
}

template <std::size_t kStride>
void divide_of(const std::uint8_t* records, std::size_t rows, std::size_t column, std::uint8_t cut,
               std::uint8_t* left, std::uint8_t* right) {
  for (const std::uint8_t* end = records + rows * kStride; records != end; records += kStride) {
    // Masks, because half of the branches would be guessed wrong.
    const std::size_t goes_right = 0 - std::size_t{records[column] > cut};
    std::memcpy(left + (static_cast<std::size_t>(right - left) & goes_right), records, kStride);
    left += kStride & ~goes_right;
    right += kStride & goes_right;
  }
}

void divide(const std::uint8_t* records, std::size_t rows, std::size_t stride, std::size_t column,
            std::uint8_t cut, std::uint8_t* left, std::uint8_t* right) {
  if (stride == 16) return divide_of<16>(records, rows, column, cut, left, right);
  if (stride == 32) return divide_of<32>(records, rows, column, cut, left, right);
  for (std::size_t i = 0; i < rows; ++i, records += stride) {
    std::uint8_t*& to = records[column] <= cut ? left : right;
    std::memcpy(to, records, stride);
    to += stride;
  }
}

const RecordKernels* kernels_of_records() {
  static constexpr RecordKernels table{range, draw_cuts, count_above, divide};
  return &table;
}

}  // namespace everyml::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace everyml {
HWY_EXPORT(kernels_of_records);
const RecordKernels& record_kernels() { return *HWY_DYNAMIC_DISPATCH(kernels_of_records)(); }
}  // namespace everyml
#endif
