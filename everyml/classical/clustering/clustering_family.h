#pragma once

#include <vector>

#include "everyml/foundation/model/registry.h"

namespace everyml {

/// Learners that find groups of rows without a target.
std::vector<Entry> clustering_family();

}  // namespace everyml
