#include "everyml/workflow/explain/explain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "everyml/foundation/base/error.h"
#include "everyml/workflow/catalog/catalog.h"
#include "everyml/workflow/explain/evaluate.h"
#include "everyml/workflow/explain/scoring.h"
#include "tests/support/error_code.h"

namespace everyml {
namespace {

/// y = 3 a + (5 when "b" is "high"), c is noise the model never hears of.
struct Known {
  Table table;
  Artifact artifact;
};

Known known(std::string_view algorithm = "linear-regression") {
  constexpr std::size_t kRows = 300;
  Stream random(1, "explain test");
  Buffer<double> a(kRows), c(kRows), y(kRows);
  std::vector<std::optional<std::string>> b(kRows);
  for (std::size_t row = 0; row < kRows; ++row) {
    a[row] = random.uniform(-1, 1);
    c[row] = random.normal();
    b[row] = random.below(2) ? "high" : "low";
    y[row] = 3 * a[row] + (b[row] == "high" ? 5 : 0);
  }
  Buffer<double> target = y;
  Known made{Table({Column::numbers("a", std::move(a)), Column::categories("b", b),
                    Column::numbers("c", std::move(c)), Column::numbers("y", std::move(y))}),
             {}};
  const Context context;
  const AnyEstimator estimator = catalog().find(algorithm).make();
  const std::vector<std::string> columns = {"a", "b", "c"};
  Dataset data;
  data.target = Target::numbers(std::move(target));
  made.artifact.encoder =
      Encoder::fit(made.table, columns, data.target, {}, estimator.card().needs, {}, context);
  data.features = made.artifact.encoder.transform_training(made.table, data.target, {}, context);
  data.info.assign(made.artifact.encoder.info().begin(), made.artifact.encoder.info().end());
  made.artifact.algorithm = algorithm;
  made.artifact.target_name = "y";
  made.artifact.target_kind = Target::Kind::numbers;
  made.artifact.model = estimator.fit(data, context);
  return made;
}

TEST(Contributions, AddUpToTheAnswerByColumn) {
  const Known made = known("gradient-boosting-regressor");
  const ColumnContributions all = column_contributions(made.artifact, made.table, 1000, Context());
  ASSERT_EQ(all.columns, (std::vector<std::string>{"a", "b", "c"}));
  ASSERT_EQ(all.rows.size(), 300U);
  ASSERT_EQ(all.width(), 1U);
  EXPECT_TRUE(all.sums.empty());
  const std::vector<double> answers = predict_scores(made.artifact, made.table, Context());
  double spread_b = 0, spread_c = 0;
  for (std::size_t row = 0; row < 300; ++row) {
    EXPECT_NEAR(all.base[0] + all.at(row, 0, 0) + all.at(row, 0, 1) + all.at(row, 0, 2), answers[row], 1e-9);
    spread_b += std::abs(all.at(row, 0, 1)) / 300;
    spread_c += std::abs(all.at(row, 0, 2)) / 300;
  }
  // "b" moves the answer by 2.5 up or down, and "c" has nothing to do with it.
  EXPECT_NEAR(spread_b, 2.5, 0.25);
  EXPECT_LT(spread_c, 0.25);
}

TEST(Contributions, LookAtSomeRows) {
  const Known made = known("gradient-boosting-regressor");
  const ColumnContributions all = column_contributions(made.artifact, made.table, 1000, Context());
  const ColumnContributions some = column_contributions(made.artifact, made.table, 20, Context());
  ASSERT_EQ(some.rows.size(), 20U);
  for (std::size_t i = 0; i < 20; ++i) {
    for (std::size_t c = 0; c < 3; ++c) EXPECT_EQ(some.at(i, 0, c), all.at(some.rows[i], 0, c));
  }
}

TEST(Contributions, RankTheNumbers) {
  const Known made = known("gradient-boosting-regressor");
  const ColumnContributions all = column_contributions(made.artifact, made.table, 1000, Context());
  const Column& a = made.table.column("a");
  for (std::size_t row = 0; row < 300; ++row) {
    double below = 0;
    for (std::size_t other = 0; other < 300; ++other) below += a.number(other) < a.number(row) ? 1 : 0;
    EXPECT_NEAR(all.rank[row * 3], below / 299, 1e-12);
    EXPECT_EQ(all.value[row * 3], a.number(row));
    EXPECT_TRUE(std::isnan(all.rank[row * 3 + 1])) << "a category has no rank";
    EXPECT_TRUE(std::isnan(all.value[row * 3 + 1]));
  }
}

TEST(Contributions, AreRefusedWhereThereAreNone) {
  const Known made = known();
  EXPECT_THROW(column_contributions(made.artifact, made.table, 20, Context()), UnsupportedError);
  const Known trees = known("gradient-boosting-regressor");
  EXPECT_THROW(column_contributions(trees.artifact, trees.table, 0, Context()), DataError);
}

TEST(Importance, RanksColumnsByWhatTheyCarry) {
  const Known made = known();
  const auto importance = permutation_importance(made.artifact, made.table, {}, Context());
  ASSERT_EQ(importance.size(), 3U);
  EXPECT_EQ(importance[0].column, "b");  // sd 2.5 against 3 / sqrt(3) = 1.7
  EXPECT_EQ(importance[1].column, "a");
  EXPECT_EQ(importance[2].column, "c");
  EXPECT_NEAR(importance[2].mean, 0, 1e-6);
  // Shuffling a uniform column of slope 3 leaves an error of 3 (a - a'), whose deviation is 3 sqrt(2/3).
  EXPECT_NEAR(importance[1].mean, 3 * std::sqrt(2.0 / 3), 0.25);
}

TEST(Importance, LooksAtTheColumnsAskedFor) {
  const Known made = known();
  const auto all = permutation_importance(made.artifact, made.table, {}, Context());
  ImportanceOptions options;
  options.columns = {"a", "nothing"};
  const auto one = permutation_importance(made.artifact, made.table, options, Context());
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0].column, "a");
  EXPECT_EQ(one[0].mean, all[1].mean) << "a column's figure does not depend on the others asked for";
}

