#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/csv_assemble_impl.h"

namespace everyml::csv {
namespace {

/// Decides on the kinds; the first column with a cell that its type does not allow is the error.
void settle_columns(Assembly& assembly, const FileEvidence& file, const std::string& name,
                    const LineOf& line_of, const Context& context) {
  std::vector<std::optional<TypeFailure>> failures(assembly.columns.size());
  parallel_for(context, failures.size(), 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) failures[i] = settle(assembly.columns[i], file);
  });
  for (std::size_t i = 0; i < failures.size(); ++i) {
    if (!failures[i]) continue;
    const ColumnState& column = assembly.columns[i];
    throw DataError(
        "csv.type",
        fmt::format(
            "{}, line {}, column \"{}\" (number {}): \"{}\" is not a {}; give another type, or name the "
            "mark if the cell is missing",
            printable(name, 200), line_of(failures[i]->place), printable(column.name), i + 1,
            printable(failures[i]->cell), to_string(*column.asked)));
  }
}

}  // namespace

std::vector<ColumnPart*> parts_of(Assembly& assembly, std::size_t column) {
  std::vector<ColumnPart*> parts;
  parts.reserve(assembly.parts.size());
  for (auto& part : assembly.parts) parts.push_back(&part[column]);
  return parts;
}

void join_parts(Assembly& assembly, const std::vector<std::size_t>& columns, const Context& context) {
  parallel_for(context, columns.size(), 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      ColumnState& column = assembly.columns[columns[i]];
      std::vector<ColumnPart*> parts = parts_of(assembly, columns[i]);
      for (ColumnPart* part : parts) {
        if (part->oddities) column.odd.join(*part->oddities);
        part->oddities.reset();
      }
      if (column.plan.mode == Mode::dictionary) join_strings(column, parts);
    }
  });
}

void assemble(Assembly& assembly, const FileEvidence& file, const std::string& name,
              const ReadOptions& options, const MissingMarks& marks, const LineOf& line_of,
              const Context& context, TableRead& read) {
  settle_columns(assembly, file, name, line_of, context);
  std::vector<std::optional<Column>> columns(assembly.columns.size());
  parallel_for(context, columns.size(), 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      std::vector<ColumnPart*> parts = parts_of(assembly, i);
      columns[i] = finish_column(assembly.columns[i], parts, assembly.part_rows, assembly.rows);
      assembly.columns[i].strings = {};
      assembly.columns[i].codes_of = {};
    }
  });
  std::vector<Column> kept;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const ColumnState& state = assembly.columns[i];
    Column& column = *columns[i];
    if (state.unnamed && column.missing_count() == assembly.rows) {
      read.notes.push_back(
          {.code = "csv.empty_column_dropped",
           .sentence = fmt::format("column {} has no name and no values and was left out", i + 1)});
      continue;
    }
    if (state.unnamed) {
      read.notes.push_back(
          {.code = "csv.unnamed_column",
           .sentence = fmt::format("column {} has no name and is called \"{}\"", i + 1, state.name),
           .column = state.name});
    }
    if (options.strict && state.odd.repaired.count > 0) {
      throw DataError("csv.utf8",
                      fmt::format("{}, line {}, column \"{}\": the text is not UTF-8", printable(name, 200),
                                  line_of(state.odd.repaired.first), printable(state.name)));
    }
    note_column(state, column, marks, line_of, read.notes);
    kept.push_back(std::move(column));
  }
  if (kept.empty())
    throw DataError("csv.no_columns", printable(name, 200) + " has no column with a name or a value");
  read.notes = shorten(std::move(read.notes));
  read.table = Table(std::move(kept));
}

void check_types(const ReadOptions& options, const std::vector<std::string>& names, const std::string& name) {
  if (options.types_where_present) return;
  for (const auto& [column, kind] : options.types) {
    if (std::find(names.begin(), names.end(), column) != names.end()) continue;
    throw ParameterError("csv.types_column",
                         fmt::format("{} has no column \"{}\" to give a type to.{}", printable(name, 200),
                                     printable(column), suggestion(column, names)));
  }
}

}  // namespace everyml::csv
