#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "everyml/classical/trees/shap_paths_impl.h"

namespace everyml::detail {

Quadrature::Quadrature(std::size_t points) : at(points), weight(points) {
  const auto n = static_cast<double>(points);
  for (std::size_t i = 0; i < points; ++i) {
    // Newton's method on the Legendre polynomial from the usual first guess.
    double x = std::cos(std::numbers::pi * (static_cast<double>(i) + 0.75) / (n + 0.5)), slope = 1;
    for (int step = 0; step < 100; ++step) {
      double last = 1, value = x;
      for (std::size_t k = 2; k <= points; ++k) {
        const auto degree = static_cast<double>(k);
        last = std::exchange(value, ((2 * degree - 1) * x * value - (degree - 1) * last) / degree);
      }
      slope = n * (x * value - last) / (x * x - 1);
      const double move = value / slope;
      x -= move;
      if (std::fabs(move) < 1e-15) break;
    }
    at[i] = (1 - x) / 2;
    weight[i] = 1 / ((1 - x * x) * slope * slope);
  }
}

double left_share(const TreeParts& parts, std::size_t tree, std::size_t node) {
  const auto cover = [&](std::int32_t child) {
    return child < 0 ? parts.leaf_cover[parts.first_leaf[tree] + static_cast<std::size_t>(~child)]
                     : parts.cover[parts.first_node[tree] + static_cast<std::size_t>(child)];
  };
  const double left = cover(parts.left[node]), right = cover(parts.right[node]);
  // Without training rows to tell, as in a made-up tree, both ways count the same.
  return left + right > 0 ? left / (left + right) : 0.5;
}

namespace {

/// Walks one tree and writes down its branches.
class Branches {
 public:
  Branches(const TreeParts& parts, std::size_t t, ShapTree& tree) : p_(parts), t_(t), tree_(tree) {}

  void run() {
    push(0, 0);
    while (!pending_.empty()) {
      const Pending next = pending_.back();
      pending_.pop_back();
      on_path_.resize(next.depth - 1);
      branch_at_.resize(next.depth);
      branch_at_[next.depth - 1] = static_cast<std::uint32_t>(tree_.branches.size());
      ShapBranch branch = describe(next);
      tree_.depth = std::max<std::size_t>(tree_.depth, branch.depth);
      on_path_.push_back(branch);
      tree_.branches.push_back(branch);
      const auto child = next.left ? p_.left[branch.node] : p_.right[branch.node];
      if (child >= 0) {
        push(child, next.depth);
      } else {
        ends(next);
      }
    }
    tree_.points = (most_features_ + 1) / 2;
  }

 private:
  struct Pending {
    std::int32_t node;
    std::uint32_t depth;  ///< of the child
    bool left;
  };

  void push(std::int32_t node, std::uint32_t depth) {
    pending_.push_back({node, depth + 1, false});
    pending_.push_back({node, depth + 1, true});
  }

  ShapBranch describe(const Pending& next) const {
    ShapBranch branch;
    branch.node = p_.first_node[t_] + static_cast<std::uint32_t>(next.node);
    const std::int32_t child = next.left ? p_.left[branch.node] : p_.right[branch.node];
    if (child < 0) branch.leaf = static_cast<std::int32_t>(p_.first_leaf[t_]) + ~child;
    branch.parent = next.depth > 1 ? branch_at_[next.depth - 2] : 0;
    branch.depth = next.depth;
    branch.feature = static_cast<std::uint32_t>(p_.feature[branch.node]);
    branch.left = next.left;
    const double left = left_share(p_, t_, branch.node);
    branch.share = next.left ? left : 1 - left;
    for (const ShapBranch& earlier : on_path_) {
      if (earlier.feature != branch.feature) continue;
      branch.before = static_cast<std::int32_t>(earlier.depth);
      branch.above = earlier.above * earlier.share;
    }
    return branch;
  }

  /// A leaf ends its own branch, and with a right one those above that it completes.
  void ends(const Pending& leaf) {
    std::uint32_t closes = 1;
    for (std::size_t d = leaf.depth; d > 0 && !on_path_[d - 1].left; --d) closes += d > 1 ? 1 : 0;
    tree_.branches.back().closes = closes;
    std::size_t features = 0;
    for (const ShapBranch& branch : on_path_) features += branch.before < 0 ? 1 : 0;
    most_features_ = std::max(most_features_, features);
  }

  const TreeParts& p_;
  const std::size_t t_;
  ShapTree& tree_;
  std::vector<Pending> pending_;
  std::vector<ShapBranch> on_path_;
  std::vector<std::uint32_t> branch_at_;  ///< numbers of those on the path
  std::size_t most_features_ = 1;
};

}  // namespace

ShapTree shap_tree(const TreeParts& parts, std::size_t t) {
  ShapTree tree;
  Branches(parts, t, tree).run();
  const Quadrature quadrature(tree.points);
  tree.tables.reserve(tree.branches.size() * 4 * tree.points);
  for (const ShapBranch& branch : tree.branches) {
    const double below = branch.above * branch.share;
    const auto add_row = [&](const auto& entry) {
      for (std::size_t q = 0; q < tree.points; ++q) {
        const double at = quadrature.at[q];
        // What the product holds of the feature above this branch, and what the row's value of it took.
        const double factor = branch.above * (1 - at) + at;
        tree.tables.push_back(entry(q, at, factor, (1 - branch.above) / factor));
      }
    };
    add_row([&](std::size_t, double at, double factor, double) { return (below * (1 - at) + at) / factor; });
    add_row([&](std::size_t, double at, double factor, double) { return below * (1 - at) / factor; });
    add_row([&](std::size_t q, double at, double, double taken) {
      return quadrature.weight[q] * ((1 - below) / (below * (1 - at) + at) - taken);
    });
    // -below / (below (1 - at)): the share drops out.
    add_row([&](std::size_t q, double at, double, double taken) {
      return quadrature.weight[q] * (-1 / (1 - at) - taken);
    });
  }
  return tree;
}

void add_tree_mean(const TreeParts& parts, std::size_t t, double* base) {
  const std::size_t first = parts.first_node[t], nodes = parts.first_node[t + 1] - first;
  const std::size_t first_leaf = parts.first_leaf[t];
  // Parents stand before their children.
  std::vector<double> node_share(nodes, 1.0), leaf_share(nodes + 1, 1.0);
  for (std::size_t i = 0; i < nodes; ++i) {
    const double left = left_share(parts, t, first + i);
    for (const auto& [child, share] :
         {std::pair(parts.left[first + i], left), std::pair(parts.right[first + i], 1 - left)}) {
      (child < 0 ? leaf_share[static_cast<std::size_t>(~child)]
                 : node_share[static_cast<std::size_t>(child)]) = node_share[i] * share;
    }
  }
  for (std::size_t leaf = 0; leaf <= nodes; ++leaf) {
    const double* value = parts.leaf_value.data() + (first_leaf + leaf) * parts.width;
    for (std::size_t w = 0; w < parts.width; ++w) {
      base[parts.tree_output[t] + w] += leaf_share[leaf] * value[w];
    }
  }
}

}  // namespace everyml::detail
