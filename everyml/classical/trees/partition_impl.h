#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "everyml/classical/trees/binned.h"
#include "everyml/foundation/base/context.h"

namespace everyml::grower_detail {

/// Which codes of a column go left.
struct Question {
  std::uint32_t column = 0;
  std::uint32_t bin = 0;      ///< numbers: codes <= bin ...
  std::uint32_t missing = 0;  ///< ... but this one as missing_left says
  bool missing_left = false;
  std::vector<std::uint8_t> in_set;  ///< categories: by code; empty: numbers
};

/// Moves the rows that go left before those that go right, both in the order they had; returns how many went
/// left. Words move with their rows; null: there are none. The spares have room for as many.
std::size_t partition_rows(const BinnedFeatures& binned, const Question& question,
                           std::span<std::uint32_t> rows, std::uint64_t* words, std::uint32_t* spare_rows,
                           std::uint64_t* spare_words, const Context& context);

/// Adds up the weight of these rows by code; counts: [bins + 1].
void count_codes(const BinnedFeatures& binned, std::uint32_t column, std::span<const std::uint32_t> rows,
                 std::span<const double> weights, std::vector<double>& counts);

}  // namespace everyml::grower_detail
