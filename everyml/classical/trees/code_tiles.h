#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "everyml/classical/trees/binned.h"
#include "everyml/foundation/base/memory.h"

namespace everyml {

/// Codes of some columns, row by row, as the histogram kernels read them.
struct CodeTile {
  std::vector<std::uint32_t> columns;  ///< of BinnedFeatures, in the order of the tile
  std::uint32_t cells_per_column = 0;  ///< 24, 72 or 264; 0: 16-bit codes, with `cell` per column
  std::uint32_t row_bytes = 0;         ///< 4, 8, 16 or 32; of 16-bit codes any even number
  std::size_t first_cell = 0;          ///< where the cells of its first column begin
  std::vector<std::uint32_t> cell;     ///< 16-bit codes: where each column's cells begin, after first_cell
  Buffer<std::uint8_t> codes;          ///< [rows, row_bytes]
};

/// The columns of a BinnedFeatures that have more than one code, in tiles of at most 32, columns of about
/// equal numbers of codes together, so that a kernel knows the place of every column's cells when it is
/// compiled. Immutable; thread-safe.
class CodeTiles {
 public:
  CodeTiles(const BinnedFeatures& binned, const Context& context);

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return cell_of_.size(); }
  std::span<const CodeTile> tiles() const { return tiles_; }
  /// Cells of a whole histogram, unused ones included.
  std::size_t cells() const { return cells_; }
  /// Where the cells of a column begin; it has none when it is constant.
  std::size_t cell_of(std::size_t column) const { return cell_of_[column]; }

 private:
  std::size_t rows_ = 0, cells_ = 0;
  std::vector<CodeTile> tiles_;
  std::vector<std::size_t> cell_of_;
};

}  // namespace everyml
