#include <algorithm>
#include <cstring>
#include <deque>

#include "everyml/classical/trees/aligned_array_impl.h"
#include "everyml/classical/trees/evaluator_impl.h"
#include "everyml/classical/trees/tree_walk_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml::detail {
namespace {

/// Rows of a walked tree taken together: their steps wait for memory at the same time.
constexpr std::size_t kWalkers = 16;
/// Large trees come from far memory, so more rows ask a tree while it is near.
constexpr std::size_t kWalkBlocks = 4;

/// Up to kBlockRows rows of a matrix as codes, and what a tree says of them.
class Block {
 public:
  Block(const TreeParts& parts, const EvaluatorPlan& plan)
      : parts_(parts),
        plan_(plan),
        narrow_(plan.any_mask ? plan.columns.size() * kBlockRows : 0),
        wide_(plan.columns.size() * kBlockRows),
        row_codes_(plan.any_walk ? plan.walk_columns.size() * kBlockRows : 0),
        answers_{AlignedArray<std::uint64_t>(kMaskLeaves * kBlockWords),
                 AlignedArray<std::uint64_t>(kMaskLeaves * kBlockWords)},
        sets_((kMaskLeaves + 1) * kBlockWords),
        labels_(kBlockRows),
        leaves_(kBlockRows) {}

  void read(const Features& x, std::size_t begin, std::size_t end) {
    rows_ = end - begin;
    if (const double* values = x.dense64()) {
      code(values + begin * x.stride(), x.stride(), evaluator_kernels().code64);
    } else if (const float* floats = x.dense32()) {
      code(floats + begin * x.stride(), x.stride(), evaluator_kernels().code32);
    } else {
      code_sparse(x, begin);
    }
    missing_ = plan_.any_mask && std::memchr(narrow_.data(), 0, plan_.columns.size() * kBlockRows) != nullptr;
    if (plan_.any_plain || !parts_.linear_start.empty()) values_ = x.tile64(begin, end, scratch_);
    for (std::size_t w = 0; w < plan_.walk_columns.size(); ++w) {
      const std::uint16_t* from = wide_.data() + plan_.walk_columns[w].column * kBlockRows;
      std::uint16_t* to = row_codes_.data() + w;
      for (std::size_t i = 0; i < rows_; ++i, to += plan_.walk_columns.size()) {
        *to = static_cast<std::uint16_t>(from[i] - plan_.walk_columns[w].minus);
      }
    }
  }

  std::size_t rows() const { return rows_; }
  const double* row(std::size_t i) const { return values_ + i * parts_.features; }

  /// The questions of a tree, asked ahead of find(): the two then do not wait for each other.
  void ask(std::size_t t) {
    const PlannedTree& tree = plan_.trees[t];
    if (!by_label(t) || at_once(tree)) return;
    kernels_.ask(plan_, tree, narrow_.data(), wide_.data(), answers_[t % 2].data());
  }
  bool by_label(std::size_t t) const {
    return plan_.trees[t].kind == PlannedTree::Kind::mask ||
           plan_.trees[t].kind == PlannedTree::Kind::symmetric;
  }
  /// The labels of the rows of a tree that was asked, [kBlockRows].
  const std::uint8_t* labels(std::size_t t) {
    if (at_once(plan_.trees[t])) {
      symmetric_labels(t, labels_.data());
    } else {
      kernels_.labels(plan_, plan_.trees[t], answers_[t % 2].data(), sets_.data(), labels_.data());
    }
    return labels_.data();
  }
  /// out: [kBlockRows]. For symmetric trees of simple questions, and for those of one leaf.
  void symmetric_labels(std::size_t t, std::uint8_t* out) const {
    if (plan_.trees[t].kind == PlannedTree::Kind::constant) {
      std::fill_n(out, kBlockRows, std::uint8_t{0});
    } else {
      kernels_.symmetric_labels(plan_, plan_.trees[t], narrow_.data(), missing_, out);
    }
  }
  /// The leaves of the rows, numbered within the tree, [rows()].
  const std::int32_t* leaves(std::size_t t) {
    const PlannedTree& tree = plan_.trees[t];
    if (by_label(t)) {
      const std::uint8_t* label = labels(t);
      const std::int32_t* leaf_of = plan_.leaf_of_label.data() + tree.labels;
      for (std::size_t i = 0; i < rows_; ++i) leaves_[i] = leaf_of[label[i]];
    } else if (tree.kind == PlannedTree::Kind::walk) {
      walk_rows(tree, plan_.walk_nodes.data(), plan_.walk_leaf.data());
    } else if (tree.kind == PlannedTree::Kind::set_walk) {
      walk_rows(tree, plan_.set_walk_nodes.data(), plan_.set_walk_leaf.data());
    } else {
      for (std::size_t i = 0; i < rows_; ++i) {
        leaves_[i] = tree.kind == PlannedTree::Kind::constant ? 0 : walk(parts_, t, row(i));
      }
    }
    return leaves_.data();
  }

