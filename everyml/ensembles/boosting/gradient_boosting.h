#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "everyml/classical/trees/tree_ensemble.h"
#include "everyml/ensembles/boosting/boosting_settings.h"
#include "everyml/ensembles/boosting/objective.h"
#include "everyml/ensembles/boosting/objective_settings.h"
#include "everyml/foundation/data/dataset.h"
#include "everyml/foundation/io/archive.h"
#include "everyml/foundation/model/attributes.h"
#include "everyml/foundation/model/card.h"
#include "everyml/foundation/model/registry.h"
#include "everyml/foundation/params/field.h"

namespace everyml {

/// What the rows kept back said after each round that was run; empty where there were none.
struct ValidationHistory {
  std::vector<double> loss;
  std::string metric = "loss";  ///< what found the best round
  std::vector<double> scores;   ///< of that metric, as many as losses; empty when it is the loss itself
};

/// Boosted trees and the objective they were made for: what the models of both tasks hold. Immutable;
/// thread-safe; cheap to copy.
class BoostedTrees {
 public:
  /// Throws ParameterError "model.outputs" when the trees do not have the objective's outputs.
  BoostedTrees(TreeEnsemble trees, std::shared_ptr<const BoostingObjective> objective,
               ValidationHistory validation);

  const TreeEnsemble& trees() const { return trees_; }
  const BoostingObjective& objective() const { return *objective_; }
  std::size_t feature_count() const { return trees_.feature_count(); }
  std::size_t outputs() const { return objective_->outputs(); }
  std::size_t rounds() const { return trees_.tree_count() / outputs(); }
  /// Loss of the rows kept back after each round that was run; empty when there were none.
  std::span<const double> validation_loss() const { return validation_.loss; }
  /// The same of the metric that found the best round.
  std::span<const double> validation_scores() const {
    return validation_.scores.empty() ? validation_.loss : validation_.scores;
  }
  const std::string& validation_metric() const { return validation_.metric; }
  /// The first `rounds` rounds alone, with what was known of these.
  BoostedTrees first_rounds(std::size_t rounds) const;

  /// out: [rows, outputs()]: sums of trees, of the first `rounds` rounds.
  void scores(const Features& x, std::span<double> out, const Context& context,
              std::size_t rounds = TreeEnsemble::kAll) const;
  /// The same as answers: means, probabilities (of two classes that of the second), levels.
  void answers(const Features& x, std::span<double> out, const Context& context,
               std::size_t rounds = TreeEnsemble::kAll) const;

  /// SHAP values of the sums (shap.h), out: [rows, outputs(), features + 1].
  void contributions(const Features& x, std::span<double> out, const Context& context) const;
  /// By feature: gain, cover and number of splits, each summing to 1 (all 0 without a split).
  Figure importance(std::string_view kind) const;
  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static BoostedTrees load(const ArchiveReader& archive);

 private:
  TreeEnsemble trees_;
  std::shared_ptr<const BoostingObjective> objective_;
  ValidationHistory validation_;
};

namespace boosting_detail {
/// The figures that both models show.
template <class M>
constexpr auto boosting_attributes() {
  using Row = Attribute<M>;
  return std::array{
      Row{"feature_importances", "Share of each feature in the gain of all splits; [features].",
          [](const M& m) -> std::optional<Figure> { return m.boosted().importance("gain"); }},
      Row{"split_importances", "Share of each feature in the number of splits; [features].",
          [](const M& m) -> std::optional<Figure> { return m.boosted().importance("splits"); }},
      Row{"cover_importances", "Share of each feature in the rows that splits divide; [features].",
          [](const M& m) -> std::optional<Figure> { return m.boosted().importance("cover"); }},
      Row{"base_score", "Scores before the first tree; [outputs].",
          [](const M& m) -> std::optional<Figure> { return Figure::list(m.boosted().trees().parts().base); }},
      Row{"rounds", "Rounds that the model keeps.",
          [](const M& m) -> std::optional<Figure> {
            return Figure::number(static_cast<double>(m.boosted().rounds()));
          }},
      Row{"leaf_count", "Leaves of all trees.",
          [](const M& m) -> std::optional<Figure> {
            return Figure::number(static_cast<double>(m.boosted().trees().parts().leaves()));
          }},
      Row{"validation_loss", "Loss of the rows kept back after each round, where some were; [rounds run].",
          [](const M& m) -> std::optional<Figure> {
            if (m.boosted().validation_loss().empty()) return std::nullopt;
            return Figure::list(m.boosted().validation_loss());
          }},
      Row{"validation_scores",
          "Figure of the rows kept back that found the best round, after each round; [rounds run].",
          [](const M& m) -> std::optional<Figure> {
            if (m.boosted().validation_scores().empty()) return std::nullopt;
            return Figure::list(m.boosted().validation_scores());
          }}};
}
}  // namespace boosting_detail

/// Classes by boosted trees.
class GradientBoostingClassifierModel {
 public:
  /// Throws ParameterError "model.classes" when the names are not one for each class of the objective.
  GradientBoostingClassifierModel(BoostedTrees boosted, std::vector<std::string> names);

