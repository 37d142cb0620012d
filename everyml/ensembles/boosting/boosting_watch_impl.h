#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "everyml/ensembles/boosting/objective.h"
#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/dataset.h"

namespace everyml::boosting_detail {

/// Whether rows kept back can be judged by a metric of that name; "loss" is the objective's own.
bool watches(const BoostingObjective& objective, std::string_view metric);
/// Throws ParameterError "parameter.validation_metric" unless watches(), saying what would be right.
void require_watched(const BoostingObjective& objective, std::string_view metric);

/// Rows kept back and the metric by which they find the best round. Borrows the objective.
class Watch {
 public:
  /// `weights` and `groups` as in Dataset. REQUIRES: watches(objective, metric), and not "loss".
  Watch(const BoostingObjective& objective, std::string metric, Target truth, std::vector<double> weights,
        std::vector<std::int32_t> groups);

  bool greater_is_better() const;
  /// scores: [outputs, rows]. Throws DataError "boosting.validation_metric" where the metric has no figure
  /// for these rows.
  double value(std::span<const double> scores, const Context& context) const;

 private:
  double figure(std::span<const double> answers) const;
  const BoostingObjective& objective_;
  std::string metric_;
  Target truth_;
  std::vector<double> weights_;
  std::vector<std::int32_t> groups_;
};

}  // namespace everyml::boosting_detail
