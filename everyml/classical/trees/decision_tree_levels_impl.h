#pragma once

#include <span>
#include <vector>

#include "everyml/classical/trees/decision_tree_grow_impl.h"

namespace everyml::cart {

/// Puts the levels of a category into an order in which the best set is a beginning of it. For two classes
/// and for sums of numbers that is the order of the means (Breiman et al. 1984, theorem 4.5; Fisher, "On
/// Grouping for Maximum Homogeneity", JASA 53, 1958). For more classes the best of all sets of up to
/// kExactLevels levels is found and put first; more levels stand along the first principal component of
/// their class shares (Coppersmith, Hong and Hosking 1999). So do the levels where several targets are
/// learned, by the shares or means of all of them.
class LevelOrder {
 public:
  static constexpr std::size_t kExactLevels = 10;

  /// The entries of a list of values, level by level in that order, marked anew. `only`: the one number of
  /// entries at which to judge, where there is but one; left as it is otherwise. With a stream the set is a
  /// random one.
  std::span<const std::uint32_t> arrange(const Rows& rows, const NodeTotals& totals, std::size_t feature,
                                         std::span<const std::uint32_t> values, Stream* stream,
                                         std::size_t& only);
  /// The levels of the first `left` entries.
  std::vector<std::uint64_t> left_set(const Rows& rows, std::size_t feature,
                                      std::span<const std::uint32_t> values, std::size_t left) const;

 private:
  struct Level {
    std::size_t begin = 0, end = 0;  ///< in the list given
    double mass = 0, key = 0;
    std::size_t masses = 0;  ///< place of its class masses
  };
  void read_levels(const Rows& rows, const NodeTotals& totals, std::span<const std::uint32_t> values);
  void principal_keys(std::size_t classes);
  void exact_keys(const Rows& rows, const NodeTotals& totals);
  std::vector<Level> levels_;
  std::vector<double> masses_;
  std::vector<std::uint32_t> arranged_;
};

}  // namespace everyml::cart
