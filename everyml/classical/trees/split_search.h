#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "everyml/classical/trees/binned.h"
#include "everyml/classical/trees/histogram.h"

namespace everyml {

/// How splits of categories are looked for.
struct CategoryRules {
  std::uint32_t one_hot = 4;  ///< up to this many bins: one against the rest
  double smooth = 10;  ///< added to hessians when categories are put in order; also the least rows of one
  double l2 = 10;      ///< more of the L2 penalty
  std::uint32_t most = 32;  ///< categories on the smaller side
};

/// What decides between the splits of one node.
struct SplitRules {
  WordUnits units;
  double l1 = 0, l2 = 0;
  double max_delta = 0;  ///< 0: no limit
  double min_hessian = 0;
  double min_rows = 1;  ///< of weight 1
  CategoryRules categories;
  /// What leaves of the node may answer.
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  int monotone = 0;  ///< of the feature: 1 rising, -1 falling

  bool bounded() const {
    return max_delta > 0 || monotone != 0 || low > -std::numeric_limits<double>::infinity() ||
           high < std::numeric_limits<double>::infinity();
  }
  /// The answer of a leaf with these sums.
  double answer(double gradient, double hessian) const;
  /// Twice what a leaf with these sums and its answer takes off the loss.
  double score(double gradient, double hessian) const;
  double gradient_of(std::uint64_t word) const {
    return static_cast<double>(word_gradient(word)) * units.gradient;
  }
  double hessian_of(std::uint64_t word) const {
    return static_cast<double>(word_hessian(word)) * units.hessian;
  }
  double score(std::uint64_t word) const { return score(gradient_of(word), hessian_of(word)); }
  /// No side with a smaller sum of hessians, in words, is allowed.
  std::uint64_t least_side() const;
  /// A side with this sum of hessians, in words, has min_rows for certain.
  double certain_side() const { return min_rows * units.most_hessian; }
};

/// A split of one feature.
struct FeatureSplit {
  double score = -std::numeric_limits<double>::infinity();  ///< sum of both sides' scores
  std::uint32_t bin = 0;                                    ///< numbers: codes <= bin go left
  bool missing_left = false;
  std::uint64_t left = 0;              ///< sum of the words that go left
  std::vector<std::uint32_t> to_left;  ///< categories: the bins that go left, ascending

  bool found() const { return score > -std::numeric_limits<double>::infinity(); }
};

/// The best split of a feature in a node whose words sum to `total`. cells: [bins.bins + 1], that of missing
/// last. `counts` ([bins + 1] sums of weights by code) may be null: then a side may turn out to have too few
/// rows, though never certainly. Of equal splits the one with the lowest bin, missing right, is taken.
FeatureSplit best_split(const std::uint64_t* cells, const FeatureBins& bins, std::uint64_t total,
                        const double* counts, const SplitRules& rules);

/// The best of the splits of `count` columns of two codes and nothing missing, given the cell of the second
/// code of each: as best_split finds the best of each, and of equal ones the first column. `column` becomes
/// its place among them. REQUIRES: !rules.bounded().
FeatureSplit best_flag_split(const std::uint64_t* cells, std::size_t count, std::uint64_t total,
                             const SplitRules& rules, std::size_t& column);

/// The same for numbers, one bin after the other: what the fast one is tested against.
FeatureSplit plain_number_split(const std::uint64_t* cells, const FeatureBins& bins, std::uint64_t total,
                                const double* counts, const SplitRules& rules);

}  // namespace everyml
