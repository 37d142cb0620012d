#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "everyml/classical/trees/c45.h"
#include "everyml/classical/trees/decision_tree.h"
#include "everyml/classical/trees/tree_ensemble.h"

namespace everyml {

/// What a drawn tree speaks of, in the user's words.
struct TreeWords {
  struct Feature {
    std::string name;
    std::vector<std::string> levels;  ///< categories: text of each code; empty: numbers
    bool flag = false;                ///< 0 and 1 are no and yes
  };
  std::vector<Feature> features;
  std::vector<std::string> classes;  ///< empty: numbers
  std::string target;
};

/// One tree as people see it: any number of branches at a node. A plain value; nodes in pre-order.
struct DrawnTree {
  struct Node {
    std::int32_t parent = -1;
    std::vector<std::size_t> children;
    std::string branch;          ///< what is true of rows that come here from the parent: "age at most 30"
    double rows = 0;             ///< training rows, weights counted
    std::vector<double> shares;  ///< [classes]
    double value = 0;            ///< numbers
    // The question, of inner nodes.
    std::int32_t feature = -1;
    double threshold = 0;                ///< numbers: values at most this go to child 0
    std::vector<std::size_t> of_level;   ///< categories: which child each code goes to
    std::size_t missing = kAllBranches;  ///< which child rows without an answer go to
  };
  static constexpr std::size_t kAllBranches = std::numeric_limits<std::size_t>::max();
  std::vector<Node> nodes;
  TreeWords words;

  std::size_t leaves() const;
  /// "yes, 73 %" or "20.1".
  std::string answer(std::size_t node) const;
};

/// REQUIRES: words.features as many as the model's.
DrawnTree draw_tree(const DecisionTreeModel& model, TreeWords words);
DrawnTree draw_tree(const C45Model& model, TreeWords words);
/// One tree of an ensemble, its leaves' values as numbers (of the first output).
DrawnTree draw_tree(const TreeEnsemble& ensemble, std::size_t tree, TreeWords words);

/// The tree as indented lines, one for each branch; branches beyond `most_lines` are left out, those with the
/// fewest rows first, and counted.
std::string tree_text(const DrawnTree& tree, std::size_t most_lines = 60);

/// A leaf as a rule: the questions on its way, those on the same feature joined into one.
struct TreeRule {
  std::vector<std::string> conditions;  ///< empty: always
  std::size_t leaf = 0;                 ///< node of the drawn tree
  /// "if sex is female and age above 30: survived is yes, 73 % (40 rows)"
  std::string sentence;
};
std::vector<TreeRule> tree_rules(const DrawnTree& tree);

/// The nodes on a row's way, the root first. Where a row without an answer would go down all branches, the
/// one with the most rows is taken. `row`: a value for each feature.
std::vector<std::size_t> tree_way(const DrawnTree& tree, std::span<const double> row);
/// The same in words, one line for each step: the condition, the row's own value, the answer there.
std::vector<std::string> explain_way(const DrawnTree& tree, std::span<const double> row);

/// A drawing that stands alone: SVG with title and description, from left to right, boxes with the condition,
/// a bar of the classes' shares (or the place of the number), and the answer. Branches beyond `most_leaves`
/// are left out, those with the fewest rows first. All texts are escaped.
std::string tree_svg(const DrawnTree& tree, std::size_t most_leaves = 32);

/// The fewest digits that are within 5e-6 of the number.
std::string short_number(double value);

}  // namespace everyml
