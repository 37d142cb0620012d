#pragma once

#include <string>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/table.h"
#include "everyml/foundation/io/csv.h"

namespace everyml {

/// Gives the columns of text of a table made elsewhere the kinds that a reader of files would: their cells
/// are judged as the strings of JSON lines are (docs/reading.md), so that a table handed over in memory and
/// the same table in a file lead to the same model. The empty text is missing, a column without a value is
/// one of numbers. Columns of other kinds stay as they are, unless `options.types` names another kind: then
/// their cells are judged as they are written. Of the options, `types`, `types_where_present`, `missing` and
/// `decimal` are heeded; the rest concerns files.
///
/// `name` stands for the table in messages; lines are counted from 1 for the first row. The table does not
/// depend on threads. Throws DataError "csv.type", ParameterError "csv.types_column", and what
/// context.check() throws.
TableRead judge_texts(const Table& table, const std::string& name, const ReadOptions& options,
                      const Context& context);

}  // namespace everyml
