#include <algorithm>
#include <limits>
#include <utility>

#include "everyml/classical/trees/evaluator_impl.h"
#include "everyml/classical/trees/evaluator_row_impl.h"

namespace everyml::detail {
namespace {

constexpr std::size_t kLargestPlan = std::size_t{1} << 18;  ///< nodes
constexpr std::size_t kRowWalkers = 8;
/// Trees of one walker before their leaves are added up.
constexpr std::size_t kTreesOfWalker = 64;
constexpr std::size_t kTreesTogether = kRowWalkers * kTreesOfWalker;
/// Steps between two looks at who has come through.
constexpr std::size_t kSteps = 4;

class RowPlanner {
 public:
  explicit RowPlanner(const TreeParts& parts)
      : p_(parts), plan_(std::make_unique<RowPlan>()), column_of_(parts) {}

  std::unique_ptr<const RowPlan> run() {
    plan_->slots.push_back({0, 0});
    if (!make_codes(p_, *plan_, column_of_) || plan_->columns.size() > kRowSlots) return nullptr;
    slot_of_.assign(2 * plan_->columns.size(), 0);
    for (std::size_t i = 0; i < p_.nodes(); ++i) {
      std::size_t& slot = slot_of(i);
      if (slot != 0) continue;
      slot = plan_->slots.size();
      plan_->slots.push_back(
          {static_cast<std::uint16_t>(column_of_.at(p_.feature[i], false)), minus_of(p_, i)});
    }
    if (plan_->slots.size() > kRowSlots) return nullptr;
    const bool small = fits_small();
    small ? add_trees(plan_->small) : add_trees(plan_->large);
    if (small) add_bytes();
    return std::move(plan_);
  }

 private:
  std::size_t& slot_of(std::size_t node) {
    return slot_of_[2 * column_of_.at(p_.feature[node], false) + minus_of(p_, node)];
  }
  bool fits_small() const {
    const auto wide = [](const CodeColumn& column) { return column.wide; };
    bool fits =
        plan_->slots.size() <= 256 && std::none_of(plan_->columns.begin(), plan_->columns.end(), wide);
    for (std::size_t t = 0; t < p_.trees(); ++t)
      fits = fits && p_.first_node[t + 1] - p_.first_node[t] < 32000;
    return fits;
  }

  template <class Node>
  void add_trees(std::vector<Node>& nodes) {
    // Each walker's trees stand one after the other.
    plan_->roots.resize(p_.trees() + 1);
    for (std::size_t begin = 0; begin < p_.trees(); begin += kTreesTogether) {
      const std::size_t end = std::min(begin + kTreesTogether, p_.trees());
      for (std::size_t j = 0; j < kRowWalkers; ++j) {
        for (std::size_t t = begin + j; t < end; t += kRowWalkers) add_tree(t, nodes);
      }
    }
    plan_->roots.back() = static_cast<std::uint32_t>(nodes.size());
    nodes.push_back({0, static_cast<decltype(Node::bound)>(Node::kLeaf - 1), 0});
  }

  /// Level by level: the first questions, which every row asks, are neighbours.
  template <class Node>
  void add_tree(std::size_t t, std::vector<Node>& nodes) {
    using Code = decltype(Node::slot);
    using Step = decltype(Node::ahead);
    const std::size_t first = p_.first_node[t], count = p_.first_node[t + 1] - first, root = nodes.size();
    const std::size_t size = 2 * count + 1;
    plan_->roots[t] = static_cast<std::uint32_t>(root);
    nodes.resize(root + size);
    plan_->values.resize(nodes.size(), 0.0);
    std::vector<std::int32_t> order{count == 0 ? ~0 : 0};
    for (std::size_t i = 0; i < order.size(); ++i) {
      const std::int32_t child = order[i];
      if (child < 0) {
        nodes[root + i] = {0, Node::kLeaf, static_cast<Step>(size - i)};
        plan_->values[root + i] = p_.leaf_value[p_.first_leaf[t] + static_cast<std::size_t>(~child)];
        continue;
      }
      const std::size_t node = first + static_cast<std::size_t>(child);
      const std::size_t slot = slot_of(node);
      const CodeColumn& column = plan_->columns[plan_->slots[slot].column];
      const std::uint32_t bound = place_of(p_, node, *plan_, column) + 1 - minus_of(p_, node);
      nodes[root + i] = {static_cast<Code>(slot), static_cast<Code>(bound),
                         static_cast<Step>(order.size() - i)};
      order.push_back(p_.left[node]);
      order.push_back(p_.right[node]);
    }
  }

