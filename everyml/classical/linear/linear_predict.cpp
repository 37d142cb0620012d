#include <algorithm>

#include "everyml/classical/linear/linear_predict_impl.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/linalg/elementary.h"

namespace everyml {

double portable_row_dot(const Features& x, std::size_t row, const double* w) {
  if (const double* values = x.dense64()) return portable::dot(values + row * x.stride(), w, x.columns());
  if (const float* values = x.dense32()) return portable::dot(values + row * x.stride(), w, x.columns());
  const auto sparse = x.sparse32();
  const std::size_t begin = sparse.row_starts[row], end = sparse.row_starts[row + 1];
  return portable::sparse_dot(sparse.values.data() + begin, sparse.columns.data() + begin, w, end - begin);
}

std::size_t prediction_grain(const Features& x) {
  return std::clamp<std::size_t>(65536 / std::max<std::size_t>(x.columns(), 1), 64, 8192);
}

void portable_predict(const Features& x, std::span<const double> w, double intercept, std::span<double> out,
                      const Context& context) {
  const auto rows = [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r) out[r] = intercept + portable_row_dot(x, r, w.data());
  };
  const std::size_t grain = prediction_grain(x);
  if (x.rows() <= grain)
    rows(0, x.rows());
  else
    parallel_for(context, x.rows(), grain, rows);
}

}  // namespace everyml
