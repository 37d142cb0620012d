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
  bool types_where_present = false;                 ///< a type for a column that is not there is no error
  std::optional<std::vector<std::string>> missing;  ///< marks of a missing cell instead of the usual ones
  bool strict = false;                              ///< ragged rows and broken UTF-8 are errors
  std::optional<std::uint64_t> max_rows;            ///< read only the first rows
};

struct TableRead {
  Table table;
  std::vector<ReadNote> notes;
  CsvDialect dialect;  ///< of delimited files
  std::string format;  ///< "csv", "jsonl", "parquet", "sql"
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

/// A file and the name that a query has for it.
struct SqlTable {
  std::string name;  ///< letters, digits and underscores; case does not tell two tables apart
  std::string path;  ///< as for read_table()
};

/// Reads the files as read_table() does, so that the kinds of their columns are the usual ones, hands them to
/// DuckDB and reads the answer of one SELECT over them. The query sees these tables and nothing else: no
/// file, no network, no settings. It runs on one thread, so the answer does not depend on threads; random()
/// follows the seed. Numbers, booleans and dates of the answer keep their kinds, texts are categories or
/// text. `options.types` may name columns of the files and of the answer; `max_rows` limits the answer.
/// Throws as read_table() does; UnsupportedError "parquet.duckdb_absent", "parquet.duckdb_version";
/// ParameterError "sql.table_name", "sql.statement" (not one SELECT), "sql.query" (wrong syntax, a name that
/// does not exist), "csv.types_column"; DataError "sql.column_names" (names that differ in case alone),
/// "sql.failed" (a value stops the query), "sql.no_rows"; ResourceError "resource.memory".
TableRead read_sql(const std::string& query, const std::vector<SqlTable>& tables, const ReadOptions& options,
                   const Context& context);

/// A file in pieces of bounded memory with a fixed schema, for prediction over pipes.
/// Columns of the schema that the file lacks are reported by `absent()` and come as wholly missing; unknown
/// ones are skipped. A cell that does not fit its type comes as missing and is counted in `notes()`.
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
