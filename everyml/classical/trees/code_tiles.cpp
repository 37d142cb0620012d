#include "everyml/classical/trees/code_tiles.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace {

constexpr std::size_t kTileColumns = 32;
/// Most codes of a column of each class, and the cells it gets. Were these powers of two, the same code of
/// all columns would fall into the same few places of the cache.
constexpr std::array<std::uint32_t, 3> kClasses{16, 64, 256};
constexpr std::array<std::uint32_t, 3> kCells{24, 72, 264};

/// Which of kClasses; 3: 16-bit codes.
std::size_t class_of(const BinnedFeatures& binned, std::size_t column) {
  if (binned.codes8(column) == nullptr) return kClasses.size();
  const std::uint32_t codes = binned.bins(column).bins + 1;  // other rows may be missing where these are not
  return static_cast<std::size_t>(std::lower_bound(kClasses.begin(), kClasses.end(), codes) -
                                  kClasses.begin());
}

/// Rows do not lie across cache lines.
std::uint32_t padded(std::size_t columns) {
  std::uint32_t bytes = 4;
  while (bytes < columns) bytes *= 2;
  return bytes;
}

template <class Code>
void interleave(const std::vector<const Code*>& from, std::size_t begin, std::size_t end, std::size_t stride,
                Code* to) {
  // Some rows at a time, so that what is written stays near while the columns come by.
  constexpr std::size_t kRows = 512;
  for (std::size_t row = begin; row < end; row += kRows) {
    const std::size_t last = std::min(row + kRows, end);
    for (std::size_t k = 0; k < from.size(); ++k)
      for (std::size_t r = row; r < last; ++r) to[r * stride + k] = from[k][r];
  }
}

template <class Code, class Column>
void fill(CodeTile& tile, std::size_t rows, const Context& context, Column&& column) {
  tile.codes = Buffer<std::uint8_t>::uninitialized(rows * tile.row_bytes);
  std::vector<const Code*> from;
  for (const std::uint32_t c : tile.columns) from.push_back(column(c));
  const std::size_t stride = tile.row_bytes / sizeof(Code);
  Code* to = reinterpret_cast<Code*>(tile.codes.data());
  parallel_for(context, rows, 16384, [&](std::size_t begin, std::size_t end) {
    if (from.size() < stride) std::memset(to + begin * stride, 0, (end - begin) * stride * sizeof(Code));
    interleave(from, begin, end, stride, to);
  });
}

}  // namespace

CodeTiles::CodeTiles(const BinnedFeatures& binned, const Context& context)
    : rows_(binned.rows()), cell_of_(binned.columns(), 0) {
  std::array<std::vector<std::uint32_t>, kClasses.size() + 1> by_class;
  for (std::size_t c = 0; c < binned.columns(); ++c)
    if (binned.bins(c).codes() > 1) by_class[class_of(binned, c)].push_back(static_cast<std::uint32_t>(c));
  for (std::size_t kind = 0; kind < by_class.size(); ++kind) {
    const auto& columns = by_class[kind];
    for (std::size_t first = 0; first < columns.size(); first += kTileColumns) {
      CodeTile tile;
      const std::size_t last = std::min(first + kTileColumns, columns.size());
      tile.columns.assign(columns.begin() + static_cast<std::ptrdiff_t>(first),
                          columns.begin() + static_cast<std::ptrdiff_t>(last));
      tile.first_cell = cells_;
      const bool wide = kind == kClasses.size();
      if (!wide) tile.cells_per_column = kCells[kind];
      tile.row_bytes = wide ? static_cast<std::uint32_t>(2 * (last - first)) : padded(last - first);
      for (const std::uint32_t c : tile.columns) {
        cell_of_[c] = cells_;
        tile.cell.push_back(static_cast<std::uint32_t>(cells_ - tile.first_cell));
        cells_ += wide ? binned.bins(c).bins + 1 : tile.cells_per_column;
      }
      if (wide) {
        fill<std::uint16_t>(tile, rows_, context, [&](std::size_t c) { return binned.codes16(c); });
      } else {
        fill<std::uint8_t>(tile, rows_, context, [&](std::size_t c) { return binned.codes8(c); });
      }
      tiles_.push_back(std::move(tile));
    }
  }
}

}  // namespace everyml
