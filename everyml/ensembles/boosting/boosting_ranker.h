#pragma once

#include <string_view>
#include <tuple>
#include <vector>

#include "everyml/ensembles/boosting/boosting_settings.h"
#include "everyml/ensembles/boosting/gradient_boosting.h"
#include "everyml/ensembles/boosting/objective_settings.h"

namespace everyml {

/// Orders within lists (queries) by boosted trees: LambdaMART and its kin. The target are grades of
/// relevance, Dataset::groups say which rows belong to one list; they need not stand together. The answers
/// are scores: of two rows of a list the one with the larger score stands higher; groups are not needed to
/// ask. A list weighs as the mean weight of its rows. Row sampling draws single rows, as in LightGBM.
/// Reference: Burges, "From RankNet to LambdaRank to LambdaMART: An Overview", MSR-TR-2010-82 (2010).
struct GradientBoostingRanker {
  RankObjective objective;
  BoostingSettings boosting;

  static constexpr std::string_view name = "gradient-boosting-ranker";
  static constexpr auto fields() {
    return std::tuple{Field{&GradientBoostingRanker::objective, "", ""},
                      Field{&GradientBoostingRanker::boosting, "", ""}};
  }
  static Card card();
  static std::vector<Trial> search();
  /// Throws as GradientBoostingRegressor::fit; DataError "boosting.groups" without groups, "boosting.grades"
  /// for a target that is no grade (but of the objective pairwise, which takes any numbers).
  GradientBoostingRegressorModel fit(const Dataset& data, const Context& context) const;
  /// As GradientBoostingRegressor::fit_from.
  GradientBoostingRegressorModel fit_from(const GradientBoostingRegressorModel& earlier, const Dataset& data,
                                          const Context& context) const;
  /// As GradientBoostingRegressor::refit.
  GradientBoostingRegressorModel refit(const GradientBoostingRegressorModel& earlier, const Dataset& data,
                                       double decay, const Context& context) const;
};

}  // namespace everyml
