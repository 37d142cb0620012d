// Rows: blank, ragged, long and far ones, and files that change while they are read.

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

TEST(CsvRows, BlankLinesAndGaps) {
  const TableRead one = read_text("a\n1\n\n2\n   \n3\n\n");
  EXPECT_EQ(one.table.rows(), 3U);
  EXPECT_EQ(told(one, "csv.blank_line"), 3U);
  const TableRead blanks = read_text("a,b,c\n1,  ,2\n3,\t,4\n");
  EXPECT_TRUE(blanks.table.column("b").missing(0));
  EXPECT_TRUE(blanks.table.column("b").missing(1));
  std::string text = "n,b,d,w,c\n";
  for (int i = 0; i < 120; ++i) {
    text += std::to_string(i) + (i % 2 == 0 ? ",true" : ",false") + ",2024-01-01,word" + std::to_string(i) +
            ",red\n";
    if (i % 7 == 0) text += "\n\n";
  }
  const TableRead got = read_text(text, {}, {.stretch = 50, .slack = 10, .block_rows = 2});
  ASSERT_EQ(got.table.rows(), 120U);
  EXPECT_EQ(got.table.column("b").cell(119), "false");
  EXPECT_EQ(got.table.column("w").text(118), "word118");
  EXPECT_EQ(got.table.column("n").number(117), 117.0);
}

