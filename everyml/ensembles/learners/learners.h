#pragma once

#include "everyml/foundation/model/registry.h"

namespace everyml {

/// Every algorithm that stands for itself, family after family: all of the catalog but the committees, which
/// are made of these. Made once; thread-safe.
const Registry& learners();

}  // namespace everyml
