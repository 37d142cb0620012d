#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "everyml/classical/trees/grower.h"
#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/dataset.h"

namespace everyml::boosting_detail {

/// Gives the leaves of grown trees slopes. Over the rows of a leaf whose values in the numeric columns of its
/// path are all there, the answer becomes w0 + sum of w_j (x_j - m_j), m the mean weighted by the second
/// derivatives. w0 is the answer of a plain leaf of these rows; the slopes make the second-order loss plus
/// `l2` / 2 times sum of (w_j s_j)^2 smallest, s_j the standard deviation of the column over the training
/// rows. Rows with a gap among the values keep the plain answer of the leaf.
/// Reference: Shi, Li and Li, "Gradient Boosting with Piece-Wise Linear Regression Trees", IJCAI 2019.
class LinearLeaves {
 public:
  struct Settings {
    double slope_l2 = 1;    ///< on slopes
    double l1 = 0, l2 = 0;  ///< on the answer in the middle, as of plain leaves
  };
  /// `training`: rows of `data` by their number among the training rows.
  LinearLeaves(const Dataset& data, std::span<const std::size_t> training, const Settings& settings,
               const Context& context);

  /// Sets grown.tree.linear. `sources`: the own column of each column that the tree grew on, -1 for those
  /// that are no numbers of the data; gradient, hessian, weights as in GrowerInput.
  void fit(GrownRows& grown, std::span<const std::int32_t> sources, std::span<const float> gradient,
           std::span<const float> hessian, std::span<const double> weights, const Context& context) const;

 private:
  GrownTree::Linear slopes(std::span<const std::uint32_t> rows, std::vector<std::int32_t> columns,
                           double plain, std::span<const float> gradient, std::span<const float> hessian,
                           std::span<const double> weights) const;

  const Dataset& data_;
  std::span<const std::size_t> training_;
  Settings settings_;
  std::vector<double> spread_;  ///< by column; 0: no slopes
};

/// What a leaf answers for a row of x; the same bits as the model's.
double linear_answer(const GrownTree& tree, std::size_t node, const Features& x, std::size_t row);

}  // namespace everyml::boosting_detail
