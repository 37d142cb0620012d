#include "everyml/classical/clustering/clustering_family.h"

#include <nlohmann/json.hpp>

#include "everyml/classical/clustering/kmeans.h"
#include "everyml/foundation/model/entry.h"

namespace everyml {

std::vector<Entry> clustering_family() { return {entry<KMeans>()}; }

}  // namespace everyml
