#pragma once

#include <string_view>
#include <vector>

#include "everyml/foundation/model/registry.h"

namespace everyml {

/// Trees that each correct the sum of those before.
std::vector<Entry> boosting_family();

/// Whether an algorithm learns the order of rows within lists: a fit needs Dataset::groups and grades, and
/// its answers are scores that compare rows of one list.
bool orders_lists(std::string_view algorithm);

}  // namespace everyml
