#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "everyml/foundation/data/dataset.h"
#include "everyml/foundation/model/any_model.h"
#include "everyml/foundation/model/attributes.h"
#include "everyml/foundation/model/card.h"
#include "everyml/foundation/model/registry.h"
#include "everyml/foundation/params/field.h"

namespace everyml {

/// Nodes in pre-order, the root first. A plain value; C45Model checks it.
struct C45Tree {
  std::size_t features = 0, classes = 0;
  std::vector<std::int32_t> feature;  ///< [nodes]; -1: a leaf
  std::vector<double> threshold;  ///< [nodes]; numbers: child 0 holds values <= threshold, child 1 the others
  std::vector<std::uint8_t> category;     ///< [nodes] 1: a question about a category
  std::vector<std::int32_t> first_child;  ///< [nodes + 1] into `children`
  std::vector<std::int32_t> children;
  /// Which child each code of a category goes to, -1: all of them in part; of child k is the code k unless
  /// levels were put together. [nodes + 1] into `branch`.
  std::vector<std::int32_t> first_level;
  std::vector<std::int32_t> branch;
  std::vector<double> counts;  ///< [nodes, classes]: weights of the training rows, in part those that had to
                               ///< be divided among branches. All 0: no row came here

  std::size_t nodes() const { return feature.size(); }
  std::span<const double> counts_of(std::size_t node) const {
    return std::span(counts).subspan(node * classes, classes);
  }
  std::span<const std::int32_t> children_of(std::size_t node) const {
    const auto first = static_cast<std::size_t>(first_child[node]);
    return std::span(children).subspan(first, static_cast<std::size_t>(first_child[node + 1]) - first);
  }
  std::span<const std::int32_t> branches_of(std::size_t node) const {
    const auto first = static_cast<std::size_t>(first_level[node]);
    return std::span(branch).subspan(first, static_cast<std::size_t>(first_level[node + 1]) - first);
  }
};

/// What the questions and leaves of a tree come to, for those who write it down elsewhere.
struct C45Ways {
  std::vector<double> share;  ///< like C45Tree::children: the part of a row without an answer that goes there
  std::vector<double> answer;  ///< [nodes, classes]: what a whole row that ends there is told
};

struct C45State;

/// A fitted C4.5 tree. Immutable; copies share; thread-safe.
class C45Model {
 public:
  explicit C45Model(std::shared_ptr<const C45State> state) : state_(std::move(state)) {}

  std::size_t feature_count() const { return tree().features; }
  std::span<const std::string> class_names() const;
  const C45Tree& tree() const;
  C45Ways ways() const;
  std::size_t leaf_count() const;
  std::size_t depth() const;
  /// Nodes before pruning.
  std::size_t nodes_grown() const;
  /// out: [rows, classes]. A row whose answer to a question is missing, or a category that training has not
  /// seen, goes down every branch, each with the share of the training rows that went there; the leaves'
  /// shares are added up.
  void probabilities(const Features& x, std::span<double> out, const Context& context) const;
  /// out: [rows, classes, features + 1]: what each feature adds to each probability, exactly; the last is the
  /// base. A feature that is not known is a missing cell: the row goes down every branch in part. These are
  /// the Shapley values of that game.
  void contributions(const Features& x, std::span<double> out, const Context& context) const;
  std::size_t contribution_count() const { return class_names().size(); }
  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static C45Model load(const ArchiveReader& archive);

  static constexpr auto attributes() {
    using M = C45Model;
    using Row = Attribute<M>;
    using Answer = std::optional<Figure>;
    return std::array{
        Row{"leaves", "Number of leaves, those included that no training row reaches.",
            [](const M& m) -> Answer { return Figure::number(static_cast<double>(m.leaf_count())); }},
        Row{"nodes", "Number of questions and leaves.",
            [](const M& m) -> Answer { return Figure::number(static_cast<double>(m.tree().nodes())); }},
        Row{"nodes_grown", "Number of questions and leaves before pruning.",
            [](const M& m) -> Answer { return Figure::number(static_cast<double>(m.nodes_grown())); }},
        Row{"depth", "Most questions from the root to a leaf.",
            [](const M& m) -> Answer { return Figure::number(static_cast<double>(m.depth())); }}};
  }

 private:
  std::shared_ptr<const C45State> state_;
};

/// Quinlan's tree of classes: questions are chosen by gain ratio among those of at least average gain, a
/// category gets one branch for each level, a number two; rows with missing cells go down all branches in
/// part; branches are cut or lifted when the upper end of the error's confidence interval says that nothing
/// is lost. Thresholds pay for their number (release 8). With `group_levels` branches of a category are
/// merged two at a time, the pair of the best gain ratio first, while that ratio rises or until two are left
/// (chapter 7 of the book); a level without rows at a question then goes down all its branches in part.
/// Reference: Quinlan, "C4.5: Programs for Machine Learning", Morgan Kaufmann, 1993; Quinlan, "Improved Use
/// of Continuous Attributes in C4.5", Journal of Artificial Intelligence Research 4 (1996).
struct C45 {
  double confidence = 0.25;
  double min_leaf = 2;
  bool prune = true;
  bool raise = true;
  bool correct_thresholds = true;
  bool laplace = false;
  bool group_levels = false;

  static constexpr std::string_view name = "c45";
  static constexpr auto fields() {
    return std::tuple{
        Field{&C45::confidence, "confidence",
              "Confidence of the error bound by which branches are cut; smaller cuts more.",
              Range{.low = 0.0, .high = 0.5, .low_open = true}},
        Field{&C45::min_leaf, "min_leaf", "Rows (sum of weights) that two branches of a question need.",
              between(0, 1e12)},
        Field{&C45::prune, "prune", "Cut and lift branches."},
        Field{&C45::raise, "raising", "Let the largest branch take its parent's place where that is better."},
        Field{&C45::correct_thresholds, "correct_thresholds",
              "Charge a threshold for the number of thresholds it was chosen from."},
        Field{&C45::laplace, "laplace", "Add one row of each class to every leaf."},
        Field{&C45::group_levels, "group_levels",
              "Put levels of a category together in one branch where that raises the gain ratio."}};
  }
  static Card card();
  static std::vector<Trial> search();
  /// A row of weight k is k rows; rows of weight 0 do not exist. Throws as Dataset::validate does (missing
  /// cells are allowed), DataError "data.category_code".
  C45Model fit(const Dataset& data, const Context& context) const;
};

}  // namespace everyml
