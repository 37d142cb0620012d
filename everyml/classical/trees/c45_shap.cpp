#include <algorithm>
#include <cmath>
#include <map>

#include "everyml/classical/trees/c45_impl.h"
#include "everyml/classical/trees/shap_paths_impl.h"
#include "everyml/foundation/base/parallel.h"

// A feature that is unknown is a missing cell, at which a row goes down every branch in part. So a leaf gives
// feature i what shap_paths_impl.h says, with z the share of rows without answers that would come this way at
// all questions about the feature, and o that of the row: 1 or 0, or z where its own cell is missing.

namespace everyml {
namespace {

constexpr std::size_t kRowsAtATime = 64;

/// A leaf that rows can come to, with its way up to the root.
struct Way {
  struct Step {
    std::uint32_t node, feature_place;  ///< place among the features of the way
    std::int32_t branch;
    double share;
  };
  std::vector<Step> steps;
  std::vector<std::int32_t> features;
  std::vector<double> unknown;  ///< z, one for each of `features`
  std::vector<double> answer;   ///< [classes]
};

std::vector<Way> ways_of(const C45State& state) {
  const C45Tree& tree = state.tree;
  std::vector<std::int32_t> parent(tree.nodes(), -1), branch(tree.nodes(), -1);
  std::vector<double> share(tree.nodes(), 1);
  std::vector<std::size_t> known(tree.nodes(), 0);
  std::vector<Way> ways;
  for (std::size_t node = 0; node < tree.nodes(); ++node) {
    if (c45::sum_of(tree.counts_of(node)) > 0) known[node] = node;
    const auto children = tree.children_of(node);
    const std::vector<double> shares = c45::branch_shares(tree, node);
    for (std::size_t k = 0; k < children.size(); ++k) {
      const auto child = static_cast<std::size_t>(children[k]);
      parent[child] = static_cast<std::int32_t>(node);
      branch[child] = static_cast<std::int32_t>(k);
      share[child] = shares[k];
      known[child] = known[node];
    }
    if (!children.empty()) continue;
    Way way;
    std::map<std::int32_t, std::uint32_t> place;
    for (std::size_t at = node; parent[at] >= 0; at = static_cast<std::size_t>(parent[at])) {
      const auto up = static_cast<std::size_t>(parent[at]);
      const auto [found, added] =
          place.emplace(tree.feature[up], static_cast<std::uint32_t>(way.features.size()));
      if (added) {
        way.features.push_back(tree.feature[up]);
        way.unknown.push_back(1);
      }
      way.unknown[found->second] *= share[at];
      way.steps.push_back({static_cast<std::uint32_t>(up), found->second, branch[at], share[at]});
    }
    way.answer.assign(tree.classes, 0.0);
    c45::add_leaf(state, known[node], 1, way.answer.data());
    ways.push_back(std::move(way));
  }
  return ways;
}

/// What one thread works with.
struct Desk {
  std::vector<double> own, factor, below;
};

/// Adds a way to the values of a row, out [classes, features + 1].
void add_way(const C45Tree& tree, const Way& way, const double* row, const detail::Quadrature& points,
             std::size_t width, Desk& desk, double* out) {
  const std::size_t n = way.features.size();
  desk.own.assign(n, 1.0);
  for (const Way::Step& step : way.steps) {
    const std::int64_t goes = c45::branch_of(tree, step.node, row);
    desk.own[step.feature_place] *= goes < 0 ? step.share : goes == step.branch ? 1.0 : 0.0;
  }
  for (std::size_t i = 0; i < n; ++i)
    if (desk.own[i] == 0 && way.unknown[i] == 0) return;
  desk.factor.resize(n);
  desk.below.resize(n + 1);
  std::vector<double> value(n, 0.0);
  for (std::size_t q = 0; q < points.at.size(); ++q) {
    const double t = points.at[q];
    for (std::size_t i = 0; i < n; ++i) desk.factor[i] = (1 - t) * way.unknown[i] + t * desk.own[i];
    desk.below[n] = points.weight[q];
    for (std::size_t i = n; i-- > 0;) desk.below[i] = desk.below[i + 1] * desk.factor[i];
    double above = 1;
    for (std::size_t i = 0; i < n; ++i) {
      value[i] += above * desk.below[i + 1];
      above *= desk.factor[i];
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    const double part = (desk.own[i] - way.unknown[i]) * value[i];
    if (part == 0) continue;
    for (std::size_t c = 0; c < tree.classes; ++c)
      out[c * width + static_cast<std::size_t>(way.features[i])] += part * way.answer[c];
  }
}

}  // namespace

void C45Model::contributions(const Features& x, std::span<double> out, const Context& context) const {
  const C45Tree& tree = state_->tree;
  const std::size_t width = tree.features + 1, classes = tree.classes;
  const std::vector<Way> ways = ways_of(*state_);
  std::vector<double> base(classes, 0.0);
  std::map<std::size_t, detail::Quadrature> points;
  for (const Way& way : ways) {
    double share = 1;
    for (const double z : way.unknown) share *= z;
    for (std::size_t c = 0; c < classes; ++c) base[c] += share * way.answer[c];
    const std::size_t wanted = std::max<std::size_t>((way.features.size() + 1) / 2, 1);
    points.try_emplace(wanted, wanted);
    context.check();
  }
  std::fill(out.begin(), out.end(), 0.0);
  parallel_for(context, x.rows(), kRowsAtATime, [&](std::size_t begin, std::size_t end) {
    std::vector<double> scratch;
    Desk desk;
    const double* rows = x.tile64(begin, end, scratch);
    for (std::size_t i = begin; i < end; ++i) {
      double* to = out.data() + i * classes * width;
      for (std::size_t c = 0; c < classes; ++c) to[(c + 1) * width - 1] = base[c];
      for (const Way& way : ways) {
        if (way.features.empty()) continue;
        const std::size_t wanted = std::max<std::size_t>((way.features.size() + 1) / 2, 1);
        add_way(tree, way, rows + (i - begin) * x.columns(), points.at(wanted), width, desk, to);
      }
    }
  });
}

}  // namespace everyml
