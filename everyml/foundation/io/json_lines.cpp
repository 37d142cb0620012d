#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <numeric>
#include <set>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/csv_assemble_impl.h"
#include "everyml/foundation/io/csv_stretches_impl.h"
#include "everyml/foundation/io/json_line_impl.h"
#include "everyml/foundation/io/json_lines_impl.h"

namespace everyml::csv {
namespace {

constexpr Shape kLines{.delimiter = '\n', .quote = 0, .newline = '\n'};

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
using Names = std::set<std::string, std::less<>>;

/// What the lines of one stretch hold. A column begins as numbers, since a number takes a tenth of what its
/// text does, and becomes one of strings at the first cell that is none. With numbers before that cell it has
/// failed, and the stretch is read again for it. Its cells may be fewer than the rows: the rest is missing.
struct JsonPart {
  struct Key {
    bool numeric = true;
    bool valued = false;  ///< numeric: some cell has been read as a number
    bool failed = false;
    std::size_t cells = 0;
    std::vector<double> numbers;
    std::vector<std::int32_t> codes;
    ColumnPart part;

    /// Cells up to `end` are missing.
    void fill(std::size_t end) {
      if (failed) return;
      if (numeric)
        numbers.resize(end, kNaN);
      else
        codes.resize(end, -1);
      cells = end;
    }
  };
  Dictionary names;
  std::vector<Key> keys;  ///< by code of the name
  std::size_t rows = 0;
};

/// Names of the columns that are read as strings from the start, and whether others are read at all.
struct Wanted {
  Names strings;
  bool only = false;
};

class LineReader {
 public:
  LineReader(const MissingMarks& marks, const Wanted& wanted, JsonPart& part)
      : marks_(marks), wanted_(wanted), part_(part) {}

  /// `readable` bytes from the line's start may be read, more than the parser looks ahead.
  void read(std::string_view line, std::size_t readable, std::uint64_t place) {
    for (const JsonCell& cell : parser_.read(line, readable, place)) {
      const std::uint32_t code = part_.names.code(cell.key);
      if (code == part_.keys.size()) {
        part_.keys.emplace_back();
        const bool string = !wanted_.strings.empty() && wanted_.strings.contains(cell.key);
        part_.keys.back().numeric = !string;
        part_.keys.back().failed = wanted_.only && !string;
      }
      JsonPart::Key& key = part_.keys[code];
      if (key.cells > part_.rows) {
        throw WrongLine{place, "jsonl.duplicate_key",
                        "the key \"" + printable(cell.key) + "\" stands there twice"};
      }
      key.fill(part_.rows);
      take(cell, key, place);
      key.cells = part_.rows + 1;
    }
    ++part_.rows;
  }

 private:
  void take(const JsonCell& cell, JsonPart::Key& key, std::uint64_t place) {
    if (key.failed) return;
    const bool empty = cell.kind == JsonCell::Kind::string && cell.text.empty();
    if (empty) key.part.odd().empty_strings.add(place);
    const bool missing = empty || cell.kind == JsonCell::Kind::missing;
    if (key.numeric) {
      const std::optional<double> value = missing ? kNaN : number(cell, key, place);
      if (value) {
        key.numbers.push_back(*value);
        return;
      }
      if (key.valued) {
        key = {};
        key.failed = true;
        return;
      }
      key.numeric = false;
      key.numbers = {};
      key.codes.assign(part_.rows, -1);
    }
    key.codes.push_back(missing ? -1 : store(cell, key.part, place));
  }

  /// Nothing when the cell is no number that a double keeps.
  std::optional<double> number(const JsonCell& cell, JsonPart::Key& key, std::uint64_t place) const {
    if (cell.kind != JsonCell::Kind::number) return std::nullopt;
    const int mark = marks_.given() ? marks_.find(cell.text) : -1;
    if (mark >= 0) {
      key.valued = true;
      key.part.odd().marks.add(place);
      if (mark < 64) key.part.odd().mark_set |= std::uint64_t{1} << mark;
      return kNaN;
    }
    const std::optional<double> value = parse_number_as(cell.text, NumberStyle::plain);
    key.valued |= value.has_value();
    return value;
  }

  std::int32_t store(const JsonCell& cell, ColumnPart& part, std::uint64_t place) {
    if (cell.kind == JsonCell::Kind::nested) part.odd().nested.add(place);
    if (!part.dictionary) part.dictionary = std::make_unique<Dictionary>();
    const std::size_t known = part.dictionary->size();
    const std::uint32_t code = part.dictionary->code(cell.text);
    Dictionary::Entry& entry = part.dictionary->entry(code);
    if (code == known) {
      entry.mark = marks_.find(cell.text);
      entry.first = place;
    }
    entry.string |= cell.kind == JsonCell::Kind::string || cell.kind == JsonCell::Kind::nested;
    ++entry.count;
    return static_cast<std::int32_t>(code);
  }

