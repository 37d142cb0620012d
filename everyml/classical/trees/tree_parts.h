#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace everyml {

/// One binary tree as it was grown: nodes in any order, the root first. A plain value.
struct GrownTree {
  struct Node {
    std::int32_t feature = -1;  ///< -1: a leaf
    double threshold = 0;       ///< numbers: a value <= threshold goes left
    std::int32_t categories =
        -1;                     ///< categories: index into `sets`; a code in the set goes left; -1: numbers
    bool missing_left = false;  ///< where NaN goes
    std::int32_t left = -1, right = -1;
    float gain = 0;    ///< what the split was worth, in the unit of the criterion
    double cover = 0;  ///< training rows, weights counted, that reached the node
  };
  std::vector<Node> nodes;
  /// [nodes, width]: what each node answers; that of inner nodes is what it would answer as a leaf.
  std::vector<double> values;
  /// Sets of category codes: bit c of word c / 64.
  std::vector<std::vector<std::uint64_t>> sets;
  /// What a leaf adds where none of the values that its terms name is NaN.
  struct Linear {
    double offset = 0;
    std::vector<std::int32_t> feature;
    std::vector<double> coefficient;  ///< one for each feature
  };
  std::vector<Linear> linear;  ///< [nodes], width 1; empty: all leaves are plain
};

/// Binary trees in flat arrays. Inner nodes of a tree stand in pre-order, its leaves from left to right, both
/// numbered from 0 within the tree. A child >= 0 is an inner node, a child < 0 is the leaf ~child. A tree
/// that is one leaf has no inner nodes.
///
/// A row's answer for output o is base[o], to which each tree is added in order, in double: a tree of width 1
/// adds its leaf's value to output tree_output[t], a tree of width `outputs` its leaf's values to all. Every
/// evaluator adds in this order, so all give the same bits.
///
/// Going down: NaN goes to the side `missing_left` says. A number goes left when value <= threshold; a
/// threshold of infinity parts the missing from the rest. A
/// category goes left when its code, a whole number from 0, is in the node's set; every other code goes
/// right.
struct TreeParts {
  std::size_t features = 0;
  std::size_t outputs = 1;
  std::size_t width = 1;     ///< 1 or outputs
  std::vector<double> base;  ///< [outputs]

  std::vector<std::uint32_t> first_node;   ///< [trees + 1]
  std::vector<std::uint32_t> first_leaf;   ///< [trees + 1]
  std::vector<std::uint32_t> tree_output;  ///< [trees]; 0 when width > 1

  static constexpr std::uint8_t kMissingLeft = 1, kCategories = 2;
  std::vector<std::int32_t> feature;      ///< [nodes]
  std::vector<double> threshold;          ///< [nodes]; of a category node the index of its set, exactly
  std::vector<std::int32_t> left, right;  ///< [nodes]
  std::vector<std::uint8_t> flags;        ///< [nodes]
  std::vector<float> gain;                ///< [nodes]
  std::vector<double> cover;              ///< [nodes]

  std::vector<double> leaf_value;  ///< [leaves, width]
  std::vector<double> leaf_cover;  ///< [leaves]

  std::vector<std::uint32_t> set_start;  ///< [sets + 1], in words
  std::vector<std::uint64_t> set_words;

  /// Linear leaves (width 1): a leaf with terms adds its offset and the sum of coefficient * value to
  /// leaf_value, unless one of these values is NaN. Empty, or [leaves + 1] with the terms in the arrays
  /// beside; without offsets these are 0.
  std::vector<std::uint64_t> linear_start;
  std::vector<std::int32_t> linear_feature;
  std::vector<double> linear_coefficient;
  std::vector<double> linear_offset;  ///< empty, or [leaves]

  std::size_t trees() const { return tree_output.size(); }
  std::size_t nodes() const { return feature.size(); }
  std::size_t leaves() const { return leaf_cover.size(); }

  /// Nothing yet: no trees, base 0.
  static TreeParts empty(std::size_t features, std::size_t outputs, std::size_t width);
  /// Appends a tree in the order said above. REQUIRES: tree.values.size() == tree.nodes.size() * width.
  /// With `leaf_of_node` ([tree.nodes]) tells the leaf number each leaf node got, -1 for inner nodes.
  void append(const GrownTree& tree, std::uint32_t output, std::vector<std::int32_t>* leaf_of_node = nullptr);
  /// Only trees [first, last), the same base.
  TreeParts slice(std::size_t first, std::size_t last) const;
  /// Rounds leaves and base to multiples of a power of two, so that all sums are exact in any order, which
  /// lets symmetric trees answer by whole numbers. What it moves is no more than what adding up in doubles
  /// loses, or the 2^-47th part of the widest tree. Nothing for linear leaves.
  void round_leaves();
};

}  // namespace everyml
