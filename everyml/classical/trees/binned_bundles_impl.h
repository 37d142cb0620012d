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

/// Arrays of codes, one after the other.
struct CodeArrays {
  std::vector<std::uint32_t> codes;  ///< by array: codes it may hold are below this
  std::vector<std::size_t> start;    ///< by array: where it begins in `bytes`
  Buffer<std::uint8_t> bytes;

  bool wide(std::size_t array) const { return codes[array] > 256; }
  /// Makes room for all of `codes`; the first `kept` arrays keep what they hold. Room is not zeroed.
  void lay_out(std::size_t rows, std::size_t kept = 0);
  void put(std::size_t array, std::size_t row, std::uint32_t code) {
    std::uint8_t* at = bytes.data() + start[array];
    if (wide(array)) {
      reinterpret_cast<std::uint16_t*>(at)[row] = static_cast<std::uint16_t>(code);
    } else {
      at[row] = static_cast<std::uint8_t>(code);
    }
  }
  std::uint32_t get(std::size_t array, std::size_t row) const {
    const std::uint8_t* at = bytes.data() + start[array];
    return wide(array) ? reinterpret_cast<const std::uint16_t*>(at)[row] : at[row];
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
