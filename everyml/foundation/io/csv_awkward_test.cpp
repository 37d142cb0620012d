// Every file of tests/data/csv is a known trap. Each must come out right, or what was done must be told.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/io/csv.h"

namespace everyml {
namespace {

struct Awkward {
  const char* file;
  const char* columns;  ///< "name:kind ..." with n, b, c, t, d for the kinds; "!code" for an error
  std::vector<std::vector<std::string>> cells;  ///< first rows, as Column::cell() gives them
  std::set<std::string> notes;                  ///< exactly these codes
};

char letter(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::number:
      return 'n';
    case ColumnKind::boolean:
      return 'b';
    case ColumnKind::category:
      return 'c';
    case ColumnKind::text:
      return 't';
    case ColumnKind::date:
      return 'd';
  }
  return '?';
}

const std::vector<Awkward>& traps() {
  static const std::vector<Awkward> all = {
      {"semicolon_decimal_comma.csv",
       "name:t price:n",
       {{"apple", "1.5"}, {"pear", "12.25"}, {"plum", "1234.5"}},
       {"csv.number_style"}},
      {"one_column_decimal_comma.csv", "x:n", {{"1.5"}, {"2.75"}, {"3.1"}}, {"csv.number_style"}},
      {"thousands.csv",
       "city:t people:n",
       {{"Aston", "1234"}, {"Brill", "12345678"}, {"Corby", "999"}},
       {"csv.number_style"}},
      {"thousands_ambiguous.csv", "a:n b:t", {{"1234", "x"}, {"5678", "y"}}, {"csv.number_ambiguous"}},
      {"point_thousands_in_comma_file.csv",
       "a:n b:n",
       {{"1.5", "1234"}, {"2.25", "12500"}, {"3.5", "999"}},
       {"csv.number_style", "csv.number_ambiguous"}},
      {"blank_thousands.csv",
       "a:n b:t",
       {{"1234.5", "x"}, {"12345.25", "y"}, {"1000000", "z"}},
       {"csv.number_style"}},
      {"apostrophe_thousands.csv", "a:n b:t", {{"1234.5", "x"}, {"1000000", "y"}}, {"csv.number_style"}},
      {"tab.tsv", "a:n b:t c:n", {{"1", "x, y", "2.5"}, {"2", "z", "-3"}}, {}},
      {"pipe.csv", "a:n b:t", {{"1", "x,y"}, {"2", "z;w"}}, {}},
      {"separator_line.csv", "a:n b:t", {{"1", "x"}, {"2", "y"}}, {"csv.separator_line"}},
      {"bom.csv", "a:n b:t", {{"1", "x"}, {"2", "y"}}, {}},
      {"utf16le.csv", "name:t n:n", {{"José", "1"}, {"Łódź", "2"}, {"😀", "3"}}, {}},
      {"utf16be_no_mark.csv", "name:t n:n", {{"Jose", "1"}, {"Anna", "2"}}, {}},
      {"latin1.csv", "name:t n:n", {{"José", "1"}, {"Müller", "2"}}, {"csv.utf8_repaired"}},
      {"windows1252.csv", "quote:t n:n", {{"“so” € 5", "1"}, {"plain", "2"}}, {"csv.utf8_repaired"}},
      {"mixed_encodings.csv", "name:t n:n", {{"José", "1"}, {"Müller", "2"}}, {"csv.utf8_repaired"}},
      {"crlf.csv", "a:n b:t", {{"1", "x"}, {"2", "y"}}, {}},
      {"old_mac.csv", "a:n b:t", {{"1", "x"}, {"2", "y"}, {"3", "z"}}, {}},
      {"mixed_line_ends.csv", "a:n b:t", {{"1", "x"}, {"2", "y"}, {"3", "z"}}, {}},
      {"no_newline_at_end.csv", "a:n b:t", {{"1", "x"}, {"2", "last"}}, {}},
      {"newline_in_quotes.csv",
       "id:n text:t",
       {{"1", "one\ntwo"}, {"2", "three\r\nfour"}, {"3", "five"}},
       {}},
      {"doubled_quotes.csv", "id:n text:t", {{"1", "he said \"no\""}, {"2", "\""}, {"3", "plain"}}, {}},
      {"quote_in_the_middle.csv", "id:n size:t", {{"1", "5\" pipe"}, {"2", "7\" pipe"}, {"3", "plain"}}, {}},
      {"stray_after_quote.csv",
       "id:n text:t",
       {{"1", "abcdef"}, {"2", "x"}, {"3", "y"}},
       {"csv.stray_quote", "csv.trimmed"}},
      {"blank_before_quote.csv", "id:n text:t", {{"1", "a, b"}, {"2", "c"}, {"3", "plain"}}, {"csv.trimmed"}},
      {"single_quotes.csv", "id:n text:t", {{"1", "a, b"}, {"2", "c"}, {"3", "d"}}, {}},
      {"ragged.csv",
       "a:n b:n c:n",
       {{"1", "2", "3"}, {"4", "5", ""}, {"6", "7", "8"}},
       {"csv.ragged_row", "csv.extra_cells"}},
      {"trailing_delimiter.csv", "a:n b:n", {{"1", "2"}, {"3", "4"}}, {"csv.trailing_delimiter"}},
      {"empty_last_column.csv", "a:n b:n", {{"1", "2"}, {"3", "4"}}, {"csv.empty_column_dropped"}},
      {"unnamed_column.csv",
       "a:n column_2:n c:n",
       {{"1", "2", "3"}, {"4", "5", "6"}},
       {"csv.unnamed_column"}},
      {"duplicate_names.csv", "x:n x_3:n x_2:n x_4:n", {{"1", "2", "3", "4"}}, {"csv.duplicate_name"}},
      {"row_names.csv",
       "column_1:t mpg:n cyl:n",
       {{"Mazda", "21", "6"}, {"Datsun", "22.8", "4"}},
       {"csv.row_names"}},
      {"no_header.csv", "column_1:n column_2:n column_3:c", {{"1", "2.5", "x"}}, {"csv.no_header"}},
      {"no_header_words.csv", "column_1:c column_2:c column_3:c", {{"KS", "no", "yes"}}, {"csv.no_header"}},
      {"years_as_header.csv",
       "country:t 2019:n 2020:n 2021:n",
       {{"Peru", "1.5", "2.5", "3.5"}},
       {"csv.header_guessed"}},
      {"title_lines.csv",
       "id:n amount:n who:t",
       {{"1", "2.5", "x"}, {"2", "3.5", "y"}},
       {"csv.lines_skipped"}},
      {"hash_remarks.csv", "a:n b:n c:n", {{"1", "2", "3"}, {"4", "5", "6"}}, {"csv.lines_skipped"}},
      {"blank_lines.csv", "a:n b:n", {{"1", "2"}, {"3", "4"}}, {"csv.blank_line"}},
      {"leading_zeros.csv",
       "zip:t n:n",
       {{"02139", "1"}, {"10001", "2"}, {"00501", "3"}},
       {"csv.id_kept_as_text"}},
      {"big_integers.csv",
       "id:t n:n",
       {{"9007199254740993", "1"}, {"9007199254740992", "2"}},
       {"csv.big_integer_kept_as_text"}},
      {"long_decimals.csv",
       "a:n b:n",
       {{"0.12345678901234568", "0.001"}, {"3.141592653589793", "100000"}},
       {}},
      {"tiny_and_huge.csv", "a:t b:t", {{"1e-400", "1e400"}, {"1", "2"}}, {"csv.header_guessed"}},
      {"infinities.csv", "a:n b:n", {{"inf", "1"}, {"-inf", "2"}, {"3", "4"}}, {}},
      {"missing_marks.csv",
       "a:n b:d c:c",
       {{"1", "", "x"}, {"", "2024-01-02", ""}, {"", "", "y"}},
       {"csv.missing_marks"}},
      {"mark_in_text.csv",
       "code:c n:n",
       {{"", "1"}, {"NA", "2"}, {"None", "3"}},
       {"csv.missing_marks", "csv.mark_kept"}},
      {"booleans.csv",
       "a:b b:t c:t d:n e:c",
       {{"true", "yes", "T", "1", "F"}, {"false", "No", "F", "0", "F"}},
       {}},
      {"dates_day_first.csv", "d:d n:n", {{"2024-02-01", "1"}, {"2024-02-13", "2"}}, {"csv.date_style"}},
      {"dates_month_first.csv", "d:d n:n", {{"2024-01-02", "1"}, {"2024-02-13", "2"}}, {"csv.date_style"}},
      {"dates_ambiguous.csv", "d:d n:n", {{"2024-02-01", "1"}, {"2024-04-03", "2"}}, {"csv.date_ambiguous"}},
      {"dates_helped_by_another.csv",
       "d:d e:d",
       {{"2024-01-02", "2023-12-31"}},
       {"csv.date_ambiguous", "csv.date_style"}},
      {"dates_points.csv", "d:d n:n", {{"2024-02-01", "1"}, {"2024-04-03", "2"}}, {"csv.date_style"}},
      {"dates_named.csv", "d:d e:d", {{"2024-01-03", "2024-01-03"}, {"2024-02-29", "2024-02-29"}}, {}},
      {"dates_impossible.csv", "d:t n:n", {{"2024-02-30", "1"}, {"2024-01-01", "2"}}, {}},
      {"times.csv",
       "t:d u:d v:t",
       {{"2024-01-02 03:04:05", "2024-01-02 03:04:05.123456", "2024-01-02 03:04:05.1234567"},
        {"2024-01-02 01:04:05", "2024-01-02 03:04:00", "2024-01-02 03:04"}},
       {"csv.time_zone"}},
      {"two_digit_years.csv",
       "d:d n:n",
       {{"2068-12-31", "1"}, {"1969-12-31", "2"}},
       {"csv.date_style", "csv.two_digit_year"}},
      {"spaces_around.csv", "a:n b:t", {{"1", "x y"}, {"2", "z"}}, {"csv.trimmed"}},
      {"quoted_numbers.csv", "a:n b:n", {{"1", "2.5"}, {"3", ""}}, {}},
      {"empty_column.csv", "a:n b:n", {{"1", ""}, {"2", ""}}, {"csv.column_empty"}},
      {"header_only.csv", "a:n b:n c:n", {}, {"csv.header_guessed"}},
      {"one_cell.csv", "a:n", {}, {"csv.header_guessed"}},
      {"late_surprise.csv", "a:t b:c", {{"0", "x0"}, {"1", "x1"}}, {"csv.mostly_numbers"}},
      {"late_quotes.csv", "id:n text:c", {{"0", "plain"}}, {}},
      {"packed.csv.gz", "a:n b:c", {{"1", "x"}, {"2", "y"}, {"3", "x"}}, {}},
      {"two_members.csv.gz", "a:n b:c", {{"1", "x"}, {"2", "y"}, {"3", "x"}}, {}},
      {"zero_byte.csv", "!csv.binary", {}, {}},
      {"utf32.csv", "!csv.binary", {}, {}},
      {"open_quote.csv", "!csv.quote", {}, {}},
      {"empty.csv", "!csv.empty", {}, {}},
      {"only_blanks.csv", "!csv.empty", {}, {}},
      {"broken.csv.gz", "!gzip.broken", {}, {}},
  };
  return all;
}

std::string folder() { return std::string(EVERYML_SOURCE_DIR) + "/tests/data/csv/"; }

class AwkwardFile : public testing::TestWithParam<Awkward> {};

TEST_P(AwkwardFile, IsReadRightOrTold) {
  const Awkward& trap = GetParam();
  const std::string expected = trap.columns;
  std::string found;
  TableRead got;
  try {
    got = read_csv(folder() + trap.file, {}, Context({.threads = 2}));
    for (const Column& column : got.table.all()) {
      found += (found.empty() ? "" : " ") + column.name() + ":" + letter(column.kind());
    }
  } catch (const Error& error) {
    found = "!" + std::string(error.code());
    EXPECT_NE(std::string(error.what()).find(trap.file), std::string::npos) << "the sentence names the file";
  }
  ASSERT_EQ(found, expected);
  ASSERT_GE(got.table.rows(), trap.cells.size());
  for (std::size_t row = 0; row < trap.cells.size(); ++row) {
    for (std::size_t i = 0; i < trap.cells[row].size(); ++i) {
      EXPECT_EQ(got.table.column(i).cell(row), trap.cells[row][i]) << "row " << row << ", column " << i;
    }
  }
  std::set<std::string> notes;
  for (const ReadNote& note : got.notes) {
    notes.insert(note.code);
    EXPECT_FALSE(note.sentence.empty());
    EXPECT_GE(note.count, 1U);
  }
  EXPECT_EQ(notes, trap.notes);
}

INSTANTIATE_TEST_SUITE_P(Csv, AwkwardFile, testing::ValuesIn(traps()), [](const auto& trap) {
  std::string name = trap.param.file;
  std::replace_if(name.begin(), name.end(), [](char c) { return c == '.'; }, '_');
  return name;
});

TEST(AwkwardFiles, EveryFileIsInTheTable) {
  std::set<std::string> listed;
  for (const Awkward& trap : traps()) listed.insert(trap.file);
  std::set<std::string> present;
  for (const auto& entry : std::filesystem::directory_iterator(folder()))
    present.insert(entry.path().filename());
  EXPECT_EQ(present, listed);
  EXPECT_GE(listed.size(), 60U);
}

TEST(AwkwardFiles, NotesNameTheLine) {
  const auto line = [](const char* file, const char* code) -> std::uint64_t {
    const TableRead got = read_csv(folder() + file, {}, Context({.threads = 1}));
    for (const ReadNote& note : got.notes) {
      if (note.code == code) return note.line;
    }
    return 0;
  };
  EXPECT_EQ(line("ragged.csv", "csv.ragged_row"), 3U);
  EXPECT_EQ(line("ragged.csv", "csv.extra_cells"), 4U);
  EXPECT_EQ(line("latin1.csv", "csv.utf8_repaired"), 2U);
  EXPECT_EQ(line("mixed_encodings.csv", "csv.utf8_repaired"), 3U);
  EXPECT_EQ(line("blank_lines.csv", "csv.blank_line"), 4U);
  EXPECT_EQ(line("late_surprise.csv", "csv.mostly_numbers"), 3002U);
}

}  // namespace
}  // namespace everyml
