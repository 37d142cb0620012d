#include <algorithm>
#include <vector>

#include "everyml/classical/trees/shap.h"
#include "everyml/classical/trees/shap_check_impl.h"
#include "everyml/classical/trees/shap_paths_impl.h"
#include "everyml/classical/trees/tree_walk_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace {

using detail::ShapBranch;
using detail::ShapTree;

/// What lies between the root and one leaf, feature by feature.
struct LeafPath {
  struct Condition {
    std::uint32_t node;
    std::uint32_t place;  ///< of its feature in `features`
    bool left;
  };
  std::size_t leaf = 0;
  std::vector<std::uint32_t> features;
  std::vector<double> shares;  ///< z of each feature
  std::vector<Condition> conditions;
};

LeafPath path_of(const ShapTree& tree, std::size_t end) {
  LeafPath path;
  path.leaf = static_cast<std::size_t>(tree.branches[end].leaf);
  for (std::size_t b = end, depth = tree.branches[end].depth; depth > 0;
       --depth, b = tree.branches[b].parent) {
    const ShapBranch& branch = tree.branches[b];
    const auto found = std::find(path.features.begin(), path.features.end(), branch.feature);
    const auto place = static_cast<std::uint32_t>(found - path.features.begin());
    if (found == path.features.end()) {
      path.features.push_back(branch.feature);
      path.shares.push_back(branch.above * branch.share);
    }
    path.conditions.push_back({branch.node, place, branch.left});
  }
  return path;
}

/// One row against one leaf: the products of the quadrature, and for each feature (o - z) / factor.
class LeafTerms {
 public:
  explicit LeafTerms(const detail::Quadrature& quadrature) : quadrature_(quadrature) {}

  /// goes_left: [nodes of all trees from first_node on].
  void read(const LeafPath& path, const std::vector<char>& goes_left, std::size_t first_node) {
    const std::size_t points = quadrature_.at.size(), features = path.features.size();
    inside_.assign(features, 1);
    for (const LeafPath::Condition& condition : path.conditions) {
      if ((goes_left[condition.node - first_node] != 0) != condition.left) inside_[condition.place] = 0;
    }
    products_.assign(quadrature_.weight.begin(), quadrature_.weight.end());
    terms_.resize(features * points);
    for (std::size_t j = 0; j < features; ++j) {
      const double own = inside_[j] ? 1.0 : 0.0, share = path.shares[j];
      for (std::size_t q = 0; q < points; ++q) {
        const double factor = (1 - quadrature_.at[q]) * share + quadrature_.at[q] * own;
        products_[q] *= factor;
        // A factor of 0 has o = z: the feature adds nothing, and the product nothing to the others.
        terms_[j * points + q] = factor > 0 ? (own - share) / factor : 0.0;
      }
    }
  }

  double single(std::size_t i) const {
    double sum = 0;
    const std::size_t points = products_.size();
    for (std::size_t q = 0; q < points; ++q) sum += products_[q] * terms_[i * points + q];
    return sum;
  }
  double pair(std::size_t i, std::size_t j) const {
    double sum = 0;
    const std::size_t points = products_.size();
    for (std::size_t q = 0; q < points; ++q) {
      sum += products_[q] * terms_[i * points + q] * terms_[j * points + q];
    }
    return sum;
  }

 private:
  const detail::Quadrature& quadrature_;
  std::vector<char> inside_;
  std::vector<double> products_, terms_;
};

/// Adds one leaf to the matrices of a row, `out` being that of the tree's first output.
void add_leaf(const TreeParts& p, const LeafPath& path, const LeafTerms& terms, double* out) {
  const double* value = p.leaf_value.data() + path.leaf * p.width;
  const std::size_t n = p.features;
  const auto add = [&](std::size_t row, std::size_t column, double share) {
    for (std::size_t w = 0; w < p.width; ++w) out[(w * n + row) * n + column] += value[w] * share;
  };
  for (std::size_t i = 0; i < path.features.size(); ++i) {
    double alone = terms.single(i);
    for (std::size_t j = 0; j < path.features.size(); ++j) {
      if (j == i) continue;
      const double half = terms.pair(std::min(i, j), std::max(i, j)) / 2;
      add(path.features[i], path.features[j], half);
      alone -= half;
    }
    add(path.features[i], path.features[i], alone);
  }
}

void add_tree(const TreeParts& p, std::size_t t, const Features& x, std::span<double> out,
              const Context& context) {
  const ShapTree tree = detail::shap_tree(p, t);
  std::vector<LeafPath> paths;
  for (std::size_t b = 0; b < tree.branches.size(); ++b) {
    if (tree.branches[b].leaf >= 0) paths.push_back(path_of(tree, b));
  }
  const detail::Quadrature quadrature(tree.points);
  const std::size_t first = p.first_node[t], nodes = p.first_node[t + 1] - first;
  parallel_for(context, x.rows(), 16, [&](std::size_t begin, std::size_t end) {
    std::vector<double> scratch;
    const double* row = x.tile64(begin, end, scratch);
    std::vector<char> goes_left(nodes);
    LeafTerms terms(quadrature);
    for (std::size_t i = begin; i < end; ++i, row += p.features) {
      for (std::size_t node = 0; node < nodes; ++node) {
        goes_left[node] = detail::goes_left(p, first + node, row[p.feature[first + node]]) ? 1 : 0;
      }
      double* to = out.data() + (i * p.outputs + p.tree_output[t]) * p.features * p.features;
      for (const LeafPath& path : paths) {
        terms.read(path, goes_left, first);
        add_leaf(p, path, terms, to);
      }
    }
  });
}

}  // namespace

void shap_interactions(const TreeEnsemble& trees, const Features& x, std::span<double> out,
                       const Context& context) {
  const TreeParts& p = trees.parts();
  detail::check_shap(trees, x, out.size(), p.outputs * p.features * p.features);
  std::fill(out.begin(), out.end(), 0.0);
  for (std::size_t t = 0; t < p.trees(); ++t) {
    if (p.first_node[t] != p.first_node[t + 1]) add_tree(p, t, x, out, context);
  }
}

}  // namespace everyml
