#pragma once

#include <nanobind/nanobind.h>

namespace everyml::python {

/// Columns from arrays and from Python's objects, and back.
void bind_columns(nanobind::module_& module);

}  // namespace everyml::python
