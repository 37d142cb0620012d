#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "everyml/classical/trees/tree_parts.h"
#include "everyml/ensembles/adaboost/packed_codes_impl.h"

// Small trees for boosting with weights: stumps and trees of a few levels, grown on sums of whole numbers.
// Weights are fixed-point, so a sum over rows is exact in any order and at any number of threads.

namespace everyml {

/// Fixed-point weights of all rows together are about 2^50 at first: a weight then has some 30 bits even
/// among a million, and a sum stays an exact double for long.
inline constexpr int kWeightBits = 50;

// What rows add to the sums of a node is said by one of two types. Every row adds to one or more channels, so
// a column's histogram is [channels, codes]. Both have
//   channels(), total(sums)      sums: [channels], of all rows
//   worth(sums)                  of a group of rows as one answer, larger is better, at most its weight; adds
//   up
//                                over the groups of a tree
//   weight(sums), pure(sums)     pure: no split could improve on one answer
//   takes_any_split()            true where a split of no worth may prepare a better one
//   orders(), key(sums, order)   orders in which categories are looked through, and the key, in [-1, 1], of
//   one add(codes, group, places, all, into)
//                                adds the rows at `places` (ascending), or all when `all`, to the histograms
//                                of one group of columns: into[channel][column of the group][code]

/// Weights by class: channel c sums the weights of class c. Places must be in the order of the classes.
/// Worth is sum_c W_c^2 / W, so that the best split is the one of least Gini impurity.
class ClassSums {
 public:
  /// starts: [classes + 1], the places of class c are [starts[c], starts[c + 1]). Both spans must live on.
  ClassSums(std::span<const std::size_t> starts, std::span<const std::int64_t> weights)
      : starts_(starts), weights_(weights) {}
  std::size_t channels() const { return starts_.size() - 1; }
  void total(std::int64_t* sums) const;
  double worth(const std::int64_t* sums) const {
    double squares = 0, all = 0;
    for (std::size_t c = 0; c < channels(); ++c) {
      const auto own = static_cast<double>(sums[c]);
      squares += own * own;
      all += own;
    }
    return all > 0 ? squares / all : 0;
  }
  std::int64_t weight(const std::int64_t* sums) const {
    std::int64_t all = 0;
    for (std::size_t c = 0; c < channels(); ++c) all += sums[c];
    return all;
  }
  bool pure(const std::int64_t* sums) const;
  bool takes_any_split() const { return true; }
  std::size_t orders() const { return channels() == 2 ? 1 : channels(); }
  double key(const std::int64_t* sums, std::size_t order) const;
  void add(const PackedCodes& codes, std::size_t group, std::span<const std::uint32_t> places, bool all,
           std::int64_t* into) const;
  /// As add for listed places, with these amounts in place of the weights.
  void add_amounts(const PackedCodes& codes, std::size_t group, std::span<const std::uint32_t> places,
                   std::span<const std::int64_t> amounts, std::int64_t* into) const;

 private:
  std::span<const std::size_t> starts_;
  std::span<const std::int64_t> weights_;
};

/// Weighted numbers: channel 0 sums weights, channel 1 weight times number. Worth is S^2 / W, so that the
/// best split is the one of least squares.
class NumberSums {
 public:
  /// Both [places]; |products| <= weights. They must live on.
  NumberSums(std::span<const std::int64_t> weights, std::span<const std::int64_t> products)
      : weights_(weights), products_(products) {}
  std::size_t channels() const { return 2; }
  void total(std::int64_t* sums) const;
  double worth(const std::int64_t* sums) const {
    const auto own = static_cast<double>(sums[0]), product = static_cast<double>(sums[1]);
    return own > 0 ? product * product / own : 0;
  }
  std::int64_t weight(const std::int64_t* sums) const { return sums[0]; }
  bool pure(const std::int64_t* sums) const { return sums[0] <= 1; }
  bool takes_any_split() const { return false; }
  std::size_t orders() const { return 1; }
  double key(const std::int64_t* sums, std::size_t) const;
  void add(const PackedCodes& codes, std::size_t group, std::span<const std::uint32_t> places, bool all,
           std::int64_t* into) const;

 private:
  std::span<const std::int64_t> weights_;
  std::span<const std::int64_t> products_;
};

/// Histograms of all columns: [groups][channels][8][256].
using TreeSums = std::vector<std::int64_t>;
inline std::size_t group_cells(std::size_t channels) {
  return channels * PackedCodes::kColumns * PackedCodes::kCodes;
}

/// A tree of at most `depth` levels, with the node that each place ended in. values of the tree are empty:
/// the caller fills them from `sums`.
struct SmallTree {
  GrownTree tree;
  std::vector<std::int64_t> sums;     ///< [nodes, channels]
  std::vector<std::int32_t> node_of;  ///< [places]
};

/// Of splits that are equal but for 1e-9 of their worth the first column's, and there the lowest, is taken.
/// `root`, when not null, holds the histograms of all rows; else they are summed here.
SmallTree grow_small_tree(const PackedCodes& codes, const ClassSums& rows, int depth, const TreeSums* root,
                          const Context& context);
SmallTree grow_small_tree(const PackedCodes& codes, const NumberSums& rows, int depth, const TreeSums* root,
                          const Context& context);

/// Gives covers and gains the unit of the row weights, `weight` being that of all rows.
void rescale(SmallTree& grown, double weight);

/// The power of two by which row weights become whole numbers of about 2^kWeightBits together. Weights that
/// are whole numbers stay in exact proportion.
int weight_exponent(std::span<const double> weights);
/// weight * 2^exponent, rounded.
std::int64_t fixed_weight(double weight, int exponent);

/// Rows times columns enough to be worth a thread: how many groups of columns one piece of work takes.
std::size_t groups_per_piece(std::size_t places);

}  // namespace everyml
