#pragma once

#include <cstddef>
#include <cstdint>

#include "everyml/classical/trees/split_search.h"

namespace everyml::split_detail {

struct Cut {
  double score;
  std::size_t bin;
};
struct CutRules {
  std::uint64_t total;  ///< sum of both sides
  std::uint64_t extra;  ///< goes to the one side with every sum
  std::uint64_t least;  ///< hessian of a side, in words, at least; not 0
  double gradient_unit, hessian_unit, l1, l2;
};
/// The best of `count` splits, each given by the sum of the words of one of its sides; of equal ones the
/// first. Score -infinity when none is allowed.
Cut best_cut(const std::uint64_t* sums, std::size_t count, const CutRules& rules);

/// cells[i] -= other[i].
void subtract_cells(const std::uint64_t* other, std::size_t count, std::uint64_t* cells);

FeatureSplit category_split(const std::uint64_t* cells, const FeatureBins& bins, std::uint64_t total,
                            const double* counts, const SplitRules& rules);

}  // namespace everyml::split_detail
