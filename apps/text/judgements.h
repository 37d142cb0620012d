#pragma once

#include <string>
#include <string_view>

#include "apps/text/terminal.h"
#include "everyml/workflow/artifact/artifact.h"
#include "everyml/workflow/explain/evaluate.h"

namespace everyml::shown {

/// A table of the metrics with their intervals. `name`: of the data.
std::string describe_evaluation(const Evaluation& evaluation, const Artifact& artifact, std::string_view name,
                                const Terminal& terminal);

}  // namespace everyml::shown
