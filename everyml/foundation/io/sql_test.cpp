// Queries over files: kinds as the reader finds them, what a query may not do, and what is said when it
// fails.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/io/csv.h"
#include "everyml/foundation/io/duckdb_plugin_impl.h"

namespace everyml {
namespace {

class Sql : public testing::Test {
 protected:
  void SetUp() override {
    const std::string cached = std::string(EVERYML_SOURCE_DIR) + "/.cache/libduckdb.so";
    if (std::getenv("EVERYML_DUCKDB") == nullptr && std::filesystem::exists(cached)) {
      ::setenv("EVERYML_DUCKDB", cached.c_str(), 1);
    }
    try {
      csv::duckdb_library();
    } catch (const UnsupportedError& error) {
      GTEST_SKIP() << "SQL is not tested: " << error.what();
    }
    folder_ = testing::TempDir() + "everyml_sql/";
    std::filesystem::create_directories(folder_);
    write("people.csv",
          "name,zip,born,age,tall,moment,score\n"
          "Ann,00123,1990-02-28,34,true,2024-01-01 10:00:00,1.5\n"
          "Bob,10456,1985-07-01,39,false,2024-01-02 11:30:00.25,\n"
          "Cid,10456,1979-12-31,45,true,2024-01-03 00:00:00,2.25\n"
          "Dee,,2001-01-01,23,,2024-01-04 00:00:00,-3\n");
    write("towns.jsonl",
          "{\"code\": \"00123\", \"town\": \"Ulm\"}\n{\"code\": \"10456\", \"town\": \"Köln\"}\n");
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + name) << text;
  }
  TableRead ask(const std::string& query, const ReadOptions& options = {}, int threads = 2,
                std::uint64_t seed = 0) const {
    return read_sql(query, {{"data", folder_ + "people.csv"}, {"towns", folder_ + "towns.jsonl"}}, options,
                    Context({.threads = threads, .seed = seed}));
  }
  /// The code of the error that the query ends in, and in `sentence_` what is said.
  template <class E>
  std::string refused(const std::string& query, const ReadOptions& options = {}) {
    try {
      ask(query, options);
    } catch (const E& error) {
      sentence_ = error.what();
      return std::string(error.code());
    }
    return "no error of that kind";
  }
  std::string folder_;
  std::string sentence_;
};

TEST_F(Sql, TheWholeTableComesBackAsItWasRead) {
  const Table plain = read_table(folder_ + "people.csv", {}, Context()).table;
  const TableRead read = ask("SELECT * FROM data");
  EXPECT_EQ(read.format, "sql");
  ASSERT_EQ(read.table.names(), plain.names());
  ASSERT_EQ(read.table.rows(), plain.rows());
  for (std::size_t i = 0; i < plain.columns(); ++i) {
    EXPECT_EQ(read.table.column(i).kind(), plain.column(i).kind()) << plain.column(i).name();
    EXPECT_EQ(read.table.column(i).has_time(), plain.column(i).has_time()) << plain.column(i).name();
    for (std::size_t row = 0; row < plain.rows(); ++row) {
      EXPECT_EQ(read.table.column(i).missing(row), plain.column(i).missing(row));
      EXPECT_EQ(read.table.column(i).cell(row), plain.column(i).cell(row));
    }
  }
}

TEST_F(Sql, JoinsFilesOfDifferentKindsAndComputes) {
  const Table table = ask("SELECT name, town, age // 10 AS decade, year(born) AS y, tall, born + 1 AS next\n"
                          "FROM data JOIN towns ON zip = code WHERE age > 30 ORDER BY age DESC;")
                          .table;
  ASSERT_EQ(table.rows(), 3U);
  EXPECT_EQ(table.column("name").text(0), "Cid");
  EXPECT_EQ(table.column("town").text(2), "Ulm");
  EXPECT_EQ(table.column("decade").number(0), 4.0);
  EXPECT_EQ(table.column("y").number(1), 1985.0);
  EXPECT_EQ(table.column("tall").kind(), ColumnKind::boolean);
  EXPECT_EQ(table.column("next").kind(), ColumnKind::date);
  EXPECT_EQ(table.column("next").cell(2), "1990-03-01");
}

TEST_F(Sql, CodesStayCodesWhateverTheQueryLeavesOfThem) {
  const Table table = ask("SELECT zip FROM data WHERE zip LIKE '1%'").table;
  EXPECT_NE(table.column("zip").kind(), ColumnKind::number);
  EXPECT_EQ(table.column("zip").text(0), "10456");
  EXPECT_EQ(ask("SELECT CAST(zip AS INTEGER) AS zip FROM data").table.column("zip").kind(),
            ColumnKind::number);
}

TEST_F(Sql, TypesNameColumnsOfFilesAndOfTheAnswer) {
  EXPECT_EQ(ask("SELECT zip FROM data", {.types = {{"zip", ColumnKind::number}}}).table.column(0).number(0),
            123.0);
  EXPECT_EQ(ask("SELECT age * 2 AS twice FROM data", {.types = {{"twice", ColumnKind::category}}})
                .table.column("twice")
                .text(0),
            "68");
  EXPECT_EQ(refused<ParameterError>("SELECT * FROM data", {.types = {{"zap", ColumnKind::number}}}),
            "csv.types_column");
  EXPECT_NE(sentence_.find("Did you mean \"zip\""), std::string::npos) << sentence_;
  EXPECT_EQ(ask("SELECT * FROM data", {.max_rows = 2}).table.rows(), 2U);
}

TEST_F(Sql, WhatDecimalsAndGreatNumbersBecome) {
  const Table table =
      ask("SELECT CAST('0.1' AS DECIMAL(18, 3)) AS d, CAST('1234567890123456.7' AS DECIMAL(38, 4)) "
          "AS wide, 9007199254740993 AS big, sum(age) AS total FROM data")
          .table;
  EXPECT_EQ(table.column("d").number(0), 0.1);
  EXPECT_EQ(table.column("wide").number(0), 1234567890123456.7);
  EXPECT_EQ(table.column("big").cell(0), "9007199254740993");
  EXPECT_EQ(table.column("total").number(0), 141.0);
}

TEST_F(Sql, ChanceFollowsTheSeedAndNotTheThreads) {
  const std::string query = "SELECT name, random() AS r FROM data ORDER BY r";
  const auto text = [&](int threads, std::uint64_t seed) {
    return write_csv(ask(query, {}, threads, seed).table);
  };
  EXPECT_EQ(text(1, 5), text(4, 5));
  EXPECT_NE(text(1, 5), text(1, 6));
}

TEST_F(Sql, NothingButTheTablesIsSeen) {
  EXPECT_EQ(refused<ParameterError>("SELECT * FROM read_csv('" + folder_ + "people.csv')"), "sql.query");
  EXPECT_NE(sentence_.find("sees no files"), std::string::npos) << sentence_;
  EXPECT_EQ(refused<ParameterError>("SELECT * FROM '" + folder_ + "people.csv'"), "sql.query");
  EXPECT_EQ(refused<ParameterError>("SELECT * FROM glob('/*')"), "sql.query");
  EXPECT_EQ(refused<ParameterError>("COPY data TO '" + folder_ + "stolen.csv'"), "sql.query");
  EXPECT_EQ(refused<ParameterError>("ATTACH '" + folder_ + "other.db'"), "sql.statement");
  EXPECT_EQ(refused<ParameterError>("SET enable_external_access = true"), "sql.statement");
  EXPECT_FALSE(std::filesystem::exists(folder_ + "stolen.csv"));
}

TEST_F(Sql, ErrorsAreSentences) {
  EXPECT_EQ(refused<ParameterError>("SELEC * FROM data"), "sql.query");
  EXPECT_NE(sentence_.find("syntax error"), std::string::npos) << sentence_;
  EXPECT_EQ(sentence_.find('\n'), std::string::npos);
  EXPECT_EQ(refused<ParameterError>("SELECT nme\nFROM data"), "sql.query");
  EXPECT_NE(sentence_.find("nme"), std::string::npos) << sentence_;
  EXPECT_NE(sentence_.find("line 1"), std::string::npos) << sentence_;
  EXPECT_EQ(refused<ParameterError>("SELECT * FROM dta"), "sql.query");
  EXPECT_NE(sentence_.find("\"data\" and \"towns\""), std::string::npos) << sentence_;
  EXPECT_EQ(refused<ParameterError>(""), "sql.statement");
  EXPECT_EQ(refused<ParameterError>("  -- nothing\n"), "sql.statement");
  EXPECT_EQ(refused<ParameterError>("SELECT 1; SELECT 2"), "sql.statement");
  EXPECT_EQ(refused<ParameterError>("SELECT ?"), "sql.query");
  EXPECT_EQ(refused<DataError>("SELECT CAST(name AS INTEGER) FROM data"), "sql.failed");
  EXPECT_EQ(refused<DataError>("SELECT * FROM data WHERE age > 200"), "sql.no_rows");
}

TEST_F(Sql, NamesOfTablesAndColumns) {
  const auto code = [&](const std::vector<SqlTable>& tables) {
    try {
      read_sql("SELECT 1 AS one", tables, {}, Context());
    } catch (const Error& error) {
      return std::string(error.code());
    }
    return std::string("none");
  };
  const std::string people = folder_ + "people.csv";
  EXPECT_EQ(code({{"data", people}, {"DATA", people}}), "sql.table_name");
  EXPECT_EQ(code({{"da ta", people}}), "sql.table_name");
  EXPECT_EQ(code({{"2x", people}}), "sql.table_name");
  EXPECT_EQ(code({{"everyml_result", people}}), "sql.table_name");
  EXPECT_EQ(code({{"data", folder_ + "nowhere.csv"}}), "io.open");
  write("twins.csv", "Age,age\n1,2\n");
  EXPECT_EQ(code({{"data", folder_ + "twins.csv"}}), "sql.column_names");
  write("hostile.csv", "\"a\"\"; DROP TABLE data; --\",b\n1,2\n");
  EXPECT_EQ(code({{"data", folder_ + "hostile.csv"}}), "none");
  const Table both = ask("SELECT a.name, b.name FROM data a JOIN data b ON a.age = b.age").table;
  EXPECT_EQ(both.columns(), 2U);
}

TEST_F(Sql, AStopIsHeeded) {
  CancelToken token;
  token.cancel();
  EXPECT_THROW(
      read_sql("SELECT * FROM data", {{"data", folder_ + "people.csv"}}, {}, Context({.cancel = &token})),
      ResourceError);
  const Context short_time({.seconds = 0.3});
  try {
    read_sql("SELECT sum(a.range * b.range) AS s FROM range(1000000) a, range(1000000) b",
             {{"data", folder_ + "people.csv"}}, {}, short_time);
    ADD_FAILURE() << "nobody computes that in a third of a second";
  } catch (const ResourceError& error) {
    EXPECT_EQ(error.code(), "resource.deadline");
  }
}

TEST_F(Sql, ManyRowsOfEveryKindComeThrough) {
  std::string text = "i,x,word,day\n";
  for (int i = 0; i < 5000; ++i) {
    text += std::to_string(i) + "," + (i % 7 == 0 ? "" : std::to_string(i) + ".5") + "," +
            std::string(static_cast<std::size_t>(i % 40), 'w') + std::to_string(i) + ",20" +
            std::to_string(10 + i % 80) + "-03-0" + std::to_string(1 + i % 9) + "\n";
  }
  write("many.csv", text);
  const Table plain = read_table(folder_ + "many.csv", {}, Context()).table;
  const Table asked = read_sql("SELECT * FROM data", {{"data", folder_ + "many.csv"}}, {}, Context()).table;
  EXPECT_EQ(write_csv(asked), write_csv(plain));
}

}  // namespace
}  // namespace everyml
