#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "everyml/ensembles/adaboost/small_trees_model.h"
#include "everyml/foundation/data/dataset.h"
#include "everyml/foundation/model/card.h"
#include "everyml/foundation/model/registry.h"
#include "everyml/foundation/params/field.h"

namespace everyml {

/// Two classes with rows have trees of one output, the log odds of the second; more have one output each.
struct LogitBoostState : SmallTreesClasses {
  using SmallTreesClasses::SmallTreesClasses;
  std::vector<double> train_losses;  ///< [rounds]: mean log loss of the training rows after each round
};

/// A sum of small trees on the scale of log odds. Scores are the log odds of the second class, or with more
/// than two classes the logit of each; probabilities are the softmax of the logits.
class LogitBoostModel : public SmallTreesClassifierModel<LogitBoostState> {
 public:
  explicit LogitBoostModel(State state);

  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static LogitBoostModel load(const ArchiveReader& archive);

  static constexpr auto attributes() {
    using M = LogitBoostModel;
    using Row = Attribute<M>;
    return std::array{
        Row{"train_losses", "Mean log loss of the training rows after each round; [rounds].",
            [](const M& m) -> std::optional<Figure> { return Figure::list(m.state_.train_losses); }},
        small_trees_detail::importances_row<M>(), small_trees_detail::priors_row<M>()};
  }
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
