#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "everyml/classical/trees/binned.h"

namespace everyml::binned_detail {

/// Arrays of one block or tile: their codes lie side by side, row by row.
constexpr std::size_t kTileArrays = 32;

/// What arrays have in common whose codes may lie side by side: by how many codes they hold, of 8 bits up to
/// 16, 64 or 256 codes, then of 16 bits, then arrays that several columns of few codes share.
constexpr std::size_t kTileKinds = 5, kWideKind = 3, kJointKind = 4;
/// Of an array of one column.
std::size_t tile_kind(std::uint32_t codes);
/// Bytes of a row of `width` arrays: rows of 8-bit codes do not lie across cache lines.
std::uint32_t tile_row_bytes(std::size_t kind, std::size_t width);

/// Where the codes of each column go. Of dense columns alone.
struct Layout {
  std::vector<BinnedFeatures::Place> places;        ///< [columns]; empty: each has the array of its number
  std::vector<std::uint32_t> codes;                 ///< by array: codes it may hold are below this
  std::vector<std::vector<std::uint32_t>> columns;  ///< by array: whose codes it holds
  std::vector<std::vector<std::uint32_t>> blocks;   ///< arrays that lie side by side; empty: none do
};

/// Each column alone.
Layout plain_layout(std::span<const FeatureBins> bins);
/// Columns of at most 16 codes, that of missing included, share arrays of at most 256 codes; the arrays of
/// block_columns or more columns lie in blocks. `bins` know whether they have missing rows.
Layout dense_layout(std::span<const FeatureBins> bins, std::size_t rows, std::size_t block_columns);
/// Columns that dense_layout may put together if few enough have missing rows.
bool may_share(const FeatureBins& bins);
/// Tables of fewer rows are left plain.
constexpr std::size_t kFewestRows = 4096;

}  // namespace everyml::binned_detail
