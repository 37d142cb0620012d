#include <algorithm>
#include <cmath>
#include <optional>

#include "everyml/ensembles/boosting/linear_leaves_impl.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/linalg/cholesky.h"
#include "everyml/foundation/linalg/matrix.h"

namespace everyml::boosting_detail {
namespace {

/// Spread of a leaf's values, as a share of that of all rows, below which a slope would be made of rounding.
constexpr double kLeastSpread = 1e-6;

struct Moments {
  double weight = 0, sum = 0, squares = 0;
};

/// Standard deviation of each column about the value of its first row, which keeps the sums small.
std::vector<double> spreads(const Dataset& data, std::span<const std::size_t> training,
                            const Context& context) {
  std::vector<double> out(data.columns(), 0);
  parallel_for(context, data.columns(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t c = begin; c < end; ++c) {
      if (!data.info.empty() && data.info[c].kind == FeatureInfo::Kind::category) continue;
      Moments m;
      std::optional<double> first;
      for (const std::size_t row : training) {
        const double x = data.features.at(row, c);
        if (std::isnan(x)) continue;
        if (!first) first = x;
        const double w = data.weight(row), d = x - *first;
        m.weight += w;
        m.sum += w * d;
        m.squares += w * d * d;
      }
      const double variance = m.weight > 0 ? m.squares / m.weight - std::pow(m.sum / m.weight, 2) : 0;
      out[c] = std::isfinite(variance) && variance > 0 ? std::sqrt(variance) : 0;
    }
  });
  return out;
}

/// The columns with slopes on the way to each leaf.
std::vector<std::vector<std::int32_t>> columns_of_leaves(const GrownRows& grown,
                                                         std::span<const std::int32_t> sources,
                                                         std::span<const double> spread) {
  const auto& nodes = grown.tree.nodes;
  std::vector<std::int32_t> parent(nodes.size(), -1);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].feature < 0) continue;
    parent[static_cast<std::size_t>(nodes[i].left)] = static_cast<std::int32_t>(i);
    parent[static_cast<std::size_t>(nodes[i].right)] = static_cast<std::int32_t>(i);
  }
  std::vector<std::vector<std::int32_t>> all;
  for (const GrownRows::Leaf& leaf : grown.leaves) {
    std::vector<std::int32_t> columns;
    for (std::int32_t at = parent[leaf.node]; at >= 0; at = parent[static_cast<std::size_t>(at)]) {
      const std::int32_t column =
          sources[static_cast<std::size_t>(nodes[static_cast<std::size_t>(at)].feature)];
      if (column >= 0 && spread[static_cast<std::size_t>(column)] > 0) columns.push_back(column);
    }
    std::sort(columns.begin(), columns.end());
    columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
    all.push_back(std::move(columns));
  }
  return all;
}

double shrunk(double gradient, double l1) {
  return std::copysign(std::max(0.0, std::abs(gradient) - l1), gradient);
}

}  // namespace

LinearLeaves::LinearLeaves(const Dataset& data, std::span<const std::size_t> training,
                           const Settings& settings, const Context& context)
    : data_(data), training_(training), settings_(settings), spread_(spreads(data, training, context)) {}

void LinearLeaves::fit(GrownRows& grown, std::span<const std::int32_t> sources,
                       std::span<const float> gradient, std::span<const float> hessian,
                       std::span<const double> weights, const Context& context) const {
  const std::vector<std::vector<std::int32_t>> columns = columns_of_leaves(grown, sources, spread_);
  grown.tree.linear.assign(grown.tree.nodes.size(), {});
  parallel_for(context, grown.leaves.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t k = begin; k < end; ++k) {
      if (columns[k].empty()) continue;
      context.check();
      const GrownRows::Leaf& leaf = grown.leaves[k];
      grown.tree.linear[leaf.node] = slopes(grown.rows.subspan(leaf.begin, leaf.end - leaf.begin), columns[k],
                                            grown.tree.values[leaf.node], gradient, hessian, weights);
    }
  });
}

GrownTree::Linear LinearLeaves::slopes(std::span<const std::uint32_t> rows, std::vector<std::int32_t> columns,
                                       double plain, std::span<const float> gradient,
                                       std::span<const float> hessian,
                                       std::span<const double> weights) const {
  const std::size_t width = columns.size();
  // Whole rows: values, then gradient and hessian times the weight.
  std::vector<double> cells;
  std::vector<double> slope, curve, centre(width, 0);
  double g = 0, h = 0;
  for (const std::uint32_t row : rows) {
    bool whole = true;
    for (std::size_t j = 0; j < width && whole; ++j) {
      const double x = data_.features.at(training_[row], static_cast<std::size_t>(columns[j]));
      whole = !std::isnan(x);
      cells.push_back(x);
    }
    if (!whole) {
      cells.resize(slope.size() * width);
      continue;
    }
    const double weight = weights.empty() ? 1.0 : weights[row];
    slope.push_back(weight * static_cast<double>(gradient[row]));
    curve.push_back(hessian.empty() ? weight : weight * static_cast<double>(hessian[row]));
    g += slope.back();
    h += curve.back();
  }
  const std::size_t n = slope.size();
  if (n <= width + 1 || !(h > 0)) return {};
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < width; ++j) centre[j] += curve[i] / h * cells[i * width + j];

  // In units of each column's spread; of the lower triangle.
  Matrix a(width, width);
  std::vector<double> b(width, 0), z(width);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < width; ++j) {
      z[j] = (cells[i * width + j] - centre[j]) / spread_[static_cast<std::size_t>(columns[j])];
      b[j] -= slope[i] * z[j];
      for (std::size_t m = 0; m <= j; ++m) a(j, m) += curve[i] * z[j] * z[m];
    }
  }
  for (std::size_t j = 0; j < width; ++j) {
    // A column that stands still in this leaf has no slope.
    if (a(j, j) > kLeastSpread * kLeastSpread * h) {
      a(j, j) += settings_.slope_l2;
      continue;
    }
    for (std::size_t m = 0; m < width; ++m) a(std::max(j, m), std::min(j, m)) = 0;
    a(j, j) = 1;
    b[j] = 0;
  }
  const std::optional<Cholesky> factor = Cholesky::factor(std::move(a));
  if (!factor) return {};
  factor->solve(b);
  GrownTree::Linear out;
  const double bottom = h + settings_.l2;
  out.offset = (bottom > 0 ? -shrunk(g, settings_.l1) / bottom : 0.0) - plain;
  for (std::size_t j = 0; j < width; ++j) {
    const double coefficient = b[j] / spread_[static_cast<std::size_t>(columns[j])];
    if (!std::isfinite(coefficient) || !std::isfinite(coefficient * centre[j])) return {};
    if (coefficient == 0) continue;
    out.feature.push_back(columns[j]);
    out.coefficient.push_back(coefficient);
    out.offset -= coefficient * centre[j];
  }
  if (out.feature.empty() || !std::isfinite(out.offset)) return {};
  return out;
}

double linear_answer(const GrownTree& tree, std::size_t node, const Features& x, std::size_t row) {
  const double answer = tree.values[node];
  if (tree.linear.empty() || tree.linear[node].feature.empty()) return answer;
  const GrownTree::Linear& leaf = tree.linear[node];
  double sum = answer + leaf.offset;
  for (std::size_t k = 0; k < leaf.feature.size(); ++k) {
    const double value = x.at(row, static_cast<std::size_t>(leaf.feature[k]));
    if (std::isnan(value)) return answer;
    sum += leaf.coefficient[k] * value;
  }
  return sum;
}

}  // namespace everyml::boosting_detail
