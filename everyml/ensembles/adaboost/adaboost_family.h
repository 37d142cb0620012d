#pragma once

#include <vector>

#include "everyml/foundation/model/registry.h"

namespace everyml {

/// Small trees taught one after the other with weights on the rows: AdaBoost and LogitBoost.
std::vector<Entry> adaboost_family();

}  // namespace everyml
