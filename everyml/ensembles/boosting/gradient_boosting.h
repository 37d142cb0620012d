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

/// Boosted trees and the objective they were made for: what the models of both tasks hold. Immutable;
/// thread-safe; cheap to copy.
class BoostedTrees {
 public:
  /// Throws ParameterError "model.outputs" when the trees do not have the objective's outputs.
  BoostedTrees(TreeEnsemble trees, std::shared_ptr<const BoostingObjective> objective,
               std::vector<double> validation_loss);

  const TreeEnsemble& trees() const { return trees_; }
  const BoostingObjective& objective() const { return *objective_; }
  std::size_t feature_count() const { return trees_.feature_count(); }
  std::size_t outputs() const { return objective_->outputs(); }
  std::size_t rounds() const { return trees_.tree_count() / outputs(); }
  /// Loss of the rows kept back after each round that was run; empty when there were none.
  std::span<const double> validation_loss() const { return validation_loss_; }

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
  std::vector<double> validation_loss_;
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
};

}  // namespace everyml
