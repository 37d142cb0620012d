#pragma once

#include <functional>
#include <string>
#include <vector>

#include "everyml/foundation/io/csv.h"
#include "everyml/foundation/io/csv_columns_impl.h"
#include "everyml/foundation/io/csv_tokenize_impl.h"

namespace everyml::csv {

/// Line of a place in the text.
using LineOf = std::function<std::uint64_t(std::uint64_t)>;

void note_rows(const RowIssues& issues, std::size_t columns, const LineOf& line_of,
               std::vector<ReadNote>& notes);

/// What was done to one column, in sentences. `finished` is the column as it came out.
void note_column(const ColumnState& column, const Column& finished, const MissingMarks& marks,
                 const LineOf& line_of, std::vector<ReadNote>& notes);

/// Notes of one code about very many columns are joined into one, so that a wide table does not drown its
/// reader.
std::vector<ReadNote> shorten(std::vector<ReadNote> notes);

}  // namespace everyml::csv