 private:
  static bool at_once(const PlannedTree& tree) {
    return tree.kind == PlannedTree::Kind::symmetric && tree.simple;
  }

  template <class T, class Code>
  void code(const T* values, std::size_t stride, Code code_column) {
    for (std::size_t c = 0; c < plan_.columns.size(); ++c) {
      const CodeColumn& column = plan_.columns[c];
      const bool narrow = plan_.any_mask && !column.wide, wide = plan_.any_walk || column.wide;
      if (!narrow && !wide) continue;
      code_column(plan_, column, values + column.feature, stride, rows_,
                  narrow ? narrow_.data() + c * kBlockRows : nullptr,
                  wide ? wide_.data() + c * kBlockRows : nullptr);
    }
  }

  /// Column by column, as there is no cheaper way to know which of them a row lacks.
  void code_sparse(const Features& x, std::size_t begin) {
    const Features::SparseView sparse = x.sparse32();
    std::vector<std::pair<std::int32_t, std::size_t>> order;
    for (std::size_t c = 0; c < plan_.columns.size(); ++c) order.emplace_back(plan_.columns[c].feature, c);
    std::sort(order.begin(), order.end());
    std::vector<float> values(order.size() * kBlockRows, 0.0f);
    for (std::size_t i = 0; i < rows_; ++i) {
      std::size_t at = 0;
      for (std::uint64_t k = sparse.row_starts[begin + i]; k < sparse.row_starts[begin + i + 1]; ++k) {
        const auto feature = static_cast<std::int32_t>(sparse.columns[k]);
        const auto first = std::lower_bound(order.begin() + static_cast<std::ptrdiff_t>(at), order.end(),
                                            std::pair<std::int32_t, std::size_t>(feature, 0));
        at = static_cast<std::size_t>(first - order.begin());
        for (std::size_t c = at; c < order.size() && order[c].first == feature; ++c) {
          values[order[c].second * kBlockRows + i] = sparse.values[k];
        }
      }
    }
    for (std::size_t c = 0; c < plan_.columns.size(); ++c) {
      const CodeColumn& column = plan_.columns[c];
      const bool narrow = plan_.any_mask && !column.wide, wide = plan_.any_walk || column.wide;
      if (!narrow && !wide) continue;
      kernels_.code32(plan_, column, values.data() + c * kBlockRows, 1, rows_,
                      narrow ? narrow_.data() + c * kBlockRows : nullptr,
                      wide ? wide_.data() + c * kBlockRows : nullptr);
    }
  }

  static std::uint32_t step(const WalkNode& node, const std::uint16_t* codes, const std::uint8_t*) {
    return node.child + (codes[node.column] > node.bound ? 1 : 0);
  }
  static std::uint32_t step(const SetWalkNode& node, const std::uint16_t* codes, const std::uint8_t* sides) {
    const std::uint32_t code = codes[node.column], bit = node.sides + (code & node.mask);
    const std::uint32_t left = sides[bit / 8] >> (bit % 8);
    return node.child + ((code > node.bound ? 1 : 0) | (~left & 1));
  }
  template <class Node>
  void walk_rows(const PlannedTree& tree, const Node* nodes, const std::int32_t* leaf) {
    const std::size_t width = plan_.walk_columns.size();
    const std::uint8_t* sides = plan_.walk_sides.data();
    for (std::size_t i = 0; i < rows_; i += kWalkers) {
      std::uint32_t at[kWalkers];
      const std::uint16_t* codes[kWalkers];
      for (std::size_t j = 0; j < kWalkers; ++j) {
        at[j] = tree.first;
        codes[j] = row_codes_.data() + std::min(i + j, rows_ - 1) * width;
      }
      for (std::uint32_t moved = 1, depth = 0; moved != 0 && depth < tree.questions; depth += 2) {
        moved = 0;
        for (std::size_t j = 0; j < kWalkers; ++j) {
          const std::uint32_t next = step(nodes[at[j]], codes[j], sides);
          const std::uint32_t last = step(nodes[next], codes[j], sides);
          moved |= last ^ next;
          at[j] = last;
        }
      }
      for (std::size_t j = 0; j < kWalkers && i + j < rows_; ++j) leaves_[i + j] = leaf[at[j]];
    }
  }

