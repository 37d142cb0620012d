#include "everyml/ensembles/committee/committee_family.h"

#include <nlohmann/json.hpp>

#include "everyml/ensembles/committee/bagging.h"
#include "everyml/ensembles/committee/stacking.h"
#include "everyml/ensembles/committee/voting.h"
#include "everyml/foundation/model/entry.h"

namespace everyml {

std::vector<Entry> committee_family() {
  return {entry<BaggingClassifier>(), entry<BaggingRegressor>(),   entry<VotingClassifier>(),
          entry<VotingRegressor>(),   entry<StackingClassifier>(), entry<StackingRegressor>()};
}

}  // namespace everyml
