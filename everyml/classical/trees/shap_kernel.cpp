// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "everyml/classical/trees/shap_kernel.cpp"
#include "everyml/foundation/base/simd.h"
// clang-format on

#include <algorithm>
#include <cmath>

#include "everyml/classical/trees/shap_paths_impl.h"
#include "everyml/classical/trees/tree_walk_impl.h"

HWY_BEFORE_NAMESPACE();
namespace everyml::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using detail::kShapLanes;
using detail::ShapBranch;
using detail::ShapTree;

using Lanes = hn::CappedTag<double, kShapLanes>;
using Vector = hn::Vec<Lanes>;
using Mask = hn::Mask<Lanes>;

/// Which of the rows go left at a node. values: those of its feature.
inline Mask goes_left(const TreeParts& parts, std::size_t node, const double* values) {
  const Lanes d;
  const auto value = hn::Load(d, values);
  if (parts.flags[node] & TreeParts::kCategories) {
    HWY_ALIGN double sides[kShapLanes];
    for (std::size_t j = 0; j < hn::Lanes(d); ++j) {
      sides[j] = detail::goes_left(parts, node, values[j]) ? 1.0 : 0.0;
    }
    return hn::Ne(hn::Load(d, sides), hn::Zero(d));
  }
  const auto below = hn::Le(value, hn::Set(d, parts.threshold[node]));
  return parts.flags[node] & TreeParts::kMissingLeft ? hn::Or(below, hn::IsNaN(value)) : below;
}

/// The walk over one tree for as many rows as a vector has lanes.
class Walk {
 public:
  Walk(const TreeParts& parts, const ShapTree& tree, const double* leaf_value, const double* values,
       double* sums, double* scratch)
      : parts_(parts),
        tree_(tree),
        leaf_value_(leaf_value),
        values_(values),
        sums_(sums),
        points_(tree.points) {
    const std::size_t level = (tree.depth + 1) * points_ * kShapLanes;
    products_ = scratch;
    below_ = scratch + level;
    inside_ = below_ + level;
  }

  void run() {
    const Lanes d;
    for (std::size_t q = 0; q < points_; ++q) hn::Store(hn::Set(d, 1.0), d, products_ + q * kShapLanes);
    for (std::size_t b = 0; b < tree_.branches.size(); ++b) {
      const ShapBranch& branch = tree_.branches[b];
      go_down(branch, b);
      if (branch.leaf < 0) continue;
      begin_leaf(branch);
      std::size_t ends = b;
      for (std::uint32_t k = 0; k < branch.closes; ++k, ends = tree_.branches[ends].parent) close(ends);
    }
  }

 private:
  const double* table(std::size_t branch, std::size_t row) const {
    return tree_.tables.data() + (4 * branch + row) * points_;
  }
  double* products(std::size_t depth) const { return products_ + depth * points_ * kShapLanes; }
  double* below(std::size_t depth) const { return below_ + depth * points_ * kShapLanes; }
  /// Ones and zeros: the row went this way at all questions so far about the feature of the branch.
  double* inside(std::size_t depth) const { return inside_ + depth * kShapLanes; }

  Mask was_inside(const ShapBranch& branch) const {
    const Lanes d;
    return hn::Gt(hn::Load(d, inside(static_cast<std::size_t>(branch.before))), hn::Zero(d));
  }

  void go_down(const ShapBranch& branch, std::size_t b) {
    const Lanes d;
    Mask in = goes_left(parts_, branch.node, values_ + branch.feature * kShapLanes);
    if (!branch.left) in = hn::Not(in);
    const double *stays = table(b, 0), *leaves = table(b, 1);
    const double* from = products(branch.depth - 1);
    double* to = products(branch.depth);
    if (branch.before < 0) {
      for (std::size_t q = 0; q < points_; ++q) {
        const auto factor = hn::IfThenElse(in, hn::Set(d, stays[q]), hn::Set(d, leaves[q]));
        hn::Store(hn::Mul(hn::Load(d, from + q * kShapLanes), factor), d, to + q * kShapLanes);
      }
    } else {
      const Mask before = was_inside(branch);
      in = hn::And(in, before);
      const auto out = hn::Set(d, branch.share);
      for (std::size_t q = 0; q < points_; ++q) {
        auto factor = hn::IfThenElse(before, hn::Set(d, leaves[q]), out);
        factor = hn::IfThenElse(in, hn::Set(d, stays[q]), factor);
        hn::Store(hn::Mul(hn::Load(d, from + q * kShapLanes), factor), d, to + q * kShapLanes);
      }
    }
    hn::Store(hn::IfThenElseZero(in, hn::Set(d, 1.0)), d, inside(branch.depth));
  }

  void begin_leaf(const ShapBranch& branch) {
    const Lanes d;
    const auto value = hn::Set(d, leaf_value_[static_cast<std::size_t>(branch.leaf) * parts_.width]);
    for (std::size_t q = 0; q < points_; ++q) {
      const auto product = hn::Load(d, products(branch.depth) + q * kShapLanes);
      hn::Store(hn::Mul(product, value), d, below(branch.depth) + q * kShapLanes);
    }
  }

  /// Counts the leaves below a branch for its feature, and hands them to the node above.
  void close(std::size_t b) {
    const Lanes d;
    const ShapBranch& branch = tree_.branches[b];
    const std::size_t depth = branch.depth;
    const Mask in = hn::Gt(hn::Load(d, inside(depth)), hn::Zero(d));
    const double *stays = table(b, 2), *leaves = table(b, 3);
    const double* here = below(depth);
    double* above = below(depth - 1);
    auto sum = hn::Zero(d);
    for (std::size_t q = 0; q < points_; ++q) {
      const auto leaf_sum = hn::Load(d, here + q * kShapLanes);
      const auto weight = hn::IfThenElse(in, hn::Set(d, stays[q]), hn::Set(d, leaves[q]));
      sum = hn::Add(sum, hn::Mul(leaf_sum, weight));
      const auto so_far = branch.left ? hn::Zero(d) : hn::Load(d, above + q * kShapLanes);
      hn::Store(hn::Add(so_far, leaf_sum), d, above + q * kShapLanes);
    }
    if (branch.before >= 0) sum = hn::IfThenElseZero(was_inside(branch), sum);
    double* total = sums_ + branch.feature * kShapLanes;
    hn::Store(hn::Add(hn::Load(d, total), sum), d, total);
  }

  const TreeParts& parts_;
  const ShapTree& tree_;
  const double* leaf_value_;
  const double* values_;
  double* sums_;
  std::size_t points_;
  double *products_, *below_, *inside_;
};

void add_shap(const TreeParts& parts, const ShapTree& tree, const double* leaf_value, const double* values,
              double* sums, double* scratch) {
  for (std::size_t lane = 0; lane < kShapLanes; lane += hn::Lanes(Lanes())) {
    Walk(parts, tree, leaf_value, values + lane, sums + lane, scratch).run();
  }
}

}  // namespace everyml::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace everyml::detail {
HWY_EXPORT(add_shap);

void add_shap(const TreeParts& parts, const ShapTree& tree, const double* leaf_value, const double* values,
              double* sums, double* scratch) {
  HWY_DYNAMIC_DISPATCH(add_shap)(parts, tree, leaf_value, values, sums, scratch);
}

std::size_t shap_scratch(const ShapTree& tree) {
  return (tree.depth + 1) * (2 * tree.points + 1) * kShapLanes;
}
}  // namespace everyml::detail
#endif
