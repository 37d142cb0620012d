#include <algorithm>
#include <cmath>

#include "everyml/classical/trees/decision_tree_node_impl.h"

// What a node of several targets adds up to: impurity and cost are the mean of those of the targets.

namespace everyml::cart {

void NodeMeasure::several_classes(Tree& tree, Node& node, std::span<const std::uint32_t> members) const {
  const std::size_t width = rows_.sums(), targets = rows_.targets;
  tree.counts.resize(tree.counts.size() + width);
  tree.values.resize(tree.values.size() + width);
  double* counts = tree.counts.data() + tree.counts.size() - width;
  double* values = tree.values.data() + tree.values.size() - width;
  const double factor = rows_.factor.empty() ? 1.0 : rows_.factor[0];
  for (const std::uint32_t row : members) {
    const double weight = rows_.weight_at(row);
    node.mass += weight * factor;
    for (std::size_t t = 0; t < targets; ++t) counts[rows_.codes[row * targets + t]] += weight;
  }
  double errors = 0;
  for (std::size_t t = 0; t < targets; ++t) {
    double largest = 0, squares = 0, entropy = 0;
    std::size_t present = 0;
    for (std::size_t c = rows_.first[t]; c < rows_.first[t + 1]; ++c) {
      const double mass = counts[c] * factor;
      largest = std::max(largest, mass);
      present += mass > 0;
      squares += mass * mass;
      entropy += xlogx(mass);
      values[c] = mass / node.mass;
    }
    errors += node.mass - largest;
    if (present < 2) continue;
    node.impurity += std::max(
        rows_.aim == Aim::entropy ? xlogx(node.mass) - entropy : node.mass - squares / node.mass, 0.0);
  }
  node.impurity /= static_cast<double>(targets);
  node.cost = prune_by_ == PruneBy::error ? errors / static_cast<double>(targets) : node.impurity;
}

void NodeMeasure::several_numbers(Tree& tree, Node& node, std::span<const std::uint32_t> members) const {
  const std::size_t targets = rows_.targets;
  for (const std::uint32_t row : members) node.mass += rows_.mass_at(row);
  for (std::size_t t = 0; t < targets; ++t) {
    const auto y_of = [&](std::uint32_t row) { return rows_.ys[row * targets + t]; };
    double sum = 0, low = y_of(members[0]), high = low;
    for (const std::uint32_t row : members) {
      sum += rows_.mass_at(row) * y_of(row);
      low = std::min(low, y_of(row));
      high = std::max(high, y_of(row));
    }
    const double mean = std::clamp(sum / node.mass, low, high);
    tree.values.push_back(mean);
    if (low == high) continue;
    double impurity = 0;
    for (const std::uint32_t row : members) {
      const double mass = rows_.mass_at(row), y = y_of(row);
      if (rows_.aim == Aim::squared)
        impurity += mass * (y - mean) * (y - mean);
      else if (y > 0)
        impurity += mass * y * std::log(y / mean);
    }
    node.impurity += std::max(impurity, 0.0);
  }
  node.impurity /= static_cast<double>(targets);
  node.cost = node.impurity;
}

void NodeMeasure::several_totals(const Tree& tree, std::size_t at, NodeTotals& totals) const {
  const std::size_t width = rows_.sums();
  if (rows_.several_classes()) {
    const double factor = rows_.factor.empty() ? 1.0 : rows_.factor[0];
    for (std::size_t c = 0; c < width; ++c) totals.masses.push_back(tree.counts[at * width + c] * factor);
    return;
  }
  const bool poisson = rows_.aim == Aim::poisson;
  for (std::size_t t = 0; t < width; ++t) {
    const double mean = tree.values[at * width + t];
    totals.centres.push_back(poisson ? 0.0 : mean);
    totals.masses.push_back(poisson ? mean * totals.mass : 0.0);
  }
}

}  // namespace everyml::cart
