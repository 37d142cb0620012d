#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "everyml/classical/trees/binned.h"
#include "everyml/classical/trees/code_tiles.h"
#include "everyml/classical/trees/split_search.h"
#include "everyml/classical/trees/tree_parts.h"
#include "everyml/foundation/base/context.h"
#include "everyml/foundation/base/random.h"
#include "everyml/foundation/params/field.h"

namespace everyml {

/// Which leaf is split next.
enum class TreeGrowth : std::uint8_t {
  leaf,       ///< the one whose split takes most off the loss
  depth,      ///< level by level
  symmetric,  ///< level by level, all leaves of a level by the same question
};
constexpr auto choices_of(TreeGrowth) {
  return std::array{Choice{TreeGrowth::leaf, "leaf"}, Choice{TreeGrowth::depth, "depth"},
                    Choice{TreeGrowth::symmetric, "symmetric"}};
}

struct GrowerSettings {
  TreeGrowth growth = TreeGrowth::leaf;
  std::size_t max_leaves = 31;
  std::size_t max_depth = 0;  ///< 0: no limit
  double min_rows = 20;       ///< rows of weight 1 in a leaf, at least
  double min_hessian = 1e-3;
  double l1 = 0, l2 = 0;
  double min_gain = 0;
  double max_delta = 0;
  int gradient_bits = 0;  ///< 0: as fine as can be; splits are looked for with gradients of so many bits
  double columns_level = 1, columns_node = 1;  ///< share of the tree's columns that a level, a node may use
  CategoryRules categories;
  std::vector<std::int8_t> monotone;  ///< empty, or by column: 1 rising, -1 falling, 0 free
  /// Empty, or sets of columns: on one path only columns of one common set occur.
  std::vector<std::vector<std::uint32_t>> interactions;
  /// The rows to come have no weights, so that columns that min_rows rules out from the start can be left
  /// out.
  bool unweighted = false;
  /// Most memory of histograms that are kept for the next subtraction; those of other leaves are built anew.
  /// Symmetric trees keep all.
  std::size_t histogram_bytes = std::size_t{512} << 20;
};

/// What a tree is grown from.
struct GrowerInput {
  std::span<const std::uint32_t> rows;    ///< ascending; the rows that the tree learns from; empty: all
  std::span<const float> gradient;        ///< [all rows], as of weight 1
  std::span<const float> hessian;         ///< [all rows], as of weight 1; empty: all 1
  std::span<const double> weights;        ///< [all rows], or empty: all 1
  std::span<const std::uint8_t> allowed;  ///< by column, or empty: all
  std::uint64_t key = 0;                  ///< of everything random in this tree
};

/// One tree and where its rows ended. `rows` and `leaf_of` lie in the grower and stand until it grows again.
struct GrownRows {
  /// Values are answers of leaves, not shrunken, of width 1, from the exact sums of the gradients.
  GrownTree tree;
  std::span<const std::uint32_t> rows;  ///< the input's rows, leaf by leaf, ascending within a leaf
  /// By row of the features, for rows of the input: its place in `leaves`.
  std::span<const std::uint32_t> leaf_of;
  struct Leaf {
    std::uint32_t node;      ///< of `tree`
    std::size_t begin, end;  ///< in `rows`
    double low, high;        ///< what monotone constraints and max_delta let it answer
  };
  std::vector<Leaf> leaves;
  /// By node: the code of a split of numbers, so that rows can be sent down by their codes.
  std::vector<std::uint32_t> bin;
};

/// Grows trees on a loss given by gradients and hessians, by histograms. Made once for all trees over the
/// same rows; grow() is not safe to call from two threads, but those of growers beside() each other are.
/// Reference: Friedman, "Greedy Function Approximation: A Gradient Boosting Machine", Annals of Statistics 29
/// (2001); Ke et al., "LightGBM: A Highly Efficient Gradient Boosting Decision Tree", NIPS 2017; Shi et al.,
/// "Quantized Training of Gradient Boosting Decision Trees", NeurIPS 2022.
class Grower {
 public:
  Grower(BinnedFeatures binned, GrowerSettings settings, const Context& context);
  ~Grower();
  Grower(Grower&&) noexcept;
  Grower& operator=(Grower&&) = delete;

  GrownRows grow(const GrowerInput& input, const Context& context);
  /// Another one of the same rows and settings, for trees that are grown at the same time: it shares the
  /// codes.
  Grower beside() const;
  /// Bytes, at most and about, that it takes for itself alone.
  std::size_t own_bytes() const;

  const BinnedFeatures& binned() const;

 private:
  class Impl;
  explicit Grower(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The leaf node each row of `binned` ends in; out: [some]. `binned` has the grown tree's bins. `some` empty:
/// all rows, and out has one entry for each.
void leaf_nodes(const GrownRows& grown, const BinnedFeatures& binned, std::span<const std::uint32_t> some,
                std::span<std::uint32_t> out, const Context& context);

}  // namespace everyml
