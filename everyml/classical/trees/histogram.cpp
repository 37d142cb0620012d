#include "everyml/classical/trees/histogram.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace {

/// Rows whose codes are asked for ahead of their use.
constexpr std::size_t kAhead = 24;
/// Rows of one piece of parallel work.
constexpr std::size_t kPiece = 4096;

/// Width and cells per column are constants, so each addition is one instruction with the column's place in
/// its address; a table of places instead costs half the speed.
template <std::size_t Width, std::size_t Cells, bool Listed>
void add_rows(const std::uint8_t* codes, const std::uint32_t* some, std::size_t first, std::size_t count,
              const std::uint64_t* words, std::uint64_t* cells) {
  constexpr std::size_t kBytes = Width <= 4 ? 4 : Width <= 8 ? 8 : Width <= 16 ? 16 : 32;
  for (std::size_t i = first; i < first + count; ++i) {
    std::size_t row = i;
    if constexpr (Listed) {
      row = some[i];
      if (i + kAhead < first + count) __builtin_prefetch(codes + some[i + kAhead] * kBytes);
    }
    const std::uint8_t* code = codes + row * kBytes;
    const std::uint64_t word = words[i];
#pragma GCC unroll 32
    for (std::size_t k = 0; k < Width; ++k) cells[k * Cells + code[k]] += word;
  }
}

template <bool Listed>
void add_wide_rows(const CodeTile& tile, const std::uint32_t* some, std::size_t first, std::size_t count,
                   const std::uint64_t* words, std::uint64_t* cells) {
  const std::size_t width = tile.width;
  const std::uint32_t* start = tile.cell.data();
  const auto* codes = reinterpret_cast<const std::uint16_t*>(tile.codes);
  for (std::size_t i = first; i < first + count; ++i) {
    std::size_t row = i;
    if constexpr (Listed) {
      row = some[i];
      if (i + kAhead < first + count) {
        const std::uint16_t* ahead = codes + some[i + kAhead] * width;
        __builtin_prefetch(ahead);
        __builtin_prefetch(ahead + width - 1);
      }
    }
    const std::uint16_t* code = codes + row * width;
    const std::uint64_t word = words[i];
    std::size_t k = 0;
    for (; k + 4 <= width; k += 4) {
      cells[start[k] + code[k]] += word;
      cells[start[k + 1] + code[k + 1]] += word;
      cells[start[k + 2] + code[k + 2]] += word;
      cells[start[k + 3] + code[k + 3]] += word;
    }
    for (; k < width; ++k) cells[start[k] + code[k]] += word;
  }
}

using Kernel = void (*)(const std::uint8_t*, const std::uint32_t*, std::size_t, std::size_t,
                        const std::uint64_t*, std::uint64_t*);
constexpr std::size_t kMostColumns = 32;

template <std::size_t Cells, bool Listed, std::size_t... Width>
constexpr std::array<Kernel, kMostColumns> kernels_of(std::index_sequence<Width...>) {
  return {add_rows<Width + 1, Cells, Listed>...};
}
template <std::size_t Cells, bool Listed>
constexpr std::array<Kernel, kMostColumns> kKernels =
    kernels_of<Cells, Listed>(std::make_index_sequence<kMostColumns>{});

Kernel kernel_for(std::uint32_t cells, std::size_t width, bool listed) {
  switch (cells) {
    case 24:
      return listed ? kKernels<24, true>[width - 1] : kKernels<24, false>[width - 1];
    case 72:
      return listed ? kKernels<72, true>[width - 1] : kKernels<72, false>[width - 1];
    default:
      return listed ? kKernels<264, true>[width - 1] : kKernels<264, false>[width - 1];
  }
}

std::size_t cells_in(const CodeTiles& tiles, std::size_t tile) {
  const std::size_t end =
      tile + 1 < tiles.tiles().size() ? tiles.tiles()[tile + 1].first_cell : tiles.cells();
  return end - tiles.tiles()[tile].first_cell;
}

/// Joint sums by code of arrays, at least for so many rows: what follows them costs as much as that.
constexpr std::size_t kFewJointRows = 128;

/// The sums of each column from those by code of its array, which are used up: column by column from the one
/// of the largest step, whose digits part the sums into runs; these add up to the sums of the rest.
void part_sums(const CodeTile& tile, std::uint64_t* joint, std::uint64_t* cells) {
  for (std::size_t f = tile.factors.size(); f-- > 0;) {
    const CodeTile::Factor& factor = tile.factors[f];
    std::uint64_t* sums = joint + factor.array * tile.cells_per_column;
    const std::size_t step = factor.step;
    if (factor.cell != CodeTile::Factor::kNoCells) {
      for (std::size_t digit = 0; digit < factor.codes; ++digit) {
        std::uint64_t sum = 0;
        for (std::size_t k = digit * step; k < (digit + 1) * step; ++k) sum += sums[k];
        cells[factor.cell + digit] += sum;
      }
    }
    for (std::size_t digit = 1; digit < factor.codes; ++digit)
      for (std::size_t k = 0; k < step; ++k) sums[k] += sums[digit * step + k];
  }
}

/// Of few rows: column by column.
void add_factors(const CodeTile& tile, const std::uint32_t* some, std::size_t first, std::size_t count,
                 const std::uint64_t* words, std::uint64_t* cells) {
  for (const CodeTile::Factor& factor : tile.factors) {
    if (factor.cell == CodeTile::Factor::kNoCells) continue;
    const std::uint8_t* codes = tile.codes + factor.array;
    for (std::size_t i = first; i < first + count; ++i) {
      const std::size_t row = some != nullptr ? some[i] : i;
      cells[factor.cell + codes[row * tile.row_bytes] / factor.step % factor.codes] += words[i];
    }
  }
}

