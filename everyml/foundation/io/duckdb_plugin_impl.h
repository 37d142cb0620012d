#pragma once

#include <string>

#include "everyml/foundation/io/csv.h"

namespace everyml::csv {

/// By ending or by the four magic bytes. Never opens a pipe.
bool looks_like_parquet(const std::string& path);

/// Through DuckDB's C library, loaded when first needed and never linked. Searched as $EVERYML_DUCKDB, as
/// libduckdb.so where the loader looks, and in lib/everyml/ beside the program's own folder.
/// Throws UnsupportedError "parquet.duckdb_absent", "parquet.duckdb_version"; ResourceError "io.open";
/// FormatError "parquet.broken"; DataError "csv.empty", "csv.type".
TableRead read_parquet(const std::string& path, const ReadOptions& options, const Context& context);

/// The file of the library in use; throws as read_parquet() does when there is none.
std::string duckdb_library();

}  // namespace everyml::csv
