#include "everyml/classical/anomaly/isolation_forest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "everyml/classical/anomaly/isolation_grow_impl.h"

namespace everyml {
namespace {

TEST(MeanIsolationDepth, IsTheSumOfTheDefinition) {
  // Liu, Ting and Zhou 2008, equation 1: c(n) = 2 H(n - 1) - 2 (n - 1) / n.
  EXPECT_EQ(mean_isolation_depth(0), 0);
  EXPECT_EQ(mean_isolation_depth(1), 0);
  EXPECT_DOUBLE_EQ(mean_isolation_depth(2), 1);
  EXPECT_DOUBLE_EQ(mean_isolation_depth(3), 5.0 / 3);
  for (const std::size_t n : {256U, 1024U, 1025U, 5000U}) {
    double harmonic = 0;
    for (std::size_t i = n - 1; i > 0; --i) harmonic += 1.0 / static_cast<double>(i);
    const auto m = static_cast<double>(n);
    EXPECT_NEAR(mean_isolation_depth(m), 2 * harmonic - 2 * (m - 1) / m, 1e-11) << n;
  }
}

TEST(UpperLine, OfNormalScoresIsThreeDeviations) {
  Stream stream(1, "anomaly.normal");
  std::vector<double> values;
  for (int i = 0; i < 100000; ++i) values.push_back(0.5 + 0.01 * stream.normal());
  std::sort(values.begin(), values.end());
  EXPECT_NEAR(upper_line(values), 0.53, 0.0005);
  // Some rows far away do not move it much.
  for (std::size_t i = 95000; i < 100000; ++i) values[i] = 0.9;
  EXPECT_NEAR(upper_line(values), 0.53, 0.003);
}

struct Planted {
  Dataset data;
  std::vector<char> odd;
  std::vector<std::size_t>
      column;  ///< of odd rows the first of two columns that are odd, the other three later
};

Planted planted(std::size_t rows, std::size_t odd, std::uint64_t seed) {
  Stream stream(seed, "anomaly.planted");
  constexpr std::size_t kColumns = 6;
  Planted made;
  Buffer<double> values(rows * kColumns);
  made.odd.assign(rows, 0);
  made.column.assign(rows, 0);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < kColumns; ++j)
      values[i * kColumns + j] = 100 * static_cast<double>(j) + stream.normal();
    if (i < odd) {
      made.odd[i] = 1;
      made.column[i] = i % (kColumns / 2);
      // Two columns are far off, in opposite directions.
      values[i * kColumns + made.column[i]] += i % 2 ? 9 : -9;
      values[i * kColumns + made.column[i] + kColumns / 2] += i % 2 ? -9 : 9;
    }
  }
  made.data.features = Features::dense(std::move(values), rows, kColumns);
  return made;
}

double auroc(const std::vector<double>& score, const std::vector<char>& odd) {
  double above = 0, pairs = 0;
  for (std::size_t i = 0; i < score.size(); ++i) {
    for (std::size_t j = 0; j < score.size(); ++j) {
      if (!odd[i] || odd[j]) continue;
      pairs += 1;
      above += score[i] > score[j] ? 1.0 : score[i] == score[j] ? 0.5 : 0.0;
    }
  }
  return above / pairs;
}

TEST(IsolationForest, FindsPlantedRowsAndTheirColumns) {
  const Planted made = planted(2000, 12, 1);
  for (const int columns : {1, 2}) {
    const IsolationForestModel model = IsolationForest{.columns = columns}.fit(made.data, Context{});
    std::vector<double> score(2000), reasons(2000 * 6);
    model.anomaly(made.data.features, score, Context{});
    model.anomaly_reasons(made.data.features, reasons, Context{});
    EXPECT_GT(auroc(score, made.odd), 0.99) << columns;
    std::size_t named = 0, found = 0, others = 0;
    for (std::size_t i = 0; i < 2000; ++i) {
      const double* row = reasons.data() + i * 6;
      const auto first = static_cast<std::size_t>(std::max_element(row, row + 6) - row);
      if (made.odd[i]) named += first % 3 == made.column[i];
      (made.odd[i] ? found : others) += score[i] >= model.anomaly_threshold();
    }
    EXPECT_GE(named, 11U) << columns;
    EXPECT_GE(found, 11U) << columns;
    EXPECT_LE(others, 20U) << "one of a hundred at most";
  }
}

