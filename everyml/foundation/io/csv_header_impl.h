#pragma once

#include <string>
#include <string_view>

#include "everyml/foundation/io/csv_dialect_impl.h"

namespace everyml::csv {

/// Fills names, data_begin and dialect.header of a layout whose shape is known. `from` is where the lines
/// start.
void find_header(std::string_view text, std::size_t from, bool whole, const std::string& name,
                 const ReadOptions& options, const MissingMarks& marks, Layout& layout);

}  // namespace everyml::csv
