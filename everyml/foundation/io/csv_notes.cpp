#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/csv_notes_impl.h"

namespace everyml::csv {
namespace {

constexpr std::size_t kMostOfOneCode = 50;

std::string cells(std::uint64_t count) { return fmt::format("{} cell{}", count, count == 1 ? "" : "s"); }
std::string rows(std::uint64_t count) { return fmt::format("{} row{}", count, count == 1 ? "" : "s"); }

std::string marks_in(std::uint64_t set, const MissingMarks& marks) {
  std::vector<std::string> words;
  for (int mark = 0; mark < 64; ++mark) {
    if ((set >> mark & 1) != 0) words.push_back("\"" + printable(marks.text(mark), 20) + "\"");
  }
  return join_and(words);
}

class Writer {
 public:
  Writer(const ColumnState& column, const LineOf& line_of, std::vector<ReadNote>& notes)
      : name_(column.name), line_of_(line_of), notes_(notes) {}

  void add(std::string code, const std::string& sentence, const Tally& tally) {
    notes_.push_back({.code = std::move(code),
                      .sentence = fmt::format("column \"{}\": {}", printable(name_), sentence),
                      .column = name_,
                      .line = tally.first == ~std::uint64_t{0} ? 0 : line_of_(tally.first),
                      .count = std::max<std::uint64_t>(1, tally.count)});
  }

