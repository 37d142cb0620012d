#include "everyml/classical/anomaly/anomaly_family.h"

#include <nlohmann/json.hpp>

#include "everyml/classical/anomaly/isolation_forest.h"
#include "everyml/foundation/model/entry.h"

namespace everyml {

std::vector<Entry> anomaly_family() { return {entry<IsolationForest>()}; }

}  // namespace everyml
