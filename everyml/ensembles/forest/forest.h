#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "everyml/classical/trees/tree_ensemble.h"
#include "everyml/ensembles/forest/forest_settings.h"
#include "everyml/foundation/data/dataset.h"
#include "everyml/foundation/io/archive.h"
#include "everyml/foundation/model/attributes.h"
#include "everyml/foundation/model/card.h"
#include "everyml/foundation/model/registry.h"

namespace everyml {

/// What a fitted forest knows besides its trees. Lists are empty where a figure was not asked for.
struct ForestFacts {
  std::vector<double> impurity;     ///< [features], sums to 1 unless nothing was cut
  std::vector<double> permutation;  ///< [features]
  std::vector<double> corrected;    ///< [features]
  std::vector<double> out_of_bag;   ///< [rows, answers of a leaf]; NaN where every tree saw the row
  std::vector<double> curve;        ///< [trees]
  double out_of_bag_score = 0;      ///< accuracy, or R squared; meaningless without a curve
  /// How rows were drawn, so that the draws can be made again. `copies` is 0 where the weights of the rows
  /// stand in the way of that.
  std::uint64_t seed = 0, copies = 0;
  ForestSampling sampling = ForestSampling::bootstrap;
  double share = 1;
};

/// The trees of a forest and what is known of it; what both kinds of models share. Immutable; thread-safe.
class ForestTrees {
 public:
  ForestTrees(TreeEnsemble trees, ForestFacts facts) : trees_(std::move(trees)), facts_(std::move(facts)) {}

  /// Leaves are divided by the number of trees: what a row gets is the sum.
  const TreeEnsemble& ensemble() const { return trees_; }
  const ForestFacts& facts() const { return facts_; }
  std::size_t feature_count() const { return trees_.feature_count(); }

  /// out: [rows, trees]: the leaf of each tree that the row ends in.
  void leaves(const Features& x, std::span<std::int32_t> out, const Context& context) const {
    trees_.leaves(x, out, context);
  }
  /// out: [rows, others.rows()]: the share of trees in which both rows end in the same leaf (Breiman 2001).
  void proximity(const Features& x, const Features& others, std::span<double> out,
                 const Context& context) const;
  /// out: [rows, outputs]: how much the forest's answer would vary with other training rows, by the
  /// infinitesimal jackknife with its bias corrected; 0 where that is below nothing. Costs training rows
  /// times trees for each row asked. Throws UnsupportedError "forest.draws" for a forest that did not draw
  /// with replacement, or whose rows have weights other than 1. Reference: Wager, Hastie and Efron,
  /// "Confidence Intervals for Random Forests: The Jackknife and the Infinitesimal Jackknife", JMLR 15
  /// (2014).
  void standard_errors(const Features& x, std::span<double> out, const Context& context) const;

  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static ForestTrees load(const ArchiveReader& archive);

 private:
  TreeEnsemble trees_;
  ForestFacts facts_;
};

namespace forest_detail {
template <class M>
constexpr auto shared_attributes() {
  using Row = Attribute<M>;
  using Given = std::optional<Figure>;
  return std::array{
      Row{"trees", "Number of trees.",
          [](const M& m) -> Given {
            return Figure::number(static_cast<double>(m.forest().ensemble().tree_count()));
          }},
      Row{"leaves", "Number of leaves of all trees.",
          [](const M& m) -> Given {
            return Figure::number(static_cast<double>(m.forest().ensemble().parts().leaves()));
          }},
      Row{"feature_importances",
          "Share of each feature in the decrease of the impurity, mean of the trees; [features].",
          [](const M& m) -> Given { return Figure::list(m.forest().facts().impurity); }},
      Row{"permutation_importances",
          "How much the out-of-bag error of a tree grows when the feature is shuffled; [features].",
          [](const M& m) -> Given {
            if (m.forest().facts().permutation.empty()) return std::nullopt;
            return Figure::list(m.forest().facts().permutation);
          }},
      Row{"corrected_importances",
          "Decrease of the impurity less that of a shuffled copy, so that a feature of no use is about 0; "
          "[features].",
          [](const M& m) -> Given {
            if (m.forest().facts().corrected.empty()) return std::nullopt;
            return Figure::list(m.forest().facts().corrected);
          }},
      Row{"out_of_bag_score",
          "Accuracy, or R squared, of training rows answered by the trees that did not see them.",
          [](const M& m) -> Given {
            if (m.forest().facts().curve.empty()) return std::nullopt;
            return Figure::number_if_any(m.forest().facts().out_of_bag_score);
          }},
      Row{"out_of_bag_errors",
          "Share of wrong out-of-bag answers, or their root mean squared error, of the first trees; [trees].",
          [](const M& m) -> Given {
            if (m.forest().facts().curve.empty()) return std::nullopt;
            return Figure::list(m.forest().facts().curve);
          }}};
}
}  // namespace forest_detail

/// Classes by the mean of the shares in the leaves of all trees.
class ForestClassifierModel {
 public:
  ForestClassifierModel(ForestTrees forest, std::vector<std::string> names);

