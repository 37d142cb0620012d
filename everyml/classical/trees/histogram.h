#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "everyml/classical/trees/code_tiles.h"
#include "everyml/foundation/base/context.h"
#include "everyml/foundation/base/memory.h"

namespace everyml {

// Sums of gradients and hessians are whole numbers in one 64-bit word: the gradient, of either sign, in the
// upper half, the hessian, never negative, in the lower. Words are made such that no sum over any set of rows
// leaves its half. So a cell takes a row by one addition, words may be added and taken off in any order and
// by any number of threads with the same result, and a sibling is its parent less the other child, exactly.

inline std::uint64_t pack_word(std::int64_t gradient, std::uint64_t hessian) {
  return (static_cast<std::uint64_t>(gradient) << 32) + hessian;
}
inline std::int64_t word_gradient(std::uint64_t word) { return static_cast<std::int64_t>(word) >> 32; }
inline std::uint64_t word_hessian(std::uint64_t word) { return word & 0xffffffffu; }

/// How the words of one tree were made: a gradient in the user's units is the whole number times `gradient`.
struct WordUnits {
  double gradient = 1, hessian = 1;
  /// Least and largest hessian, in words, of a row of weight 1.
  double least_hessian = 1, most_hessian = 1;
};

/// Turns gradients and hessians of rows of weight 1 (each [rows], finite, the second not negative; empty: all
/// 1) and their weights into words.
/// Rounds to nearest while there are few rows; at random, without bias, when there are many: `key` says how.
/// A row of positive hessian has at least 1. `weights` empty: 1 each; whole weights multiply the word of
/// weight 1, so that k copies sum to the same. `some` empty: all rows; else word i is that of row some[i].
/// `bits`, when positive: gradients of weight 1 are first rounded, at random without bias, to a multiple of
/// the largest one over 2^(bits - 1).
WordUnits make_words(std::span<const float> gradient, std::span<const float> hessian,
                     std::span<const double> weights, std::span<const std::uint32_t> some, std::uint64_t key,
                     std::span<std::uint64_t> words, const Context& context, int bits = 0);

/// Builds histograms: cells[cell_of(column) + code] = sum of the words of the rows with that code. Words come
/// in the order of the rows: gathering them by row instead costs more than all the additions.
class HistogramBuilder {
 public:
  explicit HistogramBuilder(const CodeTiles& tiles);

  /// Overwrites cells, [tiles.cells()]. `some` are row numbers; all_rows: rows 0 .. count - 1, and `some` is
  /// not read. words: [count], in the order of the rows. `used` [tiles]: tiles to build; the cells of others
  /// stay as they are. Empty: all.
  void build(const std::uint32_t* some, std::size_t count, bool all_rows,
             std::span<const std::uint64_t> words, std::span<const std::uint8_t> used,
             std::span<std::uint64_t> cells, const Context& context);

 private:
  const CodeTiles& tiles_;
  std::vector<Buffer<std::uint64_t>> parts_;  ///< partial sums, made as they are needed
};

/// One tile's share of `build`, on the calling thread, of positions [first, first + count).
/// REQUIRES: the tile's cells are zero.
void add_to_histogram(const CodeTile& tile, const std::uint32_t* some, std::size_t first, std::size_t count,
                      const std::uint64_t* words, std::uint64_t* cells);

}  // namespace everyml