TEST(IsolationForest, ReasonsSumToTheDepthSaved) {
  const Planted made = planted(500, 5, 2);
  for (const int columns : {1, 3}) {
    const IsolationForestModel model = IsolationForest{.columns = columns}.fit(made.data, Context{});
    std::vector<double> score(500), reasons(500 * 6);
    model.anomaly(made.data.features, score, Context{});
    model.anomaly_reasons(made.data.features, reasons, Context{});
    const double chance = mean_isolation_depth(256);
    for (std::size_t i = 0; i < 500; ++i) {
      const double depth = -std::log2(score[i]) * chance;
      const double sum = std::accumulate(reasons.begin() + static_cast<std::ptrdiff_t>(i * 6),
                                         reasons.begin() + static_cast<std::ptrdiff_t>(i * 6 + 6), 0.0);
      EXPECT_NEAR(sum, chance - depth, 1e-9);
    }
  }
}

TEST(IsolationForest, ACrowdHasFewRowsApart) {
  const Planted made = planted(4000, 0, 3);
  const IsolationForestModel model = IsolationForest{}.fit(made.data, Context{});
  std::vector<double> score(4000);
  model.anomaly(made.data.features, score, Context{});
  const auto apart =
      std::count_if(score.begin(), score.end(), [&](double s) { return s >= model.anomaly_threshold(); });
  EXPECT_LT(apart, 80);
}

TEST(IsolationForest, AKnownShareIsKept) {
  const Planted made = planted(1000, 50, 4);
  const IsolationForestModel model = IsolationForest{.contamination = 0.05}.fit(made.data, Context{});
  std::vector<double> score(1000);
  model.anomaly(made.data.features, score, Context{});
  EXPECT_EQ(
      std::count_if(score.begin(), score.end(), [&](double s) { return s >= model.anomaly_threshold(); }),
      50);
}

TEST(IsolationForest, ARareCategoryAndAMissingCellAreUnusual) {
  Stream stream(5, "anomaly.kinds");
  Buffer<double> values(1000 * 3);
  for (std::size_t i = 0; i < 1000; ++i) {
    values[i * 3] = stream.normal();
    values[i * 3 + 1] = static_cast<double>(stream.below(3));
    values[i * 3 + 2] = stream.normal();
  }
  values[7 * 3 + 1] = 3;
  Dataset data{.features = Features::dense(std::move(values), 1000, 3)};
  data.info = {{"a", "a", FeatureInfo::Kind::number},
               {"b", "b", FeatureInfo::Kind::category, 4},
               {"c", "c", FeatureInfo::Kind::number}};
  // Each tree sees all rows, and so the rare category.
  const IsolationForestModel model = IsolationForest{.sample = 1000}.fit(data, Context{});
  std::vector<double> reasons(1000 * 3);
  model.anomaly_reasons(data.features, reasons, Context{});
  double others = 0;
  for (std::size_t i = 0; i < 1000; ++i) others += i == 7 ? 0 : reasons[i * 3 + 1] / 999;
  EXPECT_GT(reasons[7 * 3 + 1], others + 1);
}

TEST(IsolationForest, RowsThatAreAllAlikeAreNotUnusual) {
  for (const std::size_t rows : {1U, 2U, 500U}) {
    for (const int columns : {1, 2}) {
      Buffer<double> values(rows * 2);
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = 3;
      const Dataset data{.features = Features::dense(std::move(values), rows, 2)};
      const IsolationForestModel model = IsolationForest{.columns = columns}.fit(data, Context{});
      std::vector<double> score(rows);
      model.anomaly(data.features, score, Context{});
      for (const double one : score) EXPECT_NEAR(one, 0.5, 1e-12);
      EXPECT_GT(model.anomaly_threshold(), *std::max_element(score.begin(), score.end()));
    }
  }
}

TEST(IsolationForest, ACrowdOfEqualRowsIsNotPartedByItsOwnScore) {
  // Nine in ten rows are one and the same, so that scores have no spread; the others are all over the place.
  Stream stream(6, "anomaly.crowd");
  Buffer<double> values(600);
  for (std::size_t i = 0; i < 300; ++i)
    for (std::size_t j = 0; j < 2; ++j) values[2 * i + j] = i % 10 == 0 ? 50 * stream.normal() : 1;
  const Dataset data{.features = Features::dense(std::move(values), 300, 2)};
  const IsolationForestModel model = IsolationForest{}.fit(data, Context{});
  std::vector<double> score(300);
  model.anomaly(data.features, score, Context{});
  std::size_t found = 0;
  for (std::size_t i = 0; i < 300; ++i) {
    if (i % 10 == 0)
      found += score[i] >= model.anomaly_threshold() ? 1 : 0;
    else
      EXPECT_LT(score[i], model.anomaly_threshold()) << i;
  }
  EXPECT_GT(found, 20U) << "of 30";
}

}  // namespace
}  // namespace everyml
