#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/table.h"

namespace everyml {

/// Something a reader did or saw that a careful person would want to know. Nothing is repaired in silence.
struct ReadNote {
  std::string code;      ///< stable, for example "csv.utf8_repaired", "csv.ragged_row", "csv.id_kept_as_text"
  std::string sentence;  ///< for people
  std::string column;    ///< empty when it concerns the file
  std::uint64_t line = 0;   ///< first line concerned, counted from 1; 0 when it concerns the whole
  std::uint64_t count = 1;  ///< how often
};

/// How a delimited file is written. Found by the reader unless given.
struct CsvDialect {
  char delimiter = ',';
  char quote = '"';
  bool header = true;
  char decimal = '.';
  char thousands = 0;  ///< 0 when there are none
  bool bom = false;
  std::string encoding = "utf-8";
};

struct ReadOptions {
  std::optional<char> delimiter;  ///< found when not given
  std::optional<char> quote;
  std::optional<bool> header;
  std::optional<char> decimal;                      ///< '.' or ','
  std::map<std::string, ColumnKind> types;          ///< by column name; wins over inference
  std::optional<std::vector<std::string>> missing;  ///< marks of a missing cell instead of the usual ones
  bool strict = false;                              ///< ragged rows and broken UTF-8 are errors
  std::optional<std::uint64_t> max_rows;            ///< read only the first rows
};

struct TableRead {
  Table table;
  std::vector<ReadNote> notes;
  CsvDialect dialect;  ///< of delimited files
  std::string format;  ///< "csv", "jsonl", "parquet"
};

/// Reads a delimited text file (plain or gzip), streaming and in parallel; the table does not depend on
/// threads. Types are decided over the whole column, see docs/reading.md. Throws ResourceError "io.open",
/// "io.read", "resource.memory"; DataError "csv.empty", "csv.no_columns", "csv.ragged" (strict), "csv.type"
/// (a cell that does not fit the type asked for) with line and column; FormatError "csv.quote" (a quote never
/// closed), "csv.binary", "gzip.broken".
TableRead read_csv(const std::string& path, const ReadOptions& options, const Context& context);
/// The same over bytes in memory; `name` stands in for the path in messages.
TableRead read_csv_text(std::string_view text, const std::string& name, const ReadOptions& options,
                        const Context& context);

/// Reads by content and ending: CSV/TSV, JSON lines, gzip of these, Parquet (through DuckDB when present).
/// "-" is standard input.
TableRead read_table(const std::string& path, const ReadOptions& options, const Context& context);

/// A file in pieces with a fixed schema, for prediction over pipes: delimited text in bounded memory, JSON
/// lines and Parquet read whole. Columns that the file lacks are told by `absent()` and count as missing;
/// unknown ones are skipped. A cell of text that does not fit its type is missing, counted in `notes()`.
class TableStream {
 public:
  /// "-" is standard input. The header is read here.
  static std::unique_ptr<TableStream> open(const std::string& path, const Schema& schema,
                                           const ReadOptions& options, const Context& context);
  virtual ~TableStream() = default;
  /// The next rows, at most `rows`; empty optional at the end.
  virtual std::optional<Table> next(std::size_t rows) = 0;
  virtual const std::vector<std::string>& absent() const = 0;
  virtual const std::vector<ReadNote>& notes() const = 0;
};

/// RFC 4180 text; quotes only where needed. With `formula_safe`, a text cell that a spreadsheet would run as
/// a formula (first character = + - @ tab) is given a leading apostrophe.
std::string write_csv(const Table& table, bool with_header = true, char delimiter = ',',
                      bool formula_safe = false);

}  // namespace everyml
