#pragma once

#include <string>
#include <string_view>

#include "apps/text/terminal.h"
#include "everyml/foundation/base/json.h"
#include "everyml/workflow/artifact/artifact.h"

namespace everyml::shown {

/// A model's summary for people, on lines of at most `width` columns: plain values as facts, lists of objects
/// as tables, numbers to four digits. Long lists are cut and say so; `--json` has everything.
std::string summary_lines(const Json& summary, std::size_t width);

/// The members of an object on one line: "alpha 1, metric euclidean".
std::string facts_line(const Json& object);

/// All of a model file that a program would want.
Json artifact_json(const Artifact& artifact);
/// The same for people. `name`: of the file.
std::string describe_artifact(const Artifact& artifact, std::string_view name, const Terminal& terminal);

}  // namespace everyml::shown
