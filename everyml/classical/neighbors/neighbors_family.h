#pragma once

#include <vector>

#include "everyml/foundation/model/registry.h"

namespace everyml {

/// Learners that keep the training rows and ask the nearest.
std::vector<Entry> neighbors_family();

}  // namespace everyml
