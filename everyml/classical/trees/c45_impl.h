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
  bool grouped = false;  ///< levels were put together: child k is not code k
};

namespace c45 {

/// The branch of a row at a question; -1 when its answer is missing, new, or one that no training row gave.
std::int64_t branch_of(const C45Tree& tree, std::size_t node, const double* row);
/// Share of each child among rows without an answer, [children].
std::vector<double> branch_shares(const C45Tree& tree, std::size_t node);
/// Adds `share` of the class shares to out [classes]. `known`: the leaf, or the last node above it that
/// training rows have reached.
void add_leaf(const C45State& state, std::size_t known, double share, double* out);
double sum_of(std::span<const double> values);

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
  std::vector<std::int32_t> branch;  ///< categories: child of each code; -1: all in part
  std::size_t branches = 0;
  std::vector<std::unique_ptr<Node>> children;
  std::vector<double> counts;
};

std::vector<double> class_counts(const Table& table, const Parts& parts);
/// The parts that go down each branch; those with no answer are divided as the others are.
std::vector<Parts> divide(const Table& table, const Node& node, const Parts& parts);

/// Levels put together, and what that comes to.
struct LevelGroups {
  std::vector<std::int32_t> branch;  ///< [levels]: -1 for those without rows
  std::vector<double> counts;        ///< [groups, classes]
  std::vector<double> weight;        ///< [groups]
  std::size_t groups() const { return weight.size(); }
};
/// Merges groups two at a time, best gain ratio first, while that rises, or while fewer than two groups hold
/// `least`. counts: [levels, classes] of rows with an answer; `whole` counts the others too.
LevelGroups group_levels(std::span<const double> counts, std::size_t classes, double whole, double least,
                         const Context& context);
/// Bits of a distribution, times its sum.
double bits(std::span<const double> counts);
/// What a question gains per row, of `whole` rows of which `known` have an answer; those without bring none.
double gain_of(double whole, double known, double before, double after);
/// The gain per bit that the branches themselves tell.
double ratio_of(double whole, double gain, std::span<const double> branches);

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
