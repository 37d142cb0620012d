#include "everyml/classical/neighbors/neighbors_family.h"

#include <nlohmann/json.hpp>

#include "everyml/classical/neighbors/knn.h"
#include "everyml/foundation/model/entry.h"

namespace everyml {

std::vector<Entry> neighbors_family() { return {entry<KnnClassifier>(), entry<KnnRegressor>()}; }

}  // namespace everyml
