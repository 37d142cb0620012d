#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "everyml/classical/trees/binned.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {

/// The codes of all training rows, by column and by row. With `shadows` each column stands twice, the second
/// time with its values dealt out to other rows. Made once for all trees.
template <class Code>
class ForestCodes {
 public:
  ForestCodes(const BinnedFeatures& binned, bool shadows, const Context& context);

  std::size_t rows() const { return binned_.rows(); }
  /// Shadows counted.
  std::size_t columns() const { return columns_.size(); }
  std::size_t real_columns() const { return binned_.columns(); }
  const FeatureBins& bins(std::size_t column) const {
    return binned_.bins(column < binned_.columns() ? column : column - binned_.columns());
  }
  const Code* column(std::size_t column) const { return columns_[column]; }
  /// Codes of one row, [stride()]; null when the table is too wide for a second copy.
  const Code* row(std::size_t row) const {
    return by_row_.empty() ? nullptr : by_row_.data() + row * stride_;
  }
  std::size_t stride() const { return stride_; }
  Code code(std::size_t row, std::size_t column) const { return columns_[column][row]; }
  /// The largest number of codes of a column.
  std::size_t most_codes() const { return most_codes_; }

 private:
  BinnedFeatures binned_;
  std::vector<const Code*> columns_;
  std::vector<Buffer<Code>> own_;
  Buffer<Code> by_row_;
  std::size_t stride_ = 0, most_codes_ = 0;
};

template <class Code>
ForestCodes<Code>::ForestCodes(const BinnedFeatures& binned, bool shadows, const Context& context)
    : binned_(binned) {
  // Beyond this many bytes a row is no longer a few cache lines, and a tree asks for few of its columns.
  constexpr std::size_t kWidest = 256;
  const std::size_t n = binned.rows();
  for (std::size_t j = 0; j < binned.columns(); ++j) {
    most_codes_ = std::max<std::size_t>(most_codes_, binned.bins(j).bins + 1);
    if constexpr (sizeof(Code) == 1) {
      columns_.push_back(binned.codes8(j));
    } else {
      own_.push_back(Buffer<Code>::uninitialized(n));
      for (std::size_t i = 0; i < n; ++i) own_.back()[i] = static_cast<Code>(binned.code(i, j));
      columns_.push_back(own_.back().data());
    }
  }
  if (shadows) {
    Stream stream = context.random("forest.shadows");
    const std::vector<std::size_t> order = stream.permutation(n);
    for (std::size_t j = 0; j < binned.columns(); ++j) {
      own_.push_back(Buffer<Code>::uninitialized(n));
      for (std::size_t i = 0; i < n; ++i) own_.back()[i] = columns_[j][order[i]];
      columns_.push_back(own_.back().data());
    }
  }
  if (columns_.size() * sizeof(Code) > kWidest) return;
  stride_ = columns_.size();
  // Rows that do not straddle cache lines.
  for (const std::size_t whole : {4, 8, 16, 32}) {
    if (stride_ <= whole) {
      stride_ = whole;
      break;
    }
  }
  by_row_ = Buffer<Code>::uninitialized(n * stride_ + 64 / sizeof(Code));
  parallel_for(context, n, 8192, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      std::fill_n(by_row_.data() + i * stride_, stride_, Code{0});
    }
    for (std::size_t j = 0; j < columns_.size(); ++j) {
      const Code* from = columns_[j];
      Code* to = by_row_.data() + j;
      for (std::size_t i = begin; i < end; ++i) to[i * stride_] = from[i];
    }
  });
}

}  // namespace everyml
