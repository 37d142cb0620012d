#pragma once

#include <memory>
#include <vector>

#include "everyml/classical/trees/tree_ensemble.h"
#include "everyml/ensembles/boosting/boosting_settings.h"
#include "everyml/ensembles/boosting/objective.h"
#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/dataset.h"

namespace everyml::boosting_detail {

/// What training hands over.
struct Boosted {
  TreeParts parts;
  std::size_t rounds = 0;               ///< kept
  std::vector<double> validation_loss;  ///< after each round that was run; empty without rows kept back
};

/// Boosts trees on all rows of positive weight. The data has been validated.
/// Throws ParameterError "parameter.column" for constraints on columns that there are not, DataError
/// "boosting.overflow", "data.spread".
Boosted boost(const Dataset& data, const BoostingObjective& objective, const BoostingSettings& settings,
              const Context& context);

/// Part of a tree's columns that a node may ask about, chosen by the number of rows where it was not said.
double node_share(const BoostingSettings& settings, const Dataset& data);

/// The grower's settings; names of columns become numbers.
GrowerSettings grower_settings(const BoostingSettings& settings, const Dataset& data);

/// Rows kept back for early stopping and the others, both ascending, of the rows of positive weight.
struct RowParts {
  std::vector<std::size_t> training, validation;
};
RowParts part_rows(const Dataset& data, double validation_share, const Context& context);

}  // namespace everyml::boosting_detail