TEST(Importance, IsTheSameAtAnyNumberOfThreads) {
  const Known made = known();
  const auto one =
      permutation_importance(made.artifact, made.table, {}, Context(ContextOptions{.threads = 1}));
  const auto many =
      permutation_importance(made.artifact, made.table, {}, Context(ContextOptions{.threads = 7}));
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_EQ(one[i].mean, many[i].mean);
}

TEST(Dependence, FollowsTheLineAndTheStep) {
  const Known made = known();
  const auto line = partial_dependence(made.artifact, made.table, "a", {}, Context());
  ASSERT_GE(line.grid.size(), 10U);
  const double slope = (line.mean.back() - line.mean.front()) / (line.grid.back() - line.grid.front());
  EXPECT_NEAR(slope, 3, 1e-6);
  const auto step = partial_dependence(made.artifact, made.table, "b", {}, Context());
  ASSERT_EQ(step.levels.size(), 2U);
  EXPECT_NEAR(std::abs(step.mean[0] - step.mean[1]), 5, 1e-6);
  EXPECT_LE(line.low[0], line.mean[0]);
  EXPECT_LE(line.mean[0], line.high[0]);
  EXPECT_THROW(partial_dependence(made.artifact, made.table, "nothing", {}, Context()), DataError);
}

TEST(Dependence, RefusesATableWithoutRows) {
  const Known made = known();
  const Table none = made.table.slice(0, 0);
  for (const char* column : {"a", "b"}) {
    EXPECT_THROW(partial_dependence(made.artifact, none, column, {}, Context()), DataError);
  }
  const Table flags({Column::booleans("f", Buffer<std::int8_t>(0))});
  EXPECT_THROW(partial_dependence(made.artifact, flags, "f", {}, Context()), DataError);
}

