#pragma once

#include <string>

#include "everyml/foundation/data/table.h"
#include "everyml/foundation/io/duckdb_session_impl.h"

namespace everyml::csv {

/// Makes a table of that name in the session and copies all rows: whole numbers as BIGINT, other numbers as
/// DOUBLE, booleans, dates as DATE or TIMESTAMP, categories and texts as VARCHAR; missing cells are NULL.
/// Throws DataError "sql.column_names", ResourceError "resource.memory" and what context.check() throws.
void hand_over(const DuckSession& session, const std::string& name, const Table& table,
               const Context& context);

}  // namespace everyml::csv
