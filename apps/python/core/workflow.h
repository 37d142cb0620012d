#pragma once

#include <nanobind/nanobind.h>

namespace everyml::python {

/// The main job: from a table to a judged model, its report, the doctor, the map.
void bind_workflow(nanobind::module_& module);

}  // namespace everyml::python
