#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/archive_impl.h"
#include "everyml/foundation/io/csv_dialect_impl.h"
#include "everyml/foundation/io/csv_header_impl.h"

namespace everyml::csv {
namespace {

constexpr std::size_t kDialectRows = 300;
constexpr std::size_t kDialectCells = 200000;

/// Carriage returns alone end the lines where they outnumber line feeds outside quotes.
char find_newline(std::string_view text, char quote) {
  std::size_t feeds[2] = {0, 0};
  std::size_t lone_returns[2] = {0, 0};
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    inside ^= quote != 0 && text[i] == quote;
    feeds[inside] += text[i] == '\n';
    lone_returns[inside] += text[i] == '\r' && i + 1 < text.size() && text[i + 1] != '\n';
  }
  return lone_returns[0] > feeds[0] ? '\r' : '\n';
}

std::string_view raw(std::string_view text, const Field& field) {
  return text.substr(field.begin, field.size());
}

bool typed(std::string_view cell, const MissingMarks& marks) {
  cell = trim(cell);
  return cell.empty() || marks.find(cell) >= 0 || classify(cell).styles != 0;
}

/// REQUIRES: a cell without quotes, which cannot hold the delimiter that cut it.
bool has_other_delimiter(std::string_view cell) {
  return cell.find_first_of(",;\t|") != std::string_view::npos;
}

struct Candidate {
  Shape shape;
  std::size_t columns = 1;
  double consistency = 0.0;
  double typed_share = 0.0;
  double foreign_share = 0.0;
  std::size_t quoted = 0;
  std::size_t odd_quotes = 0;
  SampleRows rows;
  double score() const { return consistency + 0.1 * typed_share - 0.5 * foreign_share; }
};

std::size_t usual_width(const SampleRows& rows) {
  std::map<std::size_t, std::size_t> widths;
  for (std::size_t row = 0; row < rows.rows(); ++row) ++widths[rows.cells(row)];
  std::size_t best = 1;
  std::size_t most = 0;
  for (const auto& [width, count] : widths) {
    if (count >= most) {
      best = width;
      most = count;
    }
  }
  return best;
}

Candidate examine(std::string_view text, bool whole, const Shape& shape, const MissingMarks& marks) {
  Candidate result{.shape = shape};
  result.rows = sample_rows(text, 0, whole, shape, kDialectRows);
  const SampleRows& rows = result.rows;
  if (rows.rows() == 0) return result;
  result.columns = usual_width(rows);
  std::size_t fitting = 0;
  std::size_t cells = 0;
  std::size_t typed_cells = 0;
  std::size_t foreign = 0;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    fitting += rows.cells(row) == result.columns;
    for (std::size_t i = rows.starts[row]; i < rows.starts[row + 1] && cells < kDialectCells / 10; ++i) {
      const Field& field = rows.fields[i];
      const std::string_view cell = raw(text, field);
      result.quoted += field.quoted();
      result.odd_quotes += (field.bits & (Field::kStray | Field::kBlanks)) != 0;
      ++cells;
      const bool is_typed = typed(cell, marks);
      typed_cells += is_typed;
      foreign += !is_typed && !field.quoted() && has_other_delimiter(cell);
    }
  }
  result.consistency = static_cast<double>(fitting) / static_cast<double>(rows.rows());
  result.typed_share = static_cast<double>(typed_cells) / static_cast<double>(cells);
  result.foreign_share = static_cast<double>(foreign) / static_cast<double>(cells);
  return result;
}

/// Lines that are numbers as they stand under a header without the delimiter: one column of decimal commas.
bool one_column_of_numbers(std::string_view text, const Candidate& candidate) {
  const SampleRows& rows = candidate.rows;
  if (candidate.columns != 2 || rows.rows() < 2 || rows.cells(0) != 1) return false;
  for (std::size_t row = 1; row < rows.rows(); ++row) {
    const std::string_view line =
        trim(text.substr(rows.offsets[row], rows.offsets[row + 1] - rows.offsets[row]));
    if ((classify(line).styles & kAnyNumber) == 0) return false;
  }
  return true;
}

bool acceptable(std::string_view text, const Candidate& candidate) {
  if (candidate.columns < 2 || one_column_of_numbers(text, candidate)) return false;
  if (candidate.shape.delimiter != ' ') return candidate.consistency >= 0.5;
  // Words of a sentence are not columns.
  return candidate.consistency >= 0.99 && candidate.typed_share >= 0.6 && candidate.rows.rows() >= 3;
}

