#include "everyml/ensembles/boosting/continued.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "everyml/ensembles/boosting/boosting_data_test_impl.h"
#include "everyml/ensembles/boosting/boosting_ranker.h"
#include "everyml/ensembles/boosting/gradient_boosting.h"
#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

using namespace testing_boosting;

template <class Work>
std::string code_of(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return std::string(error.code());
  }
  return "";
}

TEST(Continued, TwentyAndTwentyRoundsAreFortyRounds) {
  const Dataset data = rows_of_numbers(900, 1);
  std::vector<BoostingSettings> ways;
  ways.push_back({});
  ways.push_back({.growth = TreeGrowth::symmetric});
  ways.push_back({.row_share = 0.6, .column_share = 0.7, .column_share_node = 0.8});
  ways.push_back({.sampling = RowSampling::gradient});
  ways.push_back({.validation_share = 0.2});
  ways.push_back({.validation_share = 0.2, .validation_metric = "mae"});
  ways.push_back({.linear_leaves = true});
  for (BoostingSettings way : ways) {
    for (const NumberGoal goal : {NumberGoal::squared, NumberGoal::absolute, NumberGoal::log_cosh}) {
      if (way.linear_leaves && goal == NumberGoal::absolute) continue;
      way.rounds = 40;
      const auto whole =
          GradientBoostingRegressor{.objective = {.goal = goal}, .boosting = way}.fit(data, Context());
      way.rounds = 20;
      const auto part =
          GradientBoostingRegressor{.objective = {.goal = goal}, .boosting = way}.fit(data, Context());
      way.rounds = 40;
      const auto both = GradientBoostingRegressor{.objective = {.goal = goal}, .boosting = way}.fit_from(
          part, data, Context());
      EXPECT_EQ(bytes_of(both), bytes_of(whole)) << &way - ways.data() << " " << name_of(goal);
      EXPECT_NE(bytes_of(part), bytes_of(whole));
    }
  }
}

TEST(Continued, ClassesAndOrdersGoOnToo) {
  for (const TreeGrowth growth : {TreeGrowth::leaf, TreeGrowth::symmetric}) {
    for (const std::size_t classes : {2u, 4u}) {
      const Dataset data = rows_of_classes(800, 2, classes);
      GradientBoostingClassifier settings{.boosting = {.rounds = 12, .growth = growth}};
      const auto whole = settings.fit(data, Context());
      settings.boosting.rounds = 5;
      const auto part = settings.fit(data, Context());
      settings.boosting.rounds = 12;
      EXPECT_EQ(bytes_of(settings.fit_from(part, data, Context())), bytes_of(whole));
    }
  }
  Dataset lists = rows_of_numbers(600, 3);
  Buffer<double> grades(lists.rows());
  for (std::size_t row = 0; row < lists.rows(); ++row) {
    grades[row] = std::clamp(std::round(lists.target.values()[row] + 1), 0.0, 4.0);
    lists.groups.push_back(static_cast<std::int32_t>(row / 20));
  }
  lists.target = Target::numbers(std::move(grades));
  const auto whole = GradientBoostingRanker{.boosting = {.rounds = 12}}.fit(lists, Context());
  const auto part = GradientBoostingRanker{.boosting = {.rounds = 7}}.fit(lists, Context());
  EXPECT_EQ(bytes_of(GradientBoostingRanker{.boosting = {.rounds = 12}}.fit_from(part, lists, Context())),
            bytes_of(whole));
}

TEST(Continued, EarlyStoppingThatWentOnLongerIsTheSame) {
  const Dataset data = rows_of_numbers(700, 4, 8, 1.0);
  const BoostingSettings few{.rounds = 30, .learning_rate = 0.3, .validation_share = 0.25, .patience = 12};
  BoostingSettings many = few;
  many.rounds = 500;
  const auto whole = GradientBoostingRegressor{.boosting = many}.fit(data, Context());
  const auto part = GradientBoostingRegressor{.boosting = few}.fit(data, Context());
  const auto both = GradientBoostingRegressor{.boosting = many}.fit_from(part, data, Context());
  EXPECT_EQ(bytes_of(both), bytes_of(whole));
}

