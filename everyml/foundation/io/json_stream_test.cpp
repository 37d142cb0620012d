// JSON lines in pieces: the rows of the whole file, whatever the size of the pieces and of the lines.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/io/csv.h"

namespace everyml {
namespace {

class JsonStream : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  std::unique_ptr<TableStream> open(const std::string& text, const Schema& schema,
                                    const ReadOptions& options = {}) {
    std::ofstream(path_) << text;
    return TableStream::open(path_, schema, options, Context());
  }
  static std::string all(TableStream& stream, std::size_t rows) {
    std::string out;
    while (const auto table = stream.next(rows)) out += write_csv(*table, out.empty());
    return out;
  }
  static std::vector<std::string> codes(const TableStream& stream) {
    std::vector<std::string> out;
    for (const ReadNote& note : stream.notes()) out.push_back(note.code + " " + note.column);
    return out;
  }
  const std::string path_ = testing::TempDir() + "everyml_json_stream.jsonl";
  const Schema schema_{{{.name = "n", .kind = ColumnKind::number},
                        {.name = "b", .kind = ColumnKind::boolean},
                        {.name = "d", .kind = ColumnKind::date},
                        {.name = "c", .kind = ColumnKind::category, .levels = {"blue", "red"}},
                        {.name = "t", .kind = ColumnKind::text}}};
};

TEST_F(JsonStream, GivesTheRowsOfTheWholeFile) {
  std::string text;
  for (int i = 0; i < 3000; ++i) {
    text += "{\"n\": " + std::to_string(i) + ".25, \"unknown\": [1, {\"x\": 2}], \"c\": \"" +
            (i % 3 == 0 ? "red" : "blue") + "\", \"b\": " + (i % 2 == 0 ? "true" : "null") +
            ", \"d\": \"2024-02-" + (i % 20 < 9 ? "0" : "") + std::to_string(1 + i % 20) +
            "\", \"t\": \"caf\\u00e9 " + std::string(static_cast<std::size_t>(i % 100), 'x') +
            std::to_string(i) + "\"}\n";
    if (i % 500 == 0) text += "  \r\n";
  }
  const auto stream = open(text, schema_);
  const Table whole = read_table(path_, {}, Context()).table;
  const std::vector<std::string> names = {"n", "b", "d", "c", "t"};
  const std::string expected = write_csv(whole.select_columns(names));
  EXPECT_EQ(all(*stream, 7), expected);
  EXPECT_EQ(all(*open(text, schema_), 16384), expected);
  EXPECT_TRUE(stream->absent().empty());
  EXPECT_TRUE(codes(*stream).empty());
}

TEST_F(JsonStream, LinesLongerThanTheBuffer) {
  std::string text;
  for (int i = 0; i < 3; ++i) {
    text += "{\"t\": \"" + std::string(3'000'000, 'a') + "\", \"n\": " + std::to_string(i) + "}\n";
  }
  const auto stream = open(text, schema_);
  std::size_t rows = 0;
  while (const auto table = stream->next(2)) {
    for (std::size_t row = 0; row < table->rows(); ++row, ++rows) {
      EXPECT_EQ(table->column("t").text(row).size(), 3'000'000U);
      EXPECT_EQ(table->column("n").number(row), static_cast<double>(rows));
    }
  }
  EXPECT_EQ(rows, 3U);
}

TEST_F(JsonStream, CellsThatDoNotFitAreCounted) {
  const auto stream = open(
      "{\"n\": \"12\", \"b\": true, \"d\": \"29.02.2024\", \"c\": 5}\n"
      "{\"c\": \"red\", \"n\": \"NA\", \"b\": 1, \"d\": 7, \"t\": [1, 2]}\n"
      "{\"n\": \"many\", \"b\": \"FALSE\", \"d\": \"\", \"t\": \"\"}",
      schema_);
  const auto table = stream->next(10);
  ASSERT_TRUE(table.has_value());
  ASSERT_EQ(table->rows(), 3U);
  EXPECT_EQ(table->column("n").number(0), 12.0);
  EXPECT_TRUE(table->column("n").missing(1));
  EXPECT_TRUE(table->column("n").missing(2));
  EXPECT_TRUE(table->column("b").missing(1));
  EXPECT_EQ(table->column("b").number(2), 0.0);
  EXPECT_EQ(table->column("d").cell(0), "2024-02-29");
  EXPECT_TRUE(table->column("d").missing(1));
  EXPECT_EQ(table->column("c").text(0), "5") << "a level that nobody has seen";
  EXPECT_EQ(table->column("c").text(1), "red");
  EXPECT_EQ(table->column("t").text(1), "[1, 2]");
  EXPECT_TRUE(table->column("t").missing(2));
  EXPECT_FALSE(stream->next(10).has_value());
  EXPECT_EQ(codes(*stream), (std::vector<std::string>{"csv.type_misfit n", "csv.missing_marks n",
                                                      "csv.type_misfit b", "csv.type_misfit d"}));
}

TEST_F(JsonStream, AColumnIsAbsentUntilItsKeyComes) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "{\"n\": 1}\n";
  const auto stream = open(text + "{\"c\": \"red\"}\n", schema_);
  EXPECT_EQ(stream->absent(), (std::vector<std::string>{"b", "d", "c", "t"}));
  std::optional<Table> last;
  while (auto table = stream->next(5000)) last = std::move(table);
  EXPECT_EQ(stream->absent(), (std::vector<std::string>{"b", "d", "t"}));
  EXPECT_EQ(last->rows(), 1U);
  EXPECT_EQ(last->column("c").text(0), "red");
  EXPECT_TRUE(last->column("n").missing(0));
}

