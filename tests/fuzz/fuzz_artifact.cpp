#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/io/archive_impl.h"
#include "everyml/workflow/artifact/artifact.h"
#include "everyml/workflow/catalog/catalog.h"

// Any bytes given as a saved model end in a FormatError, or in an artifact that is written as it was read and
// answers for rows of its own columns, or refuses them with a typed error.

using namespace everyml;

namespace {

/// Three rows with the columns that the encoder reads: a known cell, an odd one and a missing one.
Table rows_for(const Schema& schema) {
  std::vector<Column> columns;
  for (const ColumnSchema& column : schema.columns) {
    switch (column.kind) {
      case ColumnKind::number: {
        Buffer<double> values(3);
        values[1] = 1e300;
        values[2] = 0.0 / 0.0;
        columns.push_back(Column::numbers(column.name, std::move(values)));
        break;
      }
      case ColumnKind::boolean: {
        Buffer<std::int8_t> values(3);
        values[1] = 1;
        values[2] = -1;
        columns.push_back(Column::booleans(column.name, std::move(values)));
        break;
      }
      case ColumnKind::date: {
        Buffer<std::int64_t> values(3);
        values[1] = std::int64_t{1} << 62;
        values[2] = kMissingDate;
        columns.push_back(Column::dates(column.name, std::move(values), column.has_time));
        break;
      }
      case ColumnKind::category:
      case ColumnKind::text: {
        std::vector<std::optional<std::string>> cells = {"never seen", "", std::nullopt};
        if (!column.levels.empty()) cells[0] = column.levels.back();
        columns.push_back(column.kind == ColumnKind::text ? Column::texts(column.name, TextStore::from(cells))
                                                          : Column::categories(column.name, cells));
        break;
      }
    }
  }
  return Table(std::move(columns));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  // The checksum keeps mutations out; made right, they reach the content.
  if (bytes.size() >= detail::checksum_begin + detail::checksum_digits) {
    bytes.replace(detail::checksum_begin, detail::checksum_digits, detail::checksum_of(bytes));
  }
  static const Context context({.threads = 1, .memory_bytes = std::size_t{1} << 28});
  try {
    const Artifact artifact = Artifact::from_bytes(std::move(bytes), "fuzz", catalog());
    const std::string written = artifact.bytes();
    if (Artifact::from_bytes(written, "again", catalog()).bytes() != written) std::abort();
    predict(artifact, rows_for(artifact.encoder.schema()), {.probabilities = true, .interval = 0.9}, context);
  } catch (const Error&) {
    // Typed: what was to be shown. Anything else ends the run.
  }
  return 0;
}
