#pragma once

// Path-dependent SHAP values by quadrature.
//
// A leaf of value v lies behind questions about d different features. z_j is the share of training rows that
// would go its way at all questions about feature j, o_j is 1 when the row itself does, else 0. The Shapley
// weight of a set of s out of d - 1 others is the integral of t^s (1 - t)^(d - 1 - s) over t in [0, 1], so
// the value of feature i is
//
//   v (o_i - z_i) * integral of the product over j != i of ((1 - t) z_j + t o_j) dt,
//
// a polynomial of degree d - 1, which ceil(d / 2) Gauss-Legendre points integrate exactly. At each point the
// products of all leaves below a node share the factors above it, so a tree costs a few operations per branch
// and point (the sharing is that of Yu et al., "Linear TreeShap", NeurIPS 2022). All factors lie in [0, 1]
// and all weights are positive, so nothing cancels.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "everyml/classical/trees/tree_parts.h"

namespace everyml::detail {

/// Points and weights of Gauss and Legendre on [0, 1].
struct Quadrature {
  explicit Quadrature(std::size_t points);
  std::vector<double> at, weight;
};

/// The way from a node to a child, in the order in which a walk over the tree meets them.
struct ShapBranch {
  std::uint32_t parent = 0;  ///< the branch that leads to the node; of the root's own: 0
  std::uint32_t node = 0;    ///< the question, numbered over all trees
  std::int32_t leaf = -1;    ///< numbered over all trees; -1: the child is a question
  std::uint32_t depth = 0;   ///< of the child; the root has 0
  std::int32_t before = -1;  ///< depth of the child below the last question about the same feature; -1: none
  std::uint32_t feature = 0;
  bool left = false;
  std::uint32_t closes = 0;  ///< branches that end with this leaf, itself included
  double share = 0;          ///< of training rows, among those at the node
  double above = 1;          ///< z of the feature before this branch, 1 when there is none
};

/// One tree made ready for the quadrature.
struct ShapTree {
  std::size_t points = 1;
  std::size_t depth = 0;
  std::vector<ShapBranch> branches;
  /// For each branch and point: the factor for the product when the row goes this way (o = 1); when it does
  /// not but did before (o from 1 to 0); and the weights of the sums below in the feature's value for the
  /// two. A row that was out before multiplies by `share` and adds nothing. [branches, 4, points].
  std::vector<double> tables;
};

/// Shares of the two children of a node, which sum to 1.
double left_share(const TreeParts& parts, std::size_t tree, std::size_t node);

/// REQUIRES: at least one question.
ShapTree shap_tree(const TreeParts& parts, std::size_t tree);

/// The mean answer of a tree under its shares, added to base [outputs].
void add_tree_mean(const TreeParts& parts, std::size_t tree, double* base);

/// Rows beside each other in `values` and `sums`.
inline constexpr std::size_t kShapLanes = 8;

/// Adds the SHAP values of kShapLanes rows for the leaf values leaf_value[leaf * width].
/// values: [features, kShapLanes]; sums: [features, kShapLanes]; scratch: shap_scratch(tree) doubles, aligned
/// to 64.
void add_shap(const TreeParts& parts, const ShapTree& tree, const double* leaf_value, const double* values,
              double* sums, double* scratch);
std::size_t shap_scratch(const ShapTree& tree);

}  // namespace everyml::detail
