#pragma once

#include <nanobind/nanobind.h>

#include <cstddef>
#include <utility>

#include "apps/python/core/features.h"
#include "apps/python/core/model.h"
#include "apps/python/core/run.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/data/features.h"

// What methods of fitted models that answer row by row share.

namespace everyml::python {

inline std::size_t cells_of(const Features& x) { return x.rows() * x.columns(); }

/// Calls work(rows). Where the model was fitted on plain numbers and finds some missing, they are filled and
/// it is asked again: most rows have none, and looking first would be one more pass over them.
template <class Work>
void with_rows(const Fitted& self, const Features& x, const Context& context, Work work) {
  const Encoder& encoder = self.artifact->encoder;
  if (!encoder.takes_numbers() || x.columns() != encoder.feature_count()) return work(x);
  try {
    work(x);
  } catch (const DataError& error) {
    if (error.code() != "data.missing") throw;
    const Features filled = encoder.fill_numbers(x, context);
    if (filled.dense64() == x.dense64() && filled.dense32() == x.dense32()) throw;
    work(filled);
  }
}

/// What answers cost, in cells of a fit: little, unless every training row is passed over.
inline std::size_t answer_cells(const Fitted& self, const Features& x) {
  return self.artifact->model.card().lazy ? cells_of(x) * 100 : cells_of(x) / 50;
}

/// Calls work(filled features, out, context) for an array of `width` values per row and hands that array out.
template <class T, class Work>
nb::object answers(const Fitted& self, const Features& x, std::size_t width, bool flat, const Run& run,
                   Work work) {
  auto out = Buffer<T>::uninitialized(x.rows() * width);
  run_released(run, answer_cells(self, x), [&](const Context& context) {
    with_rows(self, x, context, [&](const Features& rows) { work(rows, out.span(), context); });
  });
  if (flat) return to_numpy(std::move(out), {x.rows()});
  return to_numpy(std::move(out), {x.rows(), width});
}

}  // namespace everyml::python
