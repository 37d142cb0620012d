#include "everyml/classical/trees/trees_family.h"

#include <nlohmann/json.hpp>

#include "everyml/classical/trees/c45.h"
#include "everyml/classical/trees/decision_tree.h"
#include "everyml/foundation/model/entry.h"

namespace everyml {

std::vector<Entry> trees_family() {
  return {entry<DecisionTreeClassifier>(), entry<DecisionTreeRegressor>(), entry<C45>()};
}

}  // namespace everyml
