#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "everyml/classical/trees/tree_ensemble.h"
#include "everyml/foundation/data/dataset.h"
#include "everyml/foundation/io/archive.h"
#include "everyml/foundation/model/attributes.h"
#include "everyml/foundation/model/card.h"
#include "everyml/foundation/model/registry.h"
#include "everyml/foundation/params/field.h"

namespace everyml {

/// A sum of small trees on the scale of log odds. Immutable; thread-safe.
class LogitBoostModel {
 public:
  struct State {
    explicit State(TreeEnsemble ensemble) : trees(std::move(ensemble)) {}
    TreeEnsemble trees;  ///< two classes with rows: one output, the log odds of the second; else one each
    std::vector<std::string> features;
    std::vector<std::string> classes;
    std::vector<double> priors;        ///< [classes]: share of each in the training weight; 0: no rows
    std::vector<double> train_losses;  ///< [rounds]: mean log loss of the training rows after each round
  };
  explicit LogitBoostModel(State state);

  std::size_t feature_count() const { return state_.trees.feature_count(); }
  std::span<const std::string> class_names() const { return state_.classes; }
  /// out: [rows, classes].
  void probabilities(const Features& x, std::span<double> out, const Context& context) const;
  /// As GivesScores: the log odds of the second class, or the logit of each.
  void scores(const Features& x, std::span<double> out, const Context& context) const;
  std::size_t score_count() const { return state_.classes.size() == 2 ? 1 : state_.classes.size(); }
  const State& state() const { return state_; }

  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static LogitBoostModel load(const ArchiveReader& archive);

  static constexpr auto attributes() {
    using M = LogitBoostModel;
    using Row = Attribute<M>;
    return std::array{
        Row{"train_losses", "Mean log loss of the training rows after each round; [rounds].",
            [](const M& m) -> std::optional<Figure> { return Figure::list(m.state_.train_losses); }},
        Row{"feature_importances",
            "What the splits on each feature were worth, in sum 1, or all 0 without a split; [features].",
            [](const M& m) -> std::optional<Figure> { return Figure::list(m.importances_); }},
        Row{"class_prior", "Share of each class in the weight of the training rows; [classes].",
            [](const M& m) -> std::optional<Figure> { return Figure::list(m.state_.priors); }}};
  }

 private:
  /// out: [rows, classes]: the logit of each class, lowest() for those without rows.
  void logits(const Features& x, std::span<double> out, const Context& context) const;

  State state_;
  std::vector<std::size_t> present_;  ///< classes with rows
  std::vector<double> importances_;
};

/// Additive logistic regression by Newton steps, each step a small tree fitted by weighted least squares to
/// the working response; responses are kept within [-4, 4] as its authors advise. Gives honest probabilities
/// and is less moved by wrong labels than AdaBoost. Reference: Friedman, Hastie and Tibshirani, "Additive
/// Logistic Regression: a Statistical View of Boosting", Annals of Statistics 28 (2000).
struct LogitBoost {
  int rounds = 100;
  double learning_rate = 0.5;
  int depth = 1;
  int max_bins = 255;

  static constexpr std::string_view name = "logitboost";
  static constexpr auto fields() {
    using S = LogitBoost;
    return std::tuple{
        Field{&S::rounds, "rounds",
              "Newton steps; each is a tree, or with more than two classes one for each.",
              between(1, 100000)},
        Field{&S::learning_rate, "learning_rate", "Share of each step that is taken; 1 as in the paper.",
              Range{.low = 0, .high = 1, .low_open = true}},
        Field{&S::depth, "depth", "Levels of questions of a tree; 1 is a stump.", between(1, 6)},
        Field{&S::max_bins, "max_bins", "Bins of a column at most.", between(2, 255)}};
  }
  static Card card();
  static std::vector<Trial> search();
  LogitBoostModel fit(const Dataset& data, const Context& context) const;
};

}  // namespace everyml
