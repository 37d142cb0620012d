#pragma once

#include <vector>

#include "everyml/foundation/model/registry.h"

namespace everyml {

std::vector<Entry> baseline_family();

}  // namespace everyml
