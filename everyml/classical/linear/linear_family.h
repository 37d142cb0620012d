#pragma once

#include <vector>

#include "everyml/foundation/model/registry.h"

namespace everyml {

/// Lines: linear regression, ridge, logistic regression.
std::vector<Entry> linear_family();

}  // namespace everyml
