#include "everyml/workflow/doctor/doctor.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "everyml/foundation/base/error.h"
#include "tests/support/columns.h"

namespace everyml {
namespace {

constexpr std::size_t kRows = 400;

Column labels(std::string name, std::size_t rows,
              const std::function<std::optional<std::string>(std::size_t)>& cell) {
  std::vector<std::optional<std::string>> cells;
  for (std::size_t row = 0; row < rows; ++row) cells.push_back(cell(row));
  return Column::categories(std::move(name), cells);
}

/// A healthy table: two measurements, a label column with few levels, and a target that depends on them with
/// noise.
Table healthy(std::size_t rows = kRows, std::uint64_t seed = 1) {
  Stream random(seed, "healthy");
  std::vector<double> height(rows), weight(rows);
  std::vector<std::string> city(rows), bought(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    height[row] = std::round(1700 + 90 * random.normal()) / 10;
    weight[row] = std::round(10 * (70 + 9 * random.normal())) / 10;
    city[row] = std::array{"Bern", "Oslo", "Lima"}[random.below(3)];
    bought[row] = height[row] + 8 * random.normal() > 170 ? "yes" : "no";
  }
  return Table({numbers("height", rows, [&](std::size_t r) { return height[r]; }),
                numbers("weight", rows, [&](std::size_t r) { return weight[r]; }),
                labels("city", rows, [&](std::size_t r) { return city[r]; }),
                labels("bought", rows, [&](std::size_t r) { return bought[r]; })});
}

DoctorReport examine_it(const Table& table, const Table* future = nullptr,
                        std::span<const ReadNote> notes = {}) {
  DoctorOptions options;
  options.target = table.find("bought") ? "bought" : "";
  options.future = future;
  return examine(table, options, notes, Context(ContextOptions{.threads = 1}));
}

const Finding* find(const DoctorReport& report, std::string_view code, std::string_view column) {
  for (const Finding& finding : report.findings) {
    if (finding.code == code && finding.column == column) return &finding;
  }
  return nullptr;
}

bool excluded(const DoctorReport& report, std::string_view column) {
  for (const auto& [name, reason] : report.excluded) {
    if (name == column) return true;
  }
  return false;
}

struct Fault {
  std::string name, code, column;
  std::function<Table(const Table&)> plant;
};

Column date_column(const Table& t, std::int64_t odd) {
  Buffer<std::int64_t> days(t.rows());
  for (std::size_t r = 0; r < t.rows(); ++r) days[r] = (18000 + static_cast<std::int64_t>(r)) * 86400000000;
  days[3] = days[9] = odd;
  return Column::dates("when", std::move(days), false);
}

std::vector<Fault> faults() {
  const double nan = std::nan("");
  return {
      {"a column with no values", "missing.all", "empty",
       [=](const Table& t) { return t.with(numbers("empty", t.rows(), [=](std::size_t) { return nan; })); }},
      {"mostly missing", "missing.many", "income",
       [=](const Table& t) {
         return t.with(
             numbers("income", t.rows(), [=](std::size_t r) { return r % 5 ? nan : 1000.0 + 7.5 * r; }));
       }},
      {"-999 for missing", "missing.disguised", "age",
       [](const Table& t) {
         return t.with(numbers("age", t.rows(),
                               [](std::size_t r) { return r % 20 == 0 ? -999.0 : 20.0 + (r * 37) % 60; }));
       }},
      {"999 for missing", "missing.disguised", "age",
       [](const Table& t) {
         return t.with(numbers("age", t.rows(),
                               [](std::size_t r) { return r % 40 == 0 ? 999.0 : 20.0 + (r * 37) % 60; }));
       }},
      {"zero for not measured", "zero.suspicious", "pressure",
       [](const Table& t) {
         return t.with(numbers("pressure", t.rows(), [](std::size_t r) {
           return r % 12 == 0 ? 0.0 : 60.0 + (r * 37) % 101 * 0.7;
         }));
       }},
      {"a constant", "constant.column", "country",
       [](const Table& t) { return t.with(labels("country", t.rows(), [](std::size_t) { return "CH"; })); }},
      {"a running number", "id.column", "row",
       [](const Table& t) {
         return t.with(numbers("row", t.rows(), [](std::size_t r) { return 1.0 + r; }));
       }},
      {"a key of letters", "id.column", "key",
       [](const Table& t) {
         return t.with(
             labels("key", t.rows(), [](std::size_t r) { return "K-" + std::to_string(r * 7919 % 100003); }));
       }},
      {"the target under another name", "leak.target", "purchase",
       [](const Table& t) {
         const Column bought = t.column("bought");
         return t.with(labels("purchase", t.rows(),
                              [=](std::size_t r) { return bought.text(r) == "yes" ? "1st" : "none"; }));
       }},
      {"a number known only afterwards", "leak.target", "refund",
       [](const Table& t) {
         const Column bought = t.column("bought");
         return t.with(numbers("refund", t.rows(), [=](std::size_t r) {
           return bought.text(r) == "yes" ? 5.0 + r % 17 : -1.0 * (r % 13);
         }));
       }},
      {"repeated rows", "duplicate.rows", "",
       [](const Table& t) {
         std::vector<std::size_t> rows;
         for (std::size_t r = 0; r < t.rows(); ++r) rows.push_back(r % 10 == 9 ? r - 1 : r);
         return t.select_rows(rows);
       }},
      {"a copied column", "duplicate.column", "mass",
       [](const Table& t) { return t.with(t.column("weight").renamed("mass")); }},
      {"a slip of the unit", "value.extreme", "weight",
       [](const Table& t) {
         const Column weight = t.column("weight");
         return t.with(numbers("weight", t.rows(),
                               [=](std::size_t r) { return weight.number(r) * (r == 17 ? 1000 : 1); }));
       }},
      {"infinity", "value.infinite", "ratio",
       [](const Table& t) {
         return t.with(numbers("ratio", t.rows(),
                               [](std::size_t r) { return r == 5 ? HUGE_VAL : 0.1 + (r * 37 % 101) * 0.3; }));
       }},
      {"one label written three ways", "category.twins", "sex",
       [](const Table& t) {
         return t.with(labels("sex", t.rows(), [](std::size_t r) {
           return std::array{"Male", "female", "male", "female", "MALE"}[r % 5];
         }));
       }},
      {"numbers with words between", "types.mixed", "price",
       [](const Table& t) {
         return t.with(labels("price", t.rows(), [](std::size_t r) {
           return r % 30 == 0 ? std::string("on request") : std::to_string(100 + r * 13 % 60);
         }));
       }},
      {"1900 for a missing date", "date.suspicious", "when",
       [](const Table& t) { return t.with(date_column(t, -2208988800000000)); }},
      {"a date in the year 2999", "date.suspicious", "when",
       [](const Table& t) { return t.with(date_column(t, 32503680000000000)); }},
      {"rows without a target", "target.missing", "bought",
       [](const Table& t) {
         const Column bought = t.column("bought");
         return t.with(labels("bought", t.rows(), [=](std::size_t r) -> std::optional<std::string> {
           if (r % 10 == 0) return std::nullopt;
           return std::string(bought.text(r));
         }));
       }},
      {"a class of five rows", "target.rare_class", "bought",
       [](const Table& t) {
         return t.with(labels("bought", t.rows(), [](std::size_t r) { return r % 80 == 0 ? "yes" : "no"; }));
       }},
      {"a small class", "target.imbalance", "bought",
       [](const Table& t) {
         return t.with(labels("bought", t.rows(), [](std::size_t r) { return r % 31 == 0 ? "yes" : "no"; }));
       }},
      {"too few rows", "rows.few", "", [](const Table& t) { return t.slice(0, 30); }},
  };
}

TEST(Doctor, FindsEveryPlantedFault) {
  const Table table = healthy();
  std::size_t found = 0;
  for (const Fault& fault : faults()) {
    const DoctorReport report = examine_it(fault.plant(table));
    const Finding* finding = find(report, fault.code, fault.column);
    found += finding != nullptr;
    EXPECT_NE(finding, nullptr) << fault.name;
    if (finding) {
      EXPECT_FALSE(finding->sentence.empty()) << fault.name;
      EXPECT_FALSE(finding->remedy.empty()) << fault.name;
    }
  }
  EXPECT_GE(found, 18U);
  RecordProperty("faults_found", static_cast<int>(found));
}

TEST(Doctor, RaisesNoAlarmOnHealthyTables) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    for (const std::size_t rows : {std::size_t{100}, kRows, std::size_t{2000}}) {
      for (const Finding& finding : examine_it(healthy(rows, seed)).findings) {
        EXPECT_EQ(finding.severity, Severity::note) << finding.code << ": " << finding.sentence;
      }
    }
  }
}

