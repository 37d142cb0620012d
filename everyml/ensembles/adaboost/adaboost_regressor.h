#pragma once

#include <array>
#include <cstdint>
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

/// How far off an answer counts as wrong, from its share e of the largest error: e, e^2 or 1 - exp(-e).
enum class DruckerLoss : std::uint8_t { linear, square, exponential };
constexpr auto choices_of(DruckerLoss) {
  return std::array{Choice{DruckerLoss::linear, "linear"}, Choice{DruckerLoss::square, "square"},
                    Choice{DruckerLoss::exponential, "exponential"}};
}

struct AdaBoostRegressorState
    : SmallTreesState {  ///< a leaf gives its tree's answer; their sum means nothing
  using SmallTreesState::SmallTreesState;
  std::vector<double> votes;   ///< [trees]: what each tree's answer counts
  std::vector<double> errors;  ///< [trees]: weighted mean loss of each tree, in [0, 1)
};

/// Small trees whose weighted median answers. A median is no sum over trees, so it has no exact contributions
/// of the features.
class AdaBoostRegressorModel : public SmallTreesModel<AdaBoostRegressorState> {
 public:
  explicit AdaBoostRegressorModel(State state);

  /// out: [rows]: the least answer of a tree at which the votes up to it reach half of all.
  void predict(const Features& x, std::span<double> out, const Context& context) const;

  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static AdaBoostRegressorModel load(const ArchiveReader& archive);

  static constexpr auto attributes() {
    using M = AdaBoostRegressorModel;
    using Row = Attribute<M>;
    return std::array{
        Row{"estimator_weights", "How much the answer of each tree counts in the weighted median; [trees].",
            [](const M& m) -> std::optional<Figure> { return Figure::list(m.state_.votes); }},
        Row{"estimator_errors", "Mean loss of each tree under the boosted weights, in [0, 1); [trees].",
            [](const M& m) -> std::optional<Figure> { return Figure::list(m.state_.errors); }},
        small_trees_detail::importances_row<M>()};
  }
};

/// AdaBoost.R2: small trees taught one after the other, with less weight on rows that are already answered
/// well. Trees learn from the weights themselves where Drucker draws rows in proportion to them, so nothing
/// is random and a weight of k is k copies. Reference: Drucker, "Improving Regressors using Boosting
/// Techniques", ICML 1997.
struct AdaBoostRegressor {
  int rounds = 50;
  double learning_rate = 1.0;
  DruckerLoss loss = DruckerLoss::linear;
  int depth = 3;
  int max_bins = 255;

  static constexpr std::string_view name = "adaboost-regressor";
  static constexpr auto fields() {
    using S = AdaBoostRegressor;
    return std::tuple{
        Field{&S::rounds, "rounds", "Trees at most; fewer when one makes no error or is wrong by half.",
              between(1, 100000)},
        Field{&S::learning_rate, "learning_rate", "Exponent on each tree's effect on the weights.",
              Range{.low = 0, .high = 10, .low_open = true}},
        Field{&S::loss, "loss", "How an error counts, as share of the largest one."},
        Field{&S::depth, "depth", "Levels of questions of a tree.", between(1, 6)},
        Field{&S::max_bins, "max_bins", "Bins of a column at most.", between(2, 255)}};
  }
  static Card card();
  static std::vector<Trial> search();
  AdaBoostRegressorModel fit(const Dataset& data, const Context& context) const;
};

}  // namespace everyml
