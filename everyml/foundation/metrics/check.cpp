#include <fmt/format.h>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/metrics/check_impl.h"

namespace everyml::detail {

void check_length(std::string_view what, std::size_t has, std::size_t wanted) {
  if (has == wanted) return;
  throw ParameterError("metrics.length",
                       fmt::format("metrics: {} has {} entries, {} are needed", what, has, wanted));
}

void check_codes(std::string_view what, std::span<const std::int32_t> codes, std::size_t classes) {
  for (std::size_t row = 0; row < codes.size(); ++row) {
    if (codes[row] >= 0 && static_cast<std::size_t>(codes[row]) < classes) continue;
    throw ParameterError("metrics.class",
                         fmt::format("metrics: {} has code {} in row {}; codes are 0 to {}", what, codes[row],
                                     row, static_cast<std::ptrdiff_t>(classes) - 1));
  }
}

void check_finite(std::string_view what, std::span<const double> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      throw DataError("metrics.not_finite",
                      fmt::format("metrics: {} has the value {} at position {}; finite numbers "
                                  "are needed",
                                  what, values[i], i));
    }
  }
}

double check_weights(std::size_t rows, std::span<const double> weights) {
  if (!weights.empty()) check_length("the list of weights", weights.size(), rows);
  if (rows == 0) throw DataError("metrics.empty", "metrics: there are no rows to measure");
  if (weights.empty()) return static_cast<double>(rows);
  Sum sum;
  for (std::size_t row = 0; row < rows; ++row) {
    if (!(weights[row] >= 0) || std::isinf(weights[row])) {
      throw DataError("metrics.weight",
                      fmt::format("metrics: the weight of row {} is {}; weights are finite and not "
                                  "negative",
                                  row, weights[row]));
    }
    sum.add(weights[row]);
  }
  if (!(sum.value() > 0)) throw DataError("metrics.empty", "metrics: all weights are zero");
  return sum.value();
}

}  // namespace everyml::detail