/// Of arrays that are products of columns: one addition an array, so one for several columns.
void add_joint(const CodeTile& tile, const std::uint32_t* some, std::size_t first, std::size_t count,
               const std::uint64_t* words, std::uint64_t* cells) {
  if (count < kFewJointRows) return add_factors(tile, some, first, count, words, cells);
  thread_local std::vector<std::uint64_t> joint;
  joint.assign(std::size_t{tile.width} * tile.cells_per_column, 0);
  kernel_for(tile.cells_per_column, tile.width, some != nullptr)(tile.codes, some, first, count, words,
                                                                 joint.data());
  part_sums(tile, joint.data(), cells);
}

/// Of rows that are lists of cells: what a column does not list it has of its most frequent code.
template <bool Listed>
void add_listed_rows(const CodeTile& tile, const std::uint32_t* some, std::size_t first, std::size_t count,
                     const std::uint64_t* words, std::uint64_t* cells) {
  const std::uint32_t* start = tile.row_start.data();
  const std::uint16_t* listed = tile.listed.data();
  std::uint64_t total = 0;
  for (std::size_t i = first; i < first + count; ++i) {
    std::size_t row = i;
    if constexpr (Listed) {
      row = some[i];
      if (i + 2 * kAhead < first + count) __builtin_prefetch(start + some[i + 2 * kAhead]);
      if (i + kAhead < first + count) {
        const std::uint32_t ahead = start[some[i + kAhead]];
        __builtin_prefetch(listed + ahead);
        __builtin_prefetch(listed + ahead + 32);
      }
    }
    const std::uint16_t *cell = listed + start[row], *end = listed + start[row + 1];
    const std::uint64_t word = words[i];
    total += word;
    for (; cell + 4 <= end; cell += 4) {
      cells[cell[0]] += word;
      cells[cell[1]] += word;
      cells[cell[2]] += word;
      cells[cell[3]] += word;
    }
    for (; cell < end; ++cell) cells[*cell] += word;
  }
  for (const CodeTile::Rest& rest : tile.rests)
    cells[rest.cell] = total - std::accumulate(cells + rest.begin, cells + rest.end, std::uint64_t{0});
}

}  // namespace

void add_to_histogram(const CodeTile& tile, const std::uint32_t* some, std::size_t first, std::size_t count,
                      const std::uint64_t* words, std::uint64_t* cells) {
  if (!tile.factors.empty()) return add_joint(tile, some, first, count, words, cells);
  if (!tile.rests.empty()) {
    if (some != nullptr) return add_listed_rows<true>(tile, some, first, count, words, cells);
    return add_listed_rows<false>(tile, some, first, count, words, cells);
  }
  if (tile.cells_per_column == 0) {
    if (some != nullptr) {
      add_wide_rows<true>(tile, some, first, count, words, cells);
    } else {
      add_wide_rows<false>(tile, some, first, count, words, cells);
    }
    return;
  }
  kernel_for(tile.cells_per_column, tile.width, some != nullptr)(tile.codes, some, first, count, words,
                                                                 cells);
}

HistogramBuilder::HistogramBuilder(const CodeTiles& tiles) : tiles_(tiles) {}

void HistogramBuilder::build(const std::uint32_t* some, std::size_t count, bool all_rows,
                             std::span<const std::uint64_t> words, std::span<const std::uint8_t> used,
                             std::span<std::uint64_t> cells, const Context& context) {
  const std::uint32_t* list = all_rows ? nullptr : some;
  const std::size_t tile_count = tiles_.tiles().size();
  const auto wanted = [&](std::size_t tile) { return used.empty() || used[tile] != 0; };
  const auto build_tile = [&](std::size_t t, std::size_t begin, std::size_t end, std::uint64_t* to) {
    const CodeTile& tile = tiles_.tiles()[t];
    std::fill_n(to + tile.first_cell, cells_in(tiles_, t), std::uint64_t{0});
    add_to_histogram(tile, list, begin, end - begin, words.data(), to + tile.first_cell);
  };
  // Whole numbers sum to the same in any cut, so the cut may follow the threads at hand.
  const auto threads = static_cast<std::size_t>(context.threads());
  const std::size_t pieces =
      threads == 1 || tile_count >= 4 * threads ? 1 : std::clamp<std::size_t>(count / kPiece, 1, 2 * threads);
  if (pieces == 1) {
    parallel_for(context, tile_count, count < kPiece / 4 ? std::max<std::size_t>(tile_count, 1) : 1,
                 [&](std::size_t first, std::size_t last) {
                   for (std::size_t t = first; t < last; ++t)
                     if (wanted(t)) build_tile(t, 0, count, cells.data());
                 });
    return;
  }
  while (parts_.size() + 1 < pieces) parts_.push_back(Buffer<std::uint64_t>::uninitialized(tiles_.cells()));
  const auto bound = [&](std::size_t piece) { return count * piece / pieces; };
  parallel_for(context, pieces * tile_count, 1, [&](std::size_t task, std::size_t) {
    const std::size_t piece = task / tile_count, t = task % tile_count;
    if (!wanted(t)) return;
    build_tile(t, bound(piece), bound(piece + 1), piece == 0 ? cells.data() : parts_[piece - 1].data());
  });
  for (std::size_t t = 0; t < tile_count; ++t) {
    if (!wanted(t)) continue;
    const std::size_t from = tiles_.tiles()[t].first_cell, to = from + cells_in(tiles_, t);
    for (std::size_t piece = 1; piece < pieces; ++piece) {
      const std::uint64_t* part = parts_[piece - 1].data();
      for (std::size_t i = from; i < to; ++i) cells[i] += part[i];
    }
  }
}

}  // namespace everyml
