#include <fmt/format.h>

#include "apps/cli/verbs.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/table_stream.h"

namespace everyml::cli {

namespace {

constexpr const char* kGroup = "Reading";

char one_character(std::string_view flag, const std::string& text) {
  if (text == "\\t" || text == "tab") return '\t';
  if (text.size() != 1) {
    throw ParameterError("usage.value",
                         fmt::format("--{} takes one character, got \"{}\"", flag, printable(text)));
  }
  return text[0];
}

}  // namespace

void Reading::add_flags(Verb& verb) {
  verb.flags.push_back(
      {.name = "types",
       .value = "NAME=KIND,...",
       .help = "Kinds of columns that should not be found by looking: number, boolean, category, text "
               "or date.",
       .take = into(types),
       .repeatable = true,
       .group = kGroup});
  verb.flags.push_back({.name = "missing",
                        .value = "MARK,...",
                        .help = "Marks of a missing cell, instead of the usual ones.",
                        .take = into(missing),
                        .group = kGroup});
  verb.flags.push_back({.name = "delimiter",
                        .value = "CHARACTER",
                        .help = "Between cells; \"tab\" is a tabulator. Found by looking when not given.",
                        .take = into(delimiter),
                        .group = kGroup});
  verb.flags.push_back({.name = "decimal",
                        .value = "CHARACTER",
                        .help = "Decimal mark, a point or a comma. Found by looking when not given.",
                        .take = into(decimal),
                        .group = kGroup});
  verb.flags.push_back({.name = "no-header",
                        .help = "The first line is a row, not names.",
                        .take = into(no_header),
                        .group = kGroup});
  verb.flags.push_back({.name = "strict",
                        .help = "Rows of another length and broken UTF-8 are errors instead of notes.",
                        .take = into(strict),
                        .group = kGroup});
  verb.flags.push_back({.name = "sql",
                        .value = "QUERY",
                        .help = "Take the answer of this SELECT instead of the table; the table is called "
                                "data. Needs DuckDB's library.",
                        .take = into(sql),
                        .group = kGroup});
  verb.flags.push_back({.name = "with",
                        .value = "NAME=FILE",
                        .help = "A further table for --sql.",
                        .take = [this](const Flag&, const std::string& text) { add_table(text); },
                        .repeatable = true,
                        .completes = Completes::file,
                        .group = kGroup});
}

ReadOptions Reading::options() const {
  ReadOptions options;
  options.strict = strict;
  if (!delimiter.empty()) options.delimiter = one_character("delimiter", delimiter);
  if (!decimal.empty()) {
    options.decimal = one_character("decimal", decimal);
    if (options.decimal != '.' && options.decimal != ',') {
      throw ParameterError("usage.value",
                           fmt::format("--decimal takes a point or a comma, got \"{}\"", printable(decimal)));
    }
  }
  if (no_header) options.header = false;
  if (missing) {
    options.missing.emplace();
    for (const std::string_view mark : split(*missing, ',')) options.missing->emplace_back(mark);
  }
  for (const std::string& type : types) {
    const auto equals = type.rfind('=');
    const auto kind = equals == std::string::npos ? std::nullopt : column_kind_from(type.substr(equals + 1));
    if (!kind) {
      throw ParameterError(
          "usage.value",
          fmt::format("--types takes NAME=KIND with a kind of number, boolean, category, text or date, "
                      "got \"{}\"",
                      printable(type)));
    }
    options.types[type.substr(0, equals)] = *kind;
  }
  return options;
}

void Reading::add_table(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    throw ParameterError(
        "usage.value",
        fmt::format("--with takes NAME=FILE, such as towns=towns.csv, got \"{}\"", printable(text)));
  }
  with.push_back({text.substr(0, equals), text.substr(equals + 1)});
}

std::vector<std::string> Reading::inputs(const std::string& path, std::vector<std::string> more) const {
  more.push_back(path);
  for (const SqlTable& table : with) more.push_back(table.path);
  return more;
}

TableRead Reading::read(const std::string& path, Session& session) const {
  const ReadOptions asked = options();
  if (sql.empty() && !with.empty()) {
    throw ParameterError("usage.flag", "--with names a table for --sql, which is not given");
  }
  session.context().progress("reading " + path, 0);
  if (sql.empty()) return read_table(path, asked, session.context());
  std::vector<SqlTable> tables = {{"data", path}};
  tables.insert(tables.end(), with.begin(), with.end());
  return read_sql(sql, tables, asked, session.context());
}

std::unique_ptr<TableStream> Reading::stream(const std::string& path, const Schema& schema,
                                             Session& session) const {
  if (!sql.empty() || !with.empty()) return stream_over_table(read(path, session), schema);
  return TableStream::open(path, schema, options(), session.context());
}

std::string stem_of(const std::string& path) {
  if (path == "-") return "table";
  std::string name = path.substr(path.rfind('/') + 1);
  if (name.size() > 3 && name.ends_with(".gz")) name.resize(name.size() - 3);
  const auto dot = name.rfind('.');
  return dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
}

}  // namespace everyml::cli
