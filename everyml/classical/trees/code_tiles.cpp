#include "everyml/classical/trees/code_tiles.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>

#include "everyml/classical/trees/binned_layout_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {

using binned_detail::kJointKind;
using binned_detail::kTileArrays;
using binned_detail::kTileKinds;
using binned_detail::kWideKind;

namespace {

/// Cells of a column of each kind. Were these powers of two, the same code of all columns would fall into the
/// same few places of the cache.
constexpr std::array<std::uint32_t, kTileKinds> kCells{24, 72, 264, 0, 264};

/// Tables of fewer rows are read as they are.
constexpr std::size_t kFewestListedRows = 4096;
/// Additions a row that listing has to save in a tile, and how many of them one that is listed costs.
constexpr double kSavedPerRow = 8, kListedCost = 2.5;
/// Cells of a tile of listed rows: they stay in a second cache. More and smaller tiles cost more for the rows
/// than they save for the cells.
constexpr std::uint32_t kListedCells = 32768;

/// Rows by code of an array.
std::vector<std::uint32_t> code_counts(const BinnedFeatures& binned, std::size_t array) {
  // Four counts of each, so that equal codes one after the other do not wait for each other.
  const std::size_t codes = binned.array_codes(array), n = binned.rows();
  std::vector<std::uint32_t> counts(4 * codes, 0);
  const BinnedFeatures::Codes from = binned.array(array);
  const auto count = [&](const auto* code) {
    for (std::size_t row = 0; row < n; ++row) ++counts[(row % 4) * codes + code[row * from.stride]];
  };
  from.narrow != nullptr ? count(from.narrow) : count(from.wide);
  for (std::size_t k = 0; k < codes; ++k)
    counts[k] += counts[codes + k] + counts[2 * codes + k] + counts[3 * codes + k];
  counts.resize(codes);
  return counts;
}

/// Rows by code of a column that is a factor of its array, of the rows by code of the array.
std::vector<std::uint32_t> counts_of_factor(const BinnedFeatures& binned, std::uint32_t column,
                                            std::span<const std::uint32_t> counts) {
  const std::uint32_t step = binned.place(column).step, codes = binned.bins(column).codes();
  std::vector<std::uint32_t> own(codes, 0);
  for (std::uint32_t k = 0; k < counts.size(); ++k) own[k / step % codes] += counts[k];
  return own;
}

/// Whether so many of the first rows share one code of a column that it pays to count them all.
bool one_code_rules(const BinnedFeatures& binned, std::uint32_t column, double share) {
  const std::size_t n = std::min<std::size_t>(binned.rows(), 256);
  const auto most = static_cast<std::uint32_t>(share * static_cast<double>(n));
  std::vector<std::uint32_t> counts(binned.bins(column).bins + 1, 0);
  for (std::size_t row = 0; row < n; ++row)
    if (++counts[binned.code(row, column)] > most) return true;
  return false;
}

/// Rows that do not have the most frequent code of the column.
std::size_t rows_beside(const BinnedFeatures& binned, std::uint32_t column,
                        std::span<const std::uint32_t> counts) {
  const BinnedFeatures::Place place = binned.place(column);
  const std::size_t n = binned.rows();
  if (place.multiplied()) {
    const std::vector<std::uint32_t> own = counts_of_factor(binned, column, counts);
    return n - *std::max_element(own.begin(), own.end());
  }
  if (!place.shared()) return n - *std::max_element(counts.begin(), counts.end());
  const auto own = counts.subspan(place.first, binned.bins(column).codes() - 1);
  const std::size_t others = std::accumulate(own.begin(), own.end(), std::size_t{0});
  return n - std::max<std::size_t>(n - others, *std::max_element(own.begin(), own.end()));
}

template <class From, class To>
void interleave(const From* from, std::size_t apart, const std::uint16_t* cell, std::size_t begin,
                std::size_t end, std::size_t stride, To* to) {
  if (cell != nullptr) {
    for (std::size_t r = begin; r < end; ++r) to[r * stride] = static_cast<To>(cell[from[r * apart]]);
  } else if (apart == 1) {
    for (std::size_t r = begin; r < end; ++r) to[r * stride] = static_cast<To>(from[r]);
  } else {
    for (std::size_t r = begin; r < end; ++r) to[r * stride] = static_cast<To>(from[r * apart]);
  }
}

}  // namespace

