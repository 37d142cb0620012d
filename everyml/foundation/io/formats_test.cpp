// The same table as CSV, JSON lines and Parquet; gzip of each text form; what happens without DuckDB.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/io/csv.h"
#include "everyml/foundation/io/duckdb_plugin_impl.h"
#include "everyml/foundation/io/json_lines_impl.h"

namespace everyml {
namespace {

const Context& two_threads() {
  static const Context context({.threads = 2});
  return context;
}

std::string data(const std::string& file) {
  return std::string(EVERYML_SOURCE_DIR) + "/tests/data/parquet/" + file;
}

/// Makes the library of the repository's cache known; empty when there is none on this machine.
std::string duckdb_or_reason() {
  const std::string cached = std::string(EVERYML_SOURCE_DIR) + "/.cache/libduckdb.so";
  if (std::getenv("EVERYML_DUCKDB") == nullptr && std::filesystem::exists(cached)) {
    ::setenv("EVERYML_DUCKDB", cached.c_str(), 1);
  }
  try {
    csv::duckdb_library();
    return "";
  } catch (const UnsupportedError& error) {
    return error.what();
  }
}

void expect_same(const Table& a, const Table& b) {
  ASSERT_EQ(a.names(), b.names());
  ASSERT_EQ(a.rows(), b.rows());
  for (std::size_t i = 0; i < a.columns(); ++i) {
    const Column& left = a.column(i);
    const Column& right = b.column(i);
    EXPECT_EQ(left.kind(), right.kind()) << left.name();
    EXPECT_EQ(left.has_time(), right.has_time()) << left.name();
    for (std::size_t row = 0; row < a.rows(); ++row) {
      EXPECT_EQ(left.missing(row), right.missing(row)) << left.name() << " " << row;
      EXPECT_EQ(left.cell(row), right.cell(row)) << left.name() << " " << row;
    }
  }
}

TEST(Formats, JsonLinesGiveTheTableOfTheCsv) {
  const TableRead csv = read_table(data("plain.csv"), {}, two_threads());
  const TableRead lines = read_table(data("plain.jsonl"), {}, two_threads());
  EXPECT_EQ(csv.format, "csv");
  EXPECT_EQ(lines.format, "jsonl");
  ASSERT_EQ(csv.table.rows(), 60U);
  EXPECT_EQ(csv.table.column("big").text(0), "9007199254740993");
  EXPECT_EQ(csv.table.column("zip").text(7), "007");
  EXPECT_EQ(csv.table.column("moment").cell(0), "2024-02-29 12:30:05.25");
  expect_same(csv.table, lines.table);
}

TEST(Formats, ParquetGivesTheTableOfTheCsv) {
  const std::string reason = duckdb_or_reason();
  if (!reason.empty()) GTEST_SKIP() << "Parquet is not tested: " << reason;
  const TableRead csv = read_table(data("plain.csv"), {}, two_threads());
  const TableRead parquet = read_table(data("plain.parquet"), {}, two_threads());
  EXPECT_EQ(parquet.format, "parquet");
  expect_same(csv.table, parquet.table);
}

TEST(Formats, ParquetTakesTypesAndRowLimits) {
  const std::string reason = duckdb_or_reason();
  if (!reason.empty()) GTEST_SKIP() << "Parquet is not tested: " << reason;
  ReadOptions options{.types = {{"i", ColumnKind::category}, {"zip", ColumnKind::number}}, .max_rows = 10};
  const Table table = read_table(data("plain.parquet"), options, two_threads()).table;
  EXPECT_EQ(table.rows(), 10U);
  EXPECT_EQ(table.column("i").kind(), ColumnKind::category);
  EXPECT_EQ(table.column("zip").number(7), 7.0);
  options.types = {{"note", ColumnKind::number}};
  EXPECT_THROW(read_table(data("plain.parquet"), options, two_threads()), DataError);
  options.types = {{"notes", ColumnKind::number}};
  EXPECT_THROW(read_table(data("plain.parquet"), options, two_threads()), ParameterError);
}

TEST(Formats, BrokenParquetIsAFormatError) {
  const std::string reason = duckdb_or_reason();
  if (!reason.empty()) GTEST_SKIP() << "Parquet is not tested: " << reason;
  const std::string path = testing::TempDir() + "everyml_broken_it's.parquet";
  std::ofstream(path) << "PAR1 this is no Parquet file PAR1";
  try {
    read_table(path, {}, two_threads());
    ADD_FAILURE();
  } catch (const FormatError& error) {
    EXPECT_EQ(error.code(), "parquet.broken");
  }
  std::filesystem::remove(path);
  EXPECT_THROW(read_table(path, {}, two_threads()), ResourceError);
}

TEST(Formats, JsonLinesOddities) {
  const auto read = [](const std::string& text, const ReadOptions& options = {}) {
    csv::TextOrigin origin;
    const auto source = csv::text_source_over(text, "lines", origin);
    return csv::read_json_lines(*source, origin, "lines", options, two_threads());
  };
  const TableRead got = read(
      "\xEF\xBB\xBF{\"a\": 1, \"s\": \"007\", \"\": true}\r\n\n{\"s\": \"8\", \"b\": "
      "\"x\\n\\u00e9\\ud83d\\ude00\"}\n"
      "{\"a\": null, \"b\": \"\", \"n\": {\"k\": [1, 2]}}");
  EXPECT_TRUE(got.dialect.bom);
  EXPECT_EQ(got.table.names(), (std::vector<std::string>{"a", "s", "column_3", "b", "n"}));
  ASSERT_EQ(got.table.rows(), 3U);
  EXPECT_EQ(got.table.column("a").kind(), ColumnKind::number);
  EXPECT_TRUE(got.table.column("a").missing(1));
  EXPECT_EQ(got.table.column("s").kind(), ColumnKind::text) << "strings of digits are no numbers";
  EXPECT_EQ(got.table.column("s").text(1), "8");
  EXPECT_EQ(got.table.column("b").text(1), "x\né😀");
  EXPECT_TRUE(got.table.column("b").missing(2));
  EXPECT_EQ(got.table.column("n").text(2), "{\"k\": [1, 2]}");
  std::vector<std::string> codes;
  for (const ReadNote& note : got.notes) codes.push_back(note.code);
  EXPECT_NE(std::find(codes.begin(), codes.end(), "jsonl.nested"), codes.end());
  EXPECT_NE(std::find(codes.begin(), codes.end(), "jsonl.empty_string"), codes.end());

  EXPECT_EQ(read("{\"a\":1}\n\n{\"a\":2}\n{\"a\":3}\n", {.max_rows = 2}).table.rows(), 2U);
  EXPECT_EQ(read("{\"a\":1}\n{\"a\":2}", {.max_rows = 9}).table.rows(), 2U);
  EXPECT_EQ(read("{\"a\":1}\n", {.types = {{"a", ColumnKind::text}}}).table.column("a").text(0), "1");
  EXPECT_EQ(read("{\"a\":\"7\"}\n", {.types = {{"a", ColumnKind::number}}}).table.column("a").number(0), 7.0);
  EXPECT_EQ(read("{\"a\":9007199254740993}\n").table.column("a").kind(), ColumnKind::text);
  EXPECT_EQ(read("{\"a\":1}\n{\"a\":\"NA\"}\n").table.column("a").kind(), ColumnKind::number);
}

TEST(Formats, ContentDecidesBetweenCsvAndJsonLines) {
  const std::string path = testing::TempDir() + "everyml_formats.txt";
  std::ofstream(path) << "  {\"a\": 1}\n{\"a\": 2}\n";
  EXPECT_EQ(read_table(path, {}, two_threads()).format, "jsonl");
  std::ofstream(path) << "a,b\n1,2\n";
  EXPECT_EQ(read_table(path, {}, two_threads()).format, "csv");
  const std::string named = testing::TempDir() + "everyml_formats.jsonl";
  std::ofstream(named) << "no json\n";
  EXPECT_THROW(read_table(named, {}, two_threads()), FormatError);
  std::filesystem::remove(path);
  std::filesystem::remove(named);
}

}  // namespace
}  // namespace everyml
