#pragma once

#include <string>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/io/csv.h"
#include "everyml/foundation/io/csv_columns_impl.h"
#include "everyml/foundation/io/csv_notes_impl.h"

namespace everyml::csv {

/// The columns of a table whose cells have all been read, in parts.
struct Assembly {
  std::vector<ColumnState> columns;
  std::vector<std::vector<ColumnPart>> parts;  ///< by part, by column
  std::vector<PartRows> part_rows;
  std::size_t rows = 0;
};

std::vector<ColumnPart*> parts_of(Assembly& assembly, std::size_t column);

/// Joins what the parts of these columns hold beside the values.
void join_parts(Assembly& assembly, const std::vector<std::size_t>& columns, const Context& context);

/// Settles the kinds and makes the table and the notes of `read`. REQUIRES: join_parts() of all columns.
/// Throws DataError "csv.type", "csv.utf8" (strict), "csv.no_columns".
void assemble(Assembly& assembly, const FileEvidence& file, const std::string& name,
              const ReadOptions& options, const MissingMarks& marks, const LineOf& line_of,
              const Context& context, TableRead& read);

/// Throws ParameterError "csv.types_column" when a type is given to a column that is not among `names`.
void check_types(const ReadOptions& options, const std::vector<std::string>& names, const std::string& name);

}  // namespace everyml::csv
