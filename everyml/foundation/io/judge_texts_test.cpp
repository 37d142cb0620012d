#include "everyml/foundation/io/judge_texts.h"

#include <gtest/gtest.h>

#include "everyml/foundation/io/csv_test_impl.h"

namespace everyml {
namespace {

using Cells = std::vector<std::optional<std::string>>;

Column texts(const std::string& name, const Cells& cells) {
  return Column::texts(name, TextStore::from(cells));
}

TableRead judged(std::vector<Column> columns, const ReadOptions& options = {}, int threads = 2) {
  return judge_texts(Table(std::move(columns)), "the table", options, Context({.threads = threads}));
}

/// The cells of the rows as a file would hold them.
std::string cells_of(const Table& table) {
  std::string all;
  for (const Column& column : table.all()) {
    all += column.name() + ":" + std::string(to_string(column.kind()));
    for (std::size_t row = 0; row < column.size(); ++row) all += "|" + column.cell(row);
    all += "\n";
  }
  return all;
}

TEST(JudgeTexts, GivesTheKindsOfAFileOfTheSameCells) {
  const std::string csv =
      "number,flag,day,group,id,free\n"
      "1.5,true,2024-02-29,a,007,alpha\n"
      ",false,2024-03-01,b,008,beta\n"
      "3,,,a,009,gamma\n"
      "4,true,2024-03-03,b,010,delta\n";
  const TableRead file = read_text(csv);
  std::vector<Column> columns;
  for (const Column& column : file.table.all()) {
    Cells cells;
    for (std::size_t row = 0; row < column.size(); ++row) {
      cells.push_back(column.missing(row) ? std::nullopt : std::optional(column.cell(row)));
    }
    columns.push_back(texts(column.name(), cells));
  }
  const TableRead read = judged(std::move(columns));
  EXPECT_EQ(cells_of(read.table), cells_of(file.table));
  EXPECT_EQ(read.table.column("number").kind(), ColumnKind::number);
  EXPECT_EQ(read.table.column("flag").kind(), ColumnKind::boolean);
  EXPECT_EQ(read.table.column("day").kind(), ColumnKind::date);
  EXPECT_EQ(read.table.column("group").kind(), ColumnKind::category);
  EXPECT_EQ(read.table.column("id").cell(0), "007");
  EXPECT_EQ(told(read, "csv.id_kept_as_text"), told(file, "csv.id_kept_as_text"));
}

TEST(JudgeTexts, LeavesOtherKindsAlone) {
  auto values = Buffer<double>::uninitialized(2);
  values[0] = 1;
  values[1] = 2;
  const double* address = values.data();
  const TableRead read = judged({Column::numbers("x", std::move(values)), texts("t", {"1", "2"})});
  EXPECT_EQ(read.table.column("x").doubles().data(), address);
  EXPECT_EQ(read.table.column("t").kind(), ColumnKind::number);
  EXPECT_EQ(read.table.names(), (std::vector<std::string>{"x", "t"}));
}

TEST(JudgeTexts, TypesWinAndMisfitsAreErrors) {
  const TableRead read =
      judged({texts("zip", {"00123", "00456", "00123"})}, {.types = {{"zip", ColumnKind::number}}});
  EXPECT_EQ(read.table.column("zip").number(0), 123);
  const TableRead kept = judged({texts("t", {"1", "1", "2"})}, {.types = {{"t", ColumnKind::text}}});
  EXPECT_EQ(kept.table.column("t").kind(), ColumnKind::text);
  auto values = Buffer<double>(3);
  const TableRead classes =
      judged({Column::numbers("x", std::move(values))}, {.types = {{"x", ColumnKind::category}}});
  EXPECT_EQ(classes.table.column("x").text(1), "0");
  EXPECT_EQ(code_of([&] { judged({texts("t", {"1", "b"})}, {.types = {{"t", ColumnKind::number}}}); }),
            "csv.type");
  EXPECT_EQ(code_of([&] { judged({texts("t", {"1"})}, {.types = {{"u", ColumnKind::number}}}); }),
            "csv.types_column");
}

TEST(JudgeTexts, EmptyTextsAndEmptyColumnsAreMissing) {
  const TableRead read = judged({texts("t", {"", std::nullopt}), texts("u", {"a", ""})});
  EXPECT_EQ(read.table.column("t").kind(), ColumnKind::number);
  EXPECT_EQ(read.table.column("t").missing_count(), 2U);
  EXPECT_TRUE(read.table.column("u").missing(1));
  EXPECT_EQ(judged({texts("t", {})}).table.rows(), 0U);
  EXPECT_EQ(judged({}).table.columns(), 0U);
}

TEST(JudgeTexts, DoesNotDependOnThreads) {
  Cells cells;
  for (int i = 0; i < 200000; ++i)
    cells.push_back(i % 7 == 0 ? std::nullopt : std::optional("v" + std::to_string(i * 31 % 997)));
  const std::string one = cells_of(judged({texts("a", cells), texts("b", cells)}, {}, 1).table);
  EXPECT_EQ(one, cells_of(judged({texts("a", cells), texts("b", cells)}, {}, 2).table));
  EXPECT_EQ(one, cells_of(judged({texts("a", cells), texts("b", cells)}, {}, 7).table));
  EXPECT_NE(one.find("a:category|"), std::string::npos);
}

}  // namespace
}  // namespace everyml
