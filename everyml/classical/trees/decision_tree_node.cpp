#include <algorithm>
#include <cmath>

#include "everyml/classical/trees/decision_tree_node_impl.h"

namespace everyml::cart {

void NodeMeasure::measure(Tree& tree, std::size_t at, std::span<const std::uint32_t> members) const {
  Node& node = tree.nodes[at];
  node.rows = node.mass = node.impurity = 0;
  if (rows_.weight.empty()) {
    node.rows = static_cast<double>(members.size());
  } else {
    for (const std::uint32_t row : members) node.rows += rows_.weight[row];
  }
  if (rows_.several_classes())
    several_classes(tree, node, members);
  else if (rows_.targets > 0)
    several_numbers(tree, node, members);
  else if (rows_.classes > 0)
    classes(tree, node, members);
  else
    numbers(tree, node, members);
}

void NodeMeasure::classes(Tree& tree, Node& node, std::span<const std::uint32_t> members) const {
  const std::size_t k = rows_.classes;
  tree.counts.resize(tree.counts.size() + k);
  tree.values.resize(tree.values.size() + k);
  double* counts = tree.counts.data() + tree.counts.size() - k;
  double* values = tree.values.data() + tree.values.size() - k;
  for (const std::uint32_t row : members) counts[rows_.code[row]] += rows_.weight_at(row);
  double largest = 0, squares = 0, entropy = 0;
  std::size_t present = 0;
  for (std::size_t c = 0; c < k; ++c) {
    values[c] = rows_.factor.empty() ? counts[c] : counts[c] * rows_.factor[c];
    node.mass += values[c];
    largest = std::max(largest, values[c]);
    present += values[c] > 0;
    squares += values[c] * values[c];
    entropy += xlogx(values[c]);
  }
  if (present > 1)
    node.impurity = rows_.aim == Aim::entropy ? xlogx(node.mass) - entropy : node.mass - squares / node.mass;
  node.impurity = std::max(node.impurity, 0.0);
  node.cost = prune_by_ == PruneBy::error ? node.mass - largest : node.impurity;
  for (std::size_t c = 0; c < k; ++c) values[c] /= node.mass;
}

double NodeMeasure::median(std::span<const std::uint32_t> members, double mass) const {
  std::vector<std::uint32_t> sorted(members.begin(), members.end());
  std::sort(sorted.begin(), sorted.end(), [&](std::uint32_t a, std::uint32_t b) {
    return rows_.y[a] < rows_.y[b] || (rows_.y[a] == rows_.y[b] && a < b);
  });
  double below = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    below += rows_.mass_at(sorted[i]);
    if (below * 2 < mass) continue;
    const double value = rows_.y[sorted[i]];
    if (below * 2 > mass || i + 1 == sorted.size()) return value;
    return value / 2 + rows_.y[sorted[i + 1]] / 2;
  }
  return rows_.y[sorted.back()];
}

void NodeMeasure::numbers(Tree& tree, Node& node, std::span<const std::uint32_t> members) const {
  double sum = 0, low = rows_.y[members[0]], high = low;
  for (const std::uint32_t row : members) {
    const double mass = rows_.mass_at(row), y = rows_.y[row];
    node.mass += mass;
    sum += mass * y;
    low = std::min(low, y);
    high = std::max(high, y);
  }
  const double mean = std::clamp(sum / node.mass, low, high);
  const double answer = rows_.aim == Aim::absolute ? median(members, node.mass) : mean;
  tree.values.push_back(answer);
  if (low < high) {
    for (const std::uint32_t row : members) {
      const double mass = rows_.mass_at(row), y = rows_.y[row];
      if (rows_.aim == Aim::squared)
        node.impurity += mass * (y - mean) * (y - mean);
      else if (rows_.aim == Aim::absolute)
        node.impurity += mass * std::abs(y - answer);
      else if (y > 0)
        node.impurity += mass * y * std::log(y / mean);
    }
  }
  node.impurity = std::max(node.impurity, 0.0);
  node.cost = node.impurity;
}

NodeTotals NodeMeasure::totals(const Tree& tree, std::size_t at) const {
  const Node& node = tree.nodes[at];
  NodeTotals totals{.rows = node.rows, .mass = node.mass};
  totals.impurity = node.impurity;
  if (rows_.targets > 0) {
    several_totals(tree, at, totals);
  } else if (rows_.classes > 0) {
    const double* counts = tree.counts.data() + at * rows_.classes;
    totals.masses.assign(counts, counts + rows_.classes);
    for (std::size_t c = 0; c < rows_.factor.size(); ++c) totals.masses[c] *= rows_.factor[c];
  } else {
    totals.centre = tree.values[at];
    totals.sum = rows_.aim == Aim::poisson ? totals.centre * node.mass : 0;
  }
  return totals;
}

int NodeMeasure::unit_exponent() const {
  return rows_.aim == Aim::squared ? 2 * rows_.y_exponent : rows_.y_exponent;
}

}  // namespace everyml::cart
