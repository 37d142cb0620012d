#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "everyml/foundation/base/error.h"
#include "everyml/workflow/export/imported_trees.h"

// Any bytes given as a model of another tool end in a typed error, or in trees that answer for rows.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace everyml;
  static const Context context({.threads = 1, .memory_bytes = std::size_t{1} << 28});
  try {
    const ImportedTrees model = import_trees({reinterpret_cast<const char*>(data), size}, "fuzz");
    const std::size_t features = model.trees.feature_count();
    if (features > 10000) return 0;
    Buffer<double> values(3 * features);
    for (std::size_t j = 0; j < features; ++j) {
      values[features + j] = 1e300;
      values[2 * features + j] = 0.0 / 0.0;
    }
    std::vector<double> out(3 * model.trees.output_count());
    model.trees.predict(Features::dense(std::move(values), 3, features), out, context);
    model.answers(out);
  } catch (const Error&) {
    // Typed: what was to be shown. Anything else ends the run.
  }
  return 0;
}