TEST(Doctor, TakesLongTailsAndYearsForWhatTheyAre) {
  // Even in logarithms up to 1,000, and one of 9,000: many spans away, yet where the tail goes.
  const auto income = [](std::size_t r) {
    return r == 7 ? 9000.0 : std::pow(10, 3.0 * static_cast<double>(r * 37 % kRows) / kRows);
  };
  const Table table =
      healthy().with(numbers("income", kRows, income)).with(numbers("Year built", kRows, [](std::size_t r) {
        return 1600.0 + r;
      }));
  for (const Finding& finding : examine_it(table).findings) {
    EXPECT_EQ(finding.severity, Severity::note) << finding.code << ": " << finding.sentence;
  }
}

TEST(Doctor, ExcludesWhatCannotHelp) {
  const Table table = healthy();
  for (const Fault& fault : faults()) {
    const DoctorReport report = examine_it(fault.plant(table));
    const bool should = fault.code == "missing.all" || fault.code == "constant.column" ||
                        fault.code == "id.column" || fault.code == "leak.target" ||
                        fault.code == "duplicate.column";
    EXPECT_EQ(excluded(report, fault.column), should) << fault.name;
  }
  EXPECT_TRUE(examine_it(table).excluded.empty());
}

TEST(Doctor, ComparesWithTheTableToCome) {
  const Table table = healthy(), other = healthy(kRows, 2);
  EXPECT_EQ(find(examine_it(table, &other), "overlap.rows", ""), nullptr);
  EXPECT_NE(find(examine_it(table, &table), "overlap.rows", ""), nullptr);

  const Column weight = other.column("weight");
  const Table moved =
      other.with(numbers("weight", other.rows(), [&](std::size_t r) { return weight.number(r) + 60; }))
          .without("height");
  const DoctorReport report = examine_it(table, &moved);
  EXPECT_NE(find(report, "drift.number", "weight"), nullptr);
  EXPECT_NE(find(report, "future.column_missing", "height"), nullptr);
}

