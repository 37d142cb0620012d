#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/dataset.h"

namespace everyml {

enum class ForestSampling : std::uint8_t;
enum class ForestClassWeights : std::uint8_t;

/// What a forest knows of its training rows besides their features. Weights and targets are whole numbers of
/// small units, so that their sums are exact in any order: equal splits are then truly equal, and a row of
/// weight k adds up as k copies do.
struct ForestRows {
  std::vector<std::uint32_t> present;  ///< rows of positive weight, ascending
  std::vector<std::uint32_t> weight;   ///< [rows], in units; at least 1 where the row's weight is positive
  double unit = 1;                     ///< weight of one unit
  /// Weights are small whole numbers: each copy is drawn for itself. Else rows are drawn alike, and the
  /// weight counts in the criterion.
  bool copies = true;
  std::vector<std::uint64_t> copies_before;  ///< [present + 1] when some weight is not 1
  std::uint64_t copy_count = 0;              ///< what is drawn from: copies, or rows

  std::size_t classes = 0;          ///< 0: numbers
  std::vector<std::uint32_t> code;  ///< [rows]
  std::vector<double> value;        ///< [rows], as given
  std::vector<double> scaled;       ///< [rows], whole numbers of target units
  double target_unit = 1;

  /// Several targets together: `classes`, `code`, `value` and `scaled` stay empty, these stand in their
  /// place.
  struct Several {
    std::size_t count = 0;             ///< of targets; 0: there is but one
    std::vector<std::uint32_t> first;  ///< [count + 1]: where the answers of each begin; one for each number
    std::vector<std::uint32_t> code;   ///< [rows, count]: place of the row's class among the answers
    std::vector<double> value;         ///< [rows, count], as given
    std::vector<double> scaled;        ///< [rows, count], whole numbers of units of their target
    std::vector<double> unit;          ///< [count], next to that of the widest targets
    std::size_t answers() const { return first.back(); }
  } several;
  /// The targets are numbers.
  bool numbers() const { return several.count > 0 ? several.code.empty() : classes == 0; }

  bool balance_draws = false;  ///< classes weigh alike in each draw

  /// `centred`: targets are taken from their mean, which a squared error allows and a Poisson one does not.
  static ForestRows of(const Dataset& data, ForestClassWeights balance, bool centred);

  /// What each row weighs in the draw of a tree, in units, [rows]; 0: it was not drawn.
  void draw(Stream& stream, ForestSampling sampling, double share, std::vector<std::uint32_t>& loads) const;
};

/// Unbiased in [0, bound) from 32 random bits (Lemire 2019). REQUIRES: bound > 0.
inline std::uint32_t draw_below(Stream& stream, std::uint32_t bound) {
  std::uint64_t product = std::uint64_t{stream.next_u32()} * bound;
  if (static_cast<std::uint32_t>(product) < bound) {
    const std::uint32_t biased = (0 - bound) % bound;
    while (static_cast<std::uint32_t>(product) < biased) product = std::uint64_t{stream.next_u32()} * bound;
  }
  return static_cast<std::uint32_t>(product >> 32);
}

}  // namespace everyml
