#include "everyml/ensembles/boosting/boosting_ranker.h"

#include <memory>
#include <utility>

#include "everyml/ensembles/boosting/boosting_train_impl.h"

namespace everyml {

Card GradientBoostingRanker::card() {
  Card card = GradientBoostingRegressor::card();
  card.title = "Gradient boosting of orders";
  card.summary = "Trees that put the rows of each list in order, the relevant ones first";
  card.complexity = 6;
  card.by_request = true;
  card.weights = Card::Weights::votes;
  card.references = {
      "Burges, \"From RankNet to LambdaRank to LambdaMART: An Overview\", MSR-TR-2010-82, 2010",
      "Wu, Burges, Svore and Gao, \"Adapting boosting for information retrieval measures\", Information "
      "Retrieval 13, 2010",
      "Bruch, \"An Alternative Cross Entropy Loss for Learning-to-Rank\", WWW 2021"};
  return card;
}

std::vector<Trial> GradientBoostingRanker::search() {
  return {{{"rounds", "300"}, {"learning_rate", "0.05"}}};
}

GradientBoostingRegressorModel GradientBoostingRanker::fit(const Dataset& data,
                                                           const Context& context) const {
  validate(*this);
  data.validate(name, {.target = Target::Kind::numbers, .missing_allowed = true});
  auto made_for = BoostingObjective::make(objective.spec());
  auto made = boosting_detail::boost(data, *made_for, boosting, context);
  return GradientBoostingRegressorModel(
      {TreeEnsemble(std::move(made.parts)), std::move(made_for), std::move(made.validation)});
}

GradientBoostingRegressorModel GradientBoostingRanker::fit_from(const GradientBoostingRegressorModel& earlier,
                                                                const Dataset& data,
                                                                const Context& context) const {
  validate(*this);
  data.validate(name, {.target = Target::Kind::numbers, .missing_allowed = true});
  boosting_detail::require_continues(earlier.boosted(), objective.spec(), data, boosting);
  auto made_for = BoostingObjective::make(objective.spec());
  auto made = boosting_detail::boost(data, *made_for, boosting, context, &earlier.boosted());
  return GradientBoostingRegressorModel(
      {TreeEnsemble(std::move(made.parts)), std::move(made_for), std::move(made.validation)});
}

GradientBoostingRegressorModel GradientBoostingRanker::refit(const GradientBoostingRegressorModel& earlier,
                                                             const Dataset& data, double decay,
                                                             const Context& context) const {
  validate(*this);
  data.validate(name, {.target = Target::Kind::numbers, .missing_allowed = true});
  return GradientBoostingRegressorModel(
      {TreeEnsemble(boosting_detail::refit(earlier.boosted(), data, boosting, decay, context)),
       BoostingObjective::make(earlier.boosted().objective().spec()), ValidationHistory{}});
}

}  // namespace everyml
