#pragma once

#include <cstddef>
#include <cstdint>

#include "everyml/classical/trees/split_search.h"

namespace everyml::split_detail {

/// Entries after the last that best_cut may read, and not use.
inline constexpr std::size_t kPadding = 8;

/// The best of the cuts after bins [first, last), given sums of words up to each. Both sides are allowed.
/// Of equal ones the first.
struct Cut {
  double score;
  std::size_t bin;
};
struct CutRules {
  std::uint64_t total;
  double gradient_unit, hessian_unit, l1, l2;
};
Cut best_cut(const std::uint64_t* sums, std::size_t first, std::size_t last, const CutRules& rules);
/// The best of `count` splits of which each takes the rows of one cell off the others. Those that leave less
/// than `least` hessian on a side are passed over; `bin` is the place of the cell.
Cut best_cell(const std::uint64_t* cells, std::size_t count, std::uint64_t least, const CutRules& rules);

FeatureSplit category_split(const std::uint64_t* cells, const FeatureBins& bins, std::uint64_t total,
                            const double* counts, const SplitRules& rules);

}  // namespace everyml::split_detail
