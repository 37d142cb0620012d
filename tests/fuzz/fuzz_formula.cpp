// Any text ends in a formula or in a typed error with its place; a formula gives the same value row by row
// and in blocks.

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "everyml/ensembles/boosting/formula.h"
#include "everyml/foundation/base/error.h"

using namespace everyml;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::array<std::string_view, 3> kNames = {"y", "f", "w"};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const Formula formula(text, kNames);
    const std::array<double, 4> y = {0, 1, -2.5, 1e300}, f = {1, 0, -0.75, 30}, w = {1, 2, 0, 1};
    const std::array<const double*, 3> inputs = {y.data(), f.data(), w.data()};
    std::array<double, 4> value{}, first{}, second{};
    Formula::Workspace workspace(formula);
    formula.differentiate(4, inputs, 1, value.data(), first.data(), second.data(), workspace);
    for (std::size_t i = 0; i < 4; ++i) {
      const std::array<double, 3> row = {y[i], f[i], w[i]};
      const double alone = formula.value(row);
      if (alone == value[i] || (std::isnan(alone) && std::isnan(value[i]))) continue;
      std::fprintf(stderr, "fuzz_formula: a row alone has another value\n");
      std::abort();
    }
  } catch (const ParameterError& error) {
    if (error.code() != std::string_view("parameter.formula")) std::abort();
  }
  return 0;
}
