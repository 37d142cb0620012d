#pragma once

#include <string>
#include <string_view>

#include "apps/text/terminal.h"
#include "everyml/workflow/doctor/doctor.h"

namespace everyml::shown {

/// One finding as lines: its mark and sentence, then evidence and remedy when `all`.
std::string finding_lines(const Finding& finding, bool all, const Terminal& terminal);
/// "2 serious, 1 warning, 3 notes", or "nothing to remark".
std::string count_findings(const DoctorReport& report);
/// The whole report as lines: how many of what, each finding, a table of the columns. `name`: the data's.
std::string describe_report(const DoctorReport& report, std::string_view name, const Terminal& terminal);

}  // namespace everyml::shown
