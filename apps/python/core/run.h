#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>
#include <functional>

#include "everyml/foundation/base/context.h"

namespace everyml::python {

namespace nb = nanobind;

/// What every call that works for longer than a blink takes from Python.
struct Run {
  int threads = 0;  ///< 0: as many as the process may use
  std::uint64_t seed = 0;
  /// None, or a callable progress(stage: str, fraction: float). What it raises ends the work; when it returns
  /// True, iterative learners end with the valid state they have. Its close(), if it has one, is called at
  /// the end.
  nb::object progress = nb::none();
  double seconds = 0;  ///< 0: no limit
};

/// Does `work` with the interpreter released. From four thousand cells on it happens on a thread of its
/// own, while the calling one looks for signals and calls `progress` about twenty times a second: Ctrl-C ends
/// the work in KeyboardInterrupt. `work` must not touch Python objects.
void run_released(const Run& run, std::size_t cells, const std::function<void(const Context&)>& work);

void bind_run(nb::module_& module);

}  // namespace everyml::python
