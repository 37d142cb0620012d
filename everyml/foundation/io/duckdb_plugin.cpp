#include <fmt/format.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numeric>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/csv_assemble_impl.h"
#include "everyml/foundation/io/duckdb_api_impl.h"
#include "everyml/foundation/io/duckdb_plugin_impl.h"

namespace everyml::csv {
namespace {

constexpr const char* kMagic = "PAR1";

std::string sql_quoted(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote) out.push_back(quote);
    out.push_back(c);
  }
  out.push_back(quote);
  return out;
}

class Answer {
 public:
  Answer(const DuckApi& api, DuckConnection connection, const std::string& sql) : api_(api) {
    failed_ = api_.query(connection, sql.c_str(), &result_) != 0;
  }
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  ~Answer() { api_.destroy_result(&result_); }

  bool failed() const { return failed_; }
  std::string error() {
    const char* text = api_.result_error(&result_);
    return text == nullptr ? "unknown reason" : text;
  }
  std::size_t columns() { return static_cast<std::size_t>(api_.column_count(&result_)); }
  std::string name(std::size_t column) { return api_.column_name(&result_, column); }

  /// use(chunk, rows) for every chunk in order.
  template <class F>
  void chunks(F&& use) {
    for (;;) {
      DuckChunk chunk = api_.fetch_chunk(result_);
      if (chunk == nullptr) return;
      struct Keeper {
        const DuckApi& api;
        DuckChunk& chunk;
        ~Keeper() { api.destroy_chunk(&chunk); }
      } keeper{api_, chunk};
      const auto rows = static_cast<std::size_t>(api_.chunk_size(chunk));
      if (rows == 0) return;
      use(chunk, rows);
    }
  }

 private:
  const DuckApi& api_;
  DuckResult result_{};
  bool failed_ = false;
};

