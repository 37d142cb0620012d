#include "everyml/classical/trees/code_tiles.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {

/// An array of codes that goes into a tile.
struct CodeTiles::Source {
  std::uint32_t array = 0;
  std::uint32_t cells = 0;
  std::vector<std::uint32_t> columns;  ///< that have cells
  std::vector<std::uint32_t> offset;   ///< of their cells, beside `columns`
  std::vector<std::uint16_t> cell;     ///< by code of the array; empty: the code itself
};

namespace {

constexpr std::size_t kTileColumns = 32;
/// Most codes of a column of each class, and the cells it gets. Were these powers of two, the same code of
/// all columns would fall into the same few places of the cache.
constexpr std::array<std::uint32_t, 3> kClasses{16, 64, 256};
constexpr std::array<std::uint32_t, 3> kCells{24, 72, 264};

/// Which of kClasses; 3: 16-bit codes.
std::size_t class_of(std::uint32_t codes) {
  return static_cast<std::size_t>(std::lower_bound(kClasses.begin(), kClasses.end(), codes) -
                                  kClasses.begin());
}

/// Rows do not lie across cache lines.
std::uint32_t padded(std::size_t columns) {
  std::uint32_t bytes = 4;
  while (bytes < columns) bytes *= 2;
  return bytes;
}

/// Rows by code of an array.
std::vector<std::uint32_t> code_counts(const BinnedFeatures& binned, std::size_t array) {
  // Four counts of each, so that equal codes one after the other do not wait for each other.
  const std::size_t codes = binned.array_codes(array), n = binned.rows();
  std::vector<std::uint32_t> counts(4 * codes, 0);
  const auto count = [&](const auto* from) {
    for (std::size_t row = 0; row < n; ++row) ++counts[(row % 4) * codes + from[row]];
  };
  if (const std::uint8_t* narrow = binned.array8(array)) {
    count(narrow);
  } else {
    count(binned.array16(array));
  }
  for (std::size_t k = 0; k < codes; ++k)
    counts[k] += counts[codes + k] + counts[2 * codes + k] + counts[3 * codes + k];
  counts.resize(codes);
  return counts;
}

/// Whether so many of the first rows share one code that it pays to count them all.
bool one_code_rules(const BinnedFeatures& binned, std::size_t array) {
  const std::size_t n = std::min<std::size_t>(binned.rows(), 256);
  std::vector<std::uint32_t> counts(binned.array_codes(array), 0);
  const auto rules = [&](const auto* codes) {
    for (std::size_t row = 0; row < n; ++row)
      if (++counts[codes[row]] > n * 9 / 10) return true;
    return false;
  };
  return binned.array8(array) != nullptr ? rules(binned.array8(array)) : rules(binned.array16(array));
}

/// Rows that do not have the most frequent code of the column.
std::size_t rows_beside(const BinnedFeatures& binned, std::uint32_t column,
                        std::span<const std::uint32_t> counts) {
  const BinnedFeatures::Place place = binned.place(column);
  const std::size_t n = binned.rows();
  if (!place.shared()) return n - *std::max_element(counts.begin(), counts.end());
  const auto own = counts.subspan(place.first, binned.bins(column).codes() - 1);
  const std::size_t others = std::accumulate(own.begin(), own.end(), std::size_t{0});
  return n - std::max<std::size_t>(n - others, *std::max_element(own.begin(), own.end()));
}

template <class From, class To>
void interleave(const From* from, const std::uint16_t* cell, std::size_t begin, std::size_t end,
                std::size_t stride, To* to) {
  if (cell != nullptr) {
    for (std::size_t r = begin; r < end; ++r) to[r * stride] = static_cast<To>(cell[from[r]]);
  } else {
    for (std::size_t r = begin; r < end; ++r) to[r * stride] = static_cast<To>(from[r]);
  }
}

}  // namespace

