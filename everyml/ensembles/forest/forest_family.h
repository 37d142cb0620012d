#pragma once

#include <vector>

#include "everyml/foundation/model/registry.h"

namespace everyml {

/// Random forests and extra trees.
std::vector<Entry> forest_family();

}  // namespace everyml
