#include "everyml/workflow/select/learn.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "everyml/foundation/base/error.h"
#include "everyml/workflow/catalog/catalog.h"
#include "tests/support/columns.h"

namespace everyml {
namespace {

Context serial(std::uint64_t seed = 0) { return Context(ContextOptions{.threads = 1, .seed = seed}); }

/// Six columns of noise, one of many labels, and a target that has nothing to do with them.
Table noise(std::uint64_t seed, std::size_t rows, bool classes) {
  Stream random(seed, "noise");
  std::vector<Column> columns;
  for (int c = 0; c < 6; ++c) {
    std::vector<double> cells(rows);
    for (double& cell : cells) cell = random.normal();
    columns.push_back(numbers("x" + std::to_string(c), cells));
  }
  std::vector<std::optional<std::string>> shop(rows), label(rows);
  for (auto& cell : shop) cell = "shop " + std::to_string(random.below(rows / 4));
  columns.push_back(Column::categories("shop", shop));
  std::vector<double> number(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    number[row] = random.normal();
    label[row] = number[row] > 0.3 ? "yes" : "no";
  }
  columns.push_back(classes ? Column::categories("y", label) : numbers("y", number));
  return Table(std::move(columns));
}

/// y follows x0 and a label column, with noise.
Table signal(std::uint64_t seed, std::size_t rows, bool classes) {
  Stream random(seed, "signal");
  const Table base = noise(seed, rows, classes);
  std::vector<double> number(rows);
  std::vector<std::optional<std::string>> label(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    number[row] = 2 * base.column("x0").number(row) + random.normal();
    label[row] = number[row] > 0 ? "yes" : "no";
  }
  return base.with(classes ? Column::categories("y", label) : numbers("y", number));
}

LearnOptions for_target(const std::string& target = "y") {
  LearnOptions options;
  options.target = target;
  return options;
}

Table example(const std::string& name) {
  return read_table(std::string(EVERYML_SOURCE_DIR) + "/examples/data/" + name, {}, serial()).table;
}

TEST(Learn, SaysNoPatternOnNoise) {
  for (const bool classes : {true, false}) {
    int none = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      const LearnResult result = learn(noise(seed, 200, classes), for_target(), {}, serial(seed));
      none += result.verdict == Verdict::no_pattern;
      if (result.verdict == Verdict::no_pattern) {
        EXPECT_NE(result.sentence.find("No pattern"), std::string::npos);
      }
    }
    // At a level of 5 % more than two of twenty are wrong by chance once in thirteen times.
    EXPECT_GE(none, 18) << (classes ? "classification" : "regression");
  }
}

TEST(Learn, FindsThePatternThatIsThere) {
  for (const bool classes : {true, false}) {
    const LearnResult result = learn(signal(3, 300, classes), for_target(), {}, serial());
    EXPECT_EQ(result.verdict, Verdict::worth_it);
    ASSERT_FALSE(result.importance.empty());
    EXPECT_EQ(result.importance.front().column, "x0");
    EXPECT_GT(result.improvement, 0);
    EXPECT_NE(result.chosen, result.baseline);
    EXPECT_FALSE(result.dependence.empty());
    EXPECT_EQ(result.rows, 300U);
  }
}

/// What learn says of a real table under several seeds, which cut the folds in other ways.
void expect_worth_it(const std::string& file, const std::string& target, const std::string& metric,
                     double at_least, const std::vector<std::string>& only,
                     std::initializer_list<std::uint64_t> seeds) {
  const Table table = example(file);
  LearnOptions options = for_target(target);
  options.only = only;
  options.importance_repeats = 1;
  for (const std::uint64_t seed : seeds) {
    SCOPED_TRACE(file + ", seed " + std::to_string(seed));
    const LearnResult result = learn(table, options, {}, serial(seed));
    EXPECT_EQ(result.verdict, Verdict::worth_it) << result.sentence;
    EXPECT_EQ(result.sentence.find("No pattern"), std::string::npos) << result.sentence;
    EXPECT_GT(result.leaderboard[result.chosen].metrics.at(metric), at_least);
  }
}

TEST(Learn, FindsThePatternsOfTitanicAndWdbcUnderAnySeed) {
  expect_worth_it("titanic.csv", "survived", "auc", 0.8, {}, {0, 1, 2});
  expect_worth_it("wdbc.csv", "Diagnosis", "auc", 0.985, {}, {0, 1, 2});
}

TEST(Learn, FindsThePatternOfAmesUnderAnySeed) {
  // Forests and neighbours of 2,930 houses would take most of the time.
  expect_worth_it("ames_housing.csv.gz", "Sale_Price", "r2", 0.7, {"ridge", "gradient-boosting-regressor"},
                  {0});
  expect_worth_it("ames_housing.csv.gz", "Sale_Price", "r2", 0.7, {"ridge"}, {1, 2});
}

TEST(Learn, SameBytesAtAnyNumberOfThreads) {
  const Table table = signal(5, 150, true);
  const auto bytes = [&](int threads) {
    return learn(table, for_target(), {}, Context(ContextOptions{.threads = threads})).artifact.bytes();
  };
  const std::string one = bytes(1);
  EXPECT_EQ(one, bytes(2));
  EXPECT_EQ(one, bytes(7));
}

TEST(Learn, HonoursGroupsAndDates) {
  const Table table = signal(7, 240, false);
  std::vector<double> group(240), day(240);
  for (std::size_t row = 0; row < 240; ++row) {
    group[row] = static_cast<double>(row % 24);
    day[row] = static_cast<double>((row * 7) % 240);
  }
  const Table more = table.with(numbers("person", group)).with(numbers("day", day));
  LearnOptions options = for_target();
  options.only = {"ridge"};
  options.group = "person";
  for (const Fold& fold : learn(more, options, {}, serial()).folds) {
    for (const std::size_t train : fold.train) {
      for (const std::size_t test : fold.test) ASSERT_NE(group[train], group[test]);
    }
  }
  options.group.clear();
  options.date = "day";
  for (const Fold& fold : learn(more, options, {}, serial()).folds) {
    double latest = -1;
    for (const std::size_t train : fold.train) latest = std::max(latest, day[train]);
    for (const std::size_t test : fold.test) ASSERT_GT(day[test], latest);
  }
}

TEST(Learn, TakesTheCallersFoldsAndWeights) {
  const Table table = signal(9, 100, false);
  LearnOptions options = for_target();
  options.only = {"linear-regression"};
  options.fold_list = random_folds(100, 4, Stream(1, "mine"));
  const LearnResult result = learn(table, options, {}, serial());
  ASSERT_EQ(result.folds.size(), 4U);
  EXPECT_EQ(result.folds[2].test, (*options.fold_list)[2].test);

  // Rows of weight 0 are as good as absent for what is learned.
  std::vector<double> weights(100, 1.0);
  for (std::size_t row = 0; row < 100; row += 2) weights[row] = 0;
  options.weights = "w";
  const LearnResult weighted = learn(table.with(numbers("w", weights)), options, {}, serial());
  EXPECT_EQ(std::count(weighted.columns_used.begin(), weighted.columns_used.end(), "w"), 0);
}

TEST(Learn, CostsMoveTheThreshold) {
  const Table table = signal(11, 300, true);
  LearnOptions options = for_target();
  options.only = {"logistic-regression"};
  options.costs = {{"yes", "no", 20}};
  const LearnResult result = learn(table, options, {}, serial());
  EXPECT_TRUE(result.artifact.threshold_set);
  EXPECT_LT(result.threshold, 0.3);
  EXPECT_LT(result.expected_cost, result.baseline_cost);
  EXPECT_NE(result.sentence.find("With your costs"), std::string::npos);
}

TEST(Learn, OutOfFoldAnswersCoverAsPromised) {
  const Table table = signal(13, 400, false), fresh = signal(14, 2000, false);
  const LearnResult result = learn(table, for_target(), {}, serial());
  PredictOptions options;
  options.interval = 0.9;
  const Table answers = predict(result.artifact, fresh, options, serial());
  std::size_t inside = 0;
  for (std::size_t row = 0; row < fresh.rows(); ++row) {
    const double truth = fresh.column("y").number(row);
    inside += answers.column("low").number(row) <= truth && truth <= answers.column("high").number(row);
  }
  EXPECT_NEAR(static_cast<double>(inside) / 2000, 0.9, 0.04);
}

TEST(Learn, RefusesWithASentence) {
  const Table table = signal(15, 60, true);
  const auto code_of = [&](const Table& t, const LearnOptions& options) -> std::string {
    try {
      learn(t, options, {}, serial());
    } catch (const Error& error) {
      return std::string(error.code());
    }
    return "none";
  };
  EXPECT_EQ(code_of(table, for_target("z")), "data.column_missing");
  EXPECT_EQ(code_of(table, for_target("")), "learn.target");
  EXPECT_EQ(code_of(table.slice(0, 5), for_target()), "learn.too_few_rows");
  std::vector<std::optional<std::string>> same(60, "yes"), each(60);
  for (std::size_t row = 0; row < 60; ++row) each[row] = "id" + std::to_string(row);
  EXPECT_EQ(code_of(table.with(Column::categories("y", same)), for_target()), "learn.one_class");
  EXPECT_EQ(code_of(table.with(Column::categories("y", each)), for_target()), "learn.too_many_classes");
  LearnOptions options = for_target();
  options.only = {"ridge"};
  EXPECT_EQ(code_of(table, options), "learn.only");
  options.only = {"rigde"};
  EXPECT_EQ(code_of(table, options), "parameter.algorithm");
  options = for_target();
  options.metric = "acuracy";
  EXPECT_EQ(code_of(table, options), "metrics.unknown");
  options = for_target();
  options.folds = 1;
  EXPECT_EQ(code_of(table, options), "parameter.range");
  options = for_target();
  options.group = "x0";
  options.date = "x1";
  EXPECT_EQ(code_of(table, options), "learn.folds");
  options = for_target();
  for (const Column& column : table.all()) {
    if (column.name() != "y") options.ignore.push_back(column.name());
  }
  EXPECT_EQ(code_of(table, options), "learn.no_columns");
}

TEST(Learn, RareClassesAndMissingTargetsAreBorne) {
  const Table table = signal(17, 120, false);
  std::vector<std::optional<std::string>> label(120);
  for (std::size_t row = 0; row < 120; ++row) {
    const double y = table.column("y").number(row);
    label[row] = y > 1 ? "high" : y < -1 ? "low" : "middle";
  }
  label[0] = "once";
  label[1] = std::nullopt;
  const LearnResult result = learn(table.with(Column::categories("y", label)), for_target(), {}, serial());
  EXPECT_EQ(result.rows_without_target, 1U);
  EXPECT_EQ(result.class_names.size(), 4U);
  EXPECT_EQ(result.confusion.size(), 16U);
}

TEST(Learn, CancelEndsItAndAStopLeavesAResult) {
  CancelToken token;
  token.cancel();
  EXPECT_THROW(learn(signal(1, 100, true), for_target(), {}, Context(ContextOptions{.cancel = &token})),
               ResourceError);
}

TEST(Learn, TheTimeGivenCutsWhatRunsPastIt) {
  // Nearest neighbours take seconds on so many rows, logistic regression and naive Bayes hundredths.
  const Table table = signal(3, 30000, true);
  LearnOptions options = for_target();
  options.only = {"naive-bayes", "knn-classifier"};
  options.seconds = 0.3;
  const LearnResult result = learn(table, options, {}, serial());
  EXPECT_TRUE(result.time_ran_out);
  EXPECT_EQ(result.leaderboard[result.chosen].algorithm, "naive-bayes");
  for (const Candidate& candidate : result.leaderboard) {
    if (candidate.algorithm == "knn-classifier") {
      EXPECT_NE(candidate.skipped.find("the time given was over"), std::string::npos) << candidate.skipped;
    }
  }
}

TEST(Learn, JsonTellsTheSameStory) {
  const LearnResult result = learn(signal(19, 100, true), for_target(), {}, serial());
  const Json json = result.to_json();
  EXPECT_EQ(json["sentence"], result.sentence);
  EXPECT_EQ(json["leaderboard"].size(), result.leaderboard.size());
  EXPECT_EQ(json["chosen"], result.leaderboard[result.chosen].algorithm);
  EXPECT_NO_THROW(write_json(json));
}

}  // namespace
}  // namespace everyml