TEST(Continued, OnOtherRowsTheFirstTreesStay) {
  const Dataset before = rows_of_classes(500, 5, 3), after = rows_of_classes(500, 6, 3);
  const auto part = GradientBoostingClassifier{.boosting = {.rounds = 6}}.fit(before, Context());
  const auto both = GradientBoostingClassifier{.boosting = {.rounds = 10}}.fit_from(part, after, Context());
  EXPECT_EQ(both.boosted().rounds(), 10u);
  EXPECT_EQ(bytes_of(both.first_rounds(6)), bytes_of(part));
}

TEST(Continued, ClassesAreFoundByTheirNames) {
  const Dataset data = rows_of_classes(600, 7, 3);
  const auto part = GradientBoostingClassifier{.boosting = {.rounds = 5}}.fit(data, Context());
  Dataset other = data;
  Buffer<std::int32_t> codes(data.rows());
  for (std::size_t row = 0; row < data.rows(); ++row) codes[row] = 2 - data.target.codes()[row];
  other.target = Target::classes(std::move(codes), {"c", "b", "a"});
  const GradientBoostingClassifier more{.boosting = {.rounds = 9}};
  EXPECT_EQ(bytes_of(more.fit_from(part, other, Context())), bytes_of(more.fit_from(part, data, Context())));
  other.target = Target::classes(Buffer<std::int32_t>(data.rows()), {"new"});
  EXPECT_EQ(code_of([&] { more.fit_from(part, other, Context()); }), "data.new_class");
}

TEST(Continued, WhatCannotGoOnIsTold) {
  const Dataset data = rows_of_numbers(300, 8);
  const auto part = GradientBoostingRegressor{.boosting = {.rounds = 10}}.fit(data, Context());
  EXPECT_EQ(
      code_of([&] { GradientBoostingRegressor{.boosting = {.rounds = 9}}.fit_from(part, data, Context()); }),
      "boosting.rounds");
  EXPECT_EQ(code_of([&] {
              GradientBoostingRegressor{.objective = {.goal = NumberGoal::huber}}.fit_from(part, data,
                                                                                           Context());
            }),
            "boosting.objective");
  Dataset narrow = data;
  narrow.features = data.features.select_columns(std::vector<std::size_t>{0, 1});
  narrow.info.resize(2);
  EXPECT_EQ(code_of([&] { GradientBoostingRegressor{}.fit_from(part, narrow, Context()); }),
            "data.feature_count");
  const GradientBoostingRegressor again{};
  EXPECT_EQ(code_of([&] { again.refit(part, data, 1.5, Context()); }), "parameter.decay");
  EXPECT_EQ(code_of([&] {
              GradientBoostingRegressor{.boosting = {.rising = {"c1"}}}.refit(part, data, 0.5, Context());
            }),
            "boosting.refit");
}

/// Every leaf's new answer by the formula, tree by tree over all rows.
template <class Gradient>
std::vector<double> slow_refit(const TreeParts& parts, const Dataset& data, double rate, double decay,
                               double l2, Gradient gradient) {
  std::vector<double> scores(data.rows(), parts.base[0]), values = parts.leaf_value;
  const TreeEnsemble trees(parts);
  std::vector<std::int32_t> leaves(data.rows() * parts.trees());
  trees.leaves(data.features, leaves, Context());
  for (std::size_t t = 0; t < parts.trees(); ++t) {
    std::map<std::size_t, std::pair<double, double>> sums;
    for (std::size_t row = 0; row < data.rows(); ++row) {
      const auto [g, h] = gradient(row, scores[row]);
      auto& sum = sums[parts.first_leaf[t] + static_cast<std::size_t>(leaves[row * parts.trees() + t])];
      sum.first += data.weight(row) * g;
      sum.second += data.weight(row) * h;
    }
    for (const auto& [leaf, sum] : sums)
      values[leaf] = decay * values[leaf] - (1 - decay) * rate * sum.first / (sum.second + l2);
    for (std::size_t row = 0; row < data.rows(); ++row)
      scores[row] += values[parts.first_leaf[t] + static_cast<std::size_t>(leaves[row * parts.trees() + t])];
  }
  return values;
}

