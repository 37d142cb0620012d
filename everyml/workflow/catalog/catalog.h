#pragma once

#include "everyml/foundation/model/registry.h"

namespace everyml {

/// Every algorithm that works today, family after family. Made once; thread-safe.
const Registry& catalog();

}  // namespace everyml