  void add_bytes() {
    if (p_.outputs != 1 || plan_->slots.size() > ByteTree::kSlots) return;
    std::size_t deepest = 1;
    for (std::size_t t = 0; t < p_.trees(); ++t) {
      const std::size_t first = p_.first_node[t], count = p_.first_node[t + 1] - first;
      if (count >= ByteTree::kNodes) {
        plan_->bytes.clear();
        return;
      }
      ByteTree& tree = plan_->bytes.emplace_back();
      const auto child = [](std::int32_t at) {
        return static_cast<std::uint8_t>(at >= 0 ? at : static_cast<std::int32_t>(ByteTree::kNodes) + ~at);
      };
      std::fill_n(tree.slot, ByteTree::kNodes, std::uint8_t{0});
      std::fill_n(tree.bound, ByteTree::kNodes, std::uint8_t{0});
      std::fill_n(tree.left, ByteTree::kNodes, child(~0));
      std::fill_n(tree.right, ByteTree::kNodes, child(~0));
      std::vector<std::size_t> depth(count, 1);  // parents stand before their children
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t node = first + i, slot = slot_of(node);
        tree.slot[i] = static_cast<std::uint8_t>(slot);
        const CodeColumn& column = plan_->columns[plan_->slots[slot].column];
        tree.bound[i] =
            static_cast<std::uint8_t>(place_of(p_, node, *plan_, column) + 1 - minus_of(p_, node));
        tree.left[i] = child(p_.left[node]);
        tree.right[i] = child(p_.right[node]);
        deepest = std::max(deepest, depth[i]);
        for (const std::int32_t below : {p_.left[node], p_.right[node]}) {
          if (below >= 0) depth[static_cast<std::size_t>(below)] = depth[i] + 1;
        }
      }
    }
    plan_->byte_jumps = (deepest + ByteTree::kJump - 1) / ByteTree::kJump;
  }

  const TreeParts& p_;
  std::unique_ptr<RowPlan> plan_;
  ColumnOf column_of_;
  std::vector<std::size_t> slot_of_;  ///< [columns, 2], 0: none yet
};

/// Walkers through some trees; each writes down the leaves it comes to.
template <class Node, class Code>
class Walkers {
 public:
  Walkers(const Node* nodes, const Code* codes, std::uint32_t nowhere)
      : nodes_(nodes), codes_(codes), nowhere_(nowhere) {}

  /// Calls leaf(tree, node) for `count` trees in order, at most kTreesTogether. Walker j goes through trees
  /// j, j + kRowWalkers and so on, as trees that were grown one after the other are alike.
  template <class Leaf>
  void walk(const std::uint32_t* roots, std::size_t count, const Leaf& leaf) {
    // A walker may come through up to kSteps trees before it is told to stop.
    std::uint32_t found[kRowWalkers][kTreesOfWalker + kSteps];
    std::uint32_t at[kRowWalkers];
    std::uint32_t* next[kRowWalkers];
    const std::uint32_t* end[kRowWalkers];
    for (std::size_t j = 0; j < kRowWalkers; ++j) {
      at[j] = j < count ? roots[j] : nowhere_;
      next[j] = found[j];
      end[j] = found[j] + (count + kRowWalkers - 1 - j) / kRowWalkers;
    }
    for (std::size_t walking = kRowWalkers; walking > 0;) {
      for (std::size_t step = 0; step < kSteps; ++step) {
        step_all(at, next, std::make_index_sequence<kRowWalkers>());
      }
      walking = kRowWalkers;
      for (std::size_t j = 0; j < kRowWalkers; ++j) {
        const bool through = next[j] >= end[j];
        at[j] = through ? nowhere_ : at[j];
        walking -= through ? 1 : 0;
      }
    }
    for (std::size_t t = 0; t < count; ++t) leaf(t, found[t % kRowWalkers][t / kRowWalkers]);
  }

