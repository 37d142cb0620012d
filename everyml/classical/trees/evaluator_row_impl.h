#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "everyml/classical/trees/evaluator_codes_impl.h"
#include "everyml/classical/trees/tree_parts.h"

namespace everyml::detail {

/// A tree of at most 63 questions whose row is asked all of them at once: byte i belongs to question i, the
/// root first. A child from 64 on is the leaf of that number less 64, and leads to itself.
struct ByteTree {
  static constexpr std::size_t kNodes = 64, kSlots = 128, kJump = 8;
  std::uint8_t slot[kNodes], bound[kNodes], left[kNodes], right[kNodes];
};

/// One row against all trees: the row becomes codes, and as many walkers as kRowWalkers go through the trees
/// one after the other, each through its own, without a branch per question or tree. For trees of number
/// questions whose leaves are one number each.
struct RowPlan : CodeTable {
  /// The trees stand one after the other. The two children of a question stand side by side, `ahead` of it; a
  /// leaf, which no code is above, leads on to the root of the next tree.
  template <class Code, class Step>
  struct Node {
    Code slot = 0;
    Code bound = 0;
    Step ahead = 0;
    static constexpr Code kLeaf = std::numeric_limits<Code>::max();
  };
  using SmallNode = Node<std::uint8_t, std::uint16_t>;
  using LargeNode = Node<std::uint16_t, std::uint32_t>;
  /// A column's code as a question wants it: less `minus`, see minus_of().
  struct Slot {
    std::uint16_t column;
    std::uint8_t minus;
  };
  std::vector<Slot> slots;  ///< the first is that of leaves, of no column, and holds 0
  /// One of the two is empty. The last node is its own child and no leaf: whoever has nothing to do waits
  /// there.
  std::vector<SmallNode> small;
  std::vector<LargeNode> large;
  std::vector<double> values;        ///< beside the nodes: what leaves answer
  std::vector<std::uint32_t> roots;  ///< [trees + 1], the last is that node
  /// The trees once more where all of them are small.
  std::vector<ByteTree> bytes;
  std::size_t byte_jumps = 0;  ///< of ByteTree::kJump levels, as many as the deepest tree has
};

/// start plus the leaves of all trees of one output, `asked` [ByteTree::kSlots] being the codes of the row
/// by slot. Null where there is no instruction for it.
using AddByteTrees = double (*)(const RowPlan& plan, const TreeParts& parts, const std::uint8_t* asked,
                                double start);
AddByteTrees byte_tree_kernel();

inline constexpr std::size_t kRowSlots = 1024;

/// Null when the trees have questions or leaves of another kind, more slots than kRowSlots, or are so large
/// that the copy costs more than it saves.
std::unique_ptr<const RowPlan> plan_rows(const TreeParts& parts);

/// Adds all trees to out [outputs]. Allocates nothing, takes no lock.
void add_planned_row(const TreeParts& parts, const RowPlan& plan, const double* row, double* out) noexcept;

}  // namespace everyml::detail