/// An array of codes that goes into a tile.
struct CodeTiles::Source {
  std::uint32_t array = 0;
  std::uint32_t cells = 0;
  bool joint = false;
  std::vector<std::uint32_t> columns;  ///< that have cells
  std::vector<std::uint32_t> offset;   ///< of their cells, beside `columns`
  std::vector<std::uint16_t> cell;     ///< by code of the array; empty: the code itself
  std::vector<CodeTile::Factor> factors;
  std::uint32_t rest = 0;  ///< the most frequent code
  std::size_t others = 0;  ///< rows of other codes; 0: nobody counted

  std::size_t kind() const { return joint ? kJointKind : binned_detail::tile_kind(cells); }
};

CodeTiles::Source CodeTiles::source_of(std::uint32_t array, std::span<const std::uint32_t> columns,
                                       std::size_t least_rows) const {
  Source source;
  source.array = array;
  if (columns.empty()) return source;
  const bool shared = binned_.place(columns[0]).shared();
  source.joint = binned_.place(columns[0]).multiplied();
  const bool rare = !shared && least_rows > 0 &&
                    std::any_of(columns.begin(), columns.end(),
                                [&](std::uint32_t c) { return one_code_rules(binned_, c, 0.9); });
  std::vector<std::uint32_t> counts;
  if (shared || rare) counts = code_counts(binned_, array);
  if (shared) {
    source.cell.assign(binned_.array_codes(array), 0);
    source.cells = 1;
  }
  for (const std::uint32_t c : columns) {
    const bool used =
        counts.empty() || rows_beside(binned_, c, counts) >= std::max<std::size_t>(least_rows, 1);
    const FeatureBins& bins = binned_.bins(c);
    if (source.joint)
      source.factors.push_back({.cell = used ? source.cells : CodeTile::Factor::kNoCells,
                                .step = static_cast<std::uint16_t>(binned_.place(c).step),
                                .codes = static_cast<std::uint16_t>(bins.codes())});
    if (!used) continue;
    source.columns.push_back(c);
    source.offset.push_back(source.cells);
    if (!shared) {
      // Other rows may be missing where these are not.
      source.cells += bins.bins + 1;
      continue;
    }
    const std::uint32_t first = binned_.place(c).first;
    for (std::uint32_t k = 0; k + 1 < bins.codes(); ++k)
      source.cell[first + k] = static_cast<std::uint16_t>(source.cells++);
  }
  std::sort(source.factors.begin(), source.factors.end(),
            [](const CodeTile::Factor& a, const CodeTile::Factor& b) { return a.step < b.step; });
  return source;
}

CodeTiles::CodeTiles(const BinnedFeatures& binned, std::size_t least_rows, const Context& context)
    : binned_(binned), cell_of_(binned.columns(), kNone), tile_of_(binned.columns(), kNone) {
  std::vector<std::vector<std::uint32_t>> columns_of(binned.arrays());
  for (std::uint32_t c = 0; c < binned.columns(); ++c)
    if (binned.bins(c).codes() > 1) columns_of[binned.place(c).array].push_back(c);
  std::vector<Source> sources(binned.arrays());
  parallel_for(context, sources.size(), 1, [&](std::size_t a, std::size_t) {
    sources[a] = source_of(static_cast<std::uint32_t>(a), columns_of[a], least_rows);
  });
  const auto used = static_cast<std::size_t>(std::count_if(
      sources.begin(), sources.end(), [](const Source& source) { return !source.columns.empty(); }));
  if (binned.blocks() > 0 && 4 * used >= 3 * sources.size()) {
    for (std::size_t b = 0; b < binned.blocks(); ++b) {
      const BinnedFeatures::Block block = binned.block(b);
      std::vector<Source> together;
      for (const std::uint32_t a : block.arrays) together.push_back(std::move(sources[a]));
      const std::size_t kind =
          together[0].joint ? kJointKind : binned_detail::tile_kind(binned.array_codes(block.arrays[0]));
      CodeTile& tile = add_tile(together, kind);
      tile.codes = block.bytes;
      tile.row_bytes = block.row_bytes;
    }
  } else {
    for (const std::vector<Source>& together : take_listed(sources, context)) list_rows(together, context);
    std::array<std::vector<Source>, kTileKinds> by_kind;
    for (Source& source : sources)
      if (!source.columns.empty()) by_kind[source.kind()].push_back(std::move(source));
    for (std::size_t kind = 0; kind < by_kind.size(); ++kind) {
      const std::span<const Source> all(by_kind[kind]);
      for (std::size_t first = 0; first < all.size(); first += kTileArrays) {
        const std::span<const Source> some = all.subspan(first, std::min(kTileArrays, all.size() - first));
        fill_tile(some, add_tile(some, kind), context);
      }
    }
  }
  if (cells_ >= kNone) throw UnsupportedError("trees.cells", "trees learn from fewer than 2^32 bins in all");
}