  const TreeParts& parts_;
  const EvaluatorPlan& plan_;
  const EvaluatorKernels& kernels_ = evaluator_kernels();
  AlignedArray<std::uint8_t> narrow_;
  AlignedArray<std::uint16_t> wide_, row_codes_;
  AlignedArray<std::uint64_t> answers_[2];
  AlignedArray<std::uint64_t> sets_;
  AlignedArray<std::uint8_t> labels_;
  AlignedArray<std::int32_t> leaves_;
  std::vector<double> scratch_;
  const double* values_ = nullptr;
  std::size_t rows_ = 0;
  bool missing_ = false;
};

/// Calls visit(block number, block, tree) for all blocks of some rows and all trees, trees in order. Each
/// tree's questions are asked while the tree before it is looked up.
template <class Visit>
void visit_trees(std::deque<Block>& blocks, std::size_t first, std::size_t last, const Context& context,
                 const Visit& visit) {
  if (first >= last) return;
  for (Block& block : blocks) block.ask(first);
  for (std::size_t t = first; t < last; ++t) {
    if (t % 64 == 63) context.check();
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      if (t + 1 < last) blocks[b].ask(t + 1);
      visit(b, blocks[b], t);
    }
  }
}

/// Sums of one output of the rows of a block, or of all outputs when a leaf has several values.
class Sums {
 public:
  Sums(const TreeParts& parts, const EvaluatorPlan& plan)
      : parts_(parts), plan_(plan), sums_(parts.width == 1 ? parts.outputs * kBlockRows : 0) {}

  void begin(Block& block, double* out) {
    out_ = out;
    if (parts_.width == 1) {
      for (std::size_t o = 0; o < parts_.outputs; ++o) {
        std::fill_n(sums_.data() + o * kBlockRows, kBlockRows, parts_.base[o]);
      }
    } else {
      for (std::size_t i = 0; i < block.rows(); ++i) {
        std::copy(parts_.base.begin(), parts_.base.end(), out + i * parts_.outputs);
      }
    }
  }

  void add(Block& block, std::size_t t) {
    if (parts_.width > 1) {
      const std::int32_t* leaf = block.leaves(t);
      const double* values = parts_.leaf_value.data() + parts_.first_leaf[t] * parts_.width;
      double* to = out_;
      for (std::size_t i = 0; i < block.rows(); ++i) {
        const double* from = values + static_cast<std::size_t>(leaf[i]) * parts_.width;
        for (std::size_t w = 0; w < parts_.width; ++w) *to++ += from[w];
      }
      return;
    }
    double* sums = sums_.data() + parts_.tree_output[t] * kBlockRows;
    const PlannedTree& tree = plan_.trees[t];
    if (!parts_.linear_start.empty()) {
      const std::int32_t* leaf = block.leaves(t);
      for (std::size_t i = 0; i < block.rows(); ++i) {
        sums[i] +=
            leaf_answer(parts_, parts_.first_leaf[t] + static_cast<std::size_t>(leaf[i]), block.row(i));
      }
    } else if (block.by_label(t)) {
      evaluator_kernels().add(plan_.value_of_label.data() + tree.labels, tree.bits, block.labels(t), sums);
    } else {
      const std::int32_t* leaf = block.leaves(t);
      const double* values = parts_.leaf_value.data() + parts_.first_leaf[t];
      for (std::size_t i = 0; i < block.rows(); ++i) sums[i] += values[leaf[i]];
    }
  }

  void end(Block& block) {
    if (parts_.width != 1) return;
    for (std::size_t o = 0; o < parts_.outputs; ++o) {
      const double* from = sums_.data() + o * kBlockRows;
      for (std::size_t i = 0; i < block.rows(); ++i) out_[i * parts_.outputs + o] = from[i];
    }
  }

 private:
  const TreeParts& parts_;
  const EvaluatorPlan& plan_;
  AlignedArray<double> sums_;
  double* out_ = nullptr;
};

/// Sums of whole numbers, see FixedSums.
class WholeSums {
 public:
  /// Sums of six bits of four trees that a word of 16 bits holds.
  static constexpr std::size_t kMostGroups = 65535 / (4 * 63);

  explicit WholeSums(const EvaluatorPlan& plan)
      : plan_(plan),
        labels_(FixedSums::kTogether * kBlockRows),
        words_(kBlockWords * 64 * FixedSums::kPlanes),
        sums_(kBlockRows) {}

