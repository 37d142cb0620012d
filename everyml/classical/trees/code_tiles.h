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
  /// A column whose array is the product of several.
  struct Factor {
    static constexpr std::uint32_t kNoCells = 0xffffffff;
    std::uint32_t array = 0;  ///< of the tile
    std::uint32_t cell = 0;   ///< where its cells begin, after first_cell; kNoCells: it has none
    std::uint16_t step = 1, codes = 1;
  };
  /// The most frequent code of a column whose rows are listed: what rows that list none of its cells have.
  struct Rest {
    std::uint32_t cell = 0;            ///< of that code, after first_cell
    std::uint32_t begin = 0, end = 0;  ///< cells of the column, after first_cell
  };
  std::uint32_t width = 0;             ///< arrays
  std::uint32_t cells_per_column = 0;  ///< 24, 72 or 264; 0: 16-bit codes, with `cell` per array
  std::uint32_t row_bytes = 0;         ///< 4, 8, 16 or 32; of 16-bit codes any even number
  std::size_t first_cell = 0;          ///< where the cells of its first array begin
  std::vector<std::uint32_t> cell;     ///< 16-bit codes: where each array's cells begin, after first_cell
  /// Not empty: sums by code of the arrays (cells_per_column 264 each) are still to be parted by column.
  /// Array by array, in each by rising step.
  std::vector<Factor> factors;
  /// Not empty: mostly one code in each array (one column each). No codes are kept, but the cells, after
  /// first_cell, of all others: those of row r are number row_start[r] to row_start[r + 1] of `listed`.
  std::vector<Rest> rests;
  Buffer<std::uint32_t> row_start;
  Buffer<std::uint16_t> listed;
  const std::uint8_t* codes = nullptr;  ///< [rows, row_bytes], in `own` or in the BinnedFeatures
  Buffer<std::uint8_t> own;
};

/// The columns of a BinnedFeatures that a split may ask for, in tiles of at most 32 arrays, those of about
/// equal numbers of codes together, so that a kernel knows the place of every array's cells when it is
/// compiled. Arrays of which most rows have one code are listed by row instead, without it. Codes that lie in
/// blocks are read where they are. Immutable; thread-safe.
class CodeTiles {
 public:
  /// Columns with fewer than `least_rows` rows beside those of their most frequent code get no cells; so do
  /// columns of one code.
  CodeTiles(const BinnedFeatures& binned, std::size_t least_rows, const Context& context);
  CodeTiles(const CodeTiles&) = delete;
  CodeTiles& operator=(const CodeTiles&) = delete;

  std::size_t rows() const { return binned_.rows(); }
  std::size_t columns() const { return cell_of_.size(); }
  std::span<const CodeTile> tiles() const { return tiles_; }
  /// What a row costs a histogram, in additions, about.
  std::size_t additions() const { return additions_; }
  /// Cells of a whole histogram, unused ones included.
  std::size_t cells() const { return cells_; }
  bool has_cells(std::size_t column) const { return cell_of_[column] != kNone; }
  /// Where the cells of a column begin, one for each code, that of missing last. A column that shares its
  /// array (Place::shared) has none for the code of zero, nor for missing when no row is. REQUIRES:
  /// has_cells(column).
  std::size_t cell_of(std::size_t column) const { return cell_of_[column]; }
  /// REQUIRES: has_cells(column).
  std::size_t tile_of(std::size_t column) const { return tile_of_[column]; }

 private:
  struct Source;
  Source source_of(std::uint32_t array, std::span<const std::uint32_t> columns, std::size_t least_rows) const;
  CodeTile& add_tile(std::span<const Source> sources, std::size_t kind);
  void fill_tile(std::span<const Source> sources, CodeTile& tile, const Context& context) const;
  std::vector<std::vector<Source>> take_listed(std::vector<Source>& sources, const Context& context) const;
  void list_rows(std::span<const Source> sources, const Context& context);

  static constexpr std::uint32_t kNone = 0xffffffff;
  BinnedFeatures binned_;
  std::size_t cells_ = 0, additions_ = 0;
  std::vector<CodeTile> tiles_;
  std::vector<std::uint32_t> cell_of_, tile_of_;
};

}  // namespace everyml