/// Arrays of which most rows have one code, in groups for which it pays to list the rest. They are taken
/// away.
std::vector<std::vector<CodeTiles::Source>> CodeTiles::take_listed(std::vector<Source>& sources,
                                                                   const Context& context) const {
  std::vector<std::vector<Source>> groups;
  const std::size_t n = rows();
  if (n < kFewestListedRows) return groups;
  parallel_for(context, sources.size(), 1, [&](std::size_t s, std::size_t) {
    Source& source = sources[s];
    if (source.columns.size() != 1 || !binned_.place(source.columns[0]).alone()) return;
    if (source.cells > kListedCells || !one_code_rules(binned_, source.columns[0], 0.5)) return;
    const std::vector<std::uint32_t> counts = code_counts(binned_, source.array);
    const auto most = std::max_element(counts.begin(), counts.end());
    source.rest = static_cast<std::uint32_t>(most - counts.begin());
    source.others = n - *most;
  });
  const auto saved_by = [&](const Source& source) {
    return static_cast<double>(n) - kListedCost * static_cast<double>(source.others);
  };
  std::vector<Source*> together;
  std::size_t cells = 0, entries = 0;
  double saved = 0;
  const auto close = [&] {
    if (saved >= kSavedPerRow * static_cast<double>(n) && entries <= 0xffffffffu) {
      groups.emplace_back();
      for (Source* source : together) {
        groups.back().push_back(std::move(*source));
        source->columns.clear();
      }
    }
    together.clear();
    cells = entries = 0;
    saved = 0;
  };
  for (Source& source : sources) {
    if (source.others == 0 || !(saved_by(source) > 0)) continue;
    if (cells + source.cells > kListedCells) close();
    together.push_back(&source);
    cells += source.cells;
    entries += source.others;
    saved += saved_by(source);
  }
  close();
  return groups;
}

/// Adds a tile of rows that are lists of cells.
void CodeTiles::list_rows(std::span<const Source> sources, const Context& context) {
  CodeTile tile;
  tile.first_cell = cells_;
  tile.width = static_cast<std::uint32_t>(sources.size());
  for (const Source& source : sources) {
    const auto cell = static_cast<std::uint32_t>(cells_ - tile.first_cell);
    cell_of_[source.columns[0]] = static_cast<std::uint32_t>(cells_);
    tile_of_[source.columns[0]] = static_cast<std::uint32_t>(tiles_.size());
    tile.rests.push_back({cell + source.rest, cell, cell + source.cells});
    cells_ += source.cells;
  }
  const std::size_t n = rows();
  tile.row_start = Buffer<std::uint32_t>::uninitialized(n + 1);
  // Calls use(row, cell) for all that is listed of some rows, column by column.
  const auto each = [&](std::size_t begin, std::size_t end, auto&& use) {
    for (std::size_t s = 0; s < sources.size(); ++s) {
      const std::uint32_t cell = tile.rests[s].begin, rest = sources[s].rest;
      const auto scan = [&](const auto* code, std::size_t stride) {
        for (std::size_t row = begin; row < end; ++row)
          if (code[row * stride] != rest) use(row, cell + code[row * stride]);
      };
      const BinnedFeatures::Codes from = binned_.array(sources[s].array);
      from.narrow != nullptr ? scan(from.narrow, from.stride) : scan(from.wide, from.stride);
    }
  };
  constexpr std::size_t kRows = 512;
  tile.row_start[0] = 0;
  parallel_for(context, n, kRows, [&](std::size_t begin, std::size_t end) {
    std::fill(tile.row_start.begin() + begin + 1, tile.row_start.begin() + end + 1, 0u);
    each(begin, end, [&](std::size_t row, std::uint32_t) { ++tile.row_start[row + 1]; });
  });
  for (std::size_t row = 0; row < n; ++row) tile.row_start[row + 1] += tile.row_start[row];
  tile.listed = Buffer<std::uint16_t>::uninitialized(tile.row_start[n]);
  parallel_for(context, n, kRows, [&](std::size_t begin, std::size_t end) {
    std::vector<std::uint32_t> next(tile.row_start.begin() + begin, tile.row_start.begin() + end);
    each(begin, end, [&](std::size_t row, std::uint32_t cell) {
      tile.listed[next[row - begin]++] = static_cast<std::uint16_t>(cell);
    });
  });
  additions_ += static_cast<std::size_t>(kListedCost * tile.row_start[n] / static_cast<double>(n));
  tiles_.push_back(std::move(tile));
}

