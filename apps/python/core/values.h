#pragma once

#include <nanobind/nanobind.h>

#include "everyml/foundation/base/json.h"

namespace everyml::python {

/// None, bool, whole and other numbers (NumPy's too), text, and lists of these. ParameterError, a
/// TypeError, for anything else.
Json json_of(nanobind::handle value);

}  // namespace everyml::python
