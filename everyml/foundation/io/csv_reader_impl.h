#pragma once

#include <string>

#include "everyml/foundation/io/byte_source_impl.h"
#include "everyml/foundation/io/csv.h"
#include "everyml/foundation/io/csv_stretches_impl.h"

namespace everyml::csv {

/// Reads a delimited text whose bytes are UTF-8 or nearly so.
TableRead read_delimited(const ByteSource& source, const TextOrigin& origin, const std::string& name,
                         const ReadOptions& options, const Context& context, const Tuning& tuning = {});

}  // namespace everyml::csv
