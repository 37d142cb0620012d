#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/csv_header_impl.h"
#include "everyml/foundation/io/text_encoding_impl.h"

namespace everyml::csv {
namespace {

constexpr std::size_t kHeaderRows = 200;

std::vector<std::string> row_cells(std::string_view text, const SampleRows& rows, std::size_t row,
                                   const Shape& shape) {
  std::vector<std::string> cells;
  std::string scratch;
  for (std::size_t i = rows.starts[row]; i < rows.starts[row + 1]; ++i) {
    bool trimmed = false;
    cells.emplace_back(cell_text(text.data(), rows.fields[i], shape, scratch, trimmed));
  }
  return cells;
}

std::uint64_t line_at(std::string_view text, std::size_t place, char newline) {
  return 1 + static_cast<std::uint64_t>(
                 std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(place), newline));
}

/// Width of most of the rows from `first` on.
std::size_t width_from(const SampleRows& rows, std::size_t first) {
  std::map<std::size_t, std::size_t> widths;
  for (std::size_t row = first; row < rows.rows(); ++row) ++widths[rows.cells(row)];
  std::size_t best = 0;
  std::size_t most = 0;
  for (const auto& [width, count] : widths) {
    if (count >= most) {
      best = width;
      most = count;
    }
  }
  return best;
}

/// Titles and remarks above the table: lines that start with # and lines of one cell over a wider table.
std::size_t remark_lines(std::string_view text, const SampleRows& rows) {
  std::size_t row = 0;
  while (row + 1 < rows.rows()) {
    const std::size_t width = width_from(rows, row + 1);
    const std::string_view line = text.substr(rows.offsets[row], rows.offsets[row + 1] - rows.offsets[row]);
    const bool remark = line.starts_with("#") && rows.cells(row) != width;
    const bool title = rows.cells(row) == 1 &&
                       (width >= 3 || (width == 2 && trim(line).find(' ') != std::string_view::npos));
    if (!remark && !title) break;
    ++row;
  }
  return row;
}

bool year_like(const std::string& cell) {
  return cell.size() == 4 && cell >= "1800" && cell <= "2199" &&
         std::all_of(cell.begin(), cell.end(), [](char c) { return c >= '0' && c <= '9'; });
}

enum class Guess : std::uint8_t { header, likely_header, no_header };

/// Whether the first of these rows names the columns.
Guess guess_header(std::string_view text, const SampleRows& rows, std::size_t first, const Shape& shape,
                   const MissingMarks& marks) {
  const std::vector<std::string> head = row_cells(text, rows, first, shape);
  std::vector<Evidence> below(head.size());
  std::vector<bool> comes_back(head.size(), false);
  for (std::size_t row = first + 1; row < rows.rows(); ++row) {
    const std::vector<std::string> cells = row_cells(text, rows, row, shape);
    for (std::size_t i = 0; i < std::min(cells.size(), head.size()); ++i) {
      if (cells[i].empty() || marks.find(cells[i]) >= 0) continue;
      below[i].add(classify(cells[i]));
      comes_back[i] = comes_back[i] || cells[i] == head[i];
    }
  }
  std::size_t named = 0;  // text over numbers, booleans or dates
  std::size_t same = 0;   // a number over numbers and so on
  std::size_t numbers = 0;
  std::size_t years = 0;
  std::size_t back = 0;
  for (std::size_t i = 0; i < head.size(); ++i) {
    back += comes_back[i];
    if (head[i].empty()) continue;
    const Styles own = marks.find(head[i]) >= 0 ? ~Styles{0} : classify(head[i]).styles;
    numbers += (own & kAnyNumber) != 0;
    years += year_like(head[i]);
    const Styles column = below[i].styles() & ~(below[i].both_truths() ? 0 : kAnyBoolean);
    if (column == 0) continue;
    ((own & column) == 0 ? named : same) += 1;
  }
  const std::set<std::string> distinct(head.begin(), head.end());
  const bool all_different = distinct.size() == head.size();
  // A table over years: distinct years head columns of numbers, beside at least one name.
  if (years > 0 && years == numbers && all_different && years < head.size() && back == 0)
    return Guess::likely_header;
  if (named > 0) return Guess::header;
  if (same > 0 || numbers > 0) return Guess::no_header;
  // Text over text: a row of data tends to have values that come back below.
  if (2 * back >= head.size()) return Guess::no_header;
  return Guess::likely_header;
}

void note_trimmed_names(std::string_view text, const SampleRows& rows, std::size_t row, std::uint64_t line,
                        Layout& layout) {
  std::uint64_t count = 0;
  std::string scratch;
  for (std::size_t i = rows.starts[row]; i < rows.starts[row + 1]; ++i) {
    bool trimmed = false;
    cell_text(text.data(), rows.fields[i], layout.shape, scratch, trimmed);
    count += trimmed;
  }
  if (count == 0) return;
  layout.notes.push_back(
      {.code = "csv.trimmed",
       .sentence = fmt::format("blanks around {} of the column names were taken off", count),
       .line = line,
       .count = count});
}

/// The names, with gaps filled and repetitions numbered.
void name_columns(std::vector<std::string> cells, std::uint64_t line, Layout& layout) {
  std::unordered_set<std::string> given(cells.begin(), cells.end());
  std::unordered_set<std::string> taken;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    std::string name;
    const std::string number = std::to_string(i + 1);
    if (is_utf8(cells[i])) {
      name = cells[i];
    } else {
      repair_utf8(cells[i], name);
      layout.notes.push_back(
          {.code = "csv.utf8_repaired",
           .sentence = fmt::format("the name of column {} is not UTF-8 and was read as Windows-1252: \"{}\"",
                                   number, printable(name)),
           .column = name,
           .line = line});
    }
    layout.unnamed.push_back(name.empty());
    if (name.empty()) {
      name = "column_" + number;
      while (taken.contains(name) || given.contains(name)) name += "_";
    } else if (taken.contains(name)) {
      std::size_t copy = 2;
      std::string other = name + "_2";
      while (taken.contains(other) || given.contains(other)) other = name + "_" + std::to_string(++copy);
      layout.notes.push_back(
          {.code = "csv.duplicate_name",
           .sentence =
               fmt::format("the name \"{}\" stands over more than one column; column {} is called \"{}\"",
                           printable(name), number, printable(other)),
           .column = other,
           .line = line});
      name = std::move(other);
    }
    taken.insert(name);
    layout.names.push_back(std::move(name));
  }
}

