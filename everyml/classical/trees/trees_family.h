#pragma once

#include <vector>

#include "everyml/foundation/model/registry.h"

namespace everyml {

/// Single trees.
std::vector<Entry> trees_family();

}  // namespace everyml
