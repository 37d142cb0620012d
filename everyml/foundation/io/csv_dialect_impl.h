#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "everyml/foundation/io/csv.h"
#include "everyml/foundation/io/csv_infer_impl.h"
#include "everyml/foundation/io/csv_parse_impl.h"
#include "everyml/foundation/io/csv_tokenize_impl.h"

namespace everyml::csv {

/// The first rows of a text, cut by one shape.
struct SampleRows {
  std::vector<Field> fields;
  std::vector<std::size_t> starts;     ///< index of each row's first cell; one more entry than rows
  std::vector<std::uint64_t> offsets;  ///< where each row starts; one more entry, the end of the last
  std::size_t rows() const { return offsets.size() - 1; }
  std::size_t cells(std::size_t row) const { return starts[row + 1] - starts[row]; }
};
/// Whole rows only, unless `whole` says that the text ends here. Blank lines are left out.
SampleRows sample_rows(std::string_view text, std::size_t from, bool whole, const Shape& shape,
                       std::size_t most);

/// How the file is laid out, as its beginning tells.
struct Layout {
  Shape shape;
  CsvDialect dialect;
  std::vector<std::string> names;  ///< unique, never empty
  std::vector<bool> unnamed;       ///< the header cell was empty
  std::uint64_t data_begin = 0;    ///< first byte after the header
  std::vector<ReadNote> notes;
};

/// Finds delimiter, quote, line ends, lines before the header and the header itself. `text` is the beginning
/// of the file (all of it when `whole`), with padding. Throws DataError "csv.empty", "csv.no_columns".
Layout find_layout(std::string_view text, bool whole, const std::string& name, const ReadOptions& options,
                   const MissingMarks& marks);

/// How each column is to be read, from the rows of the sample.
struct Plans {
  std::vector<ColumnPlan> columns;
  std::vector<bool> point_matters;  ///< plain numbers that a decimal-comma file would read otherwise
  FileEvidence file;
};
Plans plan_columns(std::string_view text, bool whole, const Layout& layout, const ReadOptions& options,
                   const MissingMarks& marks);

}  // namespace everyml::csv