TEST(CsvRows, StrictNamesTheFirstRaggedRow) {
  const auto sentence = [](const char* text) {
    try {
      read_text(text, {.strict = true});
    } catch (const DataError& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  EXPECT_NE(sentence("a,b\n1\n1,2,3\n1,2\n1,2\n1,2\n1,2\n1,2\n").find("line 2: the row has fewer"),
            std::string::npos);
  EXPECT_NE(sentence("a,b\n1,2,3\n1\n1,2,\n1,2\n1,2\n1,2\n1,2\n").find("line 2: the row has more"),
            std::string::npos);
  EXPECT_NE(sentence("a,b\n1,2\n1,2,\n1,2,3\n1\n1,2\n1,2\n1,2\n1,2\n").find("line 3: the row has more"),
            std::string::npos);
  EXPECT_EQ(sentence("a,b\n1,2\n"), "none");
}

TEST(CsvRows, BlankCellsBeyondTheColumns) {
  EXPECT_EQ(told(read_text("a,b\n1,2, \n3,4\n5,6\n"), "csv.trailing_delimiter"), 1U);
  EXPECT_EQ(told(read_text("a,b\n1,2,\"\"\n3,4\n5,6\n"), "csv.trailing_delimiter"), 1U);
}

TEST(CsvRows, MaxRowsOfAFileWithoutRows) {
  const TableRead got = read_text("a,b\n", {.header = true, .max_rows = 5});
  EXPECT_EQ(got.table.rows(), 0U);
  EXPECT_EQ(got.table.names(), (Names{"a", "b"}));
}

TEST(CsvRows, ARowWithVeryManyCells) {
  const TableRead got = read_text("a,b\n1,2\n3" + std::string(20000, ',') + "\n5,6\n");
  EXPECT_EQ(got.table.rows(), 3U);
  EXPECT_EQ(got.table.column("a").number(2), 5.0);
  EXPECT_EQ(told(got, "csv.trailing_delimiter"), 1U);
}

TEST(CsvRows, RowsLongerThanTheSampleAndTheLargest) {
  const std::string cell(3 << 20, 'x');
  const TableRead got = read_text("a,b\n" + cell + ",1\ny,2\n");
  EXPECT_EQ(got.table.column("a").text(0).size(), cell.size());
  EXPECT_EQ(got.table.column("b").number(1), 2.0);
  const TableRead returns = read_text("a,b\r" + cell + ",1\r" + repeat("y,2\r", 30));
  EXPECT_EQ(returns.table.rows(), 31U);
  const TableRead many = read_text("a,b\r" + repeat("xyz,1\r", 200000) + "x,2\r");
  EXPECT_EQ(many.table.rows(), 200001U);
  EXPECT_EQ(code_of_text("a,b\n" + std::string(2000, 'x') + ",1\n3,4\n", {},
                         {.stretch = 64, .slack = 16, .largest_row = 1000}),
            "csv.row_too_long")
      << "the first row of its stretch";
  const csv::Tuning small{.stretch = 64, .slack = 16, .largest_row = 1000};
  EXPECT_EQ(code_of_text("a,b\n1,2\n" + std::string(2000, 'x') + ",1\n3,4\n", {}, small), "csv.row_too_long");
  // A stray quote makes the reader follow the rows one by one.
  EXPECT_EQ(code_of_text("a,b\n1,2\nx\"y,3\n" + repeat("u,4\n", 50) + std::string(2000, 'x') + ",1\n3,4\n",
                         {}, small),
            "csv.row_too_long");
  EXPECT_EQ(read_text("a,b\n1,2\n" + std::string(900, 'x') + ",1\n3,4\n", {}, small).table.rows(), 3U);
}

TEST(CsvRows, PlacesFarIntoTheFile) {
  // More than the step in which lines are counted, once over many lines and once within one.
  std::string text = "a,b\n" + repeat("x,1\n", 600000);
  try {
    read_text(text + "y,2\nz,\"" + std::string(3 << 19, 'w'), {}, {.stretch = 4 << 20});
    FAIL();
  } catch (const FormatError& error) {
    EXPECT_NE(std::string(error.what()).find("line 600003, byte 3"), std::string::npos) << error.what();
  }
  try {
    read_text("a,b\n1,2\n" + std::string(3 << 20, 'w') + ",\"open");
    FAIL();
  } catch (const FormatError& error) {
    EXPECT_NE(std::string(error.what()).find("line 3, byte 3145730"), std::string::npos) << error.what();
  }
  // Notes of two columns, more than four MiB apart.
  std::string far = "a,b\nnone , 1\n" + repeat("xyz,2\n", 800000) + "NA,\xFFz\n";
  const TableRead got = read_text(far, {.types = {{"b", ColumnKind::text}}});
  std::uint64_t repaired = 0;
  for (const ReadNote& note : got.notes) {
    if (note.code == "csv.utf8_repaired") repaired = note.line;
  }
  EXPECT_EQ(repaired, 800003U);
}

/// A file that becomes another one after some reads.
class Shifting final : public csv::ByteSource {
 public:
  Shifting(std::string before, std::string after, int reads)
      : before_(std::move(before)), after_(std::move(after)), left_(reads) {}
  std::uint64_t size() const override { return before_.size(); }
  void read(std::uint64_t offset, std::size_t size, char* out) const override {
    const std::string& now = left_-- > 0 ? before_ : after_;
    now.copy(out, size, static_cast<std::size_t>(offset));
  }

 private:
  std::string before_, after_;
  mutable int left_;
};

TEST(CsvRows, AFileThatChangesWhileItIsReadIsTold) {
  // Each first text is read more than once: for a guess about quotes that was wrong, for a column that
  // changes its mind, and for points that turn out to be marks of thousands.
  std::string stray = "a,b\n", late = "a,b\n", points = "a;b\n";
  for (int i = 0; i < 40; ++i) stray += i % 10 == 0 ? "5\" pipe,plain\n" : "small,\"a\nb\"\n";
  for (int i = 0; i < 1500; ++i) {
    late += i == 1400 ? "wxyz,1\n" : "1234,1\n";
    points += i == 1450 ? "1.234;5,5\n" : "1.234;555\n";
  }
  const Context context({.threads = 1});
  int changed = 0;
  for (const std::string& text : {stray, late, points}) {
    const csv::Tuning tuning{.stretch = text == stray ? 90U : 2000U, .slack = 100};
    for (int reads = 1; reads < 160; ++reads) {
      // Fewer and longer rows, with quotes that stand elsewhere.
      std::string other = text;
      for (std::size_t i = 5; i + 40 < other.size(); i += 97) other[i] = i % 2 == 0 ? '\n' : '"';
      // Or the same rows but for blank lines.
      if (reads % 2 == 0 && text == late) {
        other = text;
        for (std::size_t i = 4; i + 7 < other.size(); i += 700) other.replace(i, 7, "\n\n\n\n\n\n\n");
      }
      const Shifting source(text, other, reads / 2);
      try {
        csv::read_delimited(source, {}, "test.csv", {}, context, tuning);
      } catch (const Error& error) {
        changed += error.code() == "io.read";
      }
    }
  }
  EXPECT_GT(changed, 3);
}

TEST(JsonLines, MaxRowsSkipsBlankLines) {
  const std::string text = " \t\r\n\t{\"a\":1}\r\n \n{\"a\":2}\n{\"a\":3}\n";
  csv::TextOrigin origin;
  const auto source = csv::text_source_over(text, "lines", origin);
  const TableRead got =
      csv::read_json_lines(*source, origin, "lines", {.max_rows = 2}, Context({.threads = 1}), {});
  ASSERT_EQ(got.table.rows(), 2U);
  EXPECT_EQ(got.table.column("a").number(1), 2.0);
}

TEST(JsonLines, KeysWithoutNamesAndLinesThatAreTooLong) {
  const auto read = [](std::string_view text, const csv::Tuning& tuning) {
    csv::TextOrigin origin;
    const auto source = csv::text_source_over(text, "lines", origin);
    return csv::read_json_lines(*source, origin, "lines", {}, Context({.threads = 1}), tuning);
  };
  EXPECT_EQ(read("{\"\":1,\"column_1\":2}\n", {}).table.names(), (Names{"column_1_", "column_1"}));
  const std::string text = "{\"a\":1}\n{\"a\":\"" + std::string(2000, 'x') + "\"}\n{\"a\":2}\n";
  EXPECT_EQ(read(text, {.stretch = 16, .slack = 8}).table.rows(), 3U);
  try {
    read(text, {.stretch = 16, .slack = 8, .largest_row = 1000});
    FAIL();
  } catch (const FormatError& error) {
    EXPECT_EQ(error.code(), "jsonl.line_too_long");
    EXPECT_NE(std::string(error.what()).find("line 2"), std::string::npos) << error.what();
  }
}

TEST(CsvWrite, CellsThatAReaderCouldMistake) {
  const Names cells = {" x", "x ",   "\tx", "x\t",  "#x",    "'x",  "\xEF\xBB\xBFx", "sep=;", "Sep=,",
                       "NA", "none", "",    "=1+1", "plain", "a,b", "a\"b",          "a\nb",  "a\rb"};
  std::vector<Column> columns;
  columns.push_back(Column::texts(
      "t", TextStore::from(std::vector<std::optional<std::string>>(cells.begin(), cells.end()))));
  const Table table(std::move(columns));
  const ReadOptions exact{.delimiter = ',', .quote = '"', .header = true, .types = {{"t", ColumnKind::text}}};
  const TableRead back = read_csv_text(write_csv(table), "back", exact, Context({.threads = 1}));
  ASSERT_EQ(back.table.rows(), cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].empty()) continue;
    EXPECT_EQ(back.table.column("t").text(i), cells[i]);
  }
  EXPECT_NE(write_csv(table, true, ',', true).find("'=1+1"), std::string::npos);
  // A delimiter that stands in numbers.
  const TableRead numbers = read_text("a,b\n1.5,-2\n2.5,3\n");
  EXPECT_EQ(write_csv(numbers.table, true, '.'), "a.b\n\"1.5\".-2\n\"2.5\".3\n");
}

}  // namespace
}  // namespace everyml