  const ForestTrees& forest() const { return forest_; }
  std::size_t feature_count() const { return forest_.feature_count(); }
  std::span<const std::string> class_names() const { return names_; }
  /// out: [rows, classes].
  void probabilities(const Features& x, std::span<double> out, const Context& context) const;
  /// out: [rows, classes, features + 1]: exact SHAP values of each probability, the last is the base; see
  /// shap.h.
  void contributions(const Features& x, std::span<double> out, const Context& context) const;
  std::size_t contribution_count() const { return names_.size(); }
  /// out: [training rows, classes], NaN where every tree saw the row; empty when it was not asked for.
  std::vector<double> out_of_bag_probabilities() const;
  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static ForestClassifierModel load(const ArchiveReader& archive);

  static constexpr auto attributes() {
    using M = ForestClassifierModel;
    constexpr auto shared = forest_detail::shared_attributes<M>();
    std::array<Attribute<M>, shared.size() + 1> all{};
    for (std::size_t i = 0; i < shared.size(); ++i) all[i] = shared[i];
    all.back() = {"out_of_bag_probabilities",
                  "Mean answer of the trees that did not see each training row; [rows, classes].",
                  [](const M& m) -> std::optional<Figure> {
                    const std::vector<double> values = m.out_of_bag_probabilities();
                    if (values.empty()) return std::nullopt;
                    return Figure::table(values.size() / m.names_.size(), m.names_.size(), values);
                  }};
    return all;
  }

 private:
  ForestTrees forest_;
  std::vector<std::string> names_;
};

/// A number by the mean of the leaves of all trees, and an interval from one training row of each.
class ForestRegressorModel {
 public:
  /// `samples`: [leaves], the target of one training row of each leaf.
  ForestRegressorModel(ForestTrees forest, std::vector<double> samples);

  const ForestTrees& forest() const { return forest_; }
  std::size_t feature_count() const { return forest_.feature_count(); }
  /// out: [rows].
  void predict(const Features& x, std::span<double> out, const Context& context) const;
  /// out: [rows, 1, features + 1]: exact SHAP values, the last is the base; see shap.h.
  void contributions(const Features& x, std::span<double> out, const Context& context) const;
  static constexpr std::size_t contribution_count() { return 1; }
  /// Quantiles of the targets of training rows that end in the same leaves, one row of each leaf drawn by
  /// chance while the tree grew. Reference: Meinshausen, "Quantile Regression Forests", JMLR 7 (2006).
  void intervals(const Features& x, double level, std::span<double> low, std::span<double> high,
                 const Context& context) const;
  /// out: [rows, levels.size()]; levels in [0, 1].
  void quantiles(const Features& x, std::span<const double> levels, std::span<double> out,
                 const Context& context) const;
  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static ForestRegressorModel load(const ArchiveReader& archive);

  static constexpr auto attributes() {
    using M = ForestRegressorModel;
    constexpr auto shared = forest_detail::shared_attributes<M>();
    std::array<Attribute<M>, shared.size() + 1> all{};
    for (std::size_t i = 0; i < shared.size(); ++i) all[i] = shared[i];
    all.back() = {"out_of_bag_values", "Mean answer of the trees that did not see each training row; [rows].",
                  [](const M& m) -> std::optional<Figure> {
                    if (m.forest().facts().out_of_bag.empty()) return std::nullopt;
                    return Figure::list(m.forest().facts().out_of_bag);
                  }};
    return all;
  }

 private:
  ForestTrees forest_;
  std::vector<double> samples_;
};

/// Several targets by the mean of the leaves of all trees.
class ForestTargetsModel {
 public:
  /// `classes`: the class names of each target, none for a number.
  ForestTargetsModel(ForestTrees forest, std::vector<std::vector<std::string>> classes)
      : forest_(std::move(forest)), classes_(std::move(classes)) {}

  const ForestTrees& forest() const { return forest_; }
  std::size_t feature_count() const { return forest_.feature_count(); }
  std::span<const std::vector<std::string>> target_classes() const { return classes_; }
  /// out: [rows, answers]: for each target its number, or the probabilities of its classes.
  void answers(const Features& x, std::span<double> out, const Context& context) const;
  /// out: [rows, answers, features + 1]: exact SHAP values of each answer, the last is the base; see shap.h.
  void contributions(const Features& x, std::span<double> out, const Context& context) const;
  std::size_t contribution_count() const { return forest_.ensemble().output_count(); }
  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static ForestTargetsModel load(const ArchiveReader& archive);

  /// Those of forests of one target; what such a forest answers out of the bag stands under the same names,
  /// [rows, targets] of numbers and [rows, classes of all targets].
  static constexpr auto attributes() {
    using M = ForestTargetsModel;
    using Given = std::optional<Figure>;
    constexpr auto shared = forest_detail::shared_attributes<M>();
    std::array<Attribute<M>, shared.size() + 2> all{};
    for (std::size_t i = 0; i < shared.size(); ++i) all[i] = shared[i];
    all[shared.size()] = {"out_of_bag_values",
                          "Mean answer of the trees that did not see each training row; [rows, targets].",
                          [](const M& m) -> Given { return m.out_of_bag(false); }};
    all[shared.size() + 1] = {
        "out_of_bag_probabilities",
        "Mean answer of the trees that did not see each training row; [rows, classes of all targets].",
        [](const M& m) -> Given { return m.out_of_bag(true); }};
    return all;
  }

