#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <numeric>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/csv_assemble_impl.h"
#include "everyml/foundation/io/csv_stretches_impl.h"
#include "everyml/foundation/io/json_lines_impl.h"

namespace everyml::csv {
namespace {

namespace json = simdjson::ondemand;

constexpr Shape kLines{.delimiter = '\n', .quote = 0, .newline = '\n'};

/// What the lines of one stretch hold. A column's codes may be shorter than the rows: the rest is missing.
struct JsonPart {
  struct Key {
    std::vector<std::int32_t> codes;
    ColumnPart part;
  };
  Dictionary names;
  std::vector<Key> keys;  ///< by code of the name
  std::size_t rows = 0;
};

/// A line that is wrong, as place and reason.
struct Wrong {
  std::uint64_t place;
  std::string_view code;
  std::string reason;
};

bool json_number(std::string_view token) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t begin = at;
    while (at < token.size() && token[at] >= '0' && token[at] <= '9') ++at;
    return at - begin;
  };
  if (token.starts_with('-')) ++at;
  const std::size_t begin = at;
  const std::size_t whole = digits();
  if (whole == 0 || (whole > 1 && token[begin] == '0')) return false;
  if (at < token.size() && token[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < token.size() && (token[at] == 'e' || token[at] == 'E')) {
    ++at;
    if (at < token.size() && (token[at] == '-' || token[at] == '+')) ++at;
    if (digits() == 0) return false;
  }
  return at == token.size();
}

class LineReader {
 public:
  LineReader(const MissingMarks& marks, JsonPart& part) : marks_(marks), part_(part) {}

  /// `readable` bytes from the line's start may be read, more than simdjson looks ahead.
  void read(std::string_view line, std::size_t readable, std::uint64_t place) {
    json::document document;
    simdjson::padded_string_view padded(line.data(), line.size(), readable);
    check(parser_.iterate(padded).get(document), place);
    json::object object;
    json::json_type type{};
    check(document.type().get(type), place);
    if (type != json::json_type::object) {
      throw Wrong{place, "jsonl.not_object", "each line must be one object, like {\"a\": 1}"};
    }
    check(document.get_object().get(object), place);
    for (auto field : object) {
      std::string_view key;
      check(field.unescaped_key().get(key), place);
      const std::uint32_t code = part_.names.code(key);
      if (code == part_.keys.size()) part_.keys.emplace_back();
      if (part_.keys[code].codes.size() > part_.rows) {
        throw Wrong{place, "jsonl.duplicate_key", "the key \"" + printable(key) + "\" stands there twice"};
      }
      json::value value;
      check(field.value().get(value), place);
      part_.keys[code].codes.resize(part_.rows, -1);
      part_.keys[code].codes.push_back(cell(value, part_.keys[code].part, place));
    }
    const char* rest = nullptr;
    if (document.current_location().get(rest) == simdjson::SUCCESS) {
      throw Wrong{place, "jsonl.syntax", "something follows the object"};
    }
    ++part_.rows;
  }

 private:
  static void check(simdjson::error_code error, std::uint64_t place) {
    if (error != simdjson::SUCCESS) throw Wrong{place, "jsonl.syntax", simdjson::error_message(error)};
  }

  std::int32_t store(std::string_view text, bool string, ColumnPart& part, std::uint64_t place) {
    if (!part.dictionary) part.dictionary = std::make_unique<Dictionary>();
    const std::size_t known = part.dictionary->size();
    const std::uint32_t code = part.dictionary->code(text);
    Dictionary::Entry& entry = part.dictionary->entry(code);
    if (code == known) {
      entry.mark = marks_.find(text);
      entry.first = place;
    }
    entry.string |= string;
    ++entry.count;
    return static_cast<std::int32_t>(code);
  }

