#include <algorithm>
#include <atomic>
#include <utility>

#include "everyml/classical/trees/binned_encode_impl.h"
#include "everyml/classical/trees/binned_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml::binned_detail {
namespace {

constexpr std::size_t kRowBlock = 4096, kRowsAtOnce = 256, kArraysAtOnce = 32;

class Encoding {
 public:
  Encoding(std::span<const FeatureBins> bins, const Layout& layout, CodeArrays& arrays, std::size_t rows,
           const Context& context)
      : bins_(bins), layout_(layout), arrays_(arrays), rows_(rows), context_(context), missing_(bins.size()) {
    coders_.reserve(bins.size());
    for (const FeatureBins& one : bins) coders_.emplace_back(one);
  }

  template <class T>
  void dense(const DenseView<T>& x) {
    const std::size_t blocks = (rows_ + kRowBlock - 1) / kRowBlock, count = layout_.codes.size();
    const std::size_t parts = (count + kArraysAtOnce - 1) / kArraysAtOnce;
    parallel_for(context_, blocks * parts, 1, [&](std::size_t task, std::size_t) {
      const std::size_t first = (task % parts) * kArraysAtOnce;
      const std::size_t last = std::min(first + kArraysAtOnce, count);
      const std::size_t end = std::min((task / parts + 1) * kRowBlock, rows_);
      for (std::size_t row = task / parts * kRowBlock; row < end; row += kRowsAtOnce)
        for (std::size_t a = first; a < last; ++a) fill(x, row, std::min(kRowsAtOnce, end - row), a);
    });
  }

  void sparse(const Features::SparseView& x) {
    parallel_for(context_, bins_.size(), 4, [&](std::size_t first, std::size_t last) {
      const float zero = 0;
      for (std::size_t c = first; c < last; ++c) encode(&zero, 0, 0, rows_, c);
    });
    for (auto& flag : missing_) flag.store(0, std::memory_order_relaxed);
    std::vector<std::atomic<std::size_t>> stored(bins_.size());
    parallel_for(context_, rows_, kRowBlock, [&](std::size_t begin, std::size_t end) {
      for (std::size_t row = begin; row < end; ++row) {
        for (std::uint64_t k = x.row_starts[row]; k < x.row_starts[row + 1]; ++k) {
          encode(&x.values[k], 1, row, 1, x.columns[k]);
          stored[x.columns[k]].fetch_add(1, std::memory_order_relaxed);
        }
      }
    });
    // A zero that is not stored may be an unknown category.
    for (std::size_t c = 0; c < bins_.size(); ++c)
      if (stored[c].load() < rows_ && bins_[c].code(0) == bins_[c].bins) missing_[c].store(1);
  }

  /// Of the small columns, nothing kept.
  template <class T>
  void find_missing(const DenseView<T>& x) {
    std::vector<std::size_t> small;
    for (std::size_t c = 0; c < bins_.size(); ++c)
      if (may_share(bins_[c])) small.push_back(c);
    if (small.empty()) return;
    parallel_for(context_, rows_, kRowsAtOnce, [&](std::size_t begin, std::size_t end) {
      std::uint8_t codes[kRowsAtOnce];
      for (const std::size_t c : small)
        note(c, coders_[c].encode(x.at(begin, c), x.stride, end - begin, codes));
    });
  }

  std::vector<std::uint8_t> missing() const {
    std::vector<std::uint8_t> out;
    for (const auto& flag : missing_) out.push_back(flag.load(std::memory_order_relaxed));
    return out;
  }

 private:
  void note(std::size_t column, bool missing) {
    if (missing) missing_[column].store(1, std::memory_order_relaxed);
  }

  /// Of an array of one column that lies by itself.
  template <class T>
  void encode(const T* values, std::size_t stride, std::size_t row, std::size_t count, std::size_t array) {
    const std::size_t c = layout_.columns[array][0];
    note(c, arrays_.wide(array) ? coders_[c].encode(values, stride, count, arrays_.at16(array) + row)
                                : coders_[c].encode(values, stride, count, arrays_.at8(array) + row));
  }

  template <class T>
  void fill(const DenseView<T>& x, std::size_t row, std::size_t count, std::size_t array) {
    const std::vector<std::uint32_t>& columns = layout_.columns[array];
    const std::size_t stride = arrays_.stride(array);
    if (columns.size() == 1 && stride == 1) {
      encode(x.at(row, columns[0]), x.stride, row, count, array);
    } else if (arrays_.wide(array)) {
      std::uint16_t codes[kRowsAtOnce];
      note(columns[0], coders_[columns[0]].encode(x.at(row, columns[0]), x.stride, count, codes));
      std::uint16_t* to = arrays_.at16(array) + row * stride;
      for (std::size_t i = 0; i < count; ++i) to[i * stride] = codes[i];
    } else {
      std::uint8_t codes[kRowsAtOnce], sum[kRowsAtOnce] = {};
      for (const std::uint32_t c : columns) {
        note(c, coders_[c].encode(x.at(row, c), x.stride, count, codes));
        const std::uint32_t step = columns.size() == 1 ? 1 : layout_.places[c].step;
        for (std::size_t i = 0; i < count; ++i) sum[i] = static_cast<std::uint8_t>(sum[i] + step * codes[i]);
      }
      std::uint8_t* to = arrays_.at8(array) + row * stride;
      for (std::size_t i = 0; i < count; ++i) to[i * stride] = sum[i];
    }
  }

  std::span<const FeatureBins> bins_;
  const Layout& layout_;
  CodeArrays& arrays_;
  std::size_t rows_;
  const Context& context_;
  std::vector<ColumnCoder> coders_;
  std::vector<std::atomic<std::uint8_t>> missing_;
};

}  // namespace

std::vector<std::uint8_t> encode_rows(const Features& x, std::span<const FeatureBins> bins,
                                      const Layout& layout, CodeArrays& arrays, const Context& context) {
  Encoding encoding(bins, layout, arrays, x.rows(), context);
  if (const double* values = x.dense64()) {
    encoding.dense(DenseView<double>{values, x.stride()});
  } else if (const float* narrow = x.dense32()) {
    encoding.dense(DenseView<float>{narrow, x.stride()});
  } else {
    encoding.sparse(x.sparse32());
  }
  return encoding.missing();
}

std::vector<std::uint8_t> missing_of_small(const Features& x, std::span<const FeatureBins> bins,
                                           const Context& context) {
  const Layout layout;
  CodeArrays arrays;
  Encoding encoding(bins, layout, arrays, x.rows(), context);
  if (const double* values = x.dense64()) {
    encoding.find_missing(DenseView<double>{values, x.stride()});
  } else if (const float* narrow = x.dense32()) {
    encoding.find_missing(DenseView<float>{narrow, x.stride()});
  }
  return encoding.missing();
}

}  // namespace everyml::binned_detail