CodeTiles::CodeTiles(const BinnedFeatures& binned, std::size_t least_rows, const Context& context)
    : rows_(binned.rows()), cell_of_(binned.columns(), kNone), tile_of_(binned.columns(), kNone) {
  std::vector<std::vector<std::uint32_t>> columns_of(binned.arrays());
  for (std::uint32_t c = 0; c < binned.columns(); ++c)
    if (binned.bins(c).codes() > 1) columns_of[binned.place(c).array].push_back(c);
  std::vector<Source> sources(binned.arrays());
  parallel_for(context, sources.size(), 1, [&](std::size_t a, std::size_t) {
    if (columns_of[a].empty()) return;
    Source& source = sources[a];
    source.array = static_cast<std::uint32_t>(a);
    const bool shared = binned.place(columns_of[a][0]).shared();
    std::vector<std::uint32_t> counts;
    if (shared || (least_rows > 0 && one_code_rules(binned, a))) counts = code_counts(binned, a);
    if (shared) {
      source.cell.assign(binned.array_codes(a), 0);
      source.cells = 1;
    }
    for (const std::uint32_t c : columns_of[a]) {
      if (!counts.empty() && rows_beside(binned, c, counts) < std::max<std::size_t>(least_rows, 1)) continue;
      source.columns.push_back(c);
      source.offset.push_back(source.cells);
      if (!shared) {
        // Other rows may be missing where these are not.
        source.cells = binned.bins(c).bins + 1;
        continue;
      }
      const std::uint32_t first = binned.place(c).first;
      for (std::uint32_t k = 0; k + 1 < binned.bins(c).codes(); ++k)
        source.cell[first + k] = static_cast<std::uint16_t>(source.cells++);
    }
  });
  std::array<std::vector<Source>, kClasses.size() + 1> by_class;
  for (Source& source : sources)
    if (!source.columns.empty()) by_class[class_of(source.cells)].push_back(std::move(source));
  for (std::size_t kind = 0; kind < by_class.size(); ++kind)
    for (std::size_t first = 0; first < by_class[kind].size(); first += kTileColumns)
      add_tiles(binned,
                std::span<const Source>(by_class[kind])
                    .subspan(first, std::min(kTileColumns, by_class[kind].size() - first)),
                kind, context);
  if (cells_ >= kNone) throw UnsupportedError("trees.cells", "trees learn from fewer than 2^32 bins in all");
}

void CodeTiles::add_tiles(const BinnedFeatures& binned, std::span<const Source> sources, std::size_t kind,
                          const Context& context) {
  CodeTile tile;
  const bool wide = kind == kClasses.size();
  tile.width = static_cast<std::uint32_t>(sources.size());
  tile.first_cell = cells_;
  if (!wide) tile.cells_per_column = kCells[kind];
  tile.row_bytes = wide ? 2 * tile.width : padded(tile.width);
  for (const Source& source : sources) {
    for (std::size_t k = 0; k < source.columns.size(); ++k) {
      cell_of_[source.columns[k]] = static_cast<std::uint32_t>(cells_ + source.offset[k]);
      tile_of_[source.columns[k]] = static_cast<std::uint32_t>(tiles_.size());
    }
    tile.cell.push_back(static_cast<std::uint32_t>(cells_ - tile.first_cell));
    cells_ += wide ? source.cells : tile.cells_per_column;
  }
  tile.codes = Buffer<std::uint8_t>::uninitialized(rows_ * tile.row_bytes);
  const auto fill = [&](auto* to, std::size_t begin, std::size_t end) {
    const std::size_t stride = tile.row_bytes / sizeof(*to);
    if (sources.size() < stride) std::memset(to + begin * stride, 0, (end - begin) * stride * sizeof(*to));
    // Some rows at a time, so that what is written stays near while the columns come by.
    constexpr std::size_t kRows = 512;
    for (std::size_t row = begin; row < end; row += kRows) {
      const std::size_t last = std::min(row + kRows, end);
      for (std::size_t k = 0; k < sources.size(); ++k) {
        const std::uint16_t* cell = sources[k].cell.empty() ? nullptr : sources[k].cell.data();
        if (const std::uint8_t* narrow = binned.array8(sources[k].array)) {
          interleave(narrow, cell, row, last, stride, to + k);
        } else {
          interleave(binned.array16(sources[k].array), cell, row, last, stride, to + k);
        }
      }
    }
  };
  parallel_for(context, rows_, 16384, [&](std::size_t begin, std::size_t end) {
    if (wide) {
      fill(reinterpret_cast<std::uint16_t*>(tile.codes.data()), begin, end);
    } else {
      fill(tile.codes.data(), begin, end);
    }
  });
  tiles_.push_back(std::move(tile));
}

}  // namespace everyml
