#pragma once

#include <vector>

#include "everyml/foundation/model/registry.h"

namespace everyml {

/// Learners that tell how unusual a row is.
std::vector<Entry> anomaly_family();

}  // namespace everyml