TEST(Scoring, KnowsItsMetrics) {
  EXPECT_EQ(default_metric(Target::Kind::classes, 2), "auc");
  EXPECT_EQ(default_metric(Target::Kind::classes, 3), "log_loss");
  EXPECT_EQ(default_metric(Target::Kind::numbers, 0), "rmse");
  EXPECT_TRUE(metric_greater_is_better("auc"));
  EXPECT_FALSE(metric_greater_is_better("rmse"));
  EXPECT_THROW(require_metric("auc", Target::Kind::numbers), ParameterError);
  EXPECT_THROW(require_metric("acu", Target::Kind::classes), ParameterError);
  Buffer<double> truth(2);
  truth[0] = 1;
  truth[1] = 3;
  EXPECT_DOUBLE_EQ(score_predictions("rmse", Target::numbers(truth), std::vector<double>{1, 1}, {}),
                   std::sqrt(2.0));
}

TEST(Evaluation, JudgesTheRowsWhoseTruthIsKnown) {
  const Known made = known();
  // A perfect model of the truth, moved by 2 in every row: the error is 2 wherever it is looked for.
  Buffer<double> moved(made.table.rows());
  made.table.column("y").read_numbers(0, moved.span());
  for (double& value : moved.span()) value += 2;
  for (std::size_t row = 0; row < 10; ++row) moved[row] = std::nan("");
  const Table table = made.table.with(Column::numbers("y", std::move(moved)));
  const Evaluation found = evaluate(
      made.artifact, table, {.metrics = {"rmse", "mae"}, .weights = {}, .group = {}}, "new.csv", Context());
  EXPECT_EQ(found.rows, 290U);
  EXPECT_EQ(found.rows_left_out, 10U);
  ASSERT_EQ(found.judgements.size(), 2U);
  for (const Judgement& one : found.judgements) {
    EXPECT_NEAR(one.interval.estimate, 2, 1e-6) << one.name;
    EXPECT_NEAR(one.interval.low, 2, 1e-6) << one.name;
  }
  const Json json = found.to_json();
  EXPECT_EQ(json["rows"], 290);
  EXPECT_NEAR(json["metrics"]["rmse"]["value"].get<double>(), 2, 1e-6);
  const Evaluation all = evaluate(made.artifact, table, {}, "new.csv", Context());
  EXPECT_GT(all.judgements.size(), 2U);
  for (const Judgement& one : all.judgements) {
    EXPECT_EQ(find_metric(one.name).task, Target::Kind::numbers);
    EXPECT_NE(one.name, "poisson_deviance") << "of numbers below 0";
  }
}

TEST(Evaluation, RefusesWhatHasNoTruth) {
  const Known made = known();
  const auto code = [&](const Artifact& artifact, const Table& table, const EvaluateOptions& options) {
    try {
      (void)evaluate(artifact, table, options, "new.csv", Context());
    } catch (const Error& error) {
      return std::string(error.code());
    }
    return std::string("none");
  };
  EXPECT_EQ(code(made.artifact, made.table.without("y"), {}), "data.column_missing");
  EXPECT_EQ(code(made.artifact, made.table.slice(0, 0), {}), "evaluate.no_rows");
  EXPECT_EQ(code(made.artifact, made.table, {.metrics = {"rsme"}, .weights = {}, .group = {}}),
            "metrics.unknown");
  EXPECT_EQ(code(made.artifact, made.table, {.metrics = {"poisson_deviance"}, .weights = {}, .group = {}}),
            "metrics.domain");
  Artifact clusters = made.artifact;
  clusters.target_kind = Target::Kind::none;
  EXPECT_EQ(code(clusters, made.table, {}), "evaluate.no_target");
}

/// The known model learned y from a and b; grades are y cut in three, and each `size` rows are a list.
Table graded(const Known& made, std::size_t size) {
  const std::size_t n = made.table.rows();
  Buffer<double> grade(n), list(n);
  for (std::size_t row = 0; row < n; ++row) {
    grade[row] = std::clamp(std::floor(made.table.column("y").number(row) / 2), 0.0, 2.0);
    list[row] = static_cast<double>(row / size);
  }
  return made.table.with(Column::numbers("y", std::move(grade)))
      .with(Column::numbers("list", std::move(list)));
}

