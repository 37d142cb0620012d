#include "apps/python/core/reading.h"

#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/python/core/run.h"
#include "apps/python/core/values.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/csv.h"
#include "everyml/foundation/io/judge_texts.h"

namespace everyml::python {
namespace {

/// Enough to be read on a thread of its own: how many cells a file has is not known before.
constexpr std::size_t kManyCells = std::size_t{1} << 30;

[[noreturn]] void refuse(const std::string& name, const std::string& wanted) {
  throw ParameterError("read.option", "the option \"" + printable(name) + "\" must be " + wanted);
}

char character(const std::string& name, const Json& value) {
  if (!value.is_string() || value.get_ref<const std::string&>().size() != 1) refuse(name, "one character");
  return value.get_ref<const std::string&>()[0];
}

bool truth(const std::string& name, const Json& value) {
  if (!value.is_boolean()) refuse(name, "true or false");
  return value.get<bool>();
}

std::map<std::string, ColumnKind> types_of(const std::string& name, const Json& value) {
  if (!value.is_object()) refuse(name, "a dictionary of column name and kind");
  std::map<std::string, ColumnKind> types;
  for (const auto& [column, kind] : value.items()) {
    const auto known = kind.is_string() ? column_kind_from(kind.get_ref<const std::string&>()) : std::nullopt;
    if (!known) refuse(name, "of the kinds number, boolean, category, text and date");
    types.emplace(column, *known);
  }
  return types;
}

std::vector<std::string> texts_of(const std::string& name, const Json& value) {
  if (!value.is_array()) refuse(name, "a list of texts");
  std::vector<std::string> texts;
  for (const Json& text : value) {
    if (!text.is_string()) refuse(name, "a list of texts");
    texts.push_back(text.get<std::string>());
  }
  return texts;
}

/// The members of ReadOptions by their names; None is the default.
ReadOptions options_of(const nb::dict& given) {
  const std::vector<std::string> known = {"delimiter",           "quote",   "header", "decimal", "types",
                                          "types_where_present", "missing", "strict", "max_rows"};
  ReadOptions options;
  const Json all = json_of(given);
  for (const auto& [name, value] : all.items()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw ParameterError("read.option", "there is no option \"" + printable(name) + "\" for reading." +
                                              suggestion(name, known));
    }
    if (value.is_null()) continue;
    if (name == "delimiter") options.delimiter = character(name, value);
    if (name == "quote") options.quote = character(name, value);
    if (name == "header") options.header = truth(name, value);
    if (name == "decimal") options.decimal = character(name, value);
    if (name == "types") options.types = types_of(name, value);
    if (name == "types_where_present") options.types_where_present = truth(name, value);
    if (name == "missing") options.missing = texts_of(name, value);
    if (name == "strict") options.strict = truth(name, value);
    if (name == "max_rows") {
      if (!value.is_number_integer() || value.get<std::int64_t>() < 0)
        refuse(name, "a whole number, at least 0");
      options.max_rows = value.get<std::uint64_t>();
    }
  }
  return options;
}

/// The table, the notes as JSON, the format.
nb::object told(TableRead read) {
  Json notes = Json::array();
  for (const ReadNote& note : read.notes) {
    notes.push_back({{"code", note.code},
                     {"sentence", note.sentence},
                     {"column", note.column},
                     {"line", note.line},
                     {"count", note.count}});
  }
  return nb::make_tuple(std::move(read.table), write_json(notes), read.format);
}

nb::object reading(const Run& run, std::size_t cells, const std::function<TableRead(const Context&)>& read) {
  TableRead result;
  run_released(run, cells, [&](const Context& context) { result = read(context); });
  return told(std::move(result));
}

nb::object read_file(const std::string& path, bool delimited, const nb::dict& given, const Run& run) {
  const ReadOptions options = options_of(given);
  return reading(run, kManyCells, [&](const Context& context) {
    return delimited ? everyml::read_csv(path, options, context)
                     : everyml::read_table(path, options, context);
  });
}

nb::object read_text(const nb::bytes& bytes, const std::string& name, const nb::dict& given, const Run& run) {
  const ReadOptions options = options_of(given);
  const std::string_view text(bytes.c_str(), bytes.size());
  return reading(run, text.size(), [&](const Context& context) {
    return everyml::read_csv_text(text, name, options, context);
  });
}

nb::object read_query(const std::string& query, const nb::dict& tables, const nb::dict& given,
                      const Run& run) {
  const ReadOptions options = options_of(given);
  std::vector<SqlTable> files;
  for (const auto& [name, path] : tables) {
    files.push_back({nb::cast<std::string>(name), nb::cast<std::string>(path)});
  }
  return reading(run, kManyCells,
                 [&](const Context& context) { return everyml::read_sql(query, files, options, context); });
}

/// The columns of text get the kinds that they would have in a file.
nb::object judge(const Table& table, const nb::dict& given, const Run& run) {
  const ReadOptions options = options_of(given);
  return reading(run, table.rows() * table.columns(),
                 [&](const Context& context) { return judge_texts(table, "the table", options, context); });
}

}  // namespace

void bind_reading(nb::module_& module) {
  module.def("read_file", &read_file, nb::arg("path"), nb::arg("delimited"), nb::arg("options"),
             nb::arg("run"));
  module.def("read_text", &read_text, nb::arg("bytes"), nb::arg("name"), nb::arg("options"), nb::arg("run"));
  module.def("read_query", &read_query, nb::arg("query"), nb::arg("tables"), nb::arg("options"),
             nb::arg("run"));
  module.def("judge_texts", &judge, nb::arg("table"), nb::arg("options"), nb::arg("run"));
}

}  // namespace everyml::python