  const MissingMarks& marks_;
  const Wanted& wanted_;
  JsonPart& part_;
  JsonLineParser parser_;
};

void read_lines(TextPieces& pieces, TextPieces::Piece& piece, const Stretch& stretch,
                const MissingMarks& marks, const Wanted& columns, JsonPart& part) {
  if (stretch.rows == 0) return;
  std::uint64_t wanted = stretch.end - stretch.start + pieces.tuning().slack;
  pieces.load(piece, stretch.start, wanted);
  LineReader reader(marks, columns, part);
  std::size_t at = 0;
  while (stretch.start + at <= stretch.end && stretch.start + at < pieces.size()) {
    const std::size_t end = piece.text().find('\n', at);
    const bool last = stretch.start + piece.size == pieces.size();
    if (end == std::string_view::npos && !last) {
      if (piece.size - at >= pieces.tuning().largest_row) {
        throw WrongLine{stretch.start + at, "jsonl.line_too_long", "the line is longer than 256 MiB"};
      }
      wanted = std::max<std::uint64_t>(2 * wanted, 16);
      pieces.lengthen(piece, stretch.start, wanted);
      continue;
    }
    const std::size_t stop = std::min(end, piece.size);
    const std::string_view line = without_blanks(piece.text().substr(at, stop - at));
    const auto before = static_cast<std::size_t>(line.data() - piece.text().data());
    if (!line.empty()) reader.read(line, piece.size - before + kPadding, stretch.start + at);
    at = stop + 1;
  }
}

/// The end of the line that holds row `most`.
std::uint64_t end_of_rows(TextPieces& pieces, std::uint64_t most) {
  std::uint64_t rows = 0;
  bool blank = true;
  for (std::uint64_t at = 0; at < pieces.size();) {
    std::size_t size = 0;
    std::uint64_t found = 0;
    pieces.with_piece([&](TextPieces::Piece& piece) {
      pieces.load(piece, at, std::uint64_t{1} << 20);
      size = piece.size;
      const std::string_view text = piece.text();
      for (std::size_t i = 0; i < size && found == 0; ++i) {
        if (text[i] == '\n') {
          rows += blank ? 0 : 1;
          blank = true;
          if (rows == most) found = at + i + 1;
        } else if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r') {
          blank = false;
        }
      }
    });
    if (found > 0) return found;
    at += size;
  }
  return pieces.size();
}

/// Names of the columns that some stretches read as numbers and others could not.
Names mixed_columns(const std::vector<JsonPart>& read) {
  Names numbers, others, mixed;
  for (const JsonPart& part : read) {
    for (std::size_t code = 0; code < part.keys.size(); ++code) {
      const JsonPart::Key& key = part.keys[code];
      const std::string name(part.names.text(code));
      if (key.failed)
        mixed.insert(name);
      else if (!key.numeric)
        others.insert(name);
      else if (key.valued)
        numbers.insert(name);
    }
  }
  std::set_intersection(numbers.begin(), numbers.end(), others.begin(), others.end(),
                        std::inserter(mixed, mixed.end()));
  return mixed;
}

bool must_read_again(const JsonPart& part, const Names& names) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    const auto code = part.names.find(name);
    return code && (part.keys[*code].failed || part.keys[*code].numeric);
  });
}

void replace_columns(JsonPart& part, JsonPart&& again, const Names& names) {
  for (const std::string& name : names) {
    const auto to = part.names.find(name);
    const auto from = again.names.find(name);
    if (to && from) part.keys[*to] = std::move(again.keys[*from]);
  }
}

/// The cells of one column of one part. A numeric part of a column of strings has nothing but missing cells.
void join_cells(JsonPart::Key& key, PartRows rows, ColumnState& column) {
  key.fill(rows.count);
  if (column.plan.mode == Mode::number) {
    std::copy(key.numbers.begin(), key.numbers.end(), column.data.numbers.data() + rows.begin);
  } else if (key.numeric) {
    std::fill_n(column.data.codes.data() + rows.begin, rows.count, -1);
  } else {
    std::copy(key.codes.begin(), key.codes.end(), column.data.codes.data() + rows.begin);
  }
  key.numbers = {};
  key.codes = {};
}