/// Gives the columns their cells.
CodeTile& CodeTiles::add_tile(std::span<const Source> sources, std::size_t kind) {
  CodeTile tile;
  tile.first_cell = cells_;
  tile.width = static_cast<std::uint32_t>(sources.size());
  tile.cells_per_column = kCells[kind];
  tile.row_bytes = binned_detail::tile_row_bytes(kind, sources.size());
  for (std::size_t s = 0; s < sources.size(); ++s) {
    const Source& source = sources[s];
    for (std::size_t k = 0; k < source.columns.size(); ++k) {
      cell_of_[source.columns[k]] = static_cast<std::uint32_t>(cells_ + source.offset[k]);
      tile_of_[source.columns[k]] = static_cast<std::uint32_t>(tiles_.size());
    }
    const auto cell = static_cast<std::uint32_t>(cells_ - tile.first_cell);
    tile.cell.push_back(cell);
    for (CodeTile::Factor factor : source.factors) {
      factor.array = static_cast<std::uint32_t>(s);
      if (factor.cell != CodeTile::Factor::kNoCells) factor.cell += cell;
      tile.factors.push_back(factor);
    }
    if (kind == kWideKind) {
      // An array whose columns nobody may ask for lies in its block all the same.
      cells_ += source.columns.empty() ? binned_.array_codes(source.array) : source.cells;
    } else {
      cells_ += kind == kJointKind ? source.cells : kCells[kind];
    }
  }
  additions_ += tile.width;
  tiles_.push_back(std::move(tile));
  return tiles_.back();
}

void CodeTiles::fill_tile(std::span<const Source> sources, CodeTile& tile, const Context& context) const {
  const bool wide = tile.cells_per_column == 0;
  tile.own = Buffer<std::uint8_t>::uninitialized(rows() * tile.row_bytes);
  tile.codes = tile.own.data();
  const auto fill = [&](auto* to, std::size_t begin, std::size_t end) {
    const std::size_t stride = tile.row_bytes / sizeof(*to);
    if (sources.size() < stride) std::memset(to + begin * stride, 0, (end - begin) * stride * sizeof(*to));
    // Some rows at a time, so that what is written stays near while the columns come by.
    constexpr std::size_t kRows = 512;
    for (std::size_t row = begin; row < end; row += kRows) {
      const std::size_t last = std::min(row + kRows, end);
      for (std::size_t k = 0; k < sources.size(); ++k) {
        const std::uint16_t* cell = sources[k].cell.empty() ? nullptr : sources[k].cell.data();
        const BinnedFeatures::Codes from = binned_.array(sources[k].array);
        if (from.narrow != nullptr) {
          interleave(from.narrow, from.stride, cell, row, last, stride, to + k);
        } else {
          interleave(from.wide, from.stride, cell, row, last, stride, to + k);
        }
      }
    }
  };
  parallel_for(context, rows(), 16384, [&](std::size_t begin, std::size_t end) {
    if (wide) {
      fill(reinterpret_cast<std::uint16_t*>(tile.own.data()), begin, end);
    } else {
      fill(tile.own.data(), begin, end);
    }
  });
}

}  // namespace everyml