void note_header(Guess guess, bool asked, std::uint64_t line, Layout& layout) {
  if (asked) return;
  if (guess == Guess::no_header) {
    layout.notes.push_back(
        {.code = "csv.no_header",
         .sentence = "the first line looks like data, so the columns are called column_1, column_2, ...",
         .line = line});
  } else if (guess == Guess::likely_header) {
    layout.notes.push_back(
        {.code = "csv.header_guessed",
         .sentence = "the first line was taken for the names of the columns, though nothing proves it",
         .line = line});
  }
}

}  // namespace

void find_header(std::string_view text, std::size_t from, bool whole, const std::string& name,
                 const ReadOptions& options, const MissingMarks& marks, Layout& layout) {
  const SampleRows rows = sample_rows(text, from, whole, layout.shape, kHeaderRows + 1);
  if (rows.rows() == 0) {
    throw FormatError("csv.quote", fmt::format("{}: a quote opened in the first rows is never closed",
                                               printable(name, 200)));
  }
  const std::size_t first = remark_lines(text, rows);
  if (first > 0) {
    layout.notes.push_back(
        {.code = "csv.lines_skipped",
         .sentence =
             fmt::format("lines above the table were skipped, the first is \"{}\"",
                         printable(trim(text.substr(rows.offsets[0], rows.offsets[1] - rows.offsets[0])))),
         .line = line_at(text, rows.offsets[0], layout.shape.newline),
         .count = first});
  }
  const std::uint64_t line = line_at(text, rows.offsets[first], layout.shape.newline);
  std::vector<std::string> head = row_cells(text, rows, first, layout.shape);
  const std::size_t width = first + 1 < rows.rows() ? width_from(rows, first + 1) : head.size();
  const Guess guess = guess_header(text, rows, first, layout.shape, marks);
  const bool header = options.header.value_or(guess != Guess::no_header);
  layout.dialect.header = header;
  note_header(guess, options.header.has_value(), line, layout);
  if (!header) {
    layout.data_begin = rows.offsets[first];
    name_columns(std::vector<std::string>(std::max(head.size(), width)), line, layout);
    layout.unnamed.assign(layout.names.size(), false);
    return;
  }
  const bool row_names = head.size() + 1 == width;
  const bool trailing =
      row_names && std::all_of(rows.starts.begin() + static_cast<std::ptrdiff_t>(first) + 1,
                               rows.starts.end() - 1, [&](std::size_t start) {
                                 const std::size_t last = start + width - 1;
                                 return last >= rows.fields.size() || rows.fields[last].size() == 0;
                               });
  if (row_names && !trailing) {
    head.insert(head.begin(), "");
    layout.notes.push_back({.code = "csv.row_names",
                            .sentence = "the rows have one cell more than the header; the first column has "
                                        "no name and is called \"column_1\"",
                            .column = "column_1",
                            .line = line});
  }
  note_trimmed_names(text, rows, first, line, layout);
  name_columns(std::move(head), line, layout);
  if (row_names && !trailing) layout.unnamed[0] = false;
  // Blank lines between the header and the data do not belong to the header.
  std::vector<Field> cells;
  const RowEnd end = split_row(text, rows.offsets[first], whole, layout.shape, cells);
  layout.data_begin = end.next;
}

}  // namespace everyml::csv
