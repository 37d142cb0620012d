#include "everyml/ensembles/boosting/continued.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "everyml/ensembles/boosting/boosting_ranker.h"
#include "everyml/ensembles/boosting/gradient_boosting.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/model/entry.h"

namespace everyml {
namespace {

using Classifier = GradientBoostingClassifier;
using Regressor = GradientBoostingRegressor;
using Ranker = GradientBoostingRanker;

[[noreturn]] void cannot(std::string_view algorithm) {
  throw UnsupportedError("model.continue",
                         fmt::format("{} cannot go on from a model; gradient boosting can", algorithm));
}

/// Calls work(settings) with the settings' own type.
template <class Work>
AnyModel with_settings(const AnyEstimator& estimator, const AnyModel& model, Work work) {
  const std::string& name = estimator.card().name;
  if (model.card().name != name)
    throw UnsupportedError("model.continue", fmt::format("the model is one of {}, and {} cannot go on from "
                                                         "it",
                                                         model.card().name, name));
  const auto card = std::make_shared<const Card>(estimator.card());
  if (name == Classifier::name)
    return {work(*static_cast<const Classifier*>(estimator.settings()),
                 *model.as<GradientBoostingClassifierModel>()),
            card};
  const auto* held = model.as<GradientBoostingRegressorModel>();
  if (name == Regressor::name && held != nullptr)
    return {work(*static_cast<const Regressor*>(estimator.settings()), *held), card};
  if (name == Ranker::name && held != nullptr)
    return {work(*static_cast<const Ranker*>(estimator.settings()), *held), card};
  cannot(name);
}

}  // namespace

bool can_continue(std::string_view algorithm) {
  return algorithm == Classifier::name || algorithm == Regressor::name || algorithm == Ranker::name;
}

AnyModel fit_from(const AnyEstimator& estimator, const AnyModel& earlier, const Dataset& data,
                  const Context& context) {
  return with_settings(estimator, earlier, [&](const auto& settings, const auto& model) {
    return settings.fit_from(model, data, context);
  });
}

AnyModel refit(const AnyEstimator& estimator, const AnyModel& earlier, const Dataset& data, double decay,
               const Context& context) {
  return with_settings(estimator, earlier, [&](const auto& settings, const auto& model) {
    return settings.refit(model, data, decay, context);
  });
}

AnyModel first_rounds(const AnyModel& model, std::size_t rounds) {
  const auto card = std::make_shared<const Card>(model.card());
  const auto cut = [&](const auto& held) -> AnyModel {
    if (rounds < 1 || rounds > held.boosted().rounds())
      throw ParameterError("parameter.rounds", fmt::format("the model has {} rounds; from 1 to that many can "
                                                           "be kept, got {}",
                                                           held.boosted().rounds(), rounds));
    return {held.first_rounds(rounds), card};
  };
  if (const auto* held = model.as<GradientBoostingClassifierModel>()) return cut(*held);
  if (const auto* held = model.as<GradientBoostingRegressorModel>()) return cut(*held);
  cannot(model.card().name);
}

}  // namespace everyml
