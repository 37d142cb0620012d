#include "everyml/foundation/io/csv.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

TableRead read(std::string_view text, const ReadOptions& options = {}, int threads = 1) {
  return read_csv_text(text, "test.csv", options, Context({.threads = threads}));
}

bool told(const TableRead& read, std::string_view code) {
  return std::any_of(read.notes.begin(), read.notes.end(),
                     [&](const ReadNote& note) { return note.code == code; });
}

std::string error_code(std::string_view text, const ReadOptions& options = {}) {
  try {
    read(text, options);
  } catch (const Error& error) {
    return std::string(error.code());
  }
  return "";
}

TEST(Csv, TypesOfColumns) {
  const TableRead got = read(
      "n,b,d,c,t\n1,true,2024-02-29,x,alpha\n-2.5,false,2024-03-01,y,beta\n1e3,true,2024-03-02,x,gamma\n,,,,"
      "\n");
  ASSERT_EQ(got.table.rows(), 4U);
  EXPECT_EQ(got.table.column("n").kind(), ColumnKind::number);
  EXPECT_EQ(got.table.column("b").kind(), ColumnKind::boolean);
  EXPECT_EQ(got.table.column("d").kind(), ColumnKind::date);
  EXPECT_EQ(got.table.column("c").kind(), ColumnKind::category);
  EXPECT_EQ(got.table.column("t").kind(), ColumnKind::text);
  EXPECT_EQ(got.table.column("n").number(1), -2.5);
  EXPECT_EQ(got.table.column("n").number(2), 1000.0);
  for (const Column& column : got.table.all()) EXPECT_TRUE(column.missing(3)) << column.name();
  EXPECT_EQ(got.table.column("d").cell(0), "2024-02-29");
}

TEST(Csv, ErrorsHaveCodes) {
  EXPECT_EQ(error_code(""), "csv.empty");
  EXPECT_EQ(error_code("a,b\n1,\"2\n"), "csv.quote");
  EXPECT_EQ(error_code(std::string_view("a,b\n1,\0\n", 8)), "csv.binary");
  EXPECT_EQ(error_code("a,b\n1,2\n3\n", {.strict = true}), "csv.ragged");
  EXPECT_EQ(error_code("a,b\n1,x\n", {.types = {{"b", ColumnKind::number}}}), "csv.type");
  EXPECT_EQ(error_code("a,b\n1,x\n", {.types = {{"c", ColumnKind::number}}}), "csv.types_column");
}

TEST(Csv, QuotesAndRaggedRows) {
  const TableRead got = read("id,text\n1,\"two\nlines, \"\"quoted\"\"\"\n2,plain\n3\n4,x,\n");
  ASSERT_EQ(got.table.rows(), 4U);
  EXPECT_EQ(got.table.column("text").text(0), "two\nlines, \"quoted\"");
  EXPECT_TRUE(got.table.column("text").missing(2));
  EXPECT_TRUE(told(got, "csv.ragged_row"));
  EXPECT_TRUE(told(got, "csv.trailing_delimiter"));
}

TEST(Csv, WrittenTextReadsBack) {
  const TableRead got = read("a,b\n1.5,\"NA\"\n2,\" blank\"\n3,\"x,\"\"y\"\n,\n");
  const std::string text = write_csv(got.table);
  const TableRead back = read(text);
  EXPECT_EQ(write_csv(back.table), text);
  EXPECT_EQ(back.table.column("b").text(0), "NA");
  EXPECT_EQ(back.table.column("b").text(1), " blank");
  EXPECT_TRUE(back.table.column("b").missing(3));
}

}  // namespace
}  // namespace everyml
