#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "everyml/ensembles/boosting/boosting_data_test_impl.h"
#include "everyml/ensembles/boosting/gradient_boosting.h"
#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

using namespace testing_boosting;

std::vector<double> answers(const GradientBoostingRegressorModel& model, const Features& x) {
  std::vector<double> out(x.rows());
  model.predict(x, out, Context());
  return out;
}

double squared_error(const GradientBoostingRegressorModel& model, const Dataset& data) {
  const std::vector<double> out = answers(model, data.features);
  double sum = 0;
  for (std::size_t i = 0; i < out.size(); ++i) sum += std::pow(out[i] - data.target.values()[i], 2);
  return sum / static_cast<double>(out.size());
}

/// x of A x = b by Gauss and Jordan with the largest pivot of each column.
std::vector<double> solved(std::vector<std::vector<double>> a, std::vector<double> b) {
  const std::size_t n = b.size();
  for (std::size_t c = 0; c < n; ++c) {
    std::size_t best = c;
    for (std::size_t r = c; r < n; ++r)
      if (std::abs(a[r][c]) > std::abs(a[best][c])) best = r;
    std::swap(a[c], a[best]);
    std::swap(b[c], b[best]);
    for (std::size_t r = 0; r < n; ++r) {
      if (r == c) continue;
      const double factor = a[r][c] / a[c][c];
      for (std::size_t k = c; k < n; ++k) a[r][k] -= factor * a[c][k];
      b[r] -= factor * b[c];
    }
  }
  for (std::size_t c = 0; c < n; ++c) b[c] /= a[c][c];
  return b;
}

/// Columns of numbers that the way to a leaf of the first tree asks about.
std::vector<std::size_t> columns_to(const TreeParts& parts, std::int32_t wanted) {
  std::set<std::size_t> columns;
  const auto down = [&](auto& self, std::int32_t at) -> bool {
    if (at < 0) return ~at == wanted;
    const auto node = static_cast<std::size_t>(at);
    if (!self(self, parts.left[node]) && !self(self, parts.right[node])) return false;
    if (!(parts.flags[node] & TreeParts::kCategories))
      columns.insert(static_cast<std::size_t>(parts.feature[node]));
    return true;
  };
  down(down, 0);
  return {columns.begin(), columns.end()};
}

TEST(LinearLeaves, SlopesSolveTheRidgeOfEachLeaf) {
  Dataset data = rows_of_numbers(700, 1);
  for (std::size_t row = 0; row < data.rows(); ++row) data.weights.push_back(row % 3 == 0 ? 2.0 : 1.0);
  const double rate = 0.5, l2 = 2, slope_l2 = 3;
  const auto model = GradientBoostingRegressor{.boosting = {.rounds = 1,
                                                            .learning_rate = rate,
                                                            .leaves = 8,
                                                            .l2 = l2,
                                                            .linear_leaves = true,
                                                            .linear_l2 = slope_l2}}
                         .fit(data, Context());
  const TreeParts& parts = model.boosted().trees().parts();
  ASSERT_FALSE(parts.linear_start.empty());
  std::vector<double> spread(data.columns());
  for (std::size_t c = 0; c < data.columns(); ++c) {
    double weight = 0, mean = 0, square = 0;
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t row = 0; row < data.rows(); ++row) {
        const double x = data.features.at(row, c);
        if (std::isnan(x)) continue;
        if (pass == 0) weight += data.weight(row), mean += data.weight(row) * x;
        if (pass == 1) square += data.weight(row) * std::pow(x - mean / weight, 2);
      }
    }
    spread[c] = std::sqrt(square / weight);
  }
  std::vector<std::int32_t> leaf_of(data.rows());
  model.boosted().trees().leaves(data.features, leaf_of, Context());
  const std::vector<double> out = answers(model, data.features);
  for (std::int32_t leaf = 0; leaf < static_cast<std::int32_t>(parts.leaves()); ++leaf) {
    const std::vector<std::size_t> columns = columns_to(parts, leaf);
    std::vector<std::size_t> whole;
    double g = 0, h = 0;
    for (std::size_t row = 0; row < data.rows(); ++row) {
      if (leaf_of[row] != leaf) continue;
      g += data.weight(row) * (parts.base[0] - data.target.values()[row]);
      h += data.weight(row);
      const bool gap = std::any_of(columns.begin(), columns.end(),
                                   [&](std::size_t c) { return std::isnan(data.features.at(row, c)); });
      if (!gap) whole.push_back(row);
      if (!gap) continue;
      EXPECT_NEAR(out[row], parts.base[0] + parts.leaf_value[static_cast<std::size_t>(leaf)], 1e-12);
    }
    EXPECT_NEAR(parts.leaf_value[static_cast<std::size_t>(leaf)], -rate * g / (h + l2), 1e-6);
    // The whole system at once: a constant about the weighted means, and slopes.
    const std::size_t k = columns.size();
    std::vector<double> mean(k, 0);
    double weight = 0;
    for (const std::size_t row : whole) {
      weight += data.weight(row);
      for (std::size_t j = 0; j < k; ++j) mean[j] += data.weight(row) * data.features.at(row, columns[j]);
    }
    for (double& one : mean) one /= weight;
    std::vector<std::vector<double>> a(k + 1, std::vector<double>(k + 1, 0));
    std::vector<double> b(k + 1, 0);
    const auto term = [&](std::size_t row, std::size_t j) {
      return j == 0 ? 1.0 : data.features.at(row, columns[j - 1]) - mean[j - 1];
    };
    for (const std::size_t row : whole)
      for (std::size_t i = 0; i <= k; ++i) {
        b[i] -= data.weight(row) * term(row, i) * (parts.base[0] - data.target.values()[row]);
        for (std::size_t j = 0; j <= k; ++j) a[i][j] += data.weight(row) * term(row, i) * term(row, j);
      }
    a[0][0] += l2;
    for (std::size_t j = 0; j < k; ++j) a[j + 1][j + 1] += slope_l2 * spread[columns[j]] * spread[columns[j]];
    const std::vector<double> slope = solved(a, b);
    for (const std::size_t row : whole) {
      double expected = parts.base[0];
      for (std::size_t j = 0; j <= k; ++j) expected += rate * slope[j] * term(row, j);
      EXPECT_NEAR(out[row], expected, 1e-5);
    }
  }
}

