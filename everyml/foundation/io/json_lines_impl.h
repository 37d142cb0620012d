#pragma once

#include <string>

#include "everyml/foundation/io/byte_source_impl.h"
#include "everyml/foundation/io/csv.h"
#include "everyml/foundation/io/csv_stretches_impl.h"

namespace everyml::csv {

/// True when the first character that is no blank opens an object.
bool looks_like_json_lines(std::string_view head);
/// The same of a file, whose name has a say: *.jsonl and *.ndjson always are, *.csv never is.
bool is_json_lines(const std::string& path, std::string_view head);

/// One object a line; a key is a column. Throws FormatError "jsonl.syntax", "jsonl.not_object",
/// "jsonl.duplicate_key", "jsonl.line_too_long" with the line; DataError "csv.empty", "csv.type",
/// "csv.no_columns".
TableRead read_json_lines(const ByteSource& source, const TextOrigin& origin, const std::string& name,
                          const ReadOptions& options, const Context& context, const Tuning& tuning = {});

}  // namespace everyml::csv