Shape find_shape(std::string_view text, bool whole, char newline, const ReadOptions& options,
                 std::optional<char> told_delimiter, const MissingMarks& marks) {
  std::vector<char> delimiters = {',', ';', '\t', '|', ' '};
  if (told_delimiter) delimiters = {*told_delimiter};
  std::vector<char> quotes = {'"'};
  if (options.quote) {
    quotes = {*options.quote};
  } else if (text.find('"') == std::string_view::npos && text.find('\'') != std::string_view::npos) {
    quotes = {'"', '\''};
  }
  std::optional<Candidate> best;
  for (const char quote : quotes) {
    for (const char delimiter : delimiters) {
      Candidate candidate = examine(text, whole, {delimiter, quote, newline}, marks);
      if (!told_delimiter && !acceptable(text, candidate)) continue;
      if (!options.quote && quote == '\'' && (candidate.quoted < 2 || candidate.odd_quotes > 0)) continue;
      const bool prefer = quote == '\'' && best.has_value() && best->shape.quote != '\'';
      if (!best || candidate.score() > best->score() || (prefer && candidate.score() >= best->score())) {
        best = std::move(candidate);
      }
    }
  }
  if (best) return best->shape;
  // One column: its delimiter is one that does not occur, so that no line is cut.
  const Shape one{told_delimiter.value_or(','), quotes.front(), newline};
  if (told_delimiter || sample_rows(text, 0, whole, one, 1).rows() == 0) return one;
  for (const char delimiter : {',', ';', '\t', '|'}) {
    if (text.find(delimiter) == std::string_view::npos) return {delimiter, one.quote, newline};
  }
  return one;
}

/// The line "sep=;" that a spreadsheet program leaves on top.
std::optional<char> told_separator(std::string_view text, std::size_t& skip) {
  if (text.size() < 5 || to_lower_ascii(text.substr(0, 4)) != "sep=") return std::nullopt;
  std::size_t end = 5;
  if (end < text.size() && text[end] == '\r') ++end;
  if (end < text.size() && text[end] != '\n') {
    if (text[end - 1] != '\r') return std::nullopt;
    --end;
  }
  skip = std::min(text.size(), end + 1);
  return text[4];
}

}  // namespace

SampleRows sample_rows(std::string_view text, std::size_t from, bool whole, const Shape& shape,
                       std::size_t most) {
  SampleRows rows;
  std::size_t at = from;
  while (at < text.size() && rows.starts.size() < most && rows.fields.size() < kDialectCells) {
    const std::size_t before = rows.fields.size();
    const RowEnd end = split_row(text, at, whole, shape, rows.fields);
    if (end.state != RowEnd::State::whole) {
      rows.fields.resize(before);
      break;
    }
    const bool blank = rows.fields.size() == before + 1 && !rows.fields[before].quoted() &&
                       trim(raw(text, rows.fields[before])).empty();
    if (blank) {
      rows.fields.resize(before);
    } else {
      rows.starts.push_back(before);
      rows.offsets.push_back(at);
    }
    at = end.next;
  }
  rows.starts.push_back(rows.fields.size());
  rows.offsets.push_back(at);
  return rows;
}

Layout find_layout(std::string_view text, bool whole, const std::string& name, const ReadOptions& options,
                   const MissingMarks& marks) {
  if (trim(text).empty()) {
    throw DataError("csv.empty",
                    printable(name, 200) + " is empty; a table with at least one line is needed");
  }
  if (text.size() > 8 && text.substr(8).starts_with(detail::header_start)) {
    throw FormatError("csv.binary", printable(name, 200) + " is an everyml model, not a table");
  }
  if (text.substr(0, 65536).find('\0') != std::string_view::npos) {
    throw FormatError("csv.binary",
                      printable(name, 200) +
                          " is not a text file: it has zero bytes; CSV, JSON lines or Parquet is needed");
  }
  Layout layout;
  std::size_t skip = 0;
  std::optional<char> told = told_separator(text, skip);
  if (skip > 0) {
    layout.notes.push_back(
        {.code = "csv.separator_line",
         .sentence = fmt::format("the first line names the delimiter \"{}\" and was skipped",
                                 printable(text.substr(4, 1))),
         .line = 1});
  }
  if (options.delimiter) told = options.delimiter;
  const std::string_view body = text.substr(skip);
  if (trim(body).empty()) {
    throw DataError("csv.empty", printable(name, 200) + " has no line but the one that names the delimiter");
  }
  layout.shape = find_shape(
      body.substr(0, std::size_t{1} << 18), whole && body.size() <= (std::size_t{1} << 18),
      find_newline(body.substr(0, std::size_t{1} << 18), options.quote.value_or('"')), options, told, marks);
  layout.dialect.delimiter = layout.shape.delimiter;
  layout.dialect.quote = layout.shape.quote;
  find_header(text, skip, whole, name, options, marks, layout);
  return layout;
}

}  // namespace everyml::csv
