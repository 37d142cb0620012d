#pragma once

#include <cstddef>
#include <string_view>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/dataset.h"
#include "everyml/foundation/model/any_model.h"
#include "everyml/foundation/model/registry.h"

// Boosted models that are worked on further, without their C++ types. Each throws UnsupportedError
// "model.continue" for an algorithm that is none of boosting, or a model that is not of the estimator's
// algorithm. Thread-safe.

namespace everyml {

/// Whether models of this algorithm can be given more rounds and new answers of leaves.
bool can_continue(std::string_view algorithm);

/// The estimator's fit, going on from `earlier`; as GradientBoostingRegressor::fit_from.
AnyModel fit_from(const AnyEstimator& estimator, const AnyModel& earlier, const Dataset& data,
                  const Context& context);

/// New answers for the leaves of `earlier`; as GradientBoostingRegressor::refit.
AnyModel refit(const AnyEstimator& estimator, const AnyModel& earlier, const Dataset& data, double decay,
               const Context& context);

/// The first rounds of a model alone. Throws ParameterError "parameter.rounds" unless there are as many.
AnyModel first_rounds(const AnyModel& model, std::size_t rounds);

}  // namespace everyml
