#pragma once

#include <nanobind/nanobind.h>

#include <memory>

#include "everyml/workflow/artifact/artifact.h"

namespace everyml::python {

/// A fitted model with its encoder, shared between Python objects. Immutable; safe from many threads.
struct Fitted {
  std::shared_ptr<const Artifact> artifact;
};

void bind_model(nanobind::module_& module);

}  // namespace everyml::python
