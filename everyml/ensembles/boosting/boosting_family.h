#pragma once

#include <vector>

#include "everyml/foundation/model/registry.h"

namespace everyml {

/// Trees that each correct the sum of those before.
std::vector<Entry> boosting_family();

}  // namespace everyml