 private:
  std::optional<Figure> out_of_bag(bool classes) const;

  ForestTrees forest_;
  std::vector<std::vector<std::string>> classes_;
};

/// Random forest: each tree grows on rows drawn with replacement, each cut is the best of a few features
/// drawn anew. Reference: Breiman, "Random Forests", Machine Learning 45 (2001).
///
/// Features are told apart by up to 255 quantiles (`bins`). A cut lies in the middle between the values it
/// parts. Missing values learn their side; categories are cut into two sets ordered by the target. Whole
/// weights are copies: a row of weight 3 is drawn as three rows would be. Other weights count in the
/// criterion while rows are drawn alike. The same trees at any number of threads.
struct RandomForestClassifier {
  ForestSettings forest;
  ForestClassCriterion criterion = ForestClassCriterion::gini;
  ForestClassWeights class_weights = ForestClassWeights::none;

  static constexpr std::string_view name = "random-forest-classifier";
  static constexpr auto fields() {
    using S = RandomForestClassifier;
    return std::tuple{Field{&S::forest, "", ""}, Field{&S::criterion, "criterion", "What a cut is to lower."},
                      Field{&S::class_weights, "class_weights", "Whether rare classes count for more."}};
  }
  static constexpr auto rules() { return forest_rules<RandomForestClassifier>(); }
  static Card card();
  static std::vector<Trial> search();
  ForestClassifierModel fit(const Dataset& data, const Context& context) const;
  /// One forest for the targets of `data` together: a cut lowers the mean of their impurities. Throws
  /// UnsupportedError "forest.targets" for class weights, and in the regressors for the absolute criterion.
  /// Targets that are numbers count in their own units, so bring them to one scale where they should count
  /// alike. Under the Poisson criterion a side needs some of every target that the node has.
  ForestTargetsModel fit_targets(const Dataset& data, const Context& context) const;
};

/// Random forest for numbers. Looks at all features in each node, as scikit-learn does, while Breiman
/// recommends a third; --features third.
struct RandomForestRegressor {
  ForestSettings forest{.features = FeatureRule::all};
  ForestNumberCriterion criterion = ForestNumberCriterion::squared;

  static constexpr std::string_view name = "random-forest-regressor";
  static constexpr auto fields() {
    using S = RandomForestRegressor;
    return std::tuple{Field{&S::forest, "", ""},
                      Field{&S::criterion, "criterion", "What a cut is to lower."}};
  }
  static constexpr auto rules() { return forest_rules<RandomForestRegressor>(); }
  static Card card();
  static std::vector<Trial> search();
  ForestRegressorModel fit(const Dataset& data, const Context& context) const;
  ForestTargetsModel fit_targets(const Dataset& data, const Context& context) const;
};

/// Extra trees: all rows, and of each feature drawn one random cut, of which the best is made.
/// Reference: Geurts, Ernst and Wehenkel, "Extremely Randomized Trees", Machine Learning 63 (2006).
struct ExtraTreesClassifier {
  ForestSettings forest{.sampling = ForestSampling::all};
  ForestClassCriterion criterion = ForestClassCriterion::gini;
  ForestClassWeights class_weights = ForestClassWeights::none;

  static constexpr std::string_view name = "extra-trees-classifier";
  static constexpr auto fields() {
    using S = ExtraTreesClassifier;
    return std::tuple{Field{&S::forest, "", ""}, Field{&S::criterion, "criterion", "What a cut is to lower."},
                      Field{&S::class_weights, "class_weights", "Whether rare classes count for more."}};
  }
  static constexpr auto rules() { return forest_rules<ExtraTreesClassifier>(); }
  static Card card();
  static std::vector<Trial> search();
  ForestClassifierModel fit(const Dataset& data, const Context& context) const;
  ForestTargetsModel fit_targets(const Dataset& data, const Context& context) const;
};

/// Extra trees for numbers.
struct ExtraTreesRegressor {
  ForestSettings forest{.features = FeatureRule::all, .sampling = ForestSampling::all};
  ForestNumberCriterion criterion = ForestNumberCriterion::squared;

  static constexpr std::string_view name = "extra-trees-regressor";
  static constexpr auto fields() {
    using S = ExtraTreesRegressor;
    return std::tuple{Field{&S::forest, "", ""},
                      Field{&S::criterion, "criterion", "What a cut is to lower."}};
  }
  static constexpr auto rules() { return forest_rules<ExtraTreesRegressor>(); }
  static Card card();
  static std::vector<Trial> search();
  ForestRegressorModel fit(const Dataset& data, const Context& context) const;
  ForestTargetsModel fit_targets(const Dataset& data, const Context& context) const;
};

}  // namespace everyml
