#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "everyml/classical/trees/binned.h"

namespace everyml {

/// The codes of the training rows as sums over rows read them: eight columns to a word, rows in an order of
/// the caller's. A row's position in that order is its place. Immutable.
class PackedCodes {
 public:
  static constexpr std::size_t kColumns = 8;  ///< columns in a word
  static constexpr std::size_t kCodes = 256;  ///< codes of a column at most, that of missing included

  /// `rows`: the row at each place. `info` as in Dataset. REQUIRES: binned with at most 255 bins a column.
  PackedCodes(BinnedFeatures binned, std::span<const FeatureInfo> info, std::span<const std::uint32_t> rows,
              const Context& context);

  std::size_t places() const { return places_; }
  std::size_t columns() const { return binned_.columns(); }
  std::size_t groups() const { return words_.size(); }
  /// Columns of that group: 8, or fewer in the last.
  std::size_t width(std::size_t group) const;
  /// [places]: byte j is the code of column 8 * group + j.
  const std::uint64_t* words(std::size_t group) const { return words_[group].data(); }
  std::uint8_t code(std::size_t place, std::size_t column) const {
    return static_cast<std::uint8_t>(words_[column / kColumns][place] >> (8 * (column % kColumns)));
  }
  const FeatureBins& bins(std::size_t column) const { return binned_.bins(column); }
  /// Levels of a category column as its description says; 0 when there is none.
  std::size_t levels(std::size_t column) const { return levels_[column]; }

 private:
  BinnedFeatures binned_;
  std::size_t places_;
  std::vector<Buffer<std::uint64_t>> words_;
  std::vector<std::size_t> levels_;
};

}  // namespace everyml
