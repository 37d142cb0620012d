#pragma once

#include <functional>
#include <string>

#include "everyml/foundation/io/csv.h"
#include "everyml/foundation/io/duckdb_session_impl.h"

namespace everyml::csv {

/// Something of a session that stands after FROM, and how it is spoken of.
struct DuckRelation {
  std::string from;
  std::string name;      ///< for sentences
  std::string format;    ///< of the TableRead
  bool settled = false;  ///< texts have been judged already: they are categories or text and nothing else
  /// Throws for the library's reason of a failure.
  std::function<void(const std::string& reason)> fail;
};

/// Reads all of it. Types given in `options` that name no column are the ParameterError "csv.types_column".
/// Throws DataError "csv.type", and what `fail` throws.
TableRead read_relation(const DuckSession& session, const DuckRelation& relation, const ReadOptions& options,
                        const Context& context);

}  // namespace everyml::csv
