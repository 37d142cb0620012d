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

#include "everyml/classical/trees/tree_ensemble.h"
#include "everyml/foundation/data/dataset.h"
#include "everyml/foundation/model/any_model.h"
#include "everyml/foundation/model/attributes.h"
#include "everyml/foundation/model/card.h"
#include "everyml/foundation/model/registry.h"
#include "everyml/foundation/params/field.h"

namespace everyml {

/// What a split of classes should lessen.
enum class ClassCriterion : std::uint8_t { gini, entropy };
constexpr auto choices_of(ClassCriterion) {
  return std::array{Choice{ClassCriterion::gini, "gini"}, Choice{ClassCriterion::entropy, "entropy"}};
}
/// What a split of numbers should lessen: squared error, absolute error, or Poisson deviance.
enum class NumberCriterion : std::uint8_t { squared, absolute, poisson };
constexpr auto choices_of(NumberCriterion) {
  return std::array{Choice{NumberCriterion::squared, "squared"},
                    Choice{NumberCriterion::absolute, "absolute"},
                    Choice{NumberCriterion::poisson, "poisson"}};
}
enum class Splitter : std::uint8_t {
  best,    ///< every place between two values
  random,  ///< one random place (or random set of categories) per feature
};
constexpr auto choices_of(Splitter) {
  return std::array{Choice{Splitter::best, "best"}, Choice{Splitter::random, "random"}};
}
/// What the pruning of a tree of classes counts against the price of a leaf.
enum class PruneBy : std::uint8_t { error, impurity };
constexpr auto choices_of(PruneBy) {
  return std::array{Choice{PruneBy::error, "error"}, Choice{PruneBy::impurity, "impurity"}};
}

/// How a tree grows and is cut back; shared by both tasks.
struct CartShape {
  std::optional<int> max_depth;
  std::optional<int> max_leaves;
  double min_split = 2;
  double min_leaf = 1;
  double min_gain = 0;
  std::optional<double> alpha = 0.0;
  int folds = 10;
  bool one_standard_error = true;
  std::optional<double> max_features;
  Splitter splitter = Splitter::best;
  int surrogates = 0;

  static constexpr std::string_view name = "tree-growth";
  static constexpr auto fields() {
    using S = CartShape;
    return std::tuple{
        Field{&S::max_depth, "max_depth", "Most questions from the root to a leaf; none: no limit.",
              between(0, 1000000)},
        Field{&S::max_leaves, "max_leaves",
              "Most leaves; the split with the largest gain comes first. none: no limit.",
              between(1, 1000000000)},
        Field{&S::min_split, "min_split", "Rows (sum of weights) a node needs to be split.", at_least(0)},
        Field{&S::min_leaf, "min_leaf", "Rows (sum of weights) each side of a split needs.", at_least(0)},
        Field{&S::min_gain, "min_gain",
              "Least drop of the criterion by a split, per row of the whole table; 0: any.", at_least(0)},
        Field{&S::alpha, "alpha",
              "Price of a leaf in parts of the root's error: branches that do not earn it are cut. 0: "
              "nothing is cut. none: chosen by cross-validation.",
              between(0, 1e6)},
        Field{&S::folds, "folds", "Folds by which alpha is chosen.", between(2, 100)},
        Field{&S::one_standard_error, "one_standard_error",
              "Choose the smallest tree within one standard error of the best, not the best."},
        Field{&S::max_features, "max_features",
              "Features tried at each split, drawn anew: up to 1 a share, above 1 a number. none: all.",
              Range{.low = 0.0, .high = 1e9, .low_open = true}},
        Field{&S::splitter, "splitter", "Try every place to split, or one random place per feature."},
        Field{&S::surrogates, "surrogates",
              "Stand-in questions kept for rows whose answer to the main one is missing; 0: missing cells go "
              "where they lessen the criterion most.",
              between(0, 1000)}};
  }
};

struct DecisionTreeState;

/// One step of a row's way down: the question of inner node `node` and where the row went.
struct TreeStep {
  std::size_t node = 0;  ///< number of the inner node in its tree, pre-order
  bool left = false;
  bool missing = false;         ///< the cell that the question asks for was missing
  std::int32_t surrogate = -1;  ///< the stand-in that decided; -1: none
};

/// What a fitted tree of either task can tell. Immutable; copies share; thread-safe.
class DecisionTreeModel {
 public:
  explicit DecisionTreeModel(std::shared_ptr<const DecisionTreeState> state) : state_(std::move(state)) {}