/// Columns in the order in which their keys first appear in the file.
void join(std::vector<JsonPart>& read, const ReadOptions& options, Assembly& assembly) {
  Dictionary names;
  std::vector<bool> strings;
  for (JsonPart& part : read) {
    assembly.part_rows.push_back({assembly.rows, part.rows});
    assembly.rows += part.rows;
    for (std::size_t code = 0; code < part.names.size(); ++code) {
      const std::uint32_t column = names.code(part.names.text(code));
      strings.resize(names.size(), false);
      if (!part.keys[code].numeric) strings[column] = true;
    }
  }
  assembly.columns.resize(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    ColumnState& column = assembly.columns[i];
    column.name = names.text(i);
    if (column.name.empty()) {
      column.name = "column_" + std::to_string(i + 1);
      while (names.find(column.name)) column.name += "_";
    }
    const auto asked = options.types.find(column.name);
    if (asked != options.types.end()) column.asked = asked->second;
    // A kind other than number is found among strings, if only among none of them.
    const bool number = !strings[i] && (!column.asked || *column.asked == ColumnKind::number);
    column.plan.mode = number ? Mode::number : Mode::dictionary;
    column.data.allocate(column.plan.mode, assembly.rows);
  }
  for (std::size_t p = 0; p < read.size(); ++p) {
    assembly.parts.emplace_back(names.size());
    const PartRows rows = assembly.part_rows[p];
    std::vector<bool> seen(names.size(), false);
    for (std::size_t code = 0; code < read[p].names.size(); ++code) {
      const std::uint32_t column = *names.find(read[p].names.text(code));
      JsonPart::Key& key = read[p].keys[code];
      join_cells(key, rows, assembly.columns[column]);
      assembly.parts[p][column] = std::move(key.part);
      seen[column] = true;
    }
    for (std::size_t column = 0; column < names.size(); ++column) {
      JsonPart::Key absent;
      if (!seen[column]) join_cells(absent, rows, assembly.columns[column]);
    }
  }
}

}  // namespace

bool looks_like_json_lines(std::string_view head) {
  const std::size_t first = head.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && head[first] == '{';
}

bool is_json_lines(const std::string& path, std::string_view head) {
  std::string ending = to_lower_ascii(path);
  if (ending.ends_with(".gz")) ending.resize(ending.size() - 3);
  if (ending.ends_with(".jsonl") || ending.ends_with(".ndjson")) return true;
  return looks_like_json_lines(head) && !ending.ends_with(".csv");
}

TableRead read_json_lines(const ByteSource& source, const TextOrigin& origin, const std::string& name,
                          const ReadOptions& options, const Context& context, const Tuning& tuning) {
  const BudgetScope budget(context.memory());
  TextPieces pieces(source, source.size(), tuning);
  if (options.max_rows) pieces.cut(end_of_rows(pieces, *options.max_rows));
  if (pieces.size() == 0) throw DataError("csv.empty", printable(name, 200) + " has no line");
  const MissingMarks marks(options.missing);
  const std::vector<Stretch> stretches = survey_stretches(
      pieces, 0, tuning.stretch > 0 ? tuning.stretch : stretch_length(1), kLines, name, context);
  const auto line_of_place = [&](std::uint64_t place) {
    return line_of(pieces, 0, stretches, kLines.newline, place).line;
  };
  std::vector<JsonPart> read(stretches.size());
  const auto read_stretch = [&](const Wanted& wanted, std::size_t i) {
    JsonPart part;
    pieces.with_piece([&](TextPieces::Piece& piece) {
      try {
        read_lines(pieces, piece, stretches[i], marks, wanted, part);
      } catch (const WrongLine& wrong) {
        throw FormatError(wrong.code, fmt::format("{}, line {}: {}", printable(name, 200),
                                                  line_of_place(wrong.place), wrong.reason));
      }
    });
    return part;
  };
  Wanted wanted;
  for (const auto& [column, kind] : options.types) {
    if (kind != ColumnKind::number) wanted.strings.insert(column);
  }
  parallel_for(context, stretches.size(), 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) read[i] = read_stretch(wanted, i);
  });
  const Wanted again{.strings = mixed_columns(read), .only = true};
  if (!again.strings.empty()) {
    parallel_for(context, stretches.size(), 1, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) {
        if (must_read_again(read[i], again.strings))
          replace_columns(read[i], read_stretch(again, i), again.strings);
      }
    });
  }
  Assembly assembly;
  join(read, options, assembly);
  if (assembly.rows == 0) throw DataError("csv.empty", printable(name, 200) + " has no line with an object");
  if (assembly.columns.empty())
    throw DataError("csv.no_columns", printable(name, 200) + " has objects without keys only");
  std::vector<std::string> names;
  for (const ColumnState& column : assembly.columns) names.push_back(column.name);
  check_types(options, names, name);
  std::vector<std::size_t> all(assembly.columns.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  join_parts(assembly, all, context);
  FileEvidence file;
  file.decimal = options.decimal;
  for (const ColumnState& column : assembly.columns) file.add(column.evidence);
  TableRead result;
  result.format = "jsonl";
  result.dialect.bom = origin.bom;
  result.dialect.encoding = origin.encoding;
  assemble(assembly, file, name, options, marks, line_of_place, context, result);
  context.progress("reading", 1.0);
  return result;
}

}  // namespace everyml::csv
