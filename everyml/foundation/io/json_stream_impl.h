#pragma once

#include <memory>
#include <string>

#include "everyml/foundation/io/byte_source_impl.h"
#include "everyml/foundation/io/csv.h"

namespace everyml::csv {

/// A stream whose beginning has been looked at: `bytes` gives all of it again.
struct Peeked {
  std::string head;  ///< up to its first byte that is no blank, at most 4 KiB
  std::unique_ptr<ByteStream> bytes;
};
Peeked peek(std::unique_ptr<ByteStream> bytes);

/// TableStream over JSON lines. A key is looked up by name in every line, so its place may change; a column
/// is absent() until its key has been seen. Throws as TableStream::open does, and FormatError "jsonl.syntax",
/// "jsonl.not_object", "jsonl.duplicate_key" (of a key that the schema knows), "jsonl.line_too_long".
std::unique_ptr<TableStream> open_json_stream(const std::string& name, std::unique_ptr<TextOrigin> origin,
                                              std::unique_ptr<ByteStream> bytes, const Schema& schema,
                                              const ReadOptions& options, const Context& context);

}  // namespace everyml::csv
