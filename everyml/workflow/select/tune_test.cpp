#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/metrics/metric.h"
#include "everyml/workflow/catalog/catalog.h"
#include "everyml/workflow/explain/scoring.h"
#include "everyml/workflow/select/learn.h"
#include "everyml/workflow/select/tune_impl.h"

namespace everyml {
namespace {

using namespace select_impl;

Column numbers(const std::string& name, const std::vector<double>& cells) {
  Buffer<double> values(cells.size());
  std::copy(cells.begin(), cells.end(), values.begin());
  return Column::numbers(name, std::move(values));
}

/// The mean of y is a smooth curve of x0; single rows say little, so that few neighbours do badly.
Table noisy_curve(std::size_t rows) {
  Stream random(7, "curve");
  std::vector<double> x(rows), other(rows), y(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    x[i] = random.normal();
    other[i] = random.normal();
    y[i] = x[i] * x[i] + 3 * random.normal();
  }
  return Table({numbers("x0", x), numbers("x1", other), numbers("y", y)});
}

Problem regression(const Table& table, const Context& context) {
  Problem problem;
  problem.table = table;
  problem.columns = {"x0", "x1"};
  problem.target_name = "y";
  std::vector<std::size_t> rows;
  problem.target = make_target(table.column("y"), Target::Kind::numbers, rows);
  problem.folds = quantile_folds(problem.target.values(), 5, context.random("folds"));
  problem.metric = "rmse";
  problem.greater_is_better = false;
  return problem;
}

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& name)
      : path_((std::filesystem::temp_directory_path() / (name + std::to_string(::getpid()))).string()) {
    std::filesystem::remove(path_);
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }
  std::vector<std::string> lines() const {
    std::ifstream in(path_);
    std::vector<std::string> found;
    for (std::string line; std::getline(in, line);) found.push_back(line);
    return found;
  }

 private:
  std::string path_;
};

std::string code_of(const auto& call) {
  try {
    call();
  } catch (const Error& error) {
    return std::string(error.code());
  }
  return "";
}

TEST(Tune, FindsSettingsThatBeatTheDefaultsOnRowsItHasNotSeen) {
  const Context context(ContextOptions{.threads = 1, .seed = 3});
  const Table table = noisy_curve(1200);
  const Problem problem = regression(table, context);
  const Entry& entry = catalog().find("knn-regressor");
  const Fold& fold = problem.folds[0];
  const auto encoded = encode_rows(problem, fold.train, entry.card().needs, context);
  const auto choice = tune_settings(problem, entry, *encoded, fold.train, {.seconds = 3}, context);
  EXPECT_GT(choice.trials, 5U);
  const Features test = encoded->encoder.transform(table.select_rows(fold.test), context);
  const auto error_of = [&](const AnyEstimator& estimator) {
    std::vector<double> answers(test.rows());
    estimator.fit(encoded->data, context).values(test, answers, context);
    return score_predictions("rmse", problem.target.select(fold.test), answers, {});
  };
  EXPECT_LT(error_of(choice.estimator), error_of(entry.make()));
}

TEST(Tune, WithoutTimeItAnswersWithTheDefaults) {
  const Context context(ContextOptions{.threads = 1});
  const Problem problem = regression(noisy_curve(200), context);
  const Entry& entry = catalog().find("knn-regressor");
  const auto encoded = encode_rows(problem, problem.folds[0].train, entry.card().needs, context);
  const auto choice =
      tune_settings(problem, entry, *encoded, problem.folds[0].train, {.seconds = 1e-9}, context);
  EXPECT_EQ(write_json(choice.estimator.settings_json()), write_json(entry.make().settings_json()));
}

TEST(Tune, ACancelledSearchEnds) {
  CancelToken cancel;
  cancel.cancel();
  const Context quiet(ContextOptions{.threads = 1});
  const Context context(ContextOptions{.threads = 1, .cancel = &cancel});
  const Problem problem = regression(noisy_curve(200), quiet);
  const Entry& entry = catalog().find("knn-regressor");
  const auto encoded = encode_rows(problem, problem.folds[0].train, entry.card().needs, quiet);
  EXPECT_EQ(code_of([&] {
              tune_settings(problem, entry, *encoded, problem.folds[0].train, {.seconds = 5}, context);
            }),
            "resource.cancelled");
}

TEST(Tune, ALogGoesOnWhereItEnded) {
  const TemporaryFile file("search_log");
  const Context context(ContextOptions{.threads = 1, .seed = 5});
  const Problem problem = regression(noisy_curve(300), context);
  const std::string question = fingerprint(problem, context.seed());
  {
    SearchLog log(file.path(), question);
    EXPECT_FALSE(log.find("a"));
    log.add("a", 0.1 + 0.2);
    log.add("undefined", std::numeric_limits<double>::quiet_NaN());
  }
  std::ofstream(file.path(), std::ios::app) << R"({"tried":"cut o)";
  {
    SearchLog log(file.path(), question);
    EXPECT_EQ(log.find("a"), 0.1 + 0.2);
    ASSERT_TRUE(log.find("undefined"));
    EXPECT_TRUE(std::isnan(*log.find("undefined")));
    log.add("b", 2);
  }
  EXPECT_EQ(SearchLog(file.path(), question).find("b"), 2.0);
  EXPECT_EQ(code_of([&] { SearchLog(file.path(), fingerprint(problem, 6)); }), "learn.search_log");
  Problem other = problem;
  other.table = noisy_curve(301).select_rows(problem.folds[0].train);
  EXPECT_NE(fingerprint(other, context.seed()), question);
  std::ofstream(file.path()) << "x0,x1\n1,2\n";
  EXPECT_EQ(code_of([&] { SearchLog(file.path(), question); }), "learn.search_log");
  EXPECT_EQ(code_of([&] { SearchLog("/nowhere/at/all", question); }), "io.write");
}

TEST(Tune, LearnWithTimeShowsATunedCandidateAndKeepsItsLog) {
  const TemporaryFile file("learn_log");
  LearnOptions options;
  options.target = "y";
  options.only = {"knn-regressor"};
  options.seconds = 12;
  options.search_log = file.path();
  const Context context(ContextOptions{.threads = 2, .seed = 5});
  const Table table = noisy_curve(600);
  const LearnResult result = learn(table, options, {}, context);
  const auto tuned = std::find_if(result.leaderboard.begin(), result.leaderboard.end(),
                                  [](const Candidate& one) { return one.tuned; });
  ASSERT_NE(tuned, result.leaderboard.end());
  EXPECT_EQ(tuned->fold_scores.size(), 5U);
  EXPECT_NE(tuned->title.find("tuned"), std::string::npos);
  EXPECT_GT(file.lines().size(), 10U);
  options.target = "x1";
  EXPECT_EQ(code_of([&] { learn(table, options, {}, context); }), "learn.search_log");
}

}  // namespace
}  // namespace everyml