TEST_F(JsonStream, ErrorsNameTheLine) {
  const auto code = [&](const std::string& text, const std::string& place) {
    try {
      all(*open(text, schema_), 100);
    } catch (const FormatError& error) {
      EXPECT_NE(std::string(error.what()).find(place), std::string::npos) << error.what();
      return std::string(error.code());
    }
    return std::string("none");
  };
  std::string many;
  for (int i = 0; i < 20000; ++i) many += "{\"n\": 1}\n";
  EXPECT_EQ(code(many + "{\"n\": }\n", "line 20001:"), "jsonl.syntax");
  EXPECT_EQ(code("{\"n\": 1}\n[1]\n", "line 2:"), "jsonl.not_object");
  EXPECT_EQ(code("{\"n\": 1}\n\n{\"n\": 1, \"n\": 2}\n", "line 3:"), "jsonl.duplicate_key");
  EXPECT_EQ(code("{\"n\": 01}\n", "line 1:"), "jsonl.syntax");
  EXPECT_EQ(code("", ""), "none");
  EXPECT_EQ(all(*open("{\"n\": 1}\n{\"n\": 2}\n", schema_, {.max_rows = 1}), 10), "n,b,d,c,t\n1,,,,\n");
}

// Numbers are stored as numbers until a cell is none; then the column is read again as what it was written
// as.
TEST(JsonLines, ColumnsThatChangeTheirMind) {
  const std::string path = testing::TempDir() + "everyml_json_mind.jsonl";
  std::string text;
  for (int i = 0; i < 200000; ++i) {
    text += "{\"late\": " + (i < 199999 ? std::to_string(i % 3) + ".50" : std::string("\"x\"")) +
            ", \"first\": " + (i == 0 ? std::string("\"none\"") : std::to_string(i % 5)) +
            ", \"big\": " + (i == 100000 ? "9007199254740993" : "1") +
            ", \"nulls\": null, \"some\": " + (i % 2 == 0 ? "null" : "-2e3") + "}\n";
  }
  std::ofstream(path) << text;
  const Table table = read_table(path, {}, Context({.threads = 3})).table;
  const Table one = read_table(path, {}, Context({.threads = 1})).table;
  EXPECT_EQ(table.column("late").text(0), "0.50") << "as written";
  EXPECT_EQ(table.column("late").text(199999), "x");
  EXPECT_EQ(table.column("first").kind(), ColumnKind::number) << "none is a weak mark";
  EXPECT_TRUE(table.column("first").missing(0));
  EXPECT_EQ(table.column("first").number(199999), 4.0);
  EXPECT_EQ(table.column("big").cell(100000), "9007199254740993");
  EXPECT_EQ(table.column("nulls").kind(), ColumnKind::number);
  EXPECT_EQ(table.column("nulls").missing_count(), 200000U);
  EXPECT_EQ(table.column("some").number(1), -2000.0);
  EXPECT_EQ(table.column("some").missing_count(), 100000U);
  EXPECT_EQ(write_csv(table), write_csv(one));
  std::filesystem::remove(path);
}

TEST(JsonLines, StringsAreReadAsQuotedCellsOfACsvFile) {
  const std::string path = testing::TempDir() + "everyml_json_strings.jsonl";
  std::ofstream(path)
      << "{\"n\": \"12\", \"zip\": \"007\", \"day\": \"31.12.2023\", \"price\": \"1,5\", \"v\": -999}\n"
         "{\"n\": \"8\", \"zip\": \"123\", \"day\": \"01.02.2024\", \"price\": \"2,25\", \"v\": 3}\n";
  const TableRead read = read_table(path, {}, Context());
  EXPECT_EQ(read.table.column("n").number(1), 8.0);
  EXPECT_EQ(read.table.column("zip").text(0), "007");
  EXPECT_EQ(read.table.column("day").kind(), ColumnKind::date);
  EXPECT_EQ(read.table.column("price").number(1), 2.25);
  const auto told = std::find_if(read.notes.begin(), read.notes.end(), [](const ReadNote& note) {
    return note.code == "jsonl.strings_as_numbers" && note.column == "n";
  });
  EXPECT_NE(told, read.notes.end());
  const Table asked =
      read_table(path, {.types = {{"n", ColumnKind::category}}, .missing = {{"-999"}}}, Context()).table;
  EXPECT_EQ(asked.column("n").text(1), "8");
  EXPECT_TRUE(asked.column("v").missing(0));
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace everyml