 private:
  template <std::size_t... J>
  void step_all(std::uint32_t* at, std::uint32_t** next, std::index_sequence<J...>) const {
    (step(at[J], next[J]), ...);
  }
  void step(std::uint32_t& at, std::uint32_t*& next) const {
    const Node node = nodes_[at];
    *next = at;
    // 1 at a leaf, whose bound is the largest code, said so that no branch comes of it.
    next += (std::uint32_t{node.bound} + 1) >> std::numeric_limits<Code>::digits;
    at += std::uint32_t{node.ahead} + (codes_[node.slot] > node.bound ? 1 : 0);
  }

  const Node* nodes_;
  const Code* codes_;
  std::uint32_t nowhere_;
};

template <class Node, class Code>
void add_trees(const TreeParts& parts, const RowPlan& plan, const Node* nodes, const Code* codes,
               double* out) {
  const std::size_t trees = parts.trees();
  Walkers<Node, Code> walkers(nodes, codes, plan.roots[trees]);
  const double* values = plan.values.data();
  if (parts.outputs == 1) {
    double sum = *out;
    for (std::size_t t = 0; t < trees; t += kTreesTogether) {
      walkers.walk(plan.roots.data() + t, std::min(kTreesTogether, trees - t),
                   [&](std::size_t, std::uint32_t node) { sum += values[node]; });
    }
    *out = sum;
    return;
  }
  for (std::size_t t = 0; t < trees; t += kTreesTogether) {
    walkers.walk(plan.roots.data() + t, std::min(kTreesTogether, trees - t),
                 [&](std::size_t i, std::uint32_t node) { out[parts.tree_output[t + i]] += values[node]; });
  }
}

}  // namespace

std::unique_ptr<const RowPlan> plan_rows(const TreeParts& p) {
  if (p.width != 1 || !p.linear_start.empty() || p.nodes() + p.leaves() > kLargestPlan) return nullptr;
  for (std::size_t i = 0; i < p.nodes(); ++i) {
    if (asks_category(p, i)) return nullptr;
  }
  return RowPlanner(p).run();
}

void add_planned_row(const TreeParts& parts, const RowPlan& plan, const double* row, double* out) noexcept {
  std::uint16_t codes[kRowSlots];
  evaluator_kernels().code_row(plan, row, codes);
  std::uint16_t asked[kRowSlots];
  asked[0] = 0;
  for (std::size_t s = 1; s < plan.slots.size(); ++s) {
    asked[s] = static_cast<std::uint16_t>(codes[plan.slots[s].column] - plan.slots[s].minus);
  }
  if (plan.large.empty()) {
    std::uint8_t small[256] = {};
    for (std::size_t s = 0; s < plan.slots.size(); ++s) small[s] = static_cast<std::uint8_t>(asked[s]);
    const AddByteTrees add_byte_trees = plan.bytes.empty() ? nullptr : byte_tree_kernel();
    if (add_byte_trees != nullptr) {
      *out = add_byte_trees(plan, parts, small, *out);
      return;
    }
    add_trees(parts, plan, plan.small.data(), small, out);
  } else {
    add_trees(parts, plan, plan.large.data(), asked, out);
  }
}

}  // namespace everyml::detail
