#pragma once

#include <nanobind/nanobind.h>

namespace everyml::python {

/// The readers of files, and the judgement of texts that came another way.
void bind_reading(nanobind::module_& module);

}  // namespace everyml::python
