// The rules of docs/reading.md one by one, on texts that are as small as the rule allows.

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/io/csv.h"
#include "everyml/foundation/io/csv_dialect_impl.h"
#include "everyml/foundation/io/csv_reader_impl.h"
#include "everyml/foundation/io/csv_test_impl.h"
#include "everyml/foundation/io/json_lines_impl.h"

namespace everyml {
namespace {

using Names = std::vector<std::string>;

TEST(CsvDialect, SeparatorLines) {
  EXPECT_EQ(read_text("sep=;\na;b\n1;2\n").table.names(), (Names{"a", "b"}));
  EXPECT_EQ(read_text("sep=;\r\na;b\r\n1;2\r\n").table.names(), (Names{"a", "b"}));
  EXPECT_EQ(read_text("sep=;\ra;b\r1;2\r").table.names(), (Names{"a", "b"}));
  EXPECT_EQ(read_text("sep=;x,y\n1,2\n3,4\n").table.names()[1], "y") << "not a separator line";
  EXPECT_EQ(code_of_text("sep=;\n"), "csv.empty");
  EXPECT_EQ(code_of_text("sep=;"), "csv.empty");
}

TEST(CsvDialect, BlanksSeparateTablesAndNotSentences) {
  EXPECT_EQ(read_text("a b c\n1 2 3\n4 5 6\n").table.columns(), 3U);
  EXPECT_EQ(read_text("1 2 x\n4 5 6\n", {.header = false}).table.columns(), 1U) << "two lines are too few";
  EXPECT_EQ(read_text("the red fox\nran far away\nand came back\n").table.columns(), 1U);
}

TEST(CsvDialect, SingleQuotes) {
  EXPECT_EQ(read_text("a,b\n'x,y','z'\n'u,v','w'\n").table.column("a").text(0), "x,y");
  // Both delimiters cut these lines into two; the quoted cells stand alone.
  EXPECT_EQ(read_text("1|2;3\n1|2;3\n1|2;3\n1|2;3\n'a'\n'b'\n", {.header = false}).dialect.quote, '\'');
  EXPECT_EQ(read_text("1,2\n1,2\n1,2\n'3,4'\n'3,4'\n", {.header = false}).dialect.quote, '"')
      << "with single quotes the rows would be less alike";
  EXPECT_EQ(read_text("a,b\n'x' y,'z'\n'u','w'\n").dialect.quote, '"') << "text after a closing quote";
  EXPECT_EQ(read_text("a,b\nit's,1\nso,2\n").dialect.quote, '"') << "nothing is quoted";
  const TableRead none = read_text("a,b\n\"x,1\n\"y\",2\n", {.quote = '\0'});
  EXPECT_EQ(none.table.column("a").text(0), "\"x");
  EXPECT_EQ(none.table.column("a").text(1), "\"y\"");
}

TEST(CsvDialect, OneColumnTakesADelimiterThatDoesNotOccur) {
  EXPECT_EQ(read_text("w\nx,y z\nu\nv\n", {.header = true}).dialect.delimiter, ';');
  EXPECT_EQ(read_text("w\na,b\nu\nc;d\nv\ne\tf\nx\ng|h\ny\n", {.header = true}).dialect.delimiter, ',')
      << "all of them occur";
  EXPECT_EQ(code_of_text("\"a"), "csv.quote");
  EXPECT_EQ(read_text("a;b\n\"p;\"\"q\";1\nr;2\n", {.delimiter = ';'}).table.column("a").text(0), "p;\"q");
  EXPECT_EQ(read_text("a,b\n\"p,\"\"q\",1\n\"r\"\"\",2\n").table.column("a").text(0), "p,\"q");
}

TEST(CsvDialect, VeryWideSamplesAreCut) {
  const std::string row = std::string(200001, ',') + "\n";
  const csv::SampleRows rows = csv::sample_rows(row + row + row, 0, true, {}, 10);
  EXPECT_EQ(rows.rows(), 1U);
}

TEST(CsvHeader, RemarksAndTitles) {
  EXPECT_EQ(read_text("#a,b\n1,2\n3,4\n").table.names()[0], "#a") << "as wide as the table";
  EXPECT_EQ(read_text("# made by hand\na,b\n1,2\n").table.names(), (Names{"a", "b"}));
  const TableRead title = read_text("Sales of May\na,b\n1,2\n3,4\n");
  EXPECT_EQ(title.table.names(), (Names{"a", "b"}));
  EXPECT_EQ(told(title, "csv.lines_skipped"), 1U);
  EXPECT_EQ(told(read_text("Sales\na,b\n1,2\n3,4\n"), "csv.lines_skipped"), 0U)
      << "one word over two columns may be a name";
}

TEST(CsvHeader, WhatMakesAHeader) {
  const struct {
    const char* text;
    bool header;
  } rows[] = {
      {"a,b\n1,2\n", true},
      {"1,2\n3,4\n", false},
      {"red,blue\nred,green\nblue,blue\n", false},    // values that come back
      {"red,blue\ngreen,white\nblack,pink\n", true},  // nothing proves it
      {"country,2001,2002\nFrance,1,2\nSpain,3,4\n", true},
      {"2001,2002\n1,2\n3,4\n", false},                       // years alone
      {"country,2001,2001\nFrance,1,2\nSpain,3,4\n", false},  // twice the same year
      {"country,2001,7\nFrance,1,2\nSpain,3,4\n", false},     // not a year
      {"France,2001,2002\nFrance,1,2\nSpain,3,4\n", false},   // the name comes back
      {"name,19x0\nFrance,1\nSpain,2\n", true},
      {"name,19-0\nFrance,1\nSpain,2\n", true},
      {"x,NA\n1,2\n3,4\n", true},
      {"NA,NA\n1,2\n3,4\n", false},
  };
  for (const auto& row : rows) EXPECT_EQ(read_text(row.text).dialect.header, row.header) << row.text;
}

TEST(CsvHeader, NamesForGaps) {
  EXPECT_EQ(read_text("column_2,,x\n1,2,3\n").table.names(), (Names{"column_2", "column_2_", "x"}));
  EXPECT_EQ(read_text("x,,column_2\n1,2,3\n").table.names(), (Names{"x", "column_2_", "column_2"}));
  EXPECT_EQ(read_text("1\nx,y\nz,w\n").table.names(), (Names{"column_1", "column_2"}));
  EXPECT_EQ(read_text("a,a,a_2\n1,2,3\n").table.names(), (Names{"a", "a_3", "a_2"}));
}

TEST(CsvHeader, RowNamesOrTrailingDelimiters) {
  EXPECT_EQ(read_text("a,b\nr1,1,2\nr2,3,4\n").table.names(), (Names{"column_1", "a", "b"}));
  EXPECT_EQ(read_text("a,b\n1,2,\n3,4,\n5,6,\n7\n").table.names(), (Names{"a", "b"}));
}

TEST(CsvColumns, MarksThatTheUserNames) {
  std::vector<std::string> marks;
  for (int i = 0; i < 70; ++i) marks.push_back("m" + std::to_string(i));
  marks.push_back("-9");
  const std::string text =
      "n,b,d,c,e\n1,true,2024-01-01,x,01/02/2024\nm69,m69,m69,m69,m69\nm0,m0,m0,m0,\"m69\"\n"
      "\"-9\",\"m1\",\"m2\",\"y\",03/04/2024\n";
  const TableRead got = read_text(text, {.missing = marks});
  for (const char* name : {"n", "b", "d", "c", "e"}) {
    EXPECT_TRUE(got.table.column(name).missing(1)) << name;
    EXPECT_TRUE(got.table.column(name).missing(2)) << name;
  }
  EXPECT_TRUE(got.table.column("n").missing(3));
  EXPECT_EQ(got.table.column("n").kind(), ColumnKind::number);
  EXPECT_EQ(got.table.column("b").kind(), ColumnKind::boolean);
  EXPECT_EQ(got.table.column("d").kind(), ColumnKind::date);
  EXPECT_EQ(got.table.column("e").kind(), ColumnKind::date);
  EXPECT_EQ(got.table.column("c").text(3), "y");
}

TEST(CsvColumns, MarksInFreeText) {
  // Strong marks are missing, weak ones stay and are told; so in a text column with more than 50 words.
  std::string text = "w,v\n";
  for (int i = 0; i < 200; ++i) text += "word" + std::to_string(i) + "," + std::to_string(i) + "\n";
  text += "NA,1\nnone,2\n\"NA\",3\nNULL,4\n";
  for (const bool many : {false, true}) {
    ReadOptions options;
    if (many) {
      options.missing.emplace();
      for (int i = 0; i < 70; ++i) options.missing->push_back("m" + std::to_string(i));
      options.missing->push_back("NA");
      options.missing->push_back("NULL");
    }
    const TableRead got = read_text(text, options);
    const Column& words = got.table.column("w");
    ASSERT_EQ(words.kind(), ColumnKind::text);
    EXPECT_TRUE(words.missing(200));
    EXPECT_EQ(words.text(201), "none");
    EXPECT_EQ(words.text(202), "NA") << "quoted";
    EXPECT_TRUE(words.missing(203));
    EXPECT_EQ(told(got, "csv.mark_kept"), many ? 1U : 2U);
  }
}

TEST(CsvColumns, AskedForKindsSettleLate) {
  // The sample has nothing but missing cells; the values come after it.
  const std::string gap = repeat("NA,NA,NA\n", 1500);
  const std::map<std::string, ColumnKind> types = {
      {"b", ColumnKind::boolean}, {"d", ColumnKind::date}, {"n", ColumnKind::number}};
  const TableRead got =
      read_text("b,d,n\n" + gap + "true,2024-02-29,007\nfalse,2024-03-01,9007199254740993\n",
                {.header = true, .types = types});
  EXPECT_EQ(got.table.column("b").cell(1500), "true");
  EXPECT_EQ(got.table.column("d").cell(1500), "2024-02-29");
  EXPECT_EQ(got.table.column("n").number(1500), 7.0);
  EXPECT_EQ(got.table.column("n").number(1501), 9007199254740992.0)
      << "2^53 + 1 is rounded, as was asked for";
  const TableRead strings = read_text("b,d,n\n1,2,x\n", {.types = {{"n", ColumnKind::text}}});
  EXPECT_EQ(strings.table.column("n").text(0), "x");
  EXPECT_EQ(code_of_text("a,b\n" + repeat("01/02/2024,x\n", 3), {.types = {{"a", ColumnKind::number}}}),
            "csv.type");
  EXPECT_EQ(code_of_text("a,b\n" + repeat("true,x\n", 3), {.types = {{"a", ColumnKind::date}}}), "csv.type");
  EXPECT_EQ(code_of_text("a,b\n" + repeat("5,x\n", 3), {.types = {{"a", ColumnKind::date}}}), "csv.type");
  for (const ColumnKind kind : {ColumnKind::boolean, ColumnKind::date, ColumnKind::number}) {
    EXPECT_EQ(code_of_text("a,b\nNA,1\n\"NA\",1\nx,2\ny,3\n", {.types = {{"a", kind}}}), "csv.type");
  }
}

TEST(CsvColumns, CategoriesAreFewAndShort) {
  // Free text by its first thousand rows, categories by all of them.
  std::string text = "w\n";
  for (int row = 0; row < 20000; ++row)
    text += "word " + std::to_string(row < 1000 ? row % 800 : row % 700) + "\n";
  const TableRead got = read_text(text);
  EXPECT_EQ(got.table.column("w").kind(), ColumnKind::category);
  EXPECT_EQ(got.table.column("w").levels().size(), 800U);
  EXPECT_EQ(got.table.column("w").text(19999), "word 399");
  const std::string two = "a," + std::string(100, 'x') + "\nb," + std::string(100, 'y') + "\n";
  EXPECT_EQ(read_text("k,t\n" + repeat(two, 20)).table.column("t").kind(), ColumnKind::text);
  EXPECT_EQ(read_text("k,t\n" + repeat(two, 20)).table.column("k").kind(), ColumnKind::category);
}

TEST(CsvColumns, NearlyNumbers) {
  std::string text = "id,n\n";
  for (int i = 100; i < 200; ++i) text += std::to_string(100 + i % 40) + "," + std::to_string(i % 40) + "\n";
  const TableRead got = read_text(text + "007,x\n");
  EXPECT_EQ(told(got, "csv.id_kept_as_text"), 1U);
  EXPECT_EQ(told(got, "csv.mostly_numbers"), 1U);
  EXPECT_EQ(got.table.column("id").text(100), "007");
  // Long identifiers in a column of free text, and a word among them at the end.
  std::string ids = "id,k\n";
  for (int i = 0; i < 1300; ++i) ids += "00" + std::to_string(i) + ",1\n";
  EXPECT_EQ(told(read_text(ids), "csv.id_kept_as_text"), 1U);
  EXPECT_EQ(told(read_text(ids + "x,1\ny,1\n"), "csv.id_kept_as_text"), 0U);
}

TEST(CsvColumns, OddNumbersAfterTheSample) {
  std::string start = "a,b\n";
  for (int i = 0; i < 1200; ++i) start += std::to_string(i) + ".5,1\n";
  const auto last = [&](const std::string& cell) {
    const TableRead got = read_text(start + cell + ",1\n");
    const Column& column = got.table.column("a");
    if (column.kind() != ColumnKind::number) return -1e308;
    EXPECT_EQ(column.number(3), 3.5) << cell;
    return column.number(1200);
  };
  EXPECT_EQ(last("0.0e5"), 0.0);
  EXPECT_EQ(last("0.00000000000000000000"), 0.0);
  EXPECT_EQ(last("123456789.123456789012"), 123456789.123456789012);
  EXPECT_EQ(last("-123456789.123456789012"), -123456789.123456789012);
  EXPECT_EQ(last("1.5e300"), 1.5e300);
  EXPECT_EQ(last("\"12\" "), 12.0);
  EXPECT_EQ(last("+3.25"), 3.25);
  EXPECT_EQ(last("12345678901234567"), -1e308) << "too big to be kept";
  EXPECT_TRUE(std::isnan(last("\"  \"")));
  EXPECT_TRUE(std::isnan(last("n/a")));
  const auto kind = [&](const std::string& cell) {
    return read_text(start + cell + ",1\n").table.column("a").kind();
  };
  for (const std::string cell : {"1.0e999", "1.5x", "-x", "--1", "01.5", "1.0e-999", "1.5.5", "x.", "1.5e"})
    EXPECT_NE(kind(cell), ColumnKind::number) << cell;
  EXPECT_NE(kind("1" + std::string(400, '0')), ColumnKind::number);
}

TEST(CsvColumns, DecimalCommas) {
  const std::string rows = repeat("1,5;x\n", 1200);
  EXPECT_EQ(read_text("a;b\n" + rows).table.column("a").number(0), 1.5);
  EXPECT_EQ(read_text("a;b\n" + rows).dialect.decimal, ',');
  EXPECT_EQ(read_text("a;b\n" + rows + "x;y\n").table.column("a").kind(), ColumnKind::category);
  EXPECT_EQ(read_text("a;b\n1;x\n2;y\n", {.decimal = ','}).dialect.decimal, ',');
  // 1,234 and nothing else: a decimal comma where semicolons separate, a mark of thousands elsewhere.
  EXPECT_EQ(read_text("a;b\n1,234;x\n2,345;y\n").table.column("a").number(0), 1.234);
  EXPECT_EQ(read_text("a\tb\n1,234\tx\n2,345\ty\n").table.column("a").number(0), 1234.0);
  EXPECT_EQ(read_text("a\tb\n1,234\t1,5\n2,345\t2,5\n").table.column("a").number(0), 1.234);
}

TEST(CsvColumns, AmbiguousDates) {
  const auto first = [](const char* text) { return read_text(text).table.column("a").cell(0); };
  EXPECT_EQ(first("a,b\n01/02/2024,x\n"), "2024-02-01");
  EXPECT_EQ(first("a,b\n01/02/2024,01/13/2024\n"), "2024-01-02") << "as the other column";
  EXPECT_EQ(first("a,b\n01/02/2024,13/01/2024\n"), "2024-02-01");
  EXPECT_EQ(first("a,b,c\n01/02/2024,13/01/2024,01/13/2024\n"), "2024-02-01") << "the others disagree";
  const TableRead zones = read_text("a,b\n01/02/24 10:00Z,x\n02/02/24 11:00+01:00,y\n");
  EXPECT_EQ(told(zones, "csv.time_zone"), 1U);
  EXPECT_EQ(told(zones, "csv.two_digit_year"), 1U);
  EXPECT_EQ(zones.table.column("a").number(1) - zones.table.column("a").number(0), 86400e6);
}

}  // namespace
}  // namespace everyml
