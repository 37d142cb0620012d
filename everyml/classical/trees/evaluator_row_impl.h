#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "everyml/classical/trees/tree_parts.h"

namespace everyml::detail {

/// One row against all trees: several trees are walked side by side, without a branch per question. For trees
/// of number questions whose leaves are one number each.
struct RowPlan {
  /// The children stand side by side. A leaf is its own child: its slot holds -infinity, which is not above
  /// its value.
  struct Node {
    double threshold = 0;  ///< or the value of a leaf
    std::uint32_t slot = 0;
    std::uint32_t child = 0;
  };
  /// The row's values as questions want them: NaN as it is goes right, NaN as -infinity goes left.
  struct Slot {
    std::int32_t feature;
    bool missing_left;
  };
  std::vector<Node> nodes;
  std::vector<std::uint32_t> roots;  ///< [trees]
  std::vector<Slot> slots;           ///< slot 0 is that of leaves
};

inline constexpr std::size_t kRowSlots = 1024;

/// Null when the trees have questions or leaves of another kind, more slots than kRowSlots, or are so large
/// that the copy costs more than it saves.
std::unique_ptr<const RowPlan> plan_rows(const TreeParts& parts);

/// Adds all trees to out [outputs]. Allocates nothing, takes no lock.
void add_planned_row(const TreeParts& parts, const RowPlan& plan, const double* row, double* out) noexcept;

}  // namespace everyml::detail