  std::size_t feature_count() const { return boosted_.feature_count(); }
  std::span<const std::string> class_names() const { return names_; }
  /// out: [rows, classes].
  void probabilities(const Features& x, std::span<double> out, const Context& context) const;
  std::size_t score_count() const { return boosted_.outputs(); }
  /// Sums of trees before they become probabilities; out: [rows, score_count()].
  void scores(const Features& x, std::span<double> out, const Context& context) const;
  std::size_t contribution_count() const { return boosted_.outputs(); }
  /// What each feature adds to the scores; out: [rows, contribution_count(), features + 1].
  void contributions(const Features& x, std::span<double> out, const Context& context) const {
    boosted_.contributions(x, out, context);
  }
  /// As probabilities, by the first `rounds` rounds alone.
  void staged(const Features& x, std::size_t rounds, std::span<double> out, const Context& context) const;
  const BoostedTrees& boosted() const { return boosted_; }
  GradientBoostingClassifierModel first_rounds(std::size_t rounds) const {
    return {boosted_.first_rounds(rounds), names_};
  }
  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static GradientBoostingClassifierModel load(const ArchiveReader& archive);
  static constexpr auto attributes() {
    return boosting_detail::boosting_attributes<GradientBoostingClassifierModel>();
  }

 private:
  BoostedTrees boosted_;
  std::vector<std::string> names_;
};

/// Numbers by boosted trees.
class GradientBoostingRegressorModel {
 public:
  explicit GradientBoostingRegressorModel(BoostedTrees boosted) : boosted_(std::move(boosted)) {}

  std::size_t feature_count() const { return boosted_.feature_count(); }
  /// out: [rows]. Of several levels the one in the middle.
  void predict(const Features& x, std::span<double> out, const Context& context) const;
  std::size_t contribution_count() const { return boosted_.outputs(); }
  /// What each feature adds to the sums of trees, from which the objective makes the answer; out: [rows,
  /// contribution_count(), features + 1].
  void contributions(const Features& x, std::span<double> out, const Context& context) const {
    boosted_.contributions(x, out, context);
  }
  /// out: [rows, boosted().outputs()]: all levels of the quantile objective, ascending.
  void levels(const Features& x, std::span<double> out, const Context& context) const;
  /// As predict, by the first `rounds` rounds alone.
  void staged(const Features& x, std::size_t rounds, std::span<double> out, const Context& context) const;
  const BoostedTrees& boosted() const { return boosted_; }
  GradientBoostingRegressorModel first_rounds(std::size_t rounds) const {
    return GradientBoostingRegressorModel(boosted_.first_rounds(rounds));
  }
  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static GradientBoostingRegressorModel load(const ArchiveReader& archive);
  static constexpr auto attributes() {
    return boosting_detail::boosting_attributes<GradientBoostingRegressorModel>();
  }

 private:
  BoostedTrees boosted_;
};

/// Classes by trees that each correct the sum of those before.
/// Reference: Friedman, "Greedy Function Approximation: A Gradient Boosting Machine", Annals of Statistics 29
/// (2001).
struct GradientBoostingClassifier {
  ClassObjective objective;
  BoostingSettings boosting;

  static constexpr std::string_view name = "gradient-boosting-classifier";
  static constexpr auto fields() {
    return std::tuple{Field{&GradientBoostingClassifier::objective, "", ""},
                      Field{&GradientBoostingClassifier::boosting, "", ""}};
  }
  static Card card();
  static std::vector<Trial> search();
  static std::vector<Axis> space();
  /// Throws as boosting_detail::boost and Dataset::validate do; "data.one_class".
  GradientBoostingClassifierModel fit(const Dataset& data, const Context& context) const;
  /// As GradientBoostingRegressor::fit_from. The classes of the data are found by their names; DataError
  /// "data.new_class" for one that the model does not know.
  GradientBoostingClassifierModel fit_from(const GradientBoostingClassifierModel& earlier,
                                           const Dataset& data, const Context& context) const;
  /// As GradientBoostingRegressor::refit.
  GradientBoostingClassifierModel refit(const GradientBoostingClassifierModel& earlier, const Dataset& data,
                                        double decay, const Context& context) const;
};

/// Numbers by trees that each correct the sum of those before; the objective says what of them.
struct GradientBoostingRegressor {
  NumberObjective objective;
  BoostingSettings boosting;

  static constexpr std::string_view name = "gradient-boosting-regressor";
  static constexpr auto fields() {
    return std::tuple{Field{&GradientBoostingRegressor::objective, "", ""},
                      Field{&GradientBoostingRegressor::boosting, "", ""}};
  }
  static Card card();
  static std::vector<Trial> search();
  static std::vector<Axis> space();
  GradientBoostingRegressorModel fit(const Dataset& data, const Context& context) const;
  /// Goes on from an earlier model of the same columns and the same objective: `rounds` counts the earlier
  /// ones too, so that 50 rounds continued to 100 on the same rows and seed are the same model as 100 at
  /// once. What the earlier trees say of these rows is taken from the model. Earlier trees stay as they are:
  /// DART leaves out later ones alone, and categories in order are put in order anew. Throws as fit does,
  /// ParameterError "boosting.rounds" when the earlier model has more rounds, "boosting.objective" when it
  /// has another objective, DataError "data.feature_count".
  GradientBoostingRegressorModel fit_from(const GradientBoostingRegressorModel& earlier, const Dataset& data,
                                          const Context& context) const;
  /// The trees of an earlier model with answers learned anew from these rows: each leaf answers decay times
  /// what it did and 1 - decay times what the rows that reach it ask for, tree by tree, with this
  /// learning_rate, l1, l2 and max_delta. A leaf that no row reaches keeps its answer. Throws as fit_from
  /// does, ParameterError "parameter.decay" unless decay is from 0 to 1, UnsupportedError "boosting.refit"
  /// with constraints of order, which new answers could break, and for linear leaves.
  GradientBoostingRegressorModel refit(const GradientBoostingRegressorModel& earlier, const Dataset& data,
                                       double decay, const Context& context) const;
};

}  // namespace everyml
