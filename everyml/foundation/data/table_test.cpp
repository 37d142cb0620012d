#include "everyml/foundation/data/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Cells = std::vector<std::optional<std::string>>;

Column counting(const std::string& name, std::size_t rows) {
  Buffer<double> values(rows);
  for (std::size_t i = 0; i < rows; ++i) values[i] = static_cast<double>(i);
  return Column::numbers(name, std::move(values));
}

Table people() {
  return Table({counting("age", 3), Column::categories("sex", Cells{"m", "f", {}}),
                Column::texts("note", TextStore::from(Cells{"a", "b", "c"}))});
}

template <class Work>
std::pair<std::string, std::string> failure(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return {std::string(error.code()), error.what()};
  }
  return {"no error", ""};
}

TEST(Table, FindsColumnsByName) {
  const Table table = people();
  EXPECT_EQ(table.rows(), 3U);
  EXPECT_EQ(table.columns(), 3U);
  EXPECT_THAT(table.names(), ElementsAre("age", "sex", "note"));
  EXPECT_EQ(table.find("note"), 2U);
  EXPECT_EQ(table.find("Note"), std::nullopt);
  EXPECT_EQ(table.column("sex").cell(1), "f");
  EXPECT_EQ(Table().find("x"), std::nullopt);
}

TEST(Table, AMissingColumnIsNamedAndTheNearestOffered) {
  const auto [code, sentence] = failure([] { people().column("nte"); });
  EXPECT_EQ(code, "data.column_missing");
  EXPECT_THAT(sentence, HasSubstr("\"nte\""));
  EXPECT_THAT(sentence, HasSubstr("Did you mean \"note\"?"));
  EXPECT_EQ(failure([] { people().without("weight"); }).first, "data.column_missing");
}

TEST(Table, LengthsAndNamesAreChecked) {
  EXPECT_EQ(failure([] { Table({counting("a", 2), counting("b", 3)}); }).first, "data.column_length");
  EXPECT_EQ(failure([] { Table({counting("a", 2), counting("b", 2), counting("a", 2)}); }).first,
            "data.column_duplicate");
}

TEST(Table, SchemaSaysNamesKindsAndLevels) {
  const Schema schema = people().schema();
  ASSERT_EQ(schema.columns.size(), 3U);
  EXPECT_EQ(schema.columns[1].kind, ColumnKind::category);
  EXPECT_THAT(schema.columns[1].levels, ElementsAre("f", "m"));
  EXPECT_TRUE(schema.columns[0].levels.empty());
}

TEST(Table, RowsAndColumnsAreSelected) {
  const Table table = people();
  const std::vector<std::size_t> rows{2, 0};
  const Table chosen = table.select_rows(rows);
  EXPECT_EQ(chosen.rows(), 2U);
  EXPECT_EQ(chosen.column("note").cell(0), "c");
  EXPECT_EQ(chosen.column("age").number(1), 0.0);
  const std::vector<std::string> names{"note", "age"};
  EXPECT_THAT(table.select_columns(names).names(), ElementsAre("note", "age"));
  EXPECT_THAT(table.without("sex").names(), ElementsAre("age", "note"));
  const Table part = table.slice(1, 3);
  EXPECT_EQ(part.rows(), 2U);
  EXPECT_EQ(part.column("sex").cell(0), "f");
  EXPECT_EQ(part.find("note"), 2U);
}

TEST(Table, WithAppendsOrReplaces) {
  const Table more = people().with(counting("z", 3));
  EXPECT_THAT(more.names(), ElementsAre("age", "sex", "note", "z"));
  const Table changed = people().with(Column::texts("age", TextStore::from(Cells{"x", "y", "z"})));
  EXPECT_THAT(changed.names(), ElementsAre("age", "sex", "note"));
  EXPECT_EQ(changed.column("age").kind(), ColumnKind::text);
  EXPECT_EQ(failure([] { people().with(counting("z", 4)); }).first, "data.column_length");
}

TEST(Table, TwoHundredThousandColumnsAreFoundAtOnce) {
  std::vector<Column> columns;
  for (std::size_t i = 0; i < 200'000; ++i) columns.push_back(counting("c" + std::to_string(i), 1));
  const Table table(std::move(columns));
  for (std::size_t i = 0; i < table.columns(); ++i) ASSERT_EQ(table.find("c" + std::to_string(i)), i);
}

}  // namespace
}  // namespace everyml