  std::size_t feature_count() const;
  /// One tree, of width classes or 1. With surrogates() rows with missing cells are answered by the model
  /// alone, the ensemble sends them to the larger side.
  const TreeEnsemble& ensemble() const;
  std::size_t leaf_count() const;
  std::size_t depth() const;
  bool has_surrogates() const;
  /// out: [rows]: number of the leaf, from left to right.
  void leaves(const Features& x, std::span<std::int32_t> out, const Context& context) const;
  /// The way of one row of feature_count() values.
  std::vector<TreeStep> path(std::span<const double> row) const;
  /// Rows of each class (weights counted, class weights not) or, for numbers, the mean and the error of the
  /// node: [inner nodes, stat_width()] and [leaves, stat_width()].
  std::span<const double> node_stats() const;
  std::span<const double> leaf_stats() const;
  std::size_t stat_width() const;
  /// Stand-ins of an inner node, best first, as text-free values for drawing.
  struct Surrogate {
    std::int32_t feature = -1;
    double threshold = 0;
    std::int32_t categories = -1;  ///< index into surrogate_set(); -1: numbers
    bool reversed = false;         ///< numbers: values above the threshold go left
    double agreement = 0;          ///< share of the rows with a known answer that it sends the same way
  };
  std::span<const Surrogate> surrogates(std::size_t node) const;
  /// Code c goes left when sides[c] is 1, right when 0, and the stand-in has no answer when 2.
  std::span<const std::uint8_t> surrogate_set(std::int32_t categories) const;

  /// Share of the criterion's whole drop that each feature brought, [features]; all 0 for a tree of one leaf.
  std::vector<double> importances() const;
  /// The sequence of best trees as the price of a leaf rises; the first is the smallest tree with no more
  /// error than the tree uncut.
  /// alphas, leaves, errors: equally long; cv_errors, cv_deviations: as long, or empty without
  /// cross-validation. Errors are in parts of the root's.
  struct Path {
    std::vector<double> alphas, leaves, errors, cv_errors, cv_deviations;
  };
  const Path& pruning_path() const;
  double alpha() const;

  /// out: [rows, width].
  void answer(const Features& x, std::span<double> out, const Context& context) const;
  std::size_t contribution_count() const { return ensemble().output_count(); }
  /// SHAP values (shap.h), out: [rows, contribution_count(), features + 1]. Throws UnsupportedError
  /// "trees.surrogates" for missing cells that surrogates would answer.
  void contributions(const Features& x, std::span<double> out, const Context& context) const;
  Json summary() const;
  void save(ArchiveWriter& archive) const;
  std::span<const std::string> classes() const;

 protected:
  std::shared_ptr<const DecisionTreeState> state_;
};

namespace tree_detail {
template <class M>
constexpr auto tree_attributes() {
  using Row = Attribute<M>;
  using Answer = std::optional<Figure>;
  return std::array{
      Row{"leaves", "Number of leaves.",
          [](const M& m) -> Answer { return Figure::number(static_cast<double>(m.leaf_count())); }},
      Row{"depth", "Most questions from the root to a leaf.",
          [](const M& m) -> Answer { return Figure::number(static_cast<double>(m.depth())); }},
      Row{"feature_importances", "Share of the criterion's whole drop that each feature brought; [features].",
          [](const M& m) -> Answer { return Figure::list(m.importances()); }},
      Row{"alpha", "Price of a leaf by which the tree was cut, in parts of the root's error.",
          [](const M& m) -> Answer { return Figure::number(m.alpha()); }},
      Row{"path_alphas", "Prices of a leaf at which the tree gets smaller; [steps].",
          [](const M& m) -> Answer { return Figure::list(m.pruning_path().alphas); }},
      Row{"path_leaves", "Leaves of the best tree from each price on; [steps].",
          [](const M& m) -> Answer { return Figure::list(m.pruning_path().leaves); }},
      Row{"path_errors", "Error of that tree on the training rows, in parts of the root's; [steps].",
          [](const M& m) -> Answer { return Figure::list(m.pruning_path().errors); }},
      Row{"path_cv_errors",
          "Its error on held-out rows, in parts of the root's, where alpha was chosen; [steps].",
          [](const M& m) -> Answer {
            if (m.pruning_path().cv_errors.empty()) return std::nullopt;
            return Figure::list(m.pruning_path().cv_errors);
          }},
      Row{"path_cv_deviations", "Standard error of path_cv_errors; [steps].", [](const M& m) -> Answer {
            if (m.pruning_path().cv_deviations.empty()) return std::nullopt;
            return Figure::list(m.pruning_path().cv_deviations);
          }}};
}
}  // namespace tree_detail

class DecisionTreeClassifierModel : public DecisionTreeModel {
 public:
  using DecisionTreeModel::DecisionTreeModel;
  std::span<const std::string> class_names() const { return classes(); }
  /// out: [rows, classes].
  void probabilities(const Features& x, std::span<double> out, const Context& context) const {
    answer(x, out, context);
  }
  static DecisionTreeClassifierModel load(const ArchiveReader& archive);
  static constexpr auto attributes() { return tree_detail::tree_attributes<DecisionTreeClassifierModel>(); }
};

class DecisionTreeRegressorModel : public DecisionTreeModel {
 public:
  using DecisionTreeModel::DecisionTreeModel;
  /// out: [rows].
  void predict(const Features& x, std::span<double> out, const Context& context) const {
    answer(x, out, context);
  }
  static DecisionTreeRegressorModel load(const ArchiveReader& archive);
  static constexpr auto attributes() { return tree_detail::tree_attributes<DecisionTreeRegressorModel>(); }
};

/// One tree for several targets: a leaf holds the mean of each number, or the shares of each target's
/// classes. node_stats() and leaf_stats() are the answers and behind them the error, the mean over the
/// targets.
class DecisionTreeTargetsModel : public DecisionTreeModel {
 public:
  using DecisionTreeModel::DecisionTreeModel;
  /// Class names of each target, none for a number.
  std::span<const std::vector<std::string>> target_classes() const;
  /// out: [rows, answers]: for each target its number, or the shares of its classes.
  void answers(const Features& x, std::span<double> out, const Context& context) const {
    answer(x, out, context);
  }
  static DecisionTreeTargetsModel load(const ArchiveReader& archive);
  static constexpr auto attributes() { return tree_detail::tree_attributes<DecisionTreeTargetsModel>(); }
};

/// A tree of yes-or-no questions that ends in the shares of the classes. Splits are exact: every place
/// between two neighbouring values of every feature is tried, and for two classes the best of all subsets of
/// a category's levels; for more classes all subsets of up to 10 levels, above that those along the first
/// principal component of the levels' class shares.
/// Reference: Breiman, Friedman, Olshen and Stone, "Classification and Regression Trees", 1984; Coppersmith,
/// Hong and Hosking, "Partitioning Nominal Attributes in Decision Trees", Data Mining and Knowledge Discovery
/// 3 (1999).
struct DecisionTreeClassifier {
  ClassCriterion criterion = ClassCriterion::gini;
  CartShape growth;
  PruneBy prune_by = PruneBy::error;
  bool balanced = false;
  std::vector<double> class_weights;

