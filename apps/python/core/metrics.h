#pragma once

#include <nanobind/nanobind.h>

namespace everyml::python {

/// The submodules `metrics` and `splits`: each function of the library's headers on contiguous NumPy vectors,
/// codes of int32 and numbers of float64; an empty vector of weights counts each row once. Labels of other
/// kinds, shapes and conventions are everyml/metrics.py's and everyml/model_selection.py's.
void bind_metrics(nanobind::module_& module);

// Its parts.
void bind_clustering_metrics(nanobind::module_& metrics);
void bind_named_metrics(nanobind::module_& metrics);
void bind_splits(nanobind::module_& splits);

}  // namespace everyml::python
