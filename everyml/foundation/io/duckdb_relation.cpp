#include <algorithm>
#include <cstdlib>
#include <limits>
#include <numeric>

#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/csv_assemble_impl.h"
#include "everyml/foundation/io/duckdb_relation_impl.h"

namespace everyml::csv {
namespace {

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

bool wide_decimal(const std::string& type) {
  // DECIMAL(18,3): beyond 15 digits the text is read, which rounds once and rightly.
  return type.starts_with("DECIMAL(") && std::atoi(type.c_str() + 8) > 15;
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
             (starts("DECIMAL") && !wide_decimal(type))) {
    source.form = Form::number;
    source.expression = "CAST(" + column + " AS DOUBLE)";
  } else if (wide_decimal(type)) {
    source.string = false;
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

std::vector<Source> describe_relation(const DuckSession& session, const DuckRelation& relation) {
  const DuckApi& api = session.api();
  std::vector<Source> sources;
  DuckAnswer answer(session,
                    "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM " + relation.from + ")");
  if (answer.failed()) relation.fail(answer.error());
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
    DuckAnswer range(session, "SELECT coalesce(max(" + column + ") > 9007199254740992 OR min(" + column +
                                  ") < -9007199254740992, false) FROM " + relation.from);
    if (range.failed()) relation.fail(range.error());
    bool beyond = false;
    range.chunks([&](DuckChunk chunk, std::size_t) {
      beyond = *static_cast<const bool*>(api.vector_data(api.chunk_vector(chunk, 0)));
    });
    if (beyond) as_text(source);
  }
  return sources;
}

/// Numbers among the marks that the user named: in a file of numbers no text tells them.
struct MarkedNumber {
  double value = 0;
  int mark = 0;
};

std::vector<MarkedNumber> marked_numbers(const ReadOptions& options, const MissingMarks& marks) {
  std::vector<MarkedNumber> numbers;
  if (!options.missing) return numbers;
  for (const std::string& mark : *options.missing) {
    const auto number = parse_number_as(mark, NumberStyle::plain, true);
    if (number) numbers.push_back({*number, marks.find(mark)});
  }
  return numbers;
}

void drop_marked(const std::vector<MarkedNumber>& marked, std::size_t from, std::size_t count,
                 ColumnState& column, ColumnPart& part) {
  for (std::size_t row = from; row < from + count; ++row) {
    double& value = column.data.numbers[row];
    const auto found = std::find_if(marked.begin(), marked.end(),
                                    [&](const MarkedNumber& number) { return number.value == value; });
    if (found == marked.end()) continue;
    value = std::numeric_limits<double>::quiet_NaN();
    part.odd().marks.add(row);
    if (found->mark >= 0 && found->mark < 64) part.odd().mark_set |= std::uint64_t{1} << found->mark;
  }
}

/// A column without a value has no kind that could be seen, whatever its file calls it: as in a CSV file it
/// is one of numbers.
Table without_empty_kinds(const Table& table, const ReadOptions& options) {
  Table out = table;
  for (const Column& column : table.all()) {
    const bool empty = column.kind() != ColumnKind::number && column.missing_count() == column.size();
    if (!empty || options.types.contains(column.name())) continue;
    auto values = Buffer<double>::uninitialized(column.size());
    std::fill(values.begin(), values.end(), std::numeric_limits<double>::quiet_NaN());
    out = out.with(Column::numbers(column.name(), std::move(values)));
  }
  return out;
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

/// Number of rows: a file knows it without reading the columns.
std::size_t count_rows(const DuckSession& session, const DuckRelation& relation, const std::string& from) {
  DuckAnswer answer(session, "SELECT count(*) FROM " + from);
  if (answer.failed()) relation.fail(answer.error());
  std::int64_t rows = 0;
  answer.chunks([&](DuckChunk chunk, std::size_t) {
    rows = *static_cast<const std::int64_t*>(session.api().vector_data(session.api().chunk_vector(chunk, 0)));
  });
  return static_cast<std::size_t>(rows);
}

}  // namespace

TableRead read_relation(const DuckSession& session, const DuckRelation& relation, const ReadOptions& options,
                        const Context& context) {
  const DuckApi& api = session.api();
  std::vector<Source> sources = describe_relation(session, relation);
  std::string from = relation.from;
  if (options.max_rows) from = "(SELECT * FROM " + from + " LIMIT " + std::to_string(*options.max_rows) + ")";
  const std::size_t rows = count_rows(session, relation, from);
  const MissingMarks marks(options.missing);
  const std::vector<MarkedNumber> marked =
      relation.settled ? std::vector<MarkedNumber>() : marked_numbers(options, marks);

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
    column.settled = relation.settled && source.string;
    const auto asked = options.types.find(source.name);
    if (asked != options.types.end()) column.asked = asked->second;
    column.data.allocate(column.plan.mode, rows);
    assembly.columns.push_back(std::move(column));
    select += (select.empty() ? "" : ", ") + source.expression;
  }
  std::vector<std::string> names;
  for (const Source& source : sources) names.push_back(source.name);
  check_types(options, names, relation.name);
  DuckAnswer answer(session, "SELECT " + select + " FROM " + from);
  if (answer.failed()) relation.fail(answer.error());
  std::size_t row = 0;
  answer.chunks([&](DuckChunk chunk, std::size_t count) {
    context.check();
    if (row + count > rows) relation.fail("more rows than it says");
    for (std::size_t i = 0; i < sources.size(); ++i) {
      take(api, api.chunk_vector(chunk, i), sources[i], count, row, marks, assembly.columns[i],
           assembly.parts[0][i]);
      if (!marked.empty() && sources[i].form == Form::number) {
        drop_marked(marked, row, count, assembly.columns[i], assembly.parts[0][i]);
      }
    }
    row += count;
    context.progress("reading", rows == 0 ? 1.0 : static_cast<double>(row) / static_cast<double>(rows));
  });
  if (row != rows) relation.fail("fewer rows than it says");
  for (std::size_t i = 0; i < sources.size(); ++i) assembly.parts[0][i].time = sources[i].has_time;

  std::vector<std::size_t> all(sources.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  join_parts(assembly, all, context);
  FileEvidence evidence;
  evidence.decimal = options.decimal;
  for (const ColumnState& column : assembly.columns) evidence.add(column.evidence);
  TableRead read;
  read.format = relation.format;
  assemble(
      assembly, evidence, relation.name, options, marks, [](std::uint64_t place) { return place + 1; },
      context, read);
  read.table = without_empty_kinds(read.table, options);
  return read;
}

}  // namespace everyml::csv