  static constexpr std::string_view name = "decision-tree-classifier";
  static constexpr auto fields() {
    using S = DecisionTreeClassifier;
    return std::tuple{
        Field{&S::criterion, "criterion", "What a split should lessen."}, Field{&S::growth, "", ""},
        Field{&S::prune_by, "prune_by", "Cut branches by the rows they get wrong, or by the criterion."},
        Field{&S::balanced, "balanced", "Weigh classes so that all count alike."},
        Field{&S::class_weights, "class_weights",
              "Weight of each class in class order; empty: all 1. Multiplies balanced weights.",
              Range{.low = 0.0, .high = 1e9, .low_open = true}}};
  }
  static Card card();
  static std::vector<Trial> search();
  /// A row of weight k is k rows; rows of weight 0 do not exist. Throws as Dataset::validate does (missing
  /// cells are allowed), DataError "data.category_code"; ParameterError "parameter.class_weights" (not one
  /// per class).
  DecisionTreeClassifierModel fit(const Dataset& data, const Context& context) const;
  /// One tree for the targets of `data` together: what a split lessens is the mean of their impurities, what
  /// pruning counts the mean of their errors. A category's levels are parted by the best of all sets of up to
  /// 10, above that along the first principal component of the shares of all targets. Throws besides
  /// UnsupportedError "trees.targets" for class weights.
  DecisionTreeTargetsModel fit_targets(const Dataset& data, const Context& context) const;
};

/// A tree of yes-or-no questions that ends in a number: the mean of the leaf's rows, or under the absolute
/// criterion their median. The best subset of a category's levels is exact for the squared and the Poisson
/// criterion (Breiman et al. 1984, section 8.8).
struct DecisionTreeRegressor {
  NumberCriterion criterion = NumberCriterion::squared;
  CartShape growth;

  static constexpr std::string_view name = "decision-tree-regressor";
  static constexpr auto fields() {
    using S = DecisionTreeRegressor;
    return std::tuple{Field{&S::criterion, "criterion", "What a split should lessen."},
                      Field{&S::growth, "", ""}};
  }
  static Card card();
  static std::vector<Trial> search();
  /// As the classifier; DataError "data.negative_target" for the Poisson criterion.
  DecisionTreeRegressorModel fit(const Dataset& data, const Context& context) const;
  /// As the classifier's; targets count in their own units, so bring them to one scale where they should
  /// count alike. UnsupportedError "trees.targets" for the absolute criterion. Under the Poisson criterion a
  /// side needs some of every target that the node has.
  DecisionTreeTargetsModel fit_targets(const Dataset& data, const Context& context) const;
};

}  // namespace everyml
