#pragma once

#include <nanobind/nanobind.h>

namespace everyml::python {

/// What models made of trees show: leaves, sums of some trees, answers of the first rounds.
void bind_trees(nanobind::module_& module);

}  // namespace everyml::python
