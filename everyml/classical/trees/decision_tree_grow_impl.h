#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "everyml/classical/trees/decision_tree.h"
#include "everyml/classical/trees/tree_parts.h"
#include "everyml/foundation/base/memory.h"

// How a tree of exact splits grows. Every feature keeps the node's rows in the order of its values; a split
// parts all these lists stably, so nothing is ever sorted again (Shafer, Agrawal and Mehta, "SPRINT", VLDB
// 1996). A list's entry is one word: the row, whether its value is missing, and whether its value differs
// from that of the entry before, so that scanning a list touches no values at all.

namespace everyml::cart {

inline constexpr std::uint32_t kNew = 1U << 31, kGap = 1U << 30, kRow = kGap - 1;

enum class Aim : std::uint8_t { gini, entropy, squared, absolute, poisson };

/// The rows of weight above 0, in the data's order.
struct Rows {
  Aim aim = Aim::gini;
  std::size_t rows = 0, columns = 0;
  std::size_t classes = 0;  ///< 0: numbers
  const Features* x = nullptr;
  std::vector<std::uint32_t> row_of;  ///< [rows] row of x
  std::vector<double> weight;         ///< [rows]; empty: all 1
  std::vector<double> mass;           ///< [rows] weight times the class's weight, at any scale; empty: all 1
  std::vector<double> factor;         ///< [classes] mass of a row of weight 1; empty: all 1
  std::vector<std::uint16_t> code;    ///< [rows], classes
  std::vector<double> y;              ///< [rows], numbers, times 2^-y_exponent
  int y_exponent = 0;                 ///< 0 but for numbers so large or small that squares leave the range
  std::vector<std::uint32_t> levels;  ///< [columns]; 0: numbers

  // Several targets together: `code`, `y` and `classes` stay empty, these stand in their place.
  std::size_t targets = 0;           ///< 0: one
  std::vector<std::uint32_t> first;  ///< [targets + 1]: where the sums of each begin; one sum for each number
  std::vector<std::uint32_t> codes;  ///< [rows, targets]: place of the row's class among the sums
  std::vector<double> ys;            ///< [rows, targets], as `y`
  bool several_classes() const { return targets > 0 && !codes.empty(); }
  /// Sums that a node's classes or targets need.
  std::size_t sums() const { return targets > 0 ? first.back() : classes; }

  double weight_at(std::size_t row) const { return weight.empty() ? 1.0 : weight[row]; }
  double mass_at(std::size_t row) const { return mass.empty() ? 1.0 : mass[row]; }
  double value(std::uint32_t row, std::size_t column) const { return x->at(row_of[row], column); }
};

/// Reads the data set. `class_weight`: [classes], above 0, or empty. Throws DataError "data.category_code".
Rows make_rows(const Dataset& data, Aim aim, std::span<const double> class_weight, std::string_view learner,
               const Context& context);

/// entries: [columns, rows], each column ascending, missing values last.
Buffer<std::uint32_t> sorted_columns(const Rows& rows, const Context& context);

struct Surrogate {
  std::int32_t feature = -1;
  double threshold = 0;
  std::int32_t set = -1;  ///< index into Tree::surrogate_sets
  bool reversed = false;
  double agreement = 0;
};

struct Node {
  std::int32_t feature = -1;
  double threshold = 0;
  std::int32_t set = -1;
  bool missing_left = false;
  std::int32_t left = -1, right = -1;
  std::int32_t depth = 0;
  double gain = 0;      ///< drop of the criterion, summed over rows
  double rows = 0;      ///< weights
  double mass = 0;      ///< class weights counted too
  double impurity = 0;  ///< criterion, summed over rows
  double cost = 0;      ///< what pruning counts, summed over rows
  std::uint32_t begin = 0, end = 0;
  std::uint64_t path = 1;  ///< names the node's random stream
  std::uint32_t surrogates = 0, surrogate_count = 0;
};

struct Tree {
  std::size_t width = 1;       ///< of values: classes, 1, or Rows::sums() of several targets
  std::vector<Node> nodes;     ///< the root first
  std::vector<double> values;  ///< [nodes, width]
  std::vector<double> counts;  ///< [nodes, width] weights of each class; empty for numbers
  std::vector<std::vector<std::uint64_t>> sets;
  std::vector<Surrogate> surrogates;
  std::vector<std::vector<std::uint8_t>> surrogate_sets;
};

/// A tree before pruning.
Tree grow(const Rows& rows, const CartShape& growth, PruneBy prune_by, std::string_view learner,
          const Context& context);

/// [inner nodes in pre-order] and [leaves from left to right], as TreeParts numbers them.
struct Order {
  std::vector<std::uint32_t> inner, leaves;
};
Order order_of(const Tree& tree);

// The search for a split, decision_tree_split.cpp.

/// Where a node may be split best.
struct Split {
  std::int32_t feature = -1;  ///< -1: nowhere
  double gain = -std::numeric_limits<double>::infinity();
  std::uint32_t left_values = 0;  ///< numbers: entries with values that go left
  bool missing_left = false;
  bool gap_split = false;          ///< numbers: all values left, missing right
  std::vector<std::uint64_t> set;  ///< categories
  bool constant = false;           ///< of one feature: it can no longer split
};

struct Limits {
  double min_leaf = 1;
  bool unit = true;          ///< rows all weigh 1
  bool known_only = false;   ///< surrogates: rows with a missing value do not count
  std::uint64_t random = 0;  ///< 1: one random place, drawn from `stream`
};

/// What a node's features are scanned against.
struct NodeTotals {
  std::vector<double> masses;   ///< [classes]; of several targets [Rows::sums()], for numbers counted from:
  std::vector<double> centres;  ///< [targets], numbers
  double rows = 0, mass = 0, sum = 0;
  double centre = 0;  ///< numbers are counted from here
  double impurity = 0;
};

/// Scratch of one thread.
class Searcher {
 public:
  Searcher(const Rows& rows, Limits limits);
  ~Searcher();
  Searcher(const Searcher&) = delete;
  Searcher& operator=(const Searcher&) = delete;
  /// Before the features of a node. `members`: its rows.
  void node(std::span<const std::uint32_t> members, const NodeTotals& totals);
  /// entries: the node's list of that feature.
  Split best(std::size_t feature, std::span<const std::uint32_t> entries, Stream* stream);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Splits whose gains differ by less than this part of the node's impurity are equally good.
inline constexpr double kTie = 1e-10;

/// x log x, 0 at 0.
double xlogx(double x);
/// Half-way between two neighbouring values: low <= result < high.
double between_values(double low, double high);

// Stand-ins, decision_tree_surrogates.cpp. left_of: [rows] 1 left, 0 right, 2 unknown.
void find_surrogates(const Rows& rows, std::span<const std::uint32_t> all_entries, const Node& node,
                     std::span<const std::uint8_t> left_of, int most, Tree& tree,
                     std::vector<Surrogate>& found);
/// 1 left, 0 right, 2 no answer.
std::uint8_t surrogate_side(const Surrogate& surrogate, const std::vector<std::vector<std::uint8_t>>& sets,
                            double value);

// Pruning, decision_tree_prune.cpp.

/// From what price on each inner node is no longer split, [nodes] (leaves: 0), in cost per leaf; and the
/// steps of the path.
struct Pruning {
  std::vector<double> until;
  std::vector<double> alphas, leaves, costs;
};
Pruning prune_path(const Tree& tree);
/// The tree that is best at that price.
Tree pruned(const Tree& tree, const Pruning& pruning, double alpha);

}  // namespace everyml::cart
