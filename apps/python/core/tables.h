#pragma once

#include <nanobind/nanobind.h>

namespace everyml::python {

/// Columns and tables; Arrow in and out; readers of files.
void bind_tables(nanobind::module_& module);

}  // namespace everyml::python