TEST(Evaluation, JudgesOrdersWithinLists) {
  const Known made = known();
  const Table table = graded(made, 12);
  const Evaluation found =
      evaluate(made.artifact, table, {.metrics = {}, .weights = {}, .group = "list"}, "new.csv", Context());
  // A perfect order stands at the top, and no draw of lists makes it worse.
  ASSERT_EQ(found.judgements.size(), 4U);
  EXPECT_EQ(found.lists + found.lists_left_out, 25U);
  EXPECT_EQ(found.judgements[0].name, "ndcg");
  for (const Judgement& one : found.judgements) {
    if (one.name != "precision") {
      EXPECT_DOUBLE_EQ(one.interval.estimate, 1) << one.name;
      EXPECT_DOUBLE_EQ(one.interval.low, 1) << one.name;
    }
    ASSERT_TRUE(one.chance);
    EXPECT_LT(*one.chance, one.interval.estimate) << one.name;
  }
  const Json json = found.to_json();
  EXPECT_EQ(json["lists"], found.lists);
  EXPECT_EQ(json["metrics"]["map"]["chance"].get<double>(), *found.judgements[1].chance);
  // Another k is asked for by name, and a list of weight 2 is two lists.
  Buffer<double> twice(table.rows());
  for (std::size_t row = 0; row < table.rows(); ++row) twice[row] = row < 12 ? 2 : 1;
  const auto precision = [&](const Table& rows, const std::string& weights) {
    const Evaluation judged =
        evaluate(made.artifact, rows, {.metrics = {"precision@3"}, .weights = weights, .group = "list"},
                 "new.csv", Context());
    return judged.judgements.at(0).interval.estimate *
           static_cast<double>(judged.lists + (weights.empty() ? 0 : 1));
  };
  const Table weighted = table.with(Column::numbers("w", std::move(twice)));
  EXPECT_NEAR(precision(weighted, "w"), precision(table, "") + precision(table.slice(0, 12), ""), 1e-12);
}

TEST(Evaluation, RefusesOrdersThatMeanNothing) {
  const Known made = known();
  const Table table = graded(made, 12);
  const auto code = [&](const Artifact& artifact, const Table& rows, const EvaluateOptions& options) {
    return code_of([&] { (void)evaluate(artifact, rows, options, "new.csv", Context()); });
  };
  const EvaluateOptions lists{.metrics = {}, .weights = {}, .group = "list"};
  EXPECT_EQ(code(made.artifact, table, lists), "none");
  EXPECT_EQ(code(made.artifact, table, {.metrics = {"rmse"}, .weights = {}, .group = "list"}),
            "metrics.unknown");
  EXPECT_EQ(code(made.artifact, table, {.metrics = {}, .weights = {}, .group = "query"}),
            "data.column_missing");
  Buffer<double> nothing(table.rows());
  EXPECT_EQ(code(made.artifact, table.with(Column::numbers("y", std::move(nothing))), lists),
            "evaluate.no_lists");
  // A model that orders lists is judged by nothing else.
  Artifact ranker = made.artifact;
  Dataset data;
  data.features = made.artifact.encoder.transform(table, Context());
  Buffer<double> grade(table.rows());
  table.column("y").read_numbers(0, grade.span());
  data.target = Target::numbers(std::move(grade));
  for (std::size_t row = 0; row < table.rows(); ++row)
    data.groups.push_back(static_cast<std::int32_t>(row / 12));
  AnyEstimator learner = catalog().find("gradient-boosting-ranker").make();
  learner.set("rounds", "5");
  ranker.model = learner.fit(data, Context());
  EXPECT_EQ(code(ranker, table, {}), "evaluate.group");
  EXPECT_EQ(code(ranker, table, lists), "none");
  EXPECT_EQ(code_of([] { require_metric("ndcg@5", Target::Kind::numbers); }), "metrics.task");
}

