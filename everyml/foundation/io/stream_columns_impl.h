#pragma once

#include "everyml/foundation/data/table.h"
#include "everyml/foundation/io/csv_columns_impl.h"

namespace everyml::csv {

inline constexpr std::size_t kStreamSample = std::size_t{1} << 16;  ///< a pipe is waited on for this much
inline constexpr std::size_t kNowhere = ~std::size_t{0};

/// One column of the schema and where it stands in the file.
struct StreamColumn {
  ColumnSchema schema;
  std::size_t at = kNowhere;
  ColumnPlan plan;
  ColumnState state;  ///< the batch in the making, and the oddities of all
  ColumnPart part;
  Dictionary known;  ///< categories: the levels of the schema, codes in their order
};

/// The styles of a column whose kind is known, from what the sample shows.
ColumnPlan stream_plan(ColumnKind kind, const Evidence& evidence, const FileEvidence& file);

/// The batch as a column of the schema's kind: the first `rows` of the `allocated` ones.
Column finish_stream_column(StreamColumn& column, std::size_t rows, std::size_t allocated);

/// A column of that kind without a value.
Column missing_column(const ColumnSchema& schema, std::size_t rows);

/// What was odd about the cells of all batches, without lines: the text is gone by then.
void note_stream_column(const StreamColumn& column, std::vector<ReadNote>& notes);

}  // namespace everyml::csv
