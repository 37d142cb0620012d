// A query over files that the user names. Our own reader decides on the kinds of the columns; DuckDB gets
// tables, never paths.

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/csv.h"
#include "everyml/foundation/io/csv_assemble_impl.h"
#include "everyml/foundation/io/duckdb_relation_impl.h"
#include "everyml/foundation/io/sql_tables_impl.h"

namespace everyml {
namespace csv {
namespace {

constexpr const char* kResult = "everyml_result";

void check_names(const std::vector<SqlTable>& tables) {
  std::set<std::string> seen;
  for (const SqlTable& table : tables) {
    const std::string lower = to_lower_ascii(table.name);
    const bool plain =
        !lower.empty() &&
        lower.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos &&
        (lower[0] < '0' || lower[0] > '9') && lower != kResult;
    if (!plain) {
      throw ParameterError(
          "sql.table_name",
          fmt::format("\"{}\" is no name for a table; take letters, digits and underscores, a "
                      "letter first",
                      printable(table.name)));
    }
    if (!seen.insert(lower).second) {
      throw ParameterError("sql.table_name",
                           fmt::format("two tables are called \"{}\"; give one another name", lower));
    }
  }
}

/// The library's reason as one line, without its drawing of the place.
std::string one_line(std::string reason) {
  reason.resize(std::min(reason.find("\nLINE "), reason.size()));
  std::string out;
  for (const char c : reason) {
    const bool blank = c == '\n' || c == '\r' || c == '\t' || c == ' ';
    if (blank && (out.empty() || out.back() == ' ')) continue;
    out.push_back(blank ? ' ' : c);
  }
  while (!out.empty() && (out.back() == ' ' || out.back() == '.')) out.pop_back();
  return printable(out, 400);
}

/// "LINE 3: ..." of a query of several lines.
std::string place_in(const std::string& reason, const std::string& query) {
  const std::size_t at = reason.find("\nLINE ");
  if (at == std::string::npos || query.find('\n') == std::string::npos) return "";
  return fmt::format(", line {}", std::atoi(reason.c_str() + at + 6));
}

std::string names_of(const std::vector<SqlTable>& tables) {
  std::vector<std::string> names;
  for (const SqlTable& table : tables) names.push_back("\"" + table.name + "\"");
  return join_and(names);
}

/// A query that cannot even begin.
[[noreturn]] void refuse(const std::string& reason, const std::string& query,
                         const std::vector<SqlTable>& tables) {
  std::string hint;
  if (reason.starts_with("Catalog Error: Table") || reason.starts_with("Permission Error")) {
    hint = fmt::format("; the query sees no files, only the tables {}", names_of(tables));
  }
  throw ParameterError("sql.query",
                       fmt::format("the query{}: {}{}", place_in(reason, query), one_line(reason), hint));
}

/// A query that ended half way.
[[noreturn]] void stop(const std::string& reason, const std::string& query,
                       const std::vector<SqlTable>& tables) {
  if (reason.starts_with("Out of Memory")) {
    throw ResourceError("resource.memory",
                        "the query needs more memory than it may use: " + one_line(reason));
  }
  const bool of_the_query = reason.starts_with("Permission Error") || reason.starts_with("Binder Error") ||
                            reason.starts_with("Catalog Error") || reason.starts_with("Parser Error") ||
                            reason.find("prepared statement parameters") != std::string::npos;
  if (of_the_query) refuse(reason, query, tables);
  throw DataError("sql.failed", "the query stopped: " + one_line(reason));
}

std::string text_or_unknown(const char* text) { return text == nullptr ? "unknown reason" : text; }

/// Refuses what is not one SELECT, in words about the query as the user wrote it.
void check_query(const DuckSession& session, const std::string& query, const std::vector<SqlTable>& tables) {
  const DuckApi& api = session.api();
  struct Extracted {
    const DuckApi& api;
    DuckStatements statements = nullptr;
    DuckPrepared prepared = nullptr;
    ~Extracted() {
      api.destroy_prepared(&prepared);
      api.destroy_extracted(&statements);
    }
  } query_parts{api};
  const std::uint64_t count = api.extract(session.connection(), query.c_str(), &query_parts.statements);
  if (count == 0) {
    const std::string reason = text_or_unknown(api.extract_error(query_parts.statements));
    if (reason.find("Error") != std::string::npos) refuse(reason, query, tables);
  }
  if (count != 1) {
    throw ParameterError("sql.statement",
                         fmt::format("the query must be one SELECT, such as SELECT * FROM data; it has {} "
                                     "statements",
                                     count));
  }
  if (api.prepare_extracted(session.connection(), query_parts.statements, 0, &query_parts.prepared) != 0) {
    refuse(text_or_unknown(api.prepare_error(query_parts.prepared)), query, tables);
  }
  if (api.statement_type(query_parts.prepared) != kDuckSelect) {
    throw ParameterError("sql.statement",
                         "the query must be one SELECT, such as SELECT * FROM data; it is another statement");
  }
}

/// Runs the query into a table, in steps between which a stop is heeded.
void run_query(const DuckSession& session, const std::string& query, const std::vector<SqlTable>& tables,
               const Context& context) {
  const DuckApi& api = session.api();
  struct Running {
    const DuckApi& api;
    DuckStatements statements = nullptr;
    DuckPrepared prepared = nullptr;
    DuckPending pending = nullptr;
    DuckResult result{};
    ~Running() {
      api.destroy_result(&result);
      api.destroy_pending(&pending);
      api.destroy_prepared(&prepared);
      api.destroy_extracted(&statements);
    }
  } running{api};
  const std::string sql = fmt::format("CREATE TEMP TABLE {} AS {}", kResult, query);
  if (api.extract(session.connection(), sql.c_str(), &running.statements) != 1) {
    refuse(text_or_unknown(api.extract_error(running.statements)), query, tables);
  }
  if (api.prepare_extracted(session.connection(), running.statements, 0, &running.prepared) != 0) {
    refuse(text_or_unknown(api.prepare_error(running.prepared)), query, tables);
  }
  if (api.pending(running.prepared, &running.pending) != 0) {
    stop(text_or_unknown(api.pending_error(running.pending)), query, tables);
  }
  for (;;) {
    context.check();
    const std::int32_t state = api.run_task(running.pending);
    if (state == kDuckPendingReady) break;
    if (state == kDuckPendingError) {
      stop(text_or_unknown(api.pending_error(running.pending)), query, tables);
    }
  }
  if (api.finish_pending(running.pending, &running.result) != 0) {
    stop(text_or_unknown(api.result_error(&running.result)), query, tables);
  }
}

}  // namespace
}  // namespace csv

TableRead read_sql(const std::string& query, const std::vector<SqlTable>& tables, const ReadOptions& options,
                   const Context& context) {
  const BudgetScope budget(context.memory());
  csv::check_names(tables);
  const csv::DuckSession session(csv::duckdb_api(), {}, 1, context);
  ReadOptions asked = options;
  asked.types_where_present = true;
  asked.max_rows.reset();
  std::vector<ReadNote> notes;
  std::vector<std::string> names;
  for (const SqlTable& table : tables) {
    TableRead read = read_table(table.path, asked, context);
    for (ReadNote& note : read.notes) {
      if (tables.size() > 1) note.sentence = table.name + ": " + note.sentence;
      notes.push_back(std::move(note));
    }
    for (std::string name : read.table.names()) names.push_back(std::move(name));
    csv::hand_over(session, table.name, read.table, context);
  }
  csv::check_query(session, query, tables);
  csv::DuckAnswer seeded(session, fmt::format("SELECT setseed({})", context.random("sql").uniform()));
  csv::run_query(session, query, tables, context);

  const csv::DuckRelation relation{
      .from = csv::kResult,
      .name = "the answer of the query",
      .format = "sql",
      .settled = true,
      .fail = [&](const std::string& reason) { csv::stop(reason, query, tables); }};
  asked.max_rows = options.max_rows;
  TableRead read = csv::read_relation(session, relation, asked, context);
  for (std::string name : read.table.names()) names.push_back(std::move(name));
  csv::check_types(options, names, "the query");
  if (read.table.rows() == 0) {
    throw DataError("sql.no_rows", "the query gives no rows; look at its conditions");
  }
  read.notes.insert(read.notes.begin(), notes.begin(), notes.end());
  return read;
}

}  // namespace everyml
