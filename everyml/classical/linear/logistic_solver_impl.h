#pragma once

#include "everyml/classical/linear/logistic_regression.h"

namespace everyml {

/// Everything of the model but the names.
LogisticRegressionModel::State solve_logistic(const LogisticRegression& settings, const Dataset& data,
                                              const Context& context);

}  // namespace everyml
