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

struct AdaBoostClassifierState : SmallTreesClasses {  ///< a leaf gives its tree's vote to its class
  using SmallTreesClasses::SmallTreesClasses;
  std::vector<double> votes;   ///< [trees]: what each tree's vote counts
  std::vector<double> errors;  ///< [trees]: weighted share of rows that each tree got wrong
  std::vector<double>
      train_errors;             ///< [trees]: share of the training weight that all trees so far get wrong
  std::vector<double> margins;  ///< [21]: quantiles 0, .05, ..., 1 of the margins of training rows
};

/// Small trees that vote. A class's score s is the share of the vote for it less the others' mean share, of
/// the K classes with rows; with two classes there is the score of the second alone. Probabilities are the
/// softmax of s / (K - 1).
class AdaBoostClassifierModel : public SmallTreesClassifierModel<AdaBoostClassifierState> {
 public:
  explicit AdaBoostClassifierModel(State state);

  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static AdaBoostClassifierModel load(const ArchiveReader& archive);

  static constexpr auto attributes() {
    using M = AdaBoostClassifierModel;
    using Row = Attribute<M>;
    return std::array{
        Row{"estimator_weights", "How much the vote of each tree counts; [trees].",
            [](const M& m) -> std::optional<Figure> { return Figure::list(m.state_.votes); }},
        Row{"estimator_errors",
            "Share of the boosted weight of the training rows that each tree answers wrongly; [trees].",
            [](const M& m) -> std::optional<Figure> { return Figure::list(m.state_.errors); }},
        Row{"train_errors",
            "Share of the training weight that the trees up to each one answer wrongly together; [trees].",
            [](const M& m) -> std::optional<Figure> { return Figure::list(m.state_.train_errors); }},
        Row{"margin_quantiles",
            "Quantiles 0, 0.05, ..., 1 of the margins of the training rows: the share of the vote for the "
            "right "
            "class less the largest for a wrong one; [21].",
            [](const M& m) -> std::optional<Figure> { return Figure::list(m.state_.margins); }},
        small_trees_detail::importances_row<M>(),
        small_trees_detail::priors_row<M>()};
  }
};

/// Boosting by weights (SAMME): each small tree learns with more weight on the rows that the one before got
/// wrong, and all vote. Missing cells go to the side that helps most; categories are split into two sets.
/// Sums over rows are exact, so a training set with at most `max_bins` distinct values a column gives the
/// splits of an exact search. References: Freund and Schapire, "A Decision-Theoretic Generalization of
/// On-Line Learning and an Application to Boosting", J. Computer and System Sciences 55 (1997); Zhu, Zou,
/// Rosset and Hastie, "Multi-class AdaBoost", Statistics and Its Interface 2 (2009).
struct AdaBoostClassifier {
  int rounds = 50;
  double learning_rate = 1.0;
  int depth = 1;
  int max_bins = 255;

  static constexpr std::string_view name = "adaboost-classifier";
  static constexpr auto fields() {
    using S = AdaBoostClassifier;
    return std::tuple{
        Field{&S::rounds, "rounds", "Trees at most; fewer when one makes no mistake.", between(1, 100000)},
        Field{&S::learning_rate, "learning_rate",
              "Factor on each tree's vote; below 1 more rounds are needed.",
              Range{.low = 0, .high = 10, .low_open = true}},
        Field{&S::depth, "depth", "Levels of questions of a tree; 1 is a stump.", between(1, 6)},
        Field{&S::max_bins, "max_bins", "Bins of a column at most.", between(2, 255)}};
  }
  static Card card();
  static std::vector<Trial> search();
  /// Throws ParameterError for settings, DataError as Dataset::validate does ("data.one_class" for one
  /// class).
  AdaBoostClassifierModel fit(const Dataset& data, const Context& context) const;
};

}  // namespace everyml
