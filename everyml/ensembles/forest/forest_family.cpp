#include "everyml/ensembles/forest/forest_family.h"

#include <nlohmann/json.hpp>

#include "everyml/ensembles/forest/forest.h"
#include "everyml/foundation/model/entry.h"

namespace everyml {

std::vector<Entry> forest_family() {
  return {entry<RandomForestClassifier>(), entry<RandomForestRegressor>(), entry<ExtraTreesClassifier>(),
          entry<ExtraTreesRegressor>()};
}

}  // namespace everyml
