#pragma once

#include <string>

#include "apps/text/terminal.h"
#include "everyml/workflow/select/learn.h"

namespace everyml::shown {

/// What was learned, as lines: the question, the findings that matter, the table, the reasons.
std::string describe_result(const LearnResult& result, const Terminal& terminal);

}  // namespace everyml::shown
