#pragma once

#include <string>

#include "everyml/foundation/base/json.h"

namespace everyml::cli {

/// A model's summary for people, on lines of at most `width` columns: plain values as facts, lists of objects
/// as tables, numbers to four digits. Long lists are cut and say so; `--json` has everything.
std::string summary_lines(const Json& summary, std::size_t width);

/// The members of an object on one line: "alpha 1, metric euclidean".
std::string facts_line(const Json& object);

}  // namespace everyml::cli