/// An in-memory database that may read one file and nothing else.
class Session {
 public:
  Session(const DuckApi& api, const std::string& file, const Context& context) : api_(api) {
    DuckConfig config = nullptr;
    api_.create_config(&config);
    const auto set = [&](const char* name, const std::string& value) {
      api_.set_config(config, name, value.c_str());
    };
    set("threads", std::to_string(context.threads()));
    set("autoinstall_known_extensions", "false");
    set("autoload_known_extensions", "false");
    if (context.memory().limit() > 0) set("memory_limit", std::to_string(context.memory().limit()) + "B");
    char* error = nullptr;
    const DuckState opened = api_.open_ext(nullptr, &database_, config, &error);
    api_.destroy_config(&config);
    if (opened != 0) {
      const std::string reason = error == nullptr ? "unknown reason" : error;
      api_.free(error);
      throw UnsupportedError("parquet.duckdb_version",
                             "DuckDB's library does not start: " + printable(reason, 200));
    }
    if (api_.connect(database_, &connection_) != 0) {
      api_.close(&database_);
      throw UnsupportedError("parquet.duckdb_version", "DuckDB's library gives no connection");
    }
    for (const std::string& sql :
         {"SET allowed_paths = [" + sql_quoted(file, '\'') + "]", std::string("SET temp_directory = ''"),
          std::string("SET enable_external_access = false"), std::string("SET lock_configuration = true")}) {
      Answer answer(api_, connection_, sql);
      if (!answer.failed()) continue;
      const std::string reason = answer.error();
      close();
      throw UnsupportedError("parquet.duckdb_version",
                             "DuckDB's library cannot be locked down: " + printable(reason, 200));
    }
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() { close(); }
  DuckConnection connection() const { return connection_; }

 private:
  void close() {
    api_.disconnect(&connection_);
    api_.close(&database_);
  }
  const DuckApi& api_;
  DuckDatabase database_ = nullptr;
  DuckConnection connection_ = nullptr;
};

/// How a column of the file comes to us; each is one of four layouts.
enum class Form : std::uint8_t { number, boolean, moment, text };
struct Source {
  std::string name;
  Form form = Form::text;
  std::string expression;
  bool has_time = false;
  bool big = false;  ///< whole numbers that a double may not keep
  bool string = true;
};

bool valid(const std::uint64_t* validity, std::size_t row) {
  return validity == nullptr || (validity[row / 64] >> (row % 64) & 1) != 0;
}

std::string_view text_at(const DuckString& cell) {
  return {cell.size <= 12 ? reinterpret_cast<const char*>(&cell) + 4 : cell.pointer, cell.size};
}

Source describe(const std::string& name, const std::string& type) {
  Source source{.name = name};
  const std::string column = sql_quoted(name, '"');
  const auto starts = [&](std::string_view word) { return type.starts_with(word); };
  source.expression = "CAST(" + column + " AS VARCHAR)";
  if (type == "BOOLEAN") {
    source.form = Form::boolean;
    source.expression = column;
  } else if (type == "TINYINT" || type == "SMALLINT" || type == "INTEGER" || type == "UTINYINT" ||
             type == "USMALLINT" || type == "UINTEGER" || type == "FLOAT" || type == "DOUBLE" ||
             starts("DECIMAL")) {
    source.form = Form::number;
    source.expression = "CAST(" + column + " AS DOUBLE)";
  } else if (type == "BIGINT" || type == "UBIGINT" || type == "HUGEINT" || type == "UHUGEINT") {
    source.form = Form::number;
    source.big = true;
    source.expression = "CAST(" + column + " AS DOUBLE)";
  } else if (type == "DATE" || starts("TIMESTAMP")) {
    source.form = Form::moment;
    source.has_time = type != "DATE";
    source.expression = "epoch_us(" + column + ")";
  }
  return source;
}

/// The column as its own text, to be judged like the cells of a CSV file.
void as_text(Source& source) {
  source.string = source.form == Form::text;
  source.form = Form::text;
  source.expression = "CAST(" + sql_quoted(source.name, '"') + " AS VARCHAR)";
}

ColumnKind kind_of(Form form) {
  switch (form) {
    case Form::number:
      return ColumnKind::number;
    case Form::boolean:
      return ColumnKind::boolean;
    case Form::moment:
      return ColumnKind::date;
    case Form::text:
      break;
  }
  return ColumnKind::text;
}

[[noreturn]] void throw_broken(const std::string& path, const std::string& reason) {
  throw FormatError("parquet.broken",
                    printable(path, 200) + " cannot be read as Parquet: " + printable(reason, 300));
}

std::vector<Source> describe_file(const DuckApi& api, const Session& session, const std::string& path,
                                  const std::string& file) {
  std::vector<Source> sources;
  Answer answer(api, session.connection(),
                "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(" +
                    sql_quoted(file, '\'') + "))");
  if (answer.failed()) throw_broken(path, answer.error());
  answer.chunks([&](DuckChunk chunk, std::size_t rows) {
    const auto* names = static_cast<const DuckString*>(api.vector_data(api.chunk_vector(chunk, 0)));
    const auto* types = static_cast<const DuckString*>(api.vector_data(api.chunk_vector(chunk, 1)));
    for (std::size_t row = 0; row < rows; ++row) {
      sources.push_back(describe(std::string(text_at(names[row])), std::string(text_at(types[row]))));
    }
  });
  // Whole numbers beyond 2^53 would be rounded: such columns come as text.
  for (Source& source : sources) {
    if (!source.big) continue;
    const std::string column = sql_quoted(source.name, '"');
    Answer range(api, session.connection(),
                 "SELECT coalesce(max(" + column + ") > 9007199254740992 OR min(" + column +
                     ") < -9007199254740992, false) FROM read_parquet(" + sql_quoted(file, '\'') + ")");
    if (range.failed()) throw_broken(path, range.error());
    bool beyond = false;
    range.chunks([&](DuckChunk chunk, std::size_t) {
      beyond = *static_cast<const bool*>(api.vector_data(api.chunk_vector(chunk, 0)));
    });
    if (beyond) as_text(source);
  }
  return sources;
}

/// Takes one vector of a chunk into a column.
void take(const DuckApi& api, DuckVector vector, const Source& source, std::size_t rows, std::size_t row,
          const MissingMarks& marks, ColumnState& column, ColumnPart& part) {
  const void* data = api.vector_data(vector);
  const std::uint64_t* validity = api.vector_validity(vector);
  for (std::size_t i = 0; i < rows; ++i, ++row) {
    const bool here = valid(validity, i);
    switch (source.form) {
      case Form::number:
        column.data.numbers[row] =
            here ? static_cast<const double*>(data)[i] : std::numeric_limits<double>::quiet_NaN();
        break;
      case Form::boolean:
        column.data.booleans[row] =
            here ? static_cast<std::int8_t>(static_cast<const bool*>(data)[i]) : std::int8_t{-1};
        break;
      case Form::moment:
        column.data.dates[row] = here ? static_cast<const std::int64_t*>(data)[i] : kMissingDate;
        break;
      case Form::text: {
        const std::string_view cell =
            here ? text_at(static_cast<const DuckString*>(data)[i]) : std::string_view();
        column.data.codes[row] = -1;
        if (cell.empty()) {
          if (here) part.odd().empty_strings.add(row);
          break;
        }
        if (!part.dictionary) part.dictionary = std::make_unique<Dictionary>();
        const std::size_t known = part.dictionary->size();
        const std::uint32_t code = part.dictionary->code(cell);
        Dictionary::Entry& entry = part.dictionary->entry(code);
        if (code == known) {
          entry.mark = marks.find(cell);
          entry.first = row;
          entry.string = source.string;
        }
        ++entry.count;
        column.data.codes[row] = static_cast<std::int32_t>(code);
      }
    }
  }
}

Mode mode_of(Form form) {
  switch (form) {
    case Form::number:
      return Mode::number;
    case Form::boolean:
      return Mode::boolean;
    case Form::moment:
      return Mode::date;
    case Form::text:
      break;
  }
  return Mode::dictionary;
}

/// Number of rows: the file knows it without reading the columns.
std::size_t count_rows(const DuckApi& api, const Session& session, const std::string& path,
                       const std::string& from) {
  Answer answer(api, session.connection(), "SELECT count(*) FROM " + from);
  if (answer.failed()) throw_broken(path, answer.error());
  std::int64_t rows = 0;
  answer.chunks([&](DuckChunk chunk, std::size_t) {
    rows = *static_cast<const std::int64_t*>(api.vector_data(api.chunk_vector(chunk, 0)));
  });
  return static_cast<std::size_t>(rows);
}

std::string real_file(const std::string& path) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  if (error) throw ResourceError("io.open", "cannot open " + printable(path, 200) + ": " + error.message());
  return real.string();
}

}  // namespace