TEST(Dependence, IsWrittenWithItsShape) {
  const Known made = known();
  const Json number = to_json(partial_dependence(made.artifact, made.table, "a", {.points = 5}, Context()));
  EXPECT_EQ(number["grid"].size(), 5U);
  EXPECT_EQ(number["mean"].size(), 5U);
  EXPECT_FALSE(number.contains("levels"));
  const Json label = to_json(partial_dependence(made.artifact, made.table, "b", {}, Context()));
  EXPECT_EQ(label["levels"].size(), 2U);
  EXPECT_EQ(label["high"].size(), 2U);
  EXPECT_FALSE(label.contains("grid"));
}

TEST(AccumulatedEffects, OfALineAreItsSlope) {
  const Known made = known();
  const AccumulatedEffects effects =
      accumulated_effects(made.artifact, made.table, "a", {.points = 9}, Context());
  ASSERT_EQ(effects.grid.size(), 9U);
  ASSERT_EQ(effects.effect.size(), 9U);
  for (std::size_t i = 1; i < 9; ++i)
    EXPECT_NEAR(effects.effect[i] - effects.effect[i - 1], 3 * (effects.grid[i] - effects.grid[i - 1]), 1e-9);
  std::uint64_t rows = 0;
  for (const std::uint64_t n : effects.rows) rows += n;
  EXPECT_EQ(rows, made.table.rows());
}

/// Where x2 follows x1 closely, y = x1 x2 has the effect of x1 given x2 = x1: the integral of x1, not the 0
/// that partial dependence sees when it tears them apart.
TEST(AccumulatedEffects, StayWhereTheRowsAre) {
  constexpr std::size_t kRows = 400;
  Stream random(5, "ale");
  Buffer<double> a(kRows), b(kRows), y(kRows);
  for (std::size_t row = 0; row < kRows; ++row) {
    a[row] = random.uniform(-1, 1);
    b[row] = a[row] + random.uniform(-0.02, 0.02);
    y[row] = a[row] * b[row];
  }
  Artifact artifact;
  Buffer<double> target = y;
  const Table table({Column::numbers("a", std::move(a)), Column::numbers("b", std::move(b)),
                     Column::numbers("y", std::move(y))});
  const Context context;
  AnyEstimator estimator = catalog().find("knn-regressor").make();
  estimator.set("neighbors", "3");
  Dataset data;
  data.target = Target::numbers(std::move(target));
  const std::vector<std::string> columns = {"a", "b"};
  artifact.encoder = Encoder::fit(table, columns, data.target, {}, estimator.card().needs, {}, context);
  data.features = artifact.encoder.transform_training(table, data.target, {}, context);
  artifact.target_kind = Target::Kind::numbers;
  artifact.model = estimator.fit(data, context);
  const AccumulatedEffects effects = accumulated_effects(artifact, table, "a", {.points = 11}, context);
  // From the middle to either end the curve rises by about half of 1 squared.
  const double middle = effects.effect[5];
  EXPECT_NEAR(effects.effect[10] - middle, 0.5, 0.15);
  EXPECT_NEAR(effects.effect[0] - middle, 0.5, 0.15);
}

TEST(AccumulatedEffects, RefuseWhatHasNoOrder) {
  const Known made = known();
  EXPECT_THROW(accumulated_effects(made.artifact, made.table, "b", {}, Context()), UnsupportedError);
  EXPECT_THROW(accumulated_effects(made.artifact, made.table, "z", {}, Context()), DataError);
  EXPECT_THROW(accumulated_effects(made.artifact, made.table, "a", {.points = 1}, Context()), ParameterError);
  const std::vector<std::size_t> one = {0};
  EXPECT_THROW(accumulated_effects(made.artifact, made.table.select_rows(one), "a", {}, Context()),
               DataError);
}

}  // namespace
}  // namespace everyml