  void add(const Block& block, std::size_t first, std::size_t last) {
    const std::size_t trees = last - first;
    for (std::size_t t = 0; t < trees; ++t) {
      block.symmetric_labels(first + t, labels_.data() + t * kBlockRows);
    }
    if (groups_ + (trees + 3) / 4 > kMostGroups) fold();
    groups_ += (trees + 3) / 4;
    evaluator_kernels().add_fixed(plan_.fixed.planes.data() + first * FixedSums::kPlanes * FixedSums::kLabels,
                                  labels_.data(), trees, words_.data());
  }
  /// out: the rows of the block; trees [first, last) were added.
  void end(const Block& block, std::size_t first, std::size_t last, double* out) {
    fold();
    const FixedSums& fixed = plan_.fixed;
    const std::int64_t least = fixed.base + fixed.least_before[last] - fixed.least_before[first];
    for (std::size_t i = 0; i < block.rows(); ++i) {
      out[i] = static_cast<double>(sums_[i] + least) * fixed.unit;
    }
  }

 private:
  void fold() {
    for (std::size_t i = 0; i < kBlockRows; i += 2) {
      for (std::size_t p = 0; p < FixedSums::kPlanes; ++p) {
        std::uint16_t* pair = words_.data() + (i / 64 * FixedSums::kPlanes + p) * 64 + i % 64 / 2;
        const std::uint16_t second = pair[32];
        const auto first = static_cast<std::uint16_t>(pair[0] - (std::uint32_t{second} << 8));
        sums_[i] += std::int64_t{first} << (p * FixedSums::kPlaneBits);
        sums_[i + 1] += std::int64_t{second} << (p * FixedSums::kPlaneBits);
        pair[0] = pair[32] = 0;
      }
    }
    groups_ = 0;
  }

  const EvaluatorPlan& plan_;
  AlignedArray<std::uint8_t> labels_;
  AlignedArray<std::uint16_t> words_;
  AlignedArray<std::int64_t> sums_;
  std::size_t groups_ = 0;
};

/// Runs body(blocks, first row of the first block) over all rows in parallel.
template <class Body>
void for_blocks(const TreeParts& parts, const EvaluatorPlan& plan, const Features& x, const Context& context,
                const Body& body) {
  const std::size_t most = plan.any_walk ? kWalkBlocks : 1;
  parallel_for(context, x.rows(), most * kBlockRows, [&](std::size_t begin, std::size_t end) {
    std::deque<Block> blocks;
    for (std::size_t at = begin; at < end; at += kBlockRows) {
      blocks.emplace_back(parts, plan).read(x, at, std::min(at + kBlockRows, end));
    }
    body(blocks, begin);
  });
}

}  // namespace

void predict_blocks(const TreeParts& parts, const EvaluatorPlan& plan, const Features& x, std::size_t first,
                    std::size_t last, std::span<double> out, const Context& context) {
  if (plan.fixed.unit > 0 && first < last && evaluator_kernels().add_fixed != nullptr) {
    for_blocks(parts, plan, x, context, [&](std::deque<Block>& blocks, std::size_t begin) {
      WholeSums sums(plan);
      for (std::size_t t = first; t < last; t += FixedSums::kTogether) {
        if (t / FixedSums::kTogether % 4 == 0) context.check();
        sums.add(blocks[0], t, std::min(t + FixedSums::kTogether, last));
      }
      sums.end(blocks[0], first, last, out.data() + begin);
    });
    return;
  }
  for_blocks(parts, plan, x, context, [&](std::deque<Block>& blocks, std::size_t begin) {
    std::deque<Sums> sums;
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      sums.emplace_back(parts, plan).begin(blocks[b], out.data() + (begin + b * kBlockRows) * parts.outputs);
    }
    visit_trees(blocks, first, last, context,
                [&](std::size_t b, Block& block, std::size_t t) { sums[b].add(block, t); });
    for (std::size_t b = 0; b < blocks.size(); ++b) sums[b].end(blocks[b]);
  });
}

void leaves_of_blocks(const TreeParts& parts, const EvaluatorPlan& plan, const Features& x,
                      std::span<std::int32_t> out, const Context& context) {
  const std::size_t trees = parts.trees();
  for_blocks(parts, plan, x, context, [&](std::deque<Block>& blocks, std::size_t begin) {
    visit_trees(blocks, 0, trees, context, [&](std::size_t b, Block& block, std::size_t t) {
      const std::int32_t* leaf = block.leaves(t);
      std::int32_t* to = out.data() + (begin + b * kBlockRows) * trees + t;
      for (std::size_t i = 0; i < block.rows(); ++i, to += trees) *to = leaf[i];
    });
  });
}

}  // namespace everyml::detail
