#include "everyml/ensembles/adaboost/adaboost_family.h"

#include <nlohmann/json.hpp>

#include "everyml/ensembles/adaboost/adaboost_classifier.h"
#include "everyml/ensembles/adaboost/adaboost_regressor.h"
#include "everyml/ensembles/adaboost/logitboost.h"
#include "everyml/foundation/model/entry.h"

namespace everyml {

std::vector<Entry> adaboost_family() {
  return {entry<AdaBoostClassifier>(), entry<AdaBoostRegressor>(), entry<LogitBoost>()};
}

}  // namespace everyml