  std::int32_t cell(json::value value, ColumnPart& part, std::uint64_t place) {
    json::json_type type{};
    check(value.type().get(type), place);
    switch (type) {
      case json::json_type::null: {
        bool null = false;
        check(value.is_null().get(null), place);
        return -1;
      }
      case json::json_type::boolean: {
        bool truth = false;
        check(value.get_bool().get(truth), place);
        return store(truth ? "true" : "false", false, part, place);
      }
      case json::json_type::number: {
        const std::string_view token = trim(value.raw_json_token());
        if (!json_number(token)) check(simdjson::NUMBER_ERROR, place);
        return store(token, false, part, place);
      }
      case json::json_type::string: {
        std::string_view text;
        check(value.get_string().get(text), place);
        if (text.empty()) {
          part.odd().empty_strings.add(place);
          return -1;
        }
        return store(text, true, part, place);
      }
      case json::json_type::array:
      case json::json_type::object:
        break;
    }
    std::string_view text;
    check(simdjson::to_json_string(value).get(text), place);
    part.odd().nested.add(place);
    return store(text, true, part, place);
  }

  const MissingMarks& marks_;
  JsonPart& part_;
  json::parser parser_;
};

std::string_view without_blanks(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t'))
    line.remove_suffix(1);
  while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
  return line;
}

void read_lines(TextPieces& pieces, TextPieces::Piece& piece, const Stretch& stretch,
                const MissingMarks& marks, JsonPart& part) {
  if (stretch.rows == 0) return;
  std::uint64_t wanted = stretch.end - stretch.start + pieces.tuning().slack;
  pieces.load(piece, stretch.start, wanted);
  LineReader reader(marks, part);
  std::size_t at = 0;
  while (stretch.start + at <= stretch.end && stretch.start + at < pieces.size()) {
    const std::size_t end = piece.text().find('\n', at);
    const bool last = stretch.start + piece.size == pieces.size();
    if (end == std::string_view::npos && !last) {
      if (piece.size - at >= pieces.tuning().largest_row) {
        throw Wrong{stretch.start + at, "jsonl.line_too_long", "the line is longer than 256 MiB"};
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

/// Columns in the order in which their keys first appear in the file.
void join(std::vector<JsonPart>& read, const ReadOptions& options, Assembly& assembly) {
  Dictionary names;
  for (JsonPart& part : read) {
    assembly.part_rows.push_back({assembly.rows, part.rows});
    assembly.rows += part.rows;
    for (std::size_t code = 0; code < part.names.size(); ++code) names.code(part.names.text(code));
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
    column.data.codes = Buffer<std::int32_t>::uninitialized(assembly.rows);
  }
  for (std::size_t p = 0; p < read.size(); ++p) {
    assembly.parts.emplace_back(names.size());
    const auto [begin, count] = assembly.part_rows[p];
    std::vector<bool> seen(names.size(), false);
    for (std::size_t code = 0; code < read[p].names.size(); ++code) {
      const std::uint32_t column = *names.find(read[p].names.text(code));
      JsonPart::Key& key = read[p].keys[code];
      key.codes.resize(count, -1);
      std::copy(key.codes.begin(), key.codes.end(), assembly.columns[column].data.codes.data() + begin);
      assembly.parts[p][column] = std::move(key.part);
      key.codes = {};
      seen[column] = true;
    }
    for (std::size_t column = 0; column < names.size(); ++column) {
      if (!seen[column]) std::fill_n(assembly.columns[column].data.codes.data() + begin, count, -1);
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
  std::vector<JsonPart> read(stretches.size());
  const auto line_of_place = [&](std::uint64_t place) {
    return line_of(pieces, 0, stretches, kLines.newline, place).line;
  };
  parallel_for(context, stretches.size(), 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      pieces.with_piece([&](TextPieces::Piece& piece) {
        try {
          read_lines(pieces, piece, stretches[i], marks, read[i]);
        } catch (const Wrong& wrong) {
          throw FormatError(wrong.code, fmt::format("{}, line {}: {}", printable(name, 200),
                                                    line_of_place(wrong.place), wrong.reason));
        }
      });
    }
  });
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
  file.decimal = '.';
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
