#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "everyml/classical/trees/binned.h"
#include "everyml/foundation/base/context.h"
#include "everyml/foundation/base/memory.h"

namespace everyml::binned_detail {

/// The entries of the chosen rows by column: [start[c], start[c + 1]).
struct ByColumn {
  std::vector<std::size_t> start;
  std::vector<std::uint32_t> row;  ///< position in the list of chosen rows
  std::vector<float> value;
};
ByColumn by_column(const Features::SparseView& x, std::size_t columns, std::span<const std::size_t> rows);

/// Arrays of codes, one after the other or, in blocks, side by side.
struct CodeArrays {
  struct Block {
    std::size_t start = 0;
    std::uint32_t row_bytes = 0;
    std::vector<std::uint32_t> arrays;
  };
  std::vector<std::uint32_t> codes;  ///< by array: codes it may hold are below this
  std::vector<std::size_t> start;    ///< by array: where its first code is in `bytes`
  std::vector<Block> blocks;         ///< empty, or each array is in one
  std::vector<std::uint32_t> apart;  ///< with blocks, by array: bytes from one row to the next
  Buffer<std::uint8_t> bytes;

  bool wide(std::size_t array) const { return codes[array] > 256; }
  /// Codes from that of one row to that of the next.
  std::size_t stride(std::size_t array) const {
    return blocks.empty() ? 1 : apart[array] / (wide(array) ? 2 : 1);
  }
  /// Makes room for all of `codes`, one after the other; the first `kept` arrays keep what they hold. Room is
  /// not zeroed.
  void lay_out(std::size_t rows, std::size_t kept = 0);
  /// Makes room for all of `codes` in blocks of these arrays; none: one after the other.
  void lay_out(std::size_t rows, const std::vector<std::vector<std::uint32_t>>& together);
  std::uint8_t* at8(std::size_t array) { return bytes.data() + start[array]; }
  const std::uint8_t* at8(std::size_t array) const { return bytes.data() + start[array]; }
  std::uint16_t* at16(std::size_t array) { return reinterpret_cast<std::uint16_t*>(at8(array)); }
  const std::uint16_t* at16(std::size_t array) const {
    return reinterpret_cast<const std::uint16_t*>(at8(array));
  }
  void put(std::size_t array, std::size_t row, std::uint32_t code) {
    const std::size_t place = row * stride(array);
    if (wide(array)) {
      at16(array)[place] = static_cast<std::uint16_t>(code);
    } else {
      at8(array)[place] = static_cast<std::uint8_t>(code);
    }
  }
  std::uint32_t get(std::size_t array, std::size_t row) const {
    const std::size_t place = row * stride(array);
    return wide(array) ? at16(array)[place] : at8(array)[place];
  }
};

/// Codes all rows of sparse features, columns bundled. `bins` are ready but for has_missing, which is set.
/// `sample`: entries of `sample_rows` rows, by which columns are put together; those that meet on other rows
/// are parted again. The result does not depend on threads.
struct Bundled {
  std::vector<BinnedFeatures::Place> places;  ///< [columns]
  CodeArrays arrays;
};
Bundled bundle_columns(const Features::SparseView& x, std::size_t rows, std::span<FeatureBins> bins,
                       const ByColumn& sample, std::size_t sample_rows, const Context& context);

}  // namespace everyml::binned_detail
