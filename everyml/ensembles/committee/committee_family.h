#pragma once

#include <vector>

#include "everyml/foundation/model/registry.h"

namespace everyml {

/// Learners made of other learners: bagging, voting, stacking.
std::vector<Entry> committee_family();

}  // namespace everyml
