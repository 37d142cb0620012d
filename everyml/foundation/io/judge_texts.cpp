#include "everyml/foundation/io/judge_texts.h"

#include <numeric>

#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/io/csv_assemble_impl.h"

namespace everyml {
namespace csv {
namespace {

/// Rows whose strings share a dictionary; a matter of speed alone.
constexpr std::size_t kPartRows = 65536;

bool to_judge(const Column& column, const ReadOptions& options) {
  const auto asked = options.types.find(column.name());
  if (asked != options.types.end() && asked->second != column.kind()) return true;
  return column.kind() == ColumnKind::text && asked == options.types.end();
}

/// Codes of the cells of rows [begin, begin + count) in the part's own dictionary.
void take(const Column& column, PartRows rows, const MissingMarks& marks, Buffer<std::int32_t>& codes,
          ColumnPart& part) {
  const bool strings = column.kind() == ColumnKind::text || column.kind() == ColumnKind::category;
  std::string written;
  part.dictionary = std::make_unique<Dictionary>();
  for (std::size_t row = rows.begin; row < rows.begin + rows.count; ++row) {
    codes[row] = -1;
    if (column.missing(row)) continue;
    if (!strings) written = column.cell(row);
    const std::string_view cell = strings ? column.text(row) : std::string_view(written);
    if (cell.empty()) {
      part.odd().empty_strings.add(row);
      continue;
    }
    const std::size_t known = part.dictionary->size();
    const std::uint32_t code = part.dictionary->code(cell);
    Dictionary::Entry& entry = part.dictionary->entry(code);
    if (code == known) {
      entry.mark = marks.find(cell);
      entry.first = row;
      entry.string = strings;
    }
    ++entry.count;
    codes[row] = static_cast<std::int32_t>(code);
  }
}

Assembly start(const Table& table, const std::vector<std::size_t>& judged, const ReadOptions& options) {
  Assembly assembly;
  assembly.rows = table.rows();
  for (std::size_t begin = 0; begin < assembly.rows; begin += kPartRows) {
    assembly.part_rows.push_back({begin, std::min(kPartRows, assembly.rows - begin)});
    assembly.parts.emplace_back(judged.size());
  }
  for (const std::size_t i : judged) {
    ColumnState column;
    column.name = table.column(i).name();
    column.plan.mode = Mode::dictionary;
    const auto asked = options.types.find(column.name);
    if (asked != options.types.end()) column.asked = asked->second;
    column.data.allocate(column.plan.mode, assembly.rows);
    assembly.columns.push_back(std::move(column));
  }
  return assembly;
}

}  // namespace
}  // namespace csv

TableRead judge_texts(const Table& table, const std::string& name, const ReadOptions& options,
                      const Context& context) {
  const BudgetScope budget(context.memory());
  csv::check_types(options, table.names(), name);
  TableRead read;
  read.table = table;
  read.format = "table";
  std::vector<std::size_t> judged;
  for (std::size_t i = 0; i < table.columns(); ++i) {
    if (csv::to_judge(table.column(i), options)) judged.push_back(i);
  }
  if (judged.empty()) return read;

  const csv::MissingMarks marks(options.missing);
  csv::Assembly assembly = csv::start(table, judged, options);
  const std::size_t parts = assembly.parts.size();
  parallel_for(context, judged.size() * parts, 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      const std::size_t column = i / parts, part = i % parts;
      csv::take(table.column(judged[column]), assembly.part_rows[part], marks,
                assembly.columns[column].data.codes, assembly.parts[part][column]);
    }
  });
  std::vector<std::size_t> all(judged.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  csv::join_parts(assembly, all, context);
  csv::FileEvidence evidence;
  evidence.decimal = options.decimal;
  for (const csv::ColumnState& column : assembly.columns) evidence.add(column.evidence);
  csv::assemble(
      assembly, evidence, name, options, marks, [](std::uint64_t place) { return place + 1; }, context, read);

  std::vector<Column> columns(table.all().begin(), table.all().end());
  for (std::size_t i = 0; i < judged.size(); ++i) columns[judged[i]] = read.table.column(i);
  read.table = Table(std::move(columns));
  return read;
}

}  // namespace everyml
