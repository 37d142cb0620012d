#pragma once

#include <nanobind/nanobind.h>

namespace everyml::python {

/// What the registry says of every algorithm, for making the classes.
void bind_entries(nanobind::module_& module);

}  // namespace everyml::python
