#pragma once

#include <memory>

#include "everyml/foundation/io/csv.h"

namespace everyml {

/// A table that is in memory already, in the pieces of a TableStream: for answers of a query and for Parquet.
/// Columns keep the kinds they have; what the schema lacks is skipped, what the table lacks is absent() and
/// wholly missing.
std::unique_ptr<TableStream> stream_over_table(TableRead read, const Schema& schema);

}  // namespace everyml
