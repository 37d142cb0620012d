// What the reader does on the whole: options, decisions over the whole column, and that no way of cutting the
// text or number of threads changes the table.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/io/csv.h"
#include "everyml/foundation/io/csv_reader_impl.h"

namespace everyml {
namespace {

TableRead read(std::string_view text, const ReadOptions& options = {}, int threads = 1,
               const csv::Tuning& tuning = {}) {
  csv::TextOrigin origin;
  const auto source = csv::text_source_over(text, "test.csv", origin);
  return csv::read_delimited(*source, origin, "test.csv", options, Context({.threads = threads}), tuning);
}

std::uint64_t told(const TableRead& read, std::string_view code) {
  for (const ReadNote& note : read.notes) {
    if (note.code == code) return note.count;
  }
  return 0;
}

void expect_same(const TableRead& a, const TableRead& b) {
  ASSERT_EQ(write_csv(a.table), write_csv(b.table));
  ASSERT_EQ(a.notes.size(), b.notes.size());
  for (std::size_t i = 0; i < a.notes.size(); ++i) {
    EXPECT_EQ(a.notes[i].code, b.notes[i].code);
    EXPECT_EQ(a.notes[i].sentence, b.notes[i].sentence);
    EXPECT_EQ(a.notes[i].line, b.notes[i].line) << a.notes[i].code;
    EXPECT_EQ(a.notes[i].count, b.notes[i].count) << a.notes[i].code;
  }
}

/// A text with every oddity, some rows long.
std::string varied_text(std::size_t rows) {
  std::string text = "id,amount,day,word,note,code\n";
  for (std::size_t row = 0; row < rows; ++row) {
    text += std::to_string(row) + ",";
    text += row % 7 == 3 ? "" : row % 11 == 5 ? "NA" : std::to_string(static_cast<double>(row) / 8 - 3);
    text += "," + std::string(row % 2 == 0 ? "2024-01-0" : " 2024-02-0") + std::to_string(1 + row % 9);
    text += row % 3 == 0 ? ",red" : row % 3 == 1 ? ",\"green\"" : ",bl\xC3\xBC";
    text += row % 5 == 0 ? ",\"line\nbreak, \"\"quoted\"\" " + std::to_string(row) + "\""
                         : ",note " + std::to_string(row) + (row % 13 == 0 ? "\xFC" : "");
    if (row % 17 != 0) text += ",00" + std::to_string(row);
    if (row % 19 == 1) text += ",extra";
    text += row % 4 == 0 ? "\r\n" : "\n";
    if (row % 23 == 0) text += "\n";
  }
  return text;
}

TEST(CsvReader, TheTableDoesNotDependOnCutsAndThreads) {
  const std::string text = varied_text(300);
  const TableRead whole = read(text);
  ASSERT_EQ(whole.table.rows(), 300U);
  for (const std::uint64_t stretch : {1U, 2U, 7U, 64U, 100U, 1000U, 4096U}) {
    for (const int threads : {1, 2, 7}) {
      expect_same(whole, read(text, {}, threads,
                              {.stretch = stretch, .slack = stretch % 5, .block_rows = 1 + stretch % 3}));
    }
  }
}

TEST(CsvReader, StrayQuotesDoNotMisleadTheCut) {
  // An odd number of quotes in plain cells turns the guess about every later stretch around.
  std::string text = "id,size,note\n";
  for (int row = 0; row < 200; ++row) {
    text += std::to_string(row) + (row % 10 == 0 ? ",5\" pipe," : ",small,") +
            (row % 7 == 0 ? "\"a\nb\"\n" : "plain\n");
  }
  const TableRead whole = read(text);
  ASSERT_EQ(whole.table.rows(), 200U);
  EXPECT_EQ(whole.table.column("size").text(10), "5\" pipe");
  for (const std::uint64_t stretch : {5U, 33U, 500U})
    expect_same(whole, read(text, {}, 2, {.stretch = stretch, .slack = 0}));
  try {
    read(text + "200,x,\"open\n", {}, 2, {.stretch = 40, .slack = 0});
    FAIL();
  } catch (const FormatError& error) {
    EXPECT_EQ(error.code(), "csv.quote");
    // 1 header, 200 rows, 29 of them with a second line; then the row itself.
    EXPECT_NE(std::string(error.what()).find("line 231, byte 7"), std::string::npos) << error.what();
  }
}

TEST(CsvReader, StretchesOfBlankLinesAreWalkedThroughAfterStrayQuotes) {
  // The stray quotes make the reader follow row by row; there a stretch may hold nothing but blank lines.
  for (const char* text :
       {"code,n\nDE,1\nNo\"ne,3\nDE,4\nNone,6\n\n\n", "code,n\nNo\"ne,3\n\n\n\n\nDE,4\n"}) {
    const TableRead whole = read(text);
    EXPECT_EQ(whole.table.column("code").text(text[7] == 'D' ? 1 : 0), "No\"ne");
    for (std::uint64_t stretch = 1; stretch < 12; ++stretch) {
      SCOPED_TRACE(stretch);
      expect_same(whole, read(text, {}, 2, {.stretch = stretch, .slack = 3, .block_rows = 1}));
    }
  }
}

TEST(CsvReader, ColumnsThatChangeTheirMindLate) {
  std::string text = "a,b,c,d,e,f\n";
  for (int row = 0; row < 1500; ++row)
    text += std::to_string(row) + ",true,2024-01-01,1.5,," + std::to_string(row) + "-x\n";
  text += "1,maybe,2024-99-99,\"1,5\",late,more\n";
  const TableRead got = read(text);
  EXPECT_EQ(got.table.column("a").kind(), ColumnKind::number);
  EXPECT_EQ(got.table.column("b").kind(), ColumnKind::category);
  EXPECT_EQ(got.table.column("b").text(1500), "maybe");
  EXPECT_EQ(got.table.column("c").kind(), ColumnKind::category);
  EXPECT_EQ(got.table.column("c").text(1500), "2024-99-99");
  EXPECT_EQ(got.table.column("d").kind(), ColumnKind::category) << "1.5 and 1,5 are no numbers of one style";
  EXPECT_EQ(got.table.column("e").kind(), ColumnKind::text);
  EXPECT_EQ(got.table.column("e").text(1500), "late");
  EXPECT_EQ(got.table.column("e").missing_count(), 1500U);
  EXPECT_EQ(got.table.column("f").text(1500), "more");
  expect_same(got, read(text, {}, 2, {.stretch = 50}));
}

TEST(CsvReader, PointsAreReadAnewWhenACommaTurnsUpLate) {
  // Column a shows decimal commas only after the sample; then the points of b are marks of thousands.
  std::string text = "a;b;c\n";
  for (int row = 0; row < 1500; ++row) text += "7;1.234;12.5\n";
  text += "7,5;2.345;1.25\n";
  const TableRead got = read(text);
  EXPECT_EQ(got.table.column("a").number(1500), 7.5);
  EXPECT_EQ(got.table.column("b").number(0), 1234.0);
  EXPECT_EQ(got.table.column("c").number(0), 12.5) << "12.5 has no group of three digits";
  EXPECT_GT(told(got, "csv.number_ambiguous"), 0U);
  EXPECT_EQ(got.dialect.decimal, ',');
  const TableRead point = read(text, {.decimal = '.'});
  EXPECT_EQ(point.table.column("b").number(0), 1.234);
  EXPECT_EQ(point.table.column("a").kind(), ColumnKind::category);
}

TEST(CsvReader, TextThatTurnsOutToBeCategories) {
  std::string text = "w,i,big\n";
  for (int row = 0; row < 12000; ++row) {
    text += "word" + std::to_string(row < 600 ? row : row % 300) + ",x,00" + std::to_string(row) + "\n";
  }
  const TableRead got = read(text);
  EXPECT_EQ(got.table.column("w").kind(), ColumnKind::category);
  EXPECT_EQ(got.table.column("w").levels().size(), 600U);
  EXPECT_EQ(got.table.column("w").text(11999), "word299");
  EXPECT_EQ(got.table.column("big").kind(), ColumnKind::text);
  EXPECT_EQ(told(got, "csv.id_kept_as_text"), 1U);
  expect_same(got, read(text, {}, 2, {.stretch = 777}));
  const TableRead asked = read(text, {.types = {{"w", ColumnKind::text}, {"big", ColumnKind::category}}});
  EXPECT_EQ(asked.table.column("w").kind(), ColumnKind::text);
  EXPECT_EQ(asked.table.column("big").levels().size(), 12000U);
}

TEST(CsvReader, TypesAskedFor) {
  const std::string text = "n,b,d,c,t,z\n1,yes,2024-01-02,5,7,007\n2.5,no,2024-01-03,6,8,008\nNA,,,,,\n";
  const TableRead got = read(text, {.types = {{"n", ColumnKind::number},
                                              {"b", ColumnKind::boolean},
                                              {"d", ColumnKind::date},
                                              {"c", ColumnKind::category},
                                              {"t", ColumnKind::text},
                                              {"z", ColumnKind::number}}});
  EXPECT_EQ(got.table.column("c").text(0), "5");
  EXPECT_EQ(got.table.column("t").text(1), "8");
  EXPECT_EQ(got.table.column("z").number(1), 8.0);
  EXPECT_TRUE(got.table.column("z").missing(2));
  EXPECT_TRUE(got.table.column("n").missing(2));
  const TableRead odd =
      read("a,b,c\nT,\"1,5\",01/02/2024\nT,\"2,5\",02/02/2024\n",
           {.types = {{"a", ColumnKind::boolean}, {"b", ColumnKind::number}, {"c", ColumnKind::date}}});
  EXPECT_EQ(odd.table.column("a").cell(1), "true");
  EXPECT_EQ(odd.table.column("b").number(0), 1.5);
  EXPECT_EQ(odd.table.column("c").cell(0), "2024-02-01");
  EXPECT_EQ(
      read("a\n1,5\n", {.header = true, .types = {{"a", ColumnKind::category}}}).table.column("a").text(0),
      "1,5");
}

TEST(CsvReader, TypeErrorNamesLineColumnAndCell) {
  try {
    read("a,n\nx,1\ny,2\nz,seven\nw,eight\n", {.types = {{"n", ColumnKind::number}}}, 2, {.stretch = 3});
    FAIL();
  } catch (const DataError& error) {
    EXPECT_EQ(error.code(), "csv.type");
    const std::string what = error.what();
    EXPECT_NE(what.find("line 4"), std::string::npos) << what;
    EXPECT_NE(what.find("\"n\""), std::string::npos) << what;
    EXPECT_NE(what.find("seven"), std::string::npos) << what;
  }
}

TEST(CsvReader, OptionsWinOverGuesses) {
  EXPECT_EQ(read("a;b\n1;2\n", {.delimiter = ','}).table.columns(), 1U);
  EXPECT_EQ(read("a,b\n1,2\n", {.header = false}).table.rows(), 2U);
  EXPECT_EQ(read("1,2\n3,4\n", {.header = true}).table.names()[0], "1");
  EXPECT_EQ(read("a,b\n'x,y',1\n", {.quote = '\''}).table.column("a").text(0), "x,y");
  EXPECT_EQ(read("a,b\n\"x\",1\n", {.quote = '\''}).table.column("a").text(0), "\"x\"");
  EXPECT_EQ(read("a\tb\n1,234\tx\n", {.decimal = ','}).table.column("a").number(0), 1.234);
  EXPECT_EQ(read("a\tb\n1,234\tx\n", {.decimal = '.'}).table.column("a").number(0), 1234.0);
  const TableRead marks = read("a,b\n-9,x\n1,NA\n2,y\n", {.missing = std::vector<std::string>{"-9", ""}});
  EXPECT_TRUE(marks.table.column("a").missing(0));
  EXPECT_EQ(marks.table.column("b").text(1), "NA");
}

TEST(CsvReader, MaxRowsReadsNoFurther) {
  std::string text = varied_text(100);
  const TableRead all = read(text);
  for (const std::uint64_t most : {1U, 2U, 50U, 99U}) {
    const TableRead some =
        read(text + "\"never closed", {.delimiter = ',', .max_rows = most}, 2, {.stretch = 100, .slack = 1});
    ASSERT_EQ(some.table.rows(), most);
    EXPECT_EQ(some.table.column("note").text(most - 1), all.table.column("note").text(most - 1));
  }
  EXPECT_EQ(read(text, {.max_rows = 1000}).table.rows(), 100U);
  EXPECT_EQ(read("a,b\n1,2\n", {.max_rows = 0}).table.rows(), 0U);
}

TEST(CsvReader, NumbersAreReadToTheLastBit) {
  const char* const cells[] = {"0",
                               "-0",
                               "0.1",
                               "123456.789",
                               "9007199254740992",
                               "1e22",
                               "1e23",
                               "2.2250738585072014e-308",
                               "4.9e-324",
                               "1.7976931348623157e308",
                               "0.30000000000000004",
                               ".5",
                               "5.",
                               "+7",
                               "-.25",
                               "1234567.1234567",
                               "99999999999999.9",
                               "0.000001",
                               "8.41471E-1",
                               "123456789012345.6"};
  std::string text = "x,y\n";
  for (const char* cell : cells) text += std::string(cell) + ",1\n";
  const TableRead got = read(text);
  ASSERT_EQ(got.table.column("x").kind(), ColumnKind::number);
  for (std::size_t i = 0; i < std::size(cells); ++i) {
    const double expected = std::strtod(cells[i], nullptr);
    EXPECT_EQ(got.table.column("x").number(i), expected) << cells[i];
    EXPECT_EQ(std::signbit(got.table.column("x").number(i)), std::signbit(expected)) << cells[i];
  }
}

TEST(CsvReader, WideTablesAndManyNotes) {
  std::string header;
  std::string row;
  for (int i = 0; i < 20000; ++i) {
    header += (i > 0 ? ",c" : "c") + std::to_string(i);
    row += i > 0 ? ", 1" : "1";
  }
  const TableRead got = read(header + "\n" + row + "\n" + row + "\n", {}, 2);
  EXPECT_EQ(got.table.columns(), 20000U);
  EXPECT_EQ(got.table.column("c19999").number(1), 1.0);
  EXPECT_LT(got.notes.size(), 100U) << "notes of one kind are joined";
  EXPECT_EQ(got.notes.back().count, 20000U - 1 - 49);
}

TEST(CsvReader, NamesAreUniqueAndNeverEmpty) {
  const TableRead got = read("x,x,,column_3,x_2\n1,2,3,4,5\n");
  EXPECT_EQ(got.table.names(), (std::vector<std::string>{"x", "x_3", "column_3_", "column_3", "x_2"}));
  const TableRead broken = read("n\xE9,b\n1,2\n");
  EXPECT_EQ(broken.table.names()[0], "né");
  EXPECT_EQ(told(broken, "csv.utf8_repaired"), 1U);
  EXPECT_EQ(told(read(" a ,b\n1,2\n"), "csv.trimmed"), 1U);
}

TEST(CsvReader, BrokenUtf16IsTold) {
  const std::string bytes(
      "\xFF\xFE"
      "a\0,\0b\0\n\0x\0,\0\x00\xD8\n\0\x00\xDC,\0y\0\n\0z",
      27);
  const TableRead got = read(bytes);
  EXPECT_EQ(got.dialect.encoding, "utf-16le");
  EXPECT_EQ(got.table.column("b").text(0), "\xEF\xBF\xBD");
  EXPECT_EQ(told(got, "csv.utf8_repaired"), 3U);
}

struct Shown : Observer {
  std::vector<double> fractions;
  void progress(std::string_view stage, double fraction) override {
    EXPECT_EQ(stage, "reading");
    fractions.push_back(fraction);
  }
};

TEST(CsvReader, ProgressGrowsToOne) {
  Shown shown;
  const std::string text = varied_text(500);
  csv::TextOrigin origin;
  const auto source = csv::text_source_over(text, "t", origin);
  csv::read_delimited(*source, origin, "t", {}, Context({.threads = 2, .observer = &shown}), {.stretch = 50});
  EXPECT_GT(shown.fractions.size(), 3U);
  EXPECT_TRUE(std::is_sorted(shown.fractions.begin(), shown.fractions.end()));
  EXPECT_EQ(shown.fractions.back(), 1.0);
}

TEST(CsvWrite, QuotesOnlyWhereNeeded) {
  const TableRead got = read("a,b\n1,plain\n2,\"with, comma\"\n3,\"NA\"\n,\" lead\"\n5,#x\n");
  EXPECT_EQ(write_csv(got.table), "a,b\n1,plain\n2,\"with, comma\"\n3,\"NA\"\n,\" lead\"\n5,\"#x\"\n");
  EXPECT_EQ(write_csv(got.table, false, ';').substr(0, 8), "1;plain\n");
}

TEST(CsvWrite, FormulasAreDefusedWhenAsked) {
  const TableRead got =
      read("a,n\n=1+1,-5\n@x,2\n\"+a,b\",3\n-y,4\nsafe,5\n", {.types = {{"a", ColumnKind::text}}});
  EXPECT_EQ(write_csv(got.table, false, ',', true), "'=1+1,-5\n'@x,2\n\"'+a,b\",3\n'-y,4\nsafe,5\n");
}

TEST(CsvWrite, OneColumnWithMissingCellsReadsBack) {
  const TableRead got = read("a\n1\n\"\"\n3\n");
  ASSERT_EQ(got.table.rows(), 3U);
  EXPECT_EQ(write_csv(got.table), "a\n1\n\"\"\n3\n");
}

}  // namespace
}  // namespace everyml