bool looks_like_parquet(const std::string& path) {
  if (to_lower_ascii(path).ends_with(".parquet")) return true;
  struct stat status{};
  if (path == "-" || ::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  std::ifstream file(path, std::ios::binary);
  char head[4] = {};
  file.read(head, sizeof(head));
  return file.gcount() == 4 && std::memcmp(head, kMagic, 4) == 0;
}

std::string duckdb_library() { return duckdb_api().file; }

TableRead read_parquet(const std::string& path, const ReadOptions& options, const Context& context) {
  const BudgetScope budget(context.memory());
  const DuckApi& api = duckdb_api();
  const std::string file = real_file(path);
  const Session session(api, file, context);
  std::vector<Source> sources = describe_file(api, session, path, file);
  std::string from = "read_parquet(" + sql_quoted(file, '\'') + ")";
  if (options.max_rows) from = "(SELECT * FROM " + from + " LIMIT " + std::to_string(*options.max_rows) + ")";
  const std::size_t rows = count_rows(api, session, path, from);
  const MissingMarks marks(options.missing);

  Assembly assembly;
  assembly.rows = rows;
  assembly.part_rows = {{0, rows}};
  assembly.parts.emplace_back(sources.size());
  std::string select;
  for (Source& source : sources) {
    const auto wanted = options.types.find(source.name);
    if (wanted != options.types.end() && wanted->second != kind_of(source.form)) as_text(source);
    ColumnState column;
    column.name = source.name;
    column.plan.mode = mode_of(source.form);
    const auto asked = options.types.find(source.name);
    if (asked != options.types.end()) column.asked = asked->second;
    column.data.allocate(column.plan.mode, rows);
    assembly.columns.push_back(std::move(column));
    select += (select.empty() ? "" : ", ") + source.expression;
  }
  std::vector<std::string> names;
  for (const Source& source : sources) names.push_back(source.name);
  check_types(options, names, path);
  Answer answer(api, session.connection(), "SELECT " + select + " FROM " + from);
  if (answer.failed()) throw_broken(path, answer.error());
  std::size_t row = 0;
  answer.chunks([&](DuckChunk chunk, std::size_t count) {
    context.check();
    if (row + count > rows) throw_broken(path, "more rows than it says");
    for (std::size_t i = 0; i < sources.size(); ++i) {
      take(api, api.chunk_vector(chunk, i), sources[i], count, row, marks, assembly.columns[i],
           assembly.parts[0][i]);
    }
    row += count;
    context.progress("reading", rows == 0 ? 1.0 : static_cast<double>(row) / static_cast<double>(rows));
  });
  if (row != rows) throw_broken(path, "fewer rows than it says");
  for (std::size_t i = 0; i < sources.size(); ++i) assembly.parts[0][i].time = sources[i].has_time;

  std::vector<std::size_t> all(sources.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  join_parts(assembly, all, context);
  FileEvidence evidence;
  evidence.decimal = '.';
  TableRead read;
  read.format = "parquet";
  assemble(
      assembly, evidence, path, options, marks, [](std::uint64_t place) { return place + 1; }, context, read);
  return read;
}

}  // namespace everyml::csv
