#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "everyml/foundation/io/csv.h"
#include "everyml/foundation/io/csv_scan_impl.h"

namespace everyml::csv {

/// TableStream::open() over bytes in memory, which must outlive the stream. A row longer than
/// `largest_row` is an error.
std::unique_ptr<TableStream> stream_over_text(std::string_view bytes, const std::string& name,
                                              const Schema& schema, const ReadOptions& options,
                                              const Context& context, std::size_t largest_row = kLargestRow);

}  // namespace everyml::csv
