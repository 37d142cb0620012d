#include <algorithm>
#include <cmath>
#include <queue>

#include "everyml/classical/trees/decision_tree_grow_impl.h"

// Minimal cost-complexity pruning (Breiman et al. 1984, chapter 3): as the price of a leaf rises, the branch
// that saves least per leaf is cut first; each tree on the way is the smallest of the best at its price.

namespace everyml::cart {
namespace {

struct Branch {
  double cost = 0;  ///< of its leaves
  double leaves = 1;
};

double price_of(const Node& node, const Branch& branch) {
  return branch.leaves > 1 ? std::max(node.cost - branch.cost, 0.0) / (branch.leaves - 1) : 0;
}

struct Weak {
  double price;
  std::uint32_t node;
  bool operator<(const Weak& other) const {
    return price > other.price || (price == other.price && node > other.node);
  }
};

}  // namespace

Pruning prune_path(const Tree& tree) {
  const std::size_t n = tree.nodes.size();
  Pruning out;
  out.until.assign(n, 0);
  std::vector<std::int32_t> parent(n, -1);
  std::vector<Branch> branch(n);
  std::vector<char> gone(n, 0);
  const Order order = order_of(tree);
  for (const std::uint32_t at : order.leaves) branch[at].cost = tree.nodes[at].cost;
  std::priority_queue<Weak> queue;
  for (auto at = order.inner.rbegin(); at != order.inner.rend(); ++at) {
    const Node& node = tree.nodes[*at];
    const auto left = static_cast<std::size_t>(node.left), right = static_cast<std::size_t>(node.right);
    parent[left] = parent[right] = static_cast<std::int32_t>(*at);
    branch[*at] = {branch[left].cost + branch[right].cost, branch[left].leaves + branch[right].leaves};
    queue.push({price_of(node, branch[*at]), *at});
  }
  // Sums of many leaves carry rounding; prices as near as this are one.
  const double slack = 1e-12 * std::max(tree.nodes[0].cost, 0.0);
  double price = 0;
  const auto note = [&](double at) {
    if (!out.alphas.empty() && at <= out.alphas.back() + slack) {
      out.leaves.back() = branch[0].leaves;
      out.costs.back() = branch[0].cost;
      return;
    }
    out.alphas.push_back(at);
    out.leaves.push_back(branch[0].leaves);
    out.costs.push_back(branch[0].cost);
  };
  note(0);
  while (!queue.empty()) {
    const Weak weak = queue.top();
    queue.pop();
    if (gone[weak.node] != 0) continue;
    // Cutting the cheapest branch makes those around it dearer, never cheaper, so a price is only looked at
    // again when its turn comes.
    const double current = price_of(tree.nodes[weak.node], branch[weak.node]);
    if (current > weak.price) {
      queue.push({current, weak.node});
      continue;
    }
    price = std::max(price, weak.price);
    std::vector<std::uint32_t> below{weak.node};
    while (!below.empty()) {
      const std::uint32_t at = below.back();
      below.pop_back();
      if (gone[at] != 0 || tree.nodes[at].left < 0) continue;
      gone[at] = 1;
      out.until[at] = price;
      below.push_back(static_cast<std::uint32_t>(tree.nodes[at].left));
      below.push_back(static_cast<std::uint32_t>(tree.nodes[at].right));
    }
    const Branch now{tree.nodes[weak.node].cost, 1};
    const double cost = now.cost - branch[weak.node].cost, leaves = now.leaves - branch[weak.node].leaves;
    branch[weak.node] = now;
    for (std::int32_t up = parent[weak.node]; up >= 0; up = parent[static_cast<std::size_t>(up)]) {
      const auto at = static_cast<std::uint32_t>(up);
      branch[at].cost += cost;
      branch[at].leaves += leaves;
    }
    note(price <= slack ? 0 : price);
  }
  return out;
}

Tree pruned(const Tree& tree, const Pruning& pruning, double alpha) {
  Tree out;
  out.width = tree.width;
  const double slack = 1e-12 * std::max(tree.nodes[0].cost, 0.0);
  struct Pending {
    std::uint32_t from;
    std::int32_t parent;
    bool left;
  };
  std::vector<Pending> stack{{0, -1, false}};
  while (!stack.empty()) {
    const Pending pending = stack.back();
    stack.pop_back();
    Node node = tree.nodes[pending.from];
    const auto at = static_cast<std::int32_t>(out.nodes.size());
    if (pending.parent >= 0)
      (pending.left ? out.nodes[static_cast<std::size_t>(pending.parent)].left
                    : out.nodes[static_cast<std::size_t>(pending.parent)].right) = at;
    const auto copy = [&](const std::vector<double>& from, std::vector<double>& into) {
      const auto first = from.begin() + static_cast<std::ptrdiff_t>(pending.from * tree.width);
      into.insert(into.end(), first, first + static_cast<std::ptrdiff_t>(tree.width));
    };
    copy(tree.values, out.values);
    if (!tree.counts.empty()) copy(tree.counts, out.counts);
    if (node.left >= 0 && pruning.until[pending.from] <= alpha + slack) {
      node.left = node.right = node.feature = node.set = -1;
      node.surrogate_count = 0;
      node.gain = 0;
    }
    if (node.left >= 0) {
      stack.push_back({static_cast<std::uint32_t>(node.right), at, false});
      stack.push_back({static_cast<std::uint32_t>(node.left), at, true});
      if (node.set >= 0) {
        out.sets.push_back(tree.sets[static_cast<std::size_t>(node.set)]);
        node.set = static_cast<std::int32_t>(out.sets.size()) - 1;
      }
      const std::uint32_t first = node.surrogates;
      node.surrogates = static_cast<std::uint32_t>(out.surrogates.size());
      for (std::uint32_t i = 0; i < node.surrogate_count; ++i) {
        Surrogate one = tree.surrogates[first + i];
        if (one.set >= 0) {
          out.surrogate_sets.push_back(tree.surrogate_sets[static_cast<std::size_t>(one.set)]);
          one.set = static_cast<std::int32_t>(out.surrogate_sets.size()) - 1;
        }
        out.surrogates.push_back(one);
      }
    }
    out.nodes.push_back(node);
  }
  return out;
}

}  // namespace everyml::cart
