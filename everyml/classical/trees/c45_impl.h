#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "everyml/classical/trees/c45.h"
#include "everyml/classical/trees/decision_tree_grow_impl.h"

namespace everyml {

struct C45State {
  C45Tree tree;
  std::vector<std::string> classes;
  std::int64_t nodes_grown = 1;
  bool laplace = false;
};

namespace c45 {

/// A row, or the part of it that went this way.
struct Part {
  std::uint32_t row;
  double weight;
};
using Parts = std::vector<Part>;

/// What growing and pruning read.
struct Table {
  const cart::Rows* rows = nullptr;
  std::size_t classes = 0;
  std::vector<std::vector<std::uint32_t>>
      rank;                                 ///< [columns][rows] place of the value among the distinct ones
  std::vector<std::vector<double>> values;  ///< [columns] distinct values, ascending
  static constexpr std::uint32_t kMissing = 0xFFFFFFFF;
};

struct Node {
  std::int32_t feature = -1;
  std::uint32_t cut = 0;    ///< numbers: ranks <= cut go to child 0
  std::uint32_t above = 0;  ///< the next rank among the node's rows
  bool category = false;
  std::vector<std::unique_ptr<Node>> children;
  std::vector<double> counts;
};

std::vector<double> class_counts(const Table& table, const Parts& parts);
/// The parts that go down each branch; those with no answer are divided as the others are.
std::vector<Parts> divide(const Table& table, const Node& node, const Parts& parts);

std::unique_ptr<Node> grow(const Table& table, const C45& settings, Parts parts, const Context& context);

/// Makes leaves of branches that do not lessen the errors on the training rows.
void collapse(Node& node);
/// Cuts and lifts by the error bound. Returns the bound of what remains.
double prune(const Table& table, const C45& settings, std::unique_ptr<Node>& node, const Parts& parts,
             const Context& context);
/// What is added to `errors` of `rows` for the upper end of their confidence interval.
double added_errors(double rows, double errors, double confidence);

}  // namespace c45
}  // namespace everyml
