#pragma once

#include <memory>
#include <vector>

#include "everyml/classical/trees/tree_ensemble.h"
#include "everyml/ensembles/boosting/boosting_settings.h"
#include "everyml/ensembles/boosting/gradient_boosting.h"
#include "everyml/ensembles/boosting/objective.h"
#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/dataset.h"

namespace everyml::boosting_detail {

/// What training hands over.
struct Boosted {
  TreeParts parts;
  std::size_t rounds = 0;        ///< kept
  ValidationHistory validation;  ///< after each round that was run
};

/// Boosts trees on all rows of positive weight. The data has been validated. With `earlier`, a model of the
/// same objective and columns with no more rounds, it goes on from there.
/// Throws ParameterError "parameter.column" for constraints on columns that there are not, DataError
/// "boosting.overflow", "data.spread".
Boosted boost(const Dataset& data, const BoostingObjective& objective, const BoostingSettings& settings,
              const Context& context, const BoostedTrees* earlier = nullptr);

/// As GradientBoostingRegressor::refit says; the data has been validated.
TreeParts refit(const BoostedTrees& earlier, const Dataset& data, const BoostingSettings& settings,
                double decay, const Context& context);

/// Throws what fit_from says unless `earlier` can go on with these columns, this objective and so many
/// rounds.
void require_continues(const BoostedTrees& earlier, const ObjectiveSpec& spec, const Dataset& data,
                       const BoostingSettings& settings);
/// The target with the model's classes in the model's order. Throws DataError "data.new_class".
Target matched_target(const Target& target, std::span<const std::string> names);

/// The grower's settings; names of columns become numbers.
GrowerSettings grower_settings(const BoostingSettings& settings, const Dataset& data);

/// Rows kept back for early stopping and the others, both ascending, of the rows of positive weight.
struct RowParts {
  std::vector<std::size_t> training, validation;
};
RowParts part_rows(const Dataset& data, double validation_share, const Context& context);

}  // namespace everyml::boosting_detail
