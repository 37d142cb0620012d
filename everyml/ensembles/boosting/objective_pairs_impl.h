#pragma once

#include <cstddef>

// The pairs of one ranked list, vectorised for the CPU at hand; the same bits on every CPU. Single-threaded;
// thread-safe.

namespace everyml::boosting_detail {

/// What swapping the items at places i < j of a list would change.
enum class SwapValue {
  gain,       ///< |grade_i - grade_j| * |first_i - first_j|: grade is a gain, first a discount
  precision,  ///< first_i - second_j, see objective_ranking.cpp
  one,        ///< 1
};

/// A list in descending order of scores; every array has kPairPad readable floats after its items.
struct PairList {
  std::size_t items = 0;
  const float* score = nullptr;
  const float* grade = nullptr;
  const float* first = nullptr;
  const float* second = nullptr;
  const float* real = nullptr;  ///< 1 for items, 0 after them
};
inline constexpr std::size_t kPairPad = 64;

struct PairSums {
  double pull = 0, bend = 0, size = 0;
};

/// For the item at place i and each place j > i with another grade, with D = swap value * scale (divided by
/// 0.01 + |gap of scores| when `damped`) and p = 1 / (1 + e^(steepness * (score of the better - score of the
/// worse))): pull = steepness D p, negative where j is the better one, bend = steepness^2 D p (1 - p).
/// Adds pull to force[j] and bend to curve[j]; both have kPairPad more floats after the items. Returns the
/// sums of pull, bend and |pull|, taken in sixteen fixed lanes.
PairSums pair_row(const PairList& list, std::size_t i, SwapValue swap, float scale, float steepness,
                  bool damped, float* force, float* curve);

}  // namespace everyml::boosting_detail