TEST(Refit, LeavesAnswerWhatTheFormulaSays) {
  const Dataset before = rows_of_numbers(700, 9);
  Dataset after = rows_of_numbers(60, 10);
  for (std::size_t row = 0; row < after.rows(); ++row) after.weights.push_back(1.0 + 0.5 * (row % 3));
  const GradientBoostingRegressor settings{.boosting = {.rounds = 25, .learning_rate = 0.2, .l2 = 3}};
  const auto model = settings.fit(before, Context());
  const auto fresh = settings.refit(model, after, 0.7, Context());
  const TreeParts &old = model.boosted().trees().parts(), &now = fresh.boosted().trees().parts();
  EXPECT_EQ(old.threshold, now.threshold);
  const auto slow = slow_refit(old, after, 0.2, 0.7, 3, [&](std::size_t row, double score) {
    return std::pair(score - after.target.values()[row], 1.0);
  });
  ASSERT_EQ(slow.size(), now.leaf_value.size());
  // Gradients are floats.
  for (std::size_t leaf = 0; leaf < slow.size(); ++leaf)
    EXPECT_NEAR(now.leaf_value[leaf], slow[leaf], 1e-5) << leaf;
  EXPECT_NE(now.leaf_value, old.leaf_value);
  // Few rows leave leaves empty, which keep their answers.
  std::size_t kept = 0;
  for (std::size_t leaf = 0; leaf < slow.size(); ++leaf) kept += now.leaf_value[leaf] == old.leaf_value[leaf];
  EXPECT_GT(kept, 0u);
}

TEST(Refit, OfTwoClassesToo) {
  const Dataset before = rows_of_classes(700, 11, 2), after = rows_of_classes(400, 12, 2);
  const GradientBoostingClassifier settings{.boosting = {.rounds = 20, .l2 = 0}};
  const auto model = settings.fit(before, Context());
  const auto fresh = settings.refit(model, after, 0, Context());
  const auto slow =
      slow_refit(model.boosted().trees().parts(), after, 0.1, 0, 0, [&](std::size_t row, double score) {
        const double p = 1 / (1 + std::exp(-score));
        return std::pair(p - after.target.codes()[row], p * (1 - p));
      });
  const auto& now = fresh.boosted().trees().parts().leaf_value;
  for (std::size_t leaf = 0; leaf < slow.size(); ++leaf)
    EXPECT_NEAR(now[leaf], slow[leaf], 1e-4 * std::max(1.0, std::abs(slow[leaf]))) << leaf;
}

TEST(Refit, DecayOfOneChangesNothingAndThreadsDoNotMatter) {
  const Dataset data = rows_of_classes(900, 13, 3);
  const GradientBoostingClassifier settings{.boosting = {.rounds = 15}};
  const auto model = settings.fit(data, Context());
  EXPECT_EQ(bytes_of(settings.refit(model, data, 1, Context())), bytes_of(model));
  const Dataset other = rows_of_classes(900, 14, 3);
  const std::string one = bytes_of(settings.refit(model, other, 0.5, Context({.threads = 1})));
  EXPECT_EQ(bytes_of(settings.refit(model, other, 0.5, Context({.threads = 7}))), one);
}

TEST(Refit, MediansAreMediansAgain) {
  const Dataset before = rows_of_numbers(600, 15), after = rows_of_numbers(600, 16);
  const GradientBoostingRegressor settings{.objective = {.goal = NumberGoal::absolute},
                                           .boosting = {.rounds = 1, .learning_rate = 1, .leaves = 2}};
  const auto model = settings.fit(before, Context());
  const auto fresh = settings.refit(model, after, 0, Context());
  const TreeParts& parts = fresh.boosted().trees().parts();
  std::vector<std::int32_t> leaves(after.rows());
  fresh.boosted().trees().leaves(after.features, leaves, Context());
  for (std::size_t leaf = 0; leaf < parts.leaves(); ++leaf) {
    double below = 0, above = 0;
    for (std::size_t row = 0; row < after.rows(); ++row) {
      if (leaves[row] != static_cast<std::int32_t>(leaf)) continue;
      const double gap = after.target.values()[row] - parts.base[0] - parts.leaf_value[leaf];
      below += gap < 0 ? 1 : 0;
      above += gap > 0 ? 1 : 0;
    }
    EXPECT_NEAR(below, above, 1);
  }
}

}  // namespace
}  // namespace everyml
