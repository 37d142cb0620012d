#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "everyml/foundation/base/error.h"
#include "everyml/workflow/catalog/catalog.h"
#include "everyml/workflow/explain/scoring.h"
#include "everyml/workflow/select/blend_impl.h"
#include "everyml/workflow/select/learn.h"
#include "tests/support/columns.h"

namespace everyml {
namespace {

using namespace select_impl;

/// A line, a step and a ring, so that lines and trees each see a part of it.
Table mixed(std::size_t rows, std::uint64_t seed, bool classes) {
  Stream random(seed, "mixed");
  std::vector<std::vector<double>> x(6, std::vector<double>(rows));
  std::vector<double> y(rows);
  std::vector<std::optional<std::string>> label(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    for (auto& column : x) column[i] = random.normal();
    y[i] = 1.2 * x[0][i] + 0.8 * x[1][i] + (x[2][i] > 0.3 ? 1.0 : -0.5) +
           (x[3][i] * x[3][i] + x[4][i] * x[4][i] > 2 ? 1.0 : -1.0) + 0.5 * random.normal();
    label[i] = random.uniform() < 1 / (1 + std::exp(-y[i])) ? "yes" : "no";
  }
  std::vector<Column> columns;
  for (std::size_t j = 0; j < x.size(); ++j) columns.push_back(numbers("x" + std::to_string(j), x[j]));
  columns.push_back(classes ? Column::categories("y", label) : numbers("y", y));
  return Table(std::move(columns));
}

double mean_log_loss(const std::vector<std::vector<double>>& p, const std::vector<double>& shares,
                     const std::vector<double>& weights) {
  double loss = 0;
  for (std::size_t row = 0; row < p[0].size(); ++row) {
    double mean = 0;
    for (std::size_t m = 0; m < p.size(); ++m) mean += shares[m] * p[m][row];
    loss -= (weights.empty() ? 1 : weights[row]) * std::log(std::max(mean, 1e-15));
  }
  return loss;
}

TEST(Blend, GreedySelectionTakesTheBestStepEachTime) {
  const Context context(ContextOptions{.threads = 2});
  Stream random(3, "probabilities");
  std::vector<std::vector<double>> p(5, std::vector<double>(60));
  for (auto& member : p)
    for (double& one : member) one = random.uniform();
  p[4] = p[1];  // of equal members the first is taken
  std::vector<double> weights(60);
  for (double& weight : weights) weight = 1 + static_cast<double>(random.below(3));
  for (const bool weighted : {false, true}) {
    const std::vector<double> w = weighted ? weights : std::vector<double>{};
    std::vector<double> counts(5, 0.0);
    for (int round = 1; round <= 12; ++round) {
      double least = 1e300;
      std::size_t best = 0;
      for (std::size_t m = 0; m < p.size(); ++m) {
        std::vector<double> shares = counts;
        shares[m] += 1;
        for (double& share : shares) share /= round;
        const double loss = mean_log_loss(p, shares, w);
        if (loss < least - 1e-9) {
          least = loss;
          best = m;
        }
      }
      counts[best] += 1;
      const std::vector<double> told = greedy_by_log_loss(p, w, round, context);
      for (std::size_t m = 0; m < p.size(); ++m) EXPECT_NEAR(told[m], counts[m] / round, 1e-12);
    }
    EXPECT_EQ(counts[4], 0);
  }
}

Problem problem_of(const Table& table, bool classes, const Context& context) {
  Problem problem;
  problem.table = table;
  for (std::size_t j = 0; j < 6; ++j) problem.columns.push_back("x" + std::to_string(j));
  problem.target_name = "y";
  std::vector<std::size_t> rows;
  const Target::Kind kind = classes ? Target::Kind::classes : Target::Kind::numbers;
  problem.target = make_target(table.column("y"), kind, rows);
  problem.folds = random_folds(table.rows(), 5, context.random("folds"));
  problem.metric = classes ? "log_loss" : "rmse";
  problem.greater_is_better = false;
  return problem;
}

PoolMember made_up(const Problem& problem, const char* name, double noise, std::uint64_t seed) {
  PoolMember member{
      .estimator = catalog().find(name).make(), .text = name, .fold_scores = {}, .out_of_fold = {}};
  Stream random(seed, "answers");
  const std::size_t width = problem.width();
  member.out_of_fold.resize(problem.table.rows() * width);
  for (std::size_t row = 0; row < problem.table.rows(); ++row) {
    if (width == 1) {
      member.out_of_fold[row] = problem.target.values()[row] + noise * random.normal();
    } else {
      const double z = (problem.target.codes()[row] == 1 ? 1.0 : -1.0) + noise * random.normal();
      member.out_of_fold[2 * row + 1] = 1 / (1 + std::exp(-z));
      member.out_of_fold[2 * row] = 1 - member.out_of_fold[2 * row + 1];
    }
  }
  member.score = noise;
  return member;
}

TEST(Blend, AFoldsAnswersAreBlendedByTheOtherFoldsAlone) {
  const Context context(ContextOptions{.threads = 1});
  for (const bool classes : {true, false}) {
    const Problem problem = problem_of(mixed(300, 2, classes), classes, context);
    const std::vector<const char*> names =
        classes ? std::vector<const char*>{"logistic-regression", "random-forest-classifier"}
                : std::vector<const char*>{"ridge", "random-forest-regressor"};
    const std::vector<PoolMember> members = {made_up(problem, names[0], 1.0, 1),
                                             made_up(problem, names[1], 1.1, 2)};
    const auto made = blend(problem, members, context);
    ASSERT_TRUE(made);
    double say = 0;
    for (const auto& [text, weight] : made->members) say += weight;
    EXPECT_NEAR(say, 1, 1e-12);

    // Other labels in a fold change nothing of its own answers.
    Problem other = problem;
    const std::vector<std::size_t>& test = problem.folds[2].test;
    if (classes) {
      auto codes = Buffer<std::int32_t>::uninitialized(problem.target.size());
      std::copy(problem.target.codes().begin(), problem.target.codes().end(), codes.begin());
      for (const std::size_t row : test) codes[row] = 1 - codes[row];
      other.target = Target::classes(std::move(codes), {"no", "yes"});
    } else {
      auto values = Buffer<double>::uninitialized(problem.target.size());
      std::copy(problem.target.values().begin(), problem.target.values().end(), values.begin());
      for (const std::size_t row : test) values[row] = -values[row];
      other.target = Target::numbers(std::move(values));
    }
    const auto again = blend(other, members, context);
    ASSERT_TRUE(again);
    for (const std::size_t row : test) {
      for (std::size_t k = 0; k < problem.width(); ++k) {
        const std::size_t at = row * problem.width() + k;
        ASSERT_EQ(again->out_of_fold[at], made->out_of_fold[at]);
      }
    }
    // Errors that have nothing to do with each other shrink in the mean.
    const double alone = score_predictions(problem.metric, problem.target, members[0].out_of_fold, {});
    EXPECT_LT(score_predictions(problem.metric, problem.target, made->out_of_fold, {}), alone);
  }
}

TEST(Blend, OneMemberIsNoBlend) {
  const Context context(ContextOptions{.threads = 1});
  const Problem problem = problem_of(mixed(100, 2, false), false, context);
  const std::vector<PoolMember> one = {made_up(problem, "ridge", 1, 1)};
  EXPECT_FALSE(blend(problem, one, context));
  const std::vector<PoolMember> two = {made_up(problem, "ridge", 0, 1),
                                       made_up(problem, "knn-regressor", 50, 2)};
  EXPECT_FALSE(blend(problem, two, context));
}

TEST(Blend, LearnWithTimeShowsItAndKeepsToTheTime) {
  for (const bool classes : {true, false}) {
    LearnOptions options;
    options.target = "y";
    options.seconds = 8;
    options.metric = classes ? "log_loss" : "rmse";
    const Context context(ContextOptions{.threads = 2, .seed = 1});
    const LearnResult result = learn(mixed(400, 3, classes), options, {}, context);
    const auto row =
        std::find_if(result.leaderboard.begin(), result.leaderboard.end(),
                     [](const Candidate& one) { return one.tuned && one.algorithm.starts_with("voting"); });
    ASSERT_NE(row, result.leaderboard.end());
    EXPECT_NE(row->title.find("Blend of "), std::string::npos);
    const auto single =
        std::find_if(result.leaderboard.begin(), result.leaderboard.end(),
                     [](const Candidate& one) { return one.tuned && !one.algorithm.starts_with("voting"); });
    ASSERT_NE(single, result.leaderboard.end());
    EXPECT_LT(row->score, single->score * 1.02);
    EXPECT_LT(result.seconds, options.seconds * 1.02);
    EXPECT_FALSE(result.importance.empty());
    // The model file answers as the model does.
    const Artifact& model = result.artifact;
    const Artifact loaded = Artifact::from_bytes(model.bytes(), "model", catalog());
    const Table fresh = mixed(50, 9, classes);
    EXPECT_EQ(predict_scores(model, fresh, context), predict_scores(loaded, fresh, context));
  }
}

TEST(Blend, OnNoiseThereIsNoPatternHoweverMuchIsTried) {
  int none = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Stream random(seed, "target");
    std::vector<double> y(150);
    for (double& one : y) one = random.normal();
    LearnOptions options;
    options.target = "y";
    options.seconds = 3;
    const Table table = mixed(150, seed, false).with(numbers("y", y));
    const LearnResult result = learn(table, options, {}, Context(ContextOptions{.threads = 2, .seed = seed}));
    none += result.verdict == Verdict::no_pattern;
  }
  EXPECT_GE(none, 3);
}

}  // namespace
}  // namespace everyml
