#pragma once

// Trees made ready to be asked by many rows at once.
//
// The rows of a block become small codes, one for each distinct answer that the questions of the model can
// tell apart. A tree of few leaves is then asked by masks: a bit per row says which way it goes at a node,
// and ands of these say which leaf it reaches (after QuickScorer: Lucchese et al., SIGIR 2015, and
// RapidScorer: Ye et al., KDD 2018). A symmetric tree's questions are the bits of its leaf. Large trees are
// walked by several rows side by side. All three find the same leaf, and leaves are added in the order of the
// trees, so which of them runs does not show in the bits.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "everyml/classical/trees/evaluator_codes_impl.h"
#include "everyml/classical/trees/tree_parts.h"
#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/features.h"

namespace everyml::detail {

/// Rows of a block: the bits of eight words.
inline constexpr std::size_t kBlockRows = 512;
inline constexpr std::size_t kBlockWords = kBlockRows / 64;
/// Trees of more leaves are walked: leaf labels of the others fit a byte.
inline constexpr std::size_t kMaskLeaves = 256;

/// A question over codes. Numbers: left when code - minus <= bound (unsigned, so that a missing value, code
/// 0, is on the left with minus 0 and on the right with minus 1). Categories: `bound` is where their table
/// of sides begins in EvaluatorPlan::sides.
struct CodeQuestion {
  std::uint32_t column = 0;
  std::uint32_t bound = 0;
  std::uint8_t minus = 0;
};

/// Where the rows of a question are to be found. Number the leaves from the left; G(i) are the rows whose
/// leaf is i or later, all rows for i = 0 and none for i = number of leaves. The leaves below a question are
/// those from `low` up to `high`, the first on its right is `middle`, and
///   G(middle) = G(high) or (G(low) and the rows that go right).
struct MaskPlace {
  std::uint16_t low = 0, high = 0, middle = 0;
};

/// A node of a tree that is walked. Its two children stand side by side; a leaf is its own child.
struct WalkNode {
  std::uint16_t column = 0;
  std::uint16_t bound = 0;
  std::uint32_t child = 0;
};

/// The same in a tree that asks for categories. Numbers have `mask` 0, so that they look at the first bit of
/// walk_sides, which is 1; categories have the largest bound and bit `sides` + code: 1 is left.
struct SetWalkNode {
  std::uint16_t column = 0;
  std::uint16_t bound = 0;
  std::uint32_t child = 0;
  std::uint32_t sides = 0;
  std::uint32_t mask = 0;
};

struct PlannedTree {
  enum class Kind : std::uint8_t {
    constant,   ///< one leaf
    symmetric,  ///< the question of level l is bit l of the label of a leaf, set when it goes right
    mask,
    walk,
    set_walk,  ///< walked, and asks for categories
    plain,     ///< asked by the definition
  };
  Kind kind = Kind::plain;
  bool simple = true;           ///< all questions are of numbers with codes of 8 bits
  std::uint8_t bits = 0;        ///< of a label
  std::uint32_t questions = 0;  ///< how many; of a walked tree its depth
  std::uint32_t first = 0;      ///< in questions and in places, or the root in (set_)walk_nodes
  std::uint64_t labels = 0;     ///< where its labels begin in leaf_of_label and value_of_label
};

/// Small symmetric trees whose leaves, and the base, are whole multiples of one unit: their sums are exact in
/// any order and can be those of whole numbers. A leaf is the least one of its tree and 48 bits more, six to
/// a byte, so that the bytes of four trees add up within a byte.
struct FixedSums {
  static constexpr std::size_t kPlanes = 8, kPlaneBits = 6, kLabels = 64;
  static constexpr std::size_t kTogether = 16;  ///< trees of one call of the kernel
  double unit = 0;                              ///< 0: it cannot be done
  std::int64_t base = 0;
  std::vector<std::int64_t> least_before;  ///< [trees + 1]: sums of the least leaves
  std::vector<std::uint8_t> planes;        ///< [trees, kPlanes, kLabels]
};

struct EvaluatorPlan : CodeTable {
  std::vector<PlannedTree> trees;
  std::vector<CodeQuestion> questions;
  std::vector<MaskPlace> places;    ///< [questions]
  std::vector<std::uint8_t> sides;  ///< narrow: 32 bytes, bit per code; wide: a byte per code; 1 is left
  std::vector<std::int32_t> leaf_of_label;  ///< [2^bits] for each tree, number within the tree
  std::vector<double> value_of_label;       ///< beside it when leaves are one number each
  std::vector<WalkNode> walk_nodes;
  std::vector<std::int32_t> walk_leaf;  ///< [walk_nodes]: the leaf, -1 for a question
  std::vector<SetWalkNode> set_walk_nodes;
  std::vector<std::int32_t> set_walk_leaf;
  std::vector<std::uint8_t> walk_sides;  ///< bits
  /// Codes that walked trees ask: a column with the side of missing, as minus in CodeQuestion.
  struct WalkColumn {
    std::uint32_t column;
    std::uint8_t minus;
  };
  std::vector<WalkColumn> walk_columns;
  bool any_mask = false, any_walk = false, any_plain = false;
  FixedSums fixed;
};

/// Null when a feature is asked for more thresholds or levels than 16 bits tell apart.
std::unique_ptr<const EvaluatorPlan> plan_evaluator(const TreeParts& parts);

/// out [rows, outputs]: base plus trees [first, last), by blocks of rows in parallel.
void predict_blocks(const TreeParts& parts, const EvaluatorPlan& plan, const Features& x, std::size_t first,
                    std::size_t last, std::span<double> out, const Context& context);
/// out [rows, trees].
void leaves_of_blocks(const TreeParts& parts, const EvaluatorPlan& plan, const Features& x,
                      std::span<std::int32_t> out, const Context& context);

/// The kernels of one set of instructions; evaluator_kernel.cpp.
struct EvaluatorKernels {
  /// Codes of `rows` values that stand `stride` apart. At most one of narrow, wide may be null.
  void (*code64)(const CodeTable& table, const CodeColumn& column, const double* values, std::size_t stride,
                 std::size_t rows, std::uint8_t* narrow, std::uint16_t* wide);
  void (*code32)(const CodeTable& table, const CodeColumn& column, const float* values, std::size_t stride,
                 std::size_t rows, std::uint8_t* narrow, std::uint16_t* wide);
  /// One row's codes of all columns. out: [columns].
  void (*code_row)(const CodeTable& table, const double* row, std::uint16_t* out);
  /// A bit per question of the tree and row: it goes right. out: [questions, kBlockWords].
  void (*ask)(const EvaluatorPlan& plan, const PlannedTree& tree, const std::uint8_t* narrow,
              const std::uint16_t* wide, std::uint64_t* out);
  /// The label of each row. answers: what `ask` found; scratch: [questions + 2, kBlockWords].
  void (*labels)(const EvaluatorPlan& plan, const PlannedTree& tree, const std::uint64_t* answers,
                 std::uint64_t* scratch, std::uint8_t* out);
  /// `ask` and `labels` in one for a symmetric tree of simple questions. `missing`: some code is 0.
  void (*symmetric_labels)(const EvaluatorPlan& plan, const PlannedTree& tree, const std::uint8_t* narrow,
                           bool missing, std::uint8_t* out);
  /// sums[row] += values[label[row]] of 2^bits entries.
  void (*add)(const double* values, std::size_t bits, const std::uint8_t* label, double* sums);
  /// Adds the planes [trees, kPlanes, kLabels] of up to FixedSums::kTogether trees by their labels [trees,
  /// kBlockRows] to sums: [kBlockWords, kPlanes, 2, 32], where for rows 2j and 2j + 1 of 64 entry [0][j] is
  /// the sum of the first plus 256 times that of the second, and entry [1][j] that of the second. Null where
  /// there is no instruction for it.
  void (*add_fixed)(const std::uint8_t* planes, const std::uint8_t* labels, std::size_t trees,
                    std::uint16_t* sums);
};
const EvaluatorKernels& evaluator_kernels();

}  // namespace everyml::detail
