#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/io/csv.h"
#include "everyml/foundation/io/csv_stream_impl.h"

namespace everyml {
namespace {

const Context& one_thread() {
  static const Context context({.threads = 1});
  return context;
}

Schema schema_of(std::vector<std::pair<std::string, ColumnKind>> columns) {
  Schema schema;
  for (auto& [name, kind] : columns) schema.columns.push_back({.name = name, .kind = kind});
  return schema;
}

bool told(const TableStream& stream, std::string_view code, std::uint64_t count) {
  const auto& notes = stream.notes();
  return std::any_of(notes.begin(), notes.end(),
                     [&](const ReadNote& note) { return note.code == code && note.count == count; });
}

TEST(CsvStream, GivesPiecesOfTheAskedSize) {
  const std::string text = "a,b\n1,x\n2,y\n3,z\n4,w\n5,v\n";
  const auto stream = csv::stream_over_text(
      text, "s", schema_of({{"a", ColumnKind::number}, {"b", ColumnKind::text}}), {}, one_thread());
  std::vector<std::size_t> sizes;
  double sum = 0;
  std::string letters;
  while (const auto part = stream->next(2)) {
    sizes.push_back(part->rows());
    for (std::size_t row = 0; row < part->rows(); ++row) {
      sum += part->column("a").number(row);
      letters += part->column("b").text(row);
    }
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{2, 2, 1}));
  EXPECT_EQ(sum, 15.0);
  EXPECT_EQ(letters, "xyzwv");
  EXPECT_FALSE(stream->next(2).has_value());
}

TEST(CsvStream, AbsentColumnsAreMissingAndUnknownOnesSkipped) {
  Schema schema = schema_of({{"gone_n", ColumnKind::number},
                             {"gone_b", ColumnKind::boolean},
                             {"gone_d", ColumnKind::date},
                             {"gone_t", ColumnKind::text},
                             {"a", ColumnKind::number}});
  schema.columns.push_back({.name = "gone_c", .kind = ColumnKind::category, .levels = {"p", "q"}});
  const auto stream = csv::stream_over_text("a,other\n1,x\n2,y\n", "s", schema, {}, one_thread());
  EXPECT_EQ(stream->absent(), (std::vector<std::string>{"gone_n", "gone_b", "gone_d", "gone_t", "gone_c"}));
  const auto part = stream->next(100);
  ASSERT_TRUE(part.has_value());
  EXPECT_EQ(part->names(), (std::vector<std::string>{"gone_n", "gone_b", "gone_d", "gone_t", "a", "gone_c"}));
  for (const Column& column : part->all()) {
    EXPECT_EQ(column.missing_count(), column.name() == "a" ? 0U : 2U) << column.name();
  }
  EXPECT_EQ(part->column("gone_c").levels().size(), 2U);
}

TEST(CsvStream, MisfitsComeAsMissingAndAreCounted) {
  const std::string text = "n,b,d\n1,yes,2024-01-02\nx,perhaps,tomorrow\n007,1,3 Jan 2024\nNA,0,\n";
  const auto stream = csv::stream_over_text(
      text, "s", schema_of({{"n", ColumnKind::number}, {"b", ColumnKind::boolean}, {"d", ColumnKind::date}}),
      {}, one_thread());
  const auto part = stream->next(10);
  ASSERT_TRUE(part.has_value());
  EXPECT_EQ(part->column("n").number(0), 1.0);
  EXPECT_TRUE(part->column("n").missing(1));
  EXPECT_EQ(part->column("n").number(2), 7.0)
      << "the schema says number, so zeros in front are no identifier";
  EXPECT_TRUE(part->column("n").missing(3));
  EXPECT_EQ(part->column("b").cell(0), "true");
  EXPECT_TRUE(part->column("b").missing(1));
  EXPECT_EQ(part->column("b").cell(2), "true");
  EXPECT_EQ(part->column("b").cell(3), "false");
  EXPECT_EQ(part->column("d").cell(0), "2024-01-02");
  EXPECT_TRUE(part->column("d").missing(1));
  EXPECT_EQ(part->column("d").cell(2), "2024-01-03");
  EXPECT_TRUE(told(*stream, "csv.type_misfit", 1));
  EXPECT_TRUE(told(*stream, "csv.missing_marks", 1));
}

TEST(CsvStream, NewLevelsAreKept) {
  Schema schema;
  schema.columns.push_back({.name = "c", .kind = ColumnKind::category, .levels = {"b", "d"}});
  const auto stream =
      csv::stream_over_text("c\nd\nzebra\nb\n\"\"\n", "s", schema, {.header = true}, one_thread());
  const auto part = stream->next(10);
  ASSERT_TRUE(part.has_value());
  EXPECT_EQ(part->column("c").text(0), "d");
  EXPECT_EQ(part->column("c").text(1), "zebra");
  EXPECT_EQ(part->column("c").text(2), "b");
  EXPECT_TRUE(part->column("c").missing(3));
}

TEST(CsvStream, LongTextsOutgrowTheBuffer) {
  std::string text = "id,note\n";
  for (int row = 0; row < 40; ++row) {
    text +=
        std::to_string(row) + ",\"" + std::string(100000, static_cast<char>('a' + row % 26)) + "\nend\"\n";
  }
  const auto stream = csv::stream_over_text(
      text, "s", schema_of({{"id", ColumnKind::number}, {"note", ColumnKind::text}}), {}, one_thread());
  std::size_t rows = 0;
  while (const auto part = stream->next(7)) {
    for (std::size_t row = 0; row < part->rows(); ++row, ++rows) {
      EXPECT_EQ(part->column("id").number(row), static_cast<double>(rows));
      EXPECT_EQ(part->column("note").text(row).size(), 100004U);
    }
  }
  EXPECT_EQ(rows, 40U);
}

TEST(CsvStream, ManyRowsInConstantMemory) {
  std::string text = "a,b,c\n";
  constexpr std::size_t kRows = 400000;
  for (std::size_t row = 0; row < kRows; ++row) text += "1.25,-3,77\n";
  const Context context({.threads = 1, .memory_bytes = 8 << 20});
  const auto stream = csv::stream_over_text(
      text, "s", schema_of({{"a", ColumnKind::number}, {"b", ColumnKind::number}, {"c", ColumnKind::number}}),
      {}, context);
  std::size_t rows = 0;
  while (const auto part = stream->next(10000)) {
    rows += part->rows();
    EXPECT_EQ(part->column("a").number(part->rows() - 1), 1.25);
  }
  EXPECT_EQ(rows, kRows);
}

TEST(CsvStream, ReadsFilesAndGzip) {
  const std::string folder = std::string(EVERYML_SOURCE_DIR) + "/tests/data/csv/";
  const Schema schema = schema_of({{"a", ColumnKind::number}, {"b", ColumnKind::text}});
  const auto stream = TableStream::open(folder + "packed.csv.gz", schema, {}, one_thread());
  const auto part = stream->next(10);
  ASSERT_TRUE(part.has_value());
  EXPECT_EQ(part->rows(), 3U);
  EXPECT_THROW(TableStream::open(folder + "not_there.csv", schema, {}, one_thread()), ResourceError);
  EXPECT_THROW(TableStream::open(folder, schema, {}, one_thread()), ResourceError);
  const auto wide =
      TableStream::open(folder + "utf16le.csv", schema_of({{"name", ColumnKind::text}}), {}, one_thread());
  EXPECT_EQ(wide->next(1)->column("name").text(0), "José");
}

TEST(CsvStream, OpenQuoteNamesItsLine) {
  const auto stream =
      csv::stream_over_text("a,b\n1,x\n2,\"y\n3,z\n", "s", schema_of({{"a", ColumnKind::number}}),
                            {.delimiter = ','}, one_thread());
  try {
    while (stream->next(1)) {
    }
    FAIL();
  } catch (const FormatError& error) {
    EXPECT_EQ(error.code(), "csv.quote");
    EXPECT_NE(std::string(error.what()).find("line 3, byte 3"), std::string::npos) << error.what();
  }
}

TEST(CsvStream, OpenQuoteInTheFirstRow) {
  // The header has been read and is gone, so there is no newline before the quote.
  const auto stream = csv::stream_over_text("a,b\n1,\"y", "s", schema_of({{"a", ColumnKind::number}}),
                                            {.delimiter = ',', .header = true}, one_thread());
  try {
    stream->next(1);
    FAIL();
  } catch (const FormatError& error) {
    EXPECT_EQ(error.code(), "csv.quote");
    EXPECT_NE(std::string(error.what()).find("line 2, byte 3"), std::string::npos) << error.what();
  }
}

TEST(CsvStream, DatesWithTimesWhereNoneWereKnown) {
  const auto stream = csv::stream_over_text("d,x\n2024-02-29 10:30,1\n", "s",
                                            schema_of({{"d", ColumnKind::date}}), {}, one_thread());
  EXPECT_EQ(stream->next(1)->column("d").cell(0).substr(11, 5), "10:30");
}

TEST(CsvStream, LongRows) {
  const std::string cell(5 << 20, 'x');
  const std::string text = "a,b\n1,short\n2," + cell + "\n3,z\n";
  const Schema schema = schema_of({{"a", ColumnKind::number}, {"b", ColumnKind::text}});
  const auto stream = csv::stream_over_text(text, "s", schema, {}, one_thread());
  const auto part = stream->next(10);
  ASSERT_EQ(part->rows(), 3U);
  EXPECT_EQ(part->column("b").text(1).size(), cell.size());
  for (const std::size_t largest : {std::size_t{1} << 19, std::size_t{3} << 20}) {
    const auto small = csv::stream_over_text(text, "s", schema, {}, one_thread(), largest);
    try {
      while (small->next(1)) {
      }
      FAIL();
    } catch (const FormatError& error) {
      EXPECT_EQ(error.code(), "csv.row_too_long");
      EXPECT_NE(std::string(error.what()).find("line 3"), std::string::npos) << error.what();
    }
  }
}

TEST(CsvStream, MaxRowsAndRepairs) {
  const auto stream = csv::stream_over_text("a,b\n1,\xFC\n2, y \n3,z\n", "s",
                                            schema_of({{"a", ColumnKind::number}, {"b", ColumnKind::text}}),
                                            {.max_rows = 2}, one_thread());
  const auto part = stream->next(100);
  ASSERT_TRUE(part.has_value());
  EXPECT_EQ(part->rows(), 2U);
  EXPECT_EQ(part->column("b").text(0), "ü");
  EXPECT_FALSE(stream->next(100).has_value());
  EXPECT_TRUE(told(*stream, "csv.utf8_repaired", 1));
  EXPECT_TRUE(told(*stream, "csv.trimmed", 1));
}

TEST(CsvStream, ReadsAPipe) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const std::string text = "a,b\n1,x\n2,y\n";
  ASSERT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ::close(ends[1]);
  const std::string path = "/dev/fd/" + std::to_string(ends[0]);
  const TableRead read = read_csv(path, {}, one_thread());
  ::close(ends[0]);
  EXPECT_EQ(read.table.rows(), 2U);
  EXPECT_EQ(read.table.column("b").text(1), "y");
}

}  // namespace
}  // namespace everyml
