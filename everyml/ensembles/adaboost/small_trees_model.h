#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "everyml/classical/trees/tree_ensemble.h"
#include "everyml/ensembles/adaboost/score_map.h"
#include "everyml/foundation/base/json.h"
#include "everyml/foundation/io/archive.h"
#include "everyml/foundation/model/attributes.h"

namespace everyml {

/// What is kept of every model of small boosted trees.
struct SmallTreesState {
  explicit SmallTreesState(TreeEnsemble ensemble) : trees(std::move(ensemble)) {}
  TreeEnsemble trees;
  std::vector<std::string> features;
};

/// The same of classes.
struct SmallTreesClasses : SmallTreesState {
  using SmallTreesState::SmallTreesState;
  std::vector<std::string> classes;
  std::vector<double> priors;  ///< [classes]: share of each in the training weight; 0: no rows

  /// Classes with rows.
  std::size_t present() const;
  void save(ArchiveWriter& archive) const;
  /// Reads features, classes and priors; the trees are there already. Refuses fewer than two classes with
  /// rows.
  void load(const ArchiveReader& archive);
  /// [{"name": ..., "share": ...}]
  Json shares() const;
};

/// Base of the models of small boosted trees; S is their state. Immutable; thread-safe.
template <class S>
class SmallTreesModel {
 public:
  using State = S;
  std::size_t feature_count() const { return state_.trees.feature_count(); }
  const S& state() const { return state_; }
  /// [features]: what the splits on each were worth, in sum 1, or all 0 without a split.
  const std::vector<double>& importances() const { return importances_; }

 protected:
  SmallTreesModel(S state, std::vector<double> importances)
      : state_(std::move(state)), importances_(std::move(importances)) {}
  S state_;
  std::vector<double> importances_;
};

/// The same of classes: scores are sums over trees, probabilities the softmax of sums over trees.
template <class S>
class SmallTreesClassifierModel : public SmallTreesModel<S> {
 public:
  std::span<const std::string> class_names() const { return this->state_.classes; }
  /// out: [rows, classes].
  void probabilities(const Features& x, std::span<double> out, const Context& context) const {
    mapped_probabilities(this->state_.trees, logits_, x, out, context);
  }
  /// As GivesScores.
  void scores(const Features& x, std::span<double> out, const Context& context) const {
    mapped_scores(this->state_.trees, scores_, x, out, context);
  }
  std::size_t score_count() const { return scores_.size(); }
  /// out: [rows, score_count(), features + 1]: SHAP values of the scores (shap.h), the last is the base.
  void contributions(const Features& x, std::span<double> out, const Context& context) const {
    mapped_contributions(this->state_.trees, scores_, x, out, context);
  }
  std::size_t contribution_count() const { return scores_.size(); }
  /// [classes]: probabilities are the softmax of these.
  const ScoreMap& logit_map() const { return logits_; }

 protected:
  SmallTreesClassifierModel(S state, std::vector<double> importances, ScoreMap scores, ScoreMap logits)
      : SmallTreesModel<S>(std::move(state), std::move(importances)),
        scores_(std::move(scores)),
        logits_(std::move(logits)) {}

 private:
  ScoreMap scores_, logits_;
};

namespace small_trees_detail {
template <class M>
constexpr Attribute<M> importances_row() {
  return {"feature_importances",
          "What the splits on each feature were worth, in sum 1, or all 0 without a split; [features].",
          [](const M& m) -> std::optional<Figure> { return Figure::list(m.importances()); }};
}
template <class M>
constexpr Attribute<M> priors_row() {
  return {"class_prior", "Share of each class in the weight of the training rows; [classes].",
          [](const M& m) -> std::optional<Figure> { return Figure::list(m.state().priors); }};
}
}  // namespace small_trees_detail

}  // namespace everyml
