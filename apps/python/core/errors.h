#pragma once

#include <nanobind/nanobind.h>

namespace everyml::python {

/// Every Error of the library becomes the exception of everyml._errors of its kind, with the attribute
/// `code`.
void bind_errors(nanobind::module_& module);

}  // namespace everyml::python
