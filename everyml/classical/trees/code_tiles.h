#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "everyml/classical/trees/binned.h"
#include "everyml/foundation/base/memory.h"

namespace everyml {

/// Codes of some arrays of BinnedFeatures, row by row, as the histogram kernels read them. Columns that share
/// an array count as one here.
struct CodeTile {
  std::uint32_t width = 0;             ///< arrays
  std::uint32_t cells_per_column = 0;  ///< 24, 72 or 264; 0: 16-bit codes, with `cell` per array
  std::uint32_t row_bytes = 0;         ///< 4, 8, 16 or 32; of 16-bit codes any even number
  std::size_t first_cell = 0;          ///< where the cells of its first array begin
  std::vector<std::uint32_t> cell;     ///< 16-bit codes: where each array's cells begin, after first_cell
  Buffer<std::uint8_t> codes;          ///< [rows, row_bytes]
};

/// The columns of a BinnedFeatures that a split may ask for, in tiles of at most 32 arrays, those of about
/// equal numbers of codes together, so that a kernel knows the place of every array's cells when it is
/// compiled. Immutable; thread-safe.
class CodeTiles {
 public:
  /// Columns with fewer than `least_rows` rows beside those of their most frequent code get no cells; so do
  /// columns of one code.
  CodeTiles(const BinnedFeatures& binned, std::size_t least_rows, const Context& context);

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return cell_of_.size(); }
  std::span<const CodeTile> tiles() const { return tiles_; }
  /// Cells of a whole histogram, unused ones included.
  std::size_t cells() const { return cells_; }
  bool has_cells(std::size_t column) const { return cell_of_[column] != kNone; }
  /// Where the cells of a column begin, one for each code, that of missing last. A column that shares its
  /// array has none for the code of zero, nor for missing when no row is. REQUIRES: has_cells(column).
  std::size_t cell_of(std::size_t column) const { return cell_of_[column]; }
  /// REQUIRES: has_cells(column).
  std::size_t tile_of(std::size_t column) const { return tile_of_[column]; }

 private:
  struct Source;
  void add_tiles(const BinnedFeatures& binned, std::span<const Source> sources, std::size_t kind,
                 const Context& context);

  static constexpr std::uint32_t kNone = 0xffffffff;
  std::size_t rows_ = 0, cells_ = 0;
  std::vector<CodeTile> tiles_;
  std::vector<std::uint32_t> cell_of_, tile_of_;
};

}  // namespace everyml
