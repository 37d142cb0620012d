#pragma once

#include <span>
#include <vector>

#include "everyml/classical/trees/decision_tree_grow_impl.h"

namespace everyml::cart {

/// What a node's rows add up to: its answer, its impurity, its cost. Sums run in row order.
class NodeMeasure {
 public:
  NodeMeasure(const Rows& rows, PruneBy prune_by) : rows_(rows), prune_by_(prune_by) {}
  /// Fills tree.nodes[at] and appends its values and counts; nodes are measured in order.
  void measure(Tree& tree, std::size_t at, std::span<const std::uint32_t> members) const;
  /// For the search; REQUIRES: measured.
  NodeTotals totals(const Tree& tree, std::size_t at) const;
  /// Impurities times 2^this are in the user's units.
  int unit_exponent() const;

 private:
  void classes(Tree& tree, Node& node, std::span<const std::uint32_t> members) const;
  void numbers(Tree& tree, Node& node, std::span<const std::uint32_t> members) const;
  void several_classes(Tree& tree, Node& node, std::span<const std::uint32_t> members) const;
  void several_numbers(Tree& tree, Node& node, std::span<const std::uint32_t> members) const;
  /// Sums of numbers run from these, [targets].
  void several_totals(const Tree& tree, std::size_t at, NodeTotals& totals) const;
  double median(std::span<const std::uint32_t> members, double mass) const;

  const Rows& rows_;
  PruneBy prune_by_;
};

}  // namespace everyml::cart
