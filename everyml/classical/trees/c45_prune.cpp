#include <algorithm>
#include <cmath>
#include <limits>

#include "everyml/classical/trees/c45_impl.h"
#include "everyml/foundation/base/random_impl.h"

namespace everyml::c45 {
namespace {

/// A leaf may be this much worse than the branch it replaces, in rows.
constexpr double kLeniency = 0.1;
constexpr double kSlack = 1e-3;

double wrong(std::span<const double> counts) {
  double sum = 0, largest = 0;
  for (const double c : counts) {
    sum += c;
    largest = std::max(largest, c);
  }
  return sum - largest;
}

double bound(std::span<const double> counts, double confidence) {
  double sum = 0;
  for (const double c : counts) sum += c;
  if (!(sum > 0)) return 0;
  const double errors = wrong(counts);
  return errors + added_errors(sum, errors, confidence);
}

double errors_below(const Node& node) {
  if (node.children.empty()) return wrong(node.counts);
  double sum = 0;
  for (const auto& child : node.children) sum += errors_below(*child);
  return sum;
}

/// The bound of a branch that other rows than its own come to.
double bound_with(const Table& table, const C45& settings, const Node& node, const Parts& parts) {
  if (node.children.empty()) return bound(class_counts(table, parts), settings.confidence);
  double sum = 0;
  const std::vector<Parts> below = divide(table, node, parts);
  for (std::size_t b = 0; b < below.size(); ++b)
    sum += bound_with(table, settings, *node.children[b], below[b]);
  return sum;
}

void recount(const Table& table, Node& node, const Parts& parts) {
  node.counts = class_counts(table, parts);
  if (node.children.empty()) return;
  const std::vector<Parts> below = divide(table, node, parts);
  for (std::size_t b = 0; b < below.size(); ++b) recount(table, *node.children[b], below[b]);
}

void make_leaf(Node& node) {
  node.children.clear();
  node.feature = -1;
  node.category = false;
  node.branch.clear();
}

}  // namespace

double added_errors(double rows, double errors, double confidence) {
  if (errors < 1) {
    const double base = rows * (1 - std::pow(confidence, 1 / rows));
    if (errors <= 0) return base;
    return base + errors * (added_errors(rows, 1, confidence) - base);
  }
  if (errors + 0.5 >= rows) return std::max(rows - errors, 0.0);
  const double z = normal_quantile(1 - confidence), f = (errors + 0.5) / rows, zz = z * z;
  const double upper =
      (f + zz / (2 * rows) + z * std::sqrt(f / rows - f * f / rows + zz / (4 * rows * rows))) /
      (1 + zz / rows);
  return upper * rows - errors;
}

void collapse(Node& node) {
  std::vector<Node*> stack{&node};
  while (!stack.empty()) {
    Node& one = *stack.back();
    stack.pop_back();
    if (one.children.empty()) continue;
    if (errors_below(one) >= wrong(one.counts) - kSlack) {
      make_leaf(one);
      continue;
    }
    for (const auto& child : one.children) stack.push_back(child.get());
  }
}

double prune(const Table& table, const C45& settings, std::unique_ptr<Node>& node, const Parts& parts,
             const Context& context) {
  context.check();
  if (node->children.empty()) return bound(node->counts, settings.confidence);
  std::vector<Parts> below = divide(table, *node, parts);
  double as_tree = 0, most = -1;
  std::size_t largest = 0;
  for (std::size_t b = 0; b < below.size(); ++b) {
    double weight = 0;
    for (const double c : node->children[b]->counts) weight += c;
    if (weight > most) {
      most = weight;
      largest = b;
    }
    as_tree += prune(table, settings, node->children[b], below[b], context);
  }
  below.clear();
  const double as_leaf = bound(node->counts, settings.confidence);
  const double lifted = settings.raise ? bound_with(table, settings, *node->children[largest], parts)
                                       : std::numeric_limits<double>::infinity();
  if (as_leaf <= as_tree + kLeniency && as_leaf <= lifted + kLeniency) {
    make_leaf(*node);
    return as_leaf;
  }
  if (lifted <= as_tree + kLeniency) {
    std::unique_ptr<Node> branch = std::move(node->children[largest]);
    node = std::move(branch);
    recount(table, *node, parts);
    return prune(table, settings, node, parts, context);
  }
  return as_tree;
}

}  // namespace everyml::c45
