#pragma once

#include <nanobind/nanobind.h>

namespace everyml::python {

/// A fitted model's answers for tables and single rows, and what explains and judges them.
void bind_answers(nanobind::module_& module);

}  // namespace everyml::python