TEST(LinearLeaves, LinesAreLearnedByFewTrees) {
  Stream stream(2, "plane");
  const std::size_t n = 2000;
  Buffer<double> cells(n * 2), y(n);
  for (std::size_t i = 0; i < n; ++i) {
    cells[2 * i] = stream.uniform(-3, 3);
    cells[2 * i + 1] = stream.uniform(-3, 3);
    y[i] = 2 * cells[2 * i] - cells[2 * i + 1] + 0.1 * stream.normal();
  }
  Dataset data;
  data.features = Features::dense(std::move(cells), n, 2);
  data.target = Target::numbers(std::move(y));
  BoostingSettings settings{.rounds = 40};
  const double plain =
      squared_error(GradientBoostingRegressor{.boosting = settings}.fit(data, Context()), data);
  settings.linear_leaves = true;
  const double linear =
      squared_error(GradientBoostingRegressor{.boosting = settings}.fit(data, Context()), data);
  EXPECT_LT(linear, 0.02);
  EXPECT_LT(linear, plain);
}

TEST(LinearLeaves, EveryEvaluatorAnswersTheSame) {
  const Dataset data = rows_of_numbers(1000, 3);
  for (const TreeGrowth growth : {TreeGrowth::leaf, TreeGrowth::symmetric}) {
    for (const CategoryEncoding encoding : {CategoryEncoding::subsets, CategoryEncoding::ordered}) {
      const GradientBoostingRegressor settings{
          .boosting = {.rounds = 12, .growth = growth, .category_encoding = encoding, .linear_leaves = true}};
      const auto model = settings.fit(data, Context({.threads = 1}));
      EXPECT_EQ(bytes_of(settings.fit(data, Context({.threads = 7}))), bytes_of(model));
      const std::vector<double> out = answers(model, data.features);
      std::vector<double> row(data.columns());
      for (std::size_t i = 0; i < data.rows(); ++i) {
        for (std::size_t c = 0; c < row.size(); ++c) row[c] = data.features.at(i, c);
        double one = 0;
        model.boosted().trees().predict_row(row.data(), &one);
        ASSERT_EQ(one, out[i]);
      }
      const std::vector<double> few = answers(model, data.features.slice(0, 5));
      EXPECT_TRUE(std::equal(few.begin(), few.end(), out.begin()));
      ArchiveWriter archive;
      model.save(archive);
      const auto loaded =
          GradientBoostingRegressorModel::load(ArchiveReader::from_bytes(archive.bytes(), "model"));
      EXPECT_EQ(answers(loaded, data.features), out);
      EXPECT_EQ(bytes_of(loaded), archive.bytes());
    }
  }
}

TEST(LinearLeaves, ClassesHaveThemToo) {
  const Dataset train = rows_of_classes(1500, 4, 3), test = rows_of_classes(1500, 5, 3);
  const auto model =
      GradientBoostingClassifier{.boosting = {.rounds = 30, .linear_leaves = true}}.fit(train, Context());
  std::vector<double> out(test.rows() * 3);
  model.probabilities(test.features, out, Context());
  double right = 0;
  for (std::size_t row = 0; row < test.rows(); ++row) {
    const double* p = out.data() + 3 * row;
    right += (std::max_element(p, p + 3) - p) == test.target.codes()[row] ? 1 : 0;
  }
  EXPECT_GT(right / static_cast<double>(test.rows()), 0.7);
}

TEST(LinearLeaves, WhatTheyCannotBeWithIsTold) {
  const Dataset data = rows_of_numbers(200, 6);
  const auto code = [&](NumberGoal goal, BoostingSettings settings) -> std::string {
    settings.linear_leaves = true;
    settings.rounds = 3;
    const GradientBoostingRegressor boosting{.objective = {.goal = goal}, .boosting = settings};
    try {
      const auto model = boosting.fit(data, Context());
      std::vector<double> out(data.rows() * (data.columns() + 1));
      model.contributions(data.features, out, Context());
    } catch (const Error& error) {
      return std::string(error.code());
    }
    return "";
  };
  EXPECT_EQ(code(NumberGoal::squared, {.drop_rate = 0.1}), "parameter.linear_leaves");
  EXPECT_EQ(code(NumberGoal::squared, {.rising = {"c1"}}), "parameter.linear_leaves");
  EXPECT_EQ(code(NumberGoal::squared, {.max_delta = 1}), "parameter.linear_leaves");
  EXPECT_EQ(code(NumberGoal::absolute, {}), "parameter.linear_leaves");
  EXPECT_EQ(code(NumberGoal::squared, {}), "trees.linear_leaves");
}

}  // namespace
}  // namespace everyml
