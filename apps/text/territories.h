#pragma once

#include <string>
#include <vector>

#include "apps/text/terminal.h"
#include "everyml/foundation/base/json.h"
#include "everyml/workflow/select/map.h"

namespace everyml::shown {

/// All territories, for programs.
Json map_json(const std::vector<Territory>& map);
/// The same for people: what works and what does not, or what fits a table and what does not.
std::string describe_map(const std::vector<Territory>& map, const Terminal& terminal);

}  // namespace everyml::shown
