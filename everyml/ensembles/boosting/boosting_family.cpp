#include "everyml/ensembles/boosting/boosting_family.h"

#include <nlohmann/json.hpp>

#include "everyml/ensembles/boosting/boosting_ranker.h"
#include "everyml/ensembles/boosting/gradient_boosting.h"
#include "everyml/foundation/model/entry.h"

namespace everyml {

std::vector<Entry> boosting_family() {
  return {entry<GradientBoostingClassifier>(), entry<GradientBoostingRegressor>(),
          entry<GradientBoostingRanker>()};
}

bool orders_lists(std::string_view algorithm) { return algorithm == GradientBoostingRanker::name; }

}  // namespace everyml
