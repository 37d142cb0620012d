#pragma once

#include <nanobind/nanobind.h>

namespace everyml::python {

/// Models of several targets: fitting them and asking them.
void bind_targets(nanobind::module_& module);

}  // namespace everyml::python