 private:
  const std::string& name_;
  const LineOf& line_of_;
  std::vector<ReadNote>& notes_;
};

void note_style(const ColumnState& column, Writer& out) {
  const bool strings = column.plan.mode == Mode::dictionary;
  const Decision::Kind kind = strings                             ? column.decision.kind
                              : column.plan.mode == Mode::number  ? Decision::Kind::number
                              : column.plan.mode == Mode::boolean ? Decision::Kind::boolean
                              : column.plan.mode == Mode::date    ? Decision::Kind::date
                                                                  : Decision::Kind::text;
  const NumberStyle number = strings ? column.decision.number : column.plan.number;
  const DateStyle date = strings ? column.decision.date : column.plan.date;
  const BooleanWords words = strings ? column.decision.words : column.plan.words;
  const bool ambiguous = strings && column.decision.ambiguous;
  constexpr std::string_view kNumbers[] = {
      "",
      "the comma was read as the mark of thousands",
      "the comma was read as the decimal mark, and the point as the mark of thousands",
      "the blank was read as the mark of thousands",
      "the comma was read as the decimal mark, and the blank as the mark of thousands",
      "the apostrophe was read as the mark of thousands",
      "the comma was read as the decimal mark, and the apostrophe as the mark of thousands"};
  constexpr std::string_view kDates[] = {"", "day, month, year", "month, day, year", ""};
  constexpr std::string_view kWords[] = {"true and false", "yes and no", "t and f", "y and n"};
  if (kind == Decision::Kind::number && ambiguous) {
    out.add(
        "csv.number_ambiguous",
        fmt::format(
            "no cell decides whether comma and point are decimal marks or marks of thousands; {}. Give the "
            "decimal mark if that is wrong",
            kNumbers[static_cast<std::size_t>(number)]),
        {});
  } else if (kind == Decision::Kind::number && number != NumberStyle::plain) {
    out.add("csv.number_style", std::string(kNumbers[static_cast<std::size_t>(number)]), {});
  }
  if (kind == Decision::Kind::date && ambiguous) {
    out.add("csv.date_ambiguous",
            fmt::format(
                "no cell decides between day/month and month/day; the dates were read as {}. Write them as "
                "2024-02-29 if that is wrong",
                kDates[static_cast<std::size_t>(date)]),
            {});
  } else if (kind == Decision::Kind::date && date != DateStyle::iso && date != DateStyle::named_month) {
    out.add("csv.date_style",
            fmt::format("the dates were read as {}", kDates[static_cast<std::size_t>(date)]), {});
  }
  if (kind == Decision::Kind::boolean && words != BooleanWords::true_false) {
    out.add("csv.boolean_words",
            fmt::format("the words {} were read as true and false", kWords[static_cast<std::size_t>(words)]),
            {});
  }
}

void note_strings(const ColumnState& column, const Column& finished, Writer& out) {
  const Evidence& evidence = column.evidence;
  const bool string_kind = finished.kind() == ColumnKind::category || finished.kind() == ColumnKind::text;
  const bool zeros =
      (evidence.nearly_number() && evidence.leading_zero()) || (column.only_digits && !column.plan.big);
  const bool big =
      (evidence.nearly_number() && evidence.too_big()) || (column.only_digits && column.plan.big);
  if (string_kind && zeros) {
    out.add("csv.id_kept_as_text", "numbers with zeros in front were kept as they are written", {});
  } else if (string_kind && big) {
    out.add("csv.big_integer_kept_as_text",
            "whole numbers beyond 9,007,199,254,740,992 were kept as they are written, since a number column "
            "would "
            "round them",
            {});
  }
  if (string_kind && column.number_cells >= 20 * column.other_cells.count && column.number_cells > 0 &&
      !zeros && !big) {
    out.add("csv.mostly_numbers",
            fmt::format("{} of {} cells are numbers, yet {}, like \"{}\", {} not; kept as text",
                        column.number_cells, column.number_cells + column.other_cells.count,
                        column.other_cells.count, printable(column.other_text, 20),
                        column.other_cells.count == 1 ? "is" : "are"),
            column.other_cells);
  }
  if (finished.kind() == ColumnKind::date && evidence.zone()) {
    out.add("csv.time_zone", "times with a distance from UTC were turned into UTC", {});
  }
  if (finished.kind() == ColumnKind::date && evidence.two_digit_year()) {
    out.add("csv.two_digit_year", "years of two digits were read as 1969 to 2068", {});
  }
}

}  // namespace

void note_rows(const RowIssues& issues, std::size_t columns, const LineOf& line_of,
               std::vector<ReadNote>& notes) {
  const auto add = [&](const char* code, const std::string& sentence, const Tally& tally) {
    if (tally.count == 0) return;
    notes.push_back({.code = code, .sentence = sentence, .line = line_of(tally.first), .count = tally.count});
  };
  add("csv.ragged_row",
      fmt::format("{} with fewer than {} cells; the cells that are not there were read as missing",
                  rows(issues.few_cells.count), columns),
      issues.few_cells);
  add("csv.extra_cells",
      fmt::format("{} with more than {} cells; the cells beyond were left out", rows(issues.many_cells.count),
                  columns),
      issues.many_cells);
  add("csv.trailing_delimiter",
      fmt::format("{} with more than {} cells, the others being empty", rows(issues.trailing.count), columns),
      issues.trailing);
  add("csv.blank_line",
      fmt::format("{} blank line{} skipped", issues.blank_lines.count,
                  issues.blank_lines.count == 1 ? " was" : "s were"),
      issues.blank_lines);
  add("csv.stray_quote",
      fmt::format("{} with text after the closing quote; it was taken as part of the cell",
                  cells(issues.stray_quotes.count)),
      issues.stray_quotes);
}

void note_column(const ColumnState& column, const Column& finished, const MissingMarks& marks,
                 const LineOf& line_of, std::vector<ReadNote>& notes) {
  Writer out(column, line_of, notes);
  const Oddities& odd = column.odd;
  note_style(column, out);
  note_strings(column, finished, out);
  if (odd.trimmed.count > 0) {
    out.add("csv.trimmed", fmt::format("blanks around {} were taken off", cells(odd.trimmed.count)),
            odd.trimmed);
  }
  if (odd.repaired.count > 0) {
    out.add("csv.utf8_repaired",
            fmt::format("{} held bytes that are not UTF-8; they were read as Windows-1252",
                        cells(odd.repaired.count)),
            odd.repaired);
  }
  if (odd.marks.count > 0) {
    out.add("csv.missing_marks",
            fmt::format("{} with {} read as missing", cells(odd.marks.count), marks_in(odd.mark_set, marks)),
            odd.marks);
  }
  if (column.kept_cells > 0) {
    const std::string which = column.kept_text.empty() ? marks_in(odd.kept_set, marks)
                                                       : "\"" + printable(column.kept_text, 20) + "\"";
    Tally tally;
    tally.add(column.kept_first, column.kept_cells);
    out.add("csv.mark_kept",
            fmt::format("{} with {} or the like may mean a missing value; kept as text",
                        cells(column.kept_cells), which),
            tally);
  }
  if (odd.zones.count > 0) {
    out.add("csv.time_zone", "times with a distance from UTC were turned into UTC", odd.zones);
  }
  if (odd.short_years.count > 0) {
    out.add("csv.two_digit_year", "years of two digits were read as 1969 to 2068", odd.short_years);
  }
  if (odd.empty_strings.count > 0) {
    out.add("jsonl.empty_string",
            fmt::format("{} with an empty string read as missing", cells(odd.empty_strings.count)),
            odd.empty_strings);
  }
  if (odd.strings.count > 0 && finished.kind() == ColumnKind::number && !column.asked) {
    out.add(
        "jsonl.strings_as_numbers",
        fmt::format("{} with a string of digits read as numbers, as in a CSV file; give the column the kind "
                    "category if they are names",
                    cells(odd.strings.count)),
        odd.strings);
  }
  if (odd.nested.count > 0) {
    out.add("jsonl.nested",
            fmt::format("{} with a list or an object kept as its text", cells(odd.nested.count)), odd.nested);
  }
  if (finished.size() > 0 && finished.missing_count() == finished.size()) {
    out.add("csv.column_empty", "every cell is missing", {});
  }
}

std::vector<ReadNote> shorten(std::vector<ReadNote> notes) {
  std::map<std::string, std::size_t> seen;
  for (const ReadNote& note : notes) ++seen[note.code];
  std::vector<ReadNote> out;
  std::map<std::string, std::size_t> written;
  for (ReadNote& note : notes) {
    const std::size_t all = seen[note.code];
    const std::size_t so_far = written[note.code]++;
    if (all <= kMostOfOneCode || so_far + 1 < kMostOfOneCode) {
      out.push_back(std::move(note));
    } else if (so_far + 1 == kMostOfOneCode) {
      const std::size_t left = all - kMostOfOneCode + 1;
      note.sentence = fmt::format("{} more columns like the ones before, the next is \"{}\"", left,
                                  printable(note.column));
      note.count = left;
      out.push_back(std::move(note));
    }
  }
  return out;
}

}  // namespace everyml::csv