TEST(Doctor, ProfilesTellDistinctCountsAndShapes) {
  const DoctorReport report = examine_it(healthy());
  ASSERT_EQ(report.columns.size(), 4U);
  const ColumnProfile& height = report.columns[0];
  EXPECT_EQ(std::accumulate(height.histogram.begin(), height.histogram.end(), std::uint64_t{0}), kRows);
  EXPECT_EQ(height.histogram_edges.size(), height.histogram.size() + 1);
  EXPECT_LE(height.minimum, height.median);
  EXPECT_LE(height.median, height.maximum);
  EXPECT_EQ(report.columns[2].distinct, 3U);
  EXPECT_EQ(report.columns[2].top.size(), 3U);
  EXPECT_GT(report.columns[0].target_association, 0.4);
  EXPECT_LT(report.columns[1].target_association, 0.2);
}

TEST(Doctor, KeepsTheReadersNotesAndNamesUnknownTargets) {
  const ReadNote note{"csv.utf8_repaired", "Line 3 was not UTF-8.", "city", 3, 1};
  const DoctorReport report = examine_it(healthy(), nullptr, std::span(&note, 1));
  EXPECT_NE(find(report, "read.csv.utf8_repaired", "city"), nullptr);
  DoctorOptions options;
  options.target = "bougth";
  try {
    examine(healthy(), options, {}, Context());
    FAIL() << "an unknown target was accepted";
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("bought"), std::string::npos);
  }
}

TEST(Doctor, DoesNotDependOnThreadsAndTakesEmptyTables) {
  DoctorOptions options;
  options.target = "bought";
  const Table table = healthy();
  const auto with = [&](int threads) {
    return examine(table, options, {}, Context(ContextOptions{.threads = threads})).to_json().dump();
  };
  EXPECT_EQ(with(1), with(7));
  EXPECT_NO_THROW(examine(Table(), {}, {}, Context()));
  EXPECT_NO_THROW(examine(table.slice(0, 0), options, {}, Context()));
  EXPECT_NO_THROW(examine(table.slice(0, 1), options, {}, Context()));
}

}  // namespace
}  // namespace everyml
