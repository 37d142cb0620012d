#pragma once

#include <nanobind/nanobind.h>

namespace everyml::python {

/// Answers for one row given as a dict, in microseconds.
void bind_row_reader(nanobind::module_& module);

}  // namespace everyml::python
