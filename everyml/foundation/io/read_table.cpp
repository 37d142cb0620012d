#include <string>
#include <string_view>

#include "everyml/foundation/io/byte_source_impl.h"
#include "everyml/foundation/io/csv.h"
#include "everyml/foundation/io/csv_reader_impl.h"
#include "everyml/foundation/io/duckdb_plugin_impl.h"
#include "everyml/foundation/io/json_lines_impl.h"

namespace everyml {

TableRead read_table(const std::string& path, const ReadOptions& options, const Context& context) {
  if (csv::looks_like_parquet(path)) return csv::read_parquet(path, options, context);
  const BudgetScope budget(context.memory());
  csv::TextOrigin origin;
  const auto source = csv::open_text_source(path, origin);
  const std::string name = path == "-" ? "standard input" : path;
  std::string head(static_cast<std::size_t>(std::min<std::uint64_t>(source->size(), 4096)), '\0');
  source->read(0, head.size(), head.data());
  if (csv::is_json_lines(path, head)) {
    return csv::read_json_lines(*source, origin, name, options, context);
  }
  return csv::read_delimited(*source, origin, name, options, context);
}

}  // namespace everyml
