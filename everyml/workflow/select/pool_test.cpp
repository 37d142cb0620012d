#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "everyml/ensembles/committee/member_text.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/metrics/metric.h"
#include "everyml/workflow/catalog/catalog.h"
#include "everyml/workflow/explain/scoring.h"
#include "everyml/workflow/select/fit_one.h"
#include "everyml/workflow/select/learn.h"
#include "everyml/workflow/select/pool_impl.h"
#include "tests/support/columns.h"

namespace everyml {
namespace {

using namespace select_impl;

/// The mean of y is a smooth curve of x0; single rows say little, so that few neighbours do badly.
Table noisy_curve(std::size_t rows, std::uint64_t seed = 7) {
  Stream random(seed, "curve");
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

std::vector<Entry> entries_of(std::initializer_list<const char*> names) {
  std::vector<Entry> entries;
  for (const char* name : names) entries.push_back(catalog().find(name));
  return entries;
}

TEST(Pool, FindsSettingsThatBeatTheDefaultsOnRowsItHasNotSeen) {
  const Context context(ContextOptions{.threads = 1, .seed = 3});
  const Table table = noisy_curve(600), fresh = noisy_curve(2000, 8);
  const Problem problem = regression(table, context);
  EncodedCache cache(problem, std::size_t{1} << 28);
  const std::vector<Entry> entries = entries_of({"knn-regressor"});
  const auto members = fill_pool(problem, entries, {}, cache, {.seconds = 6}, context);
  ASSERT_GT(members.size(), 5U);
  const auto best = std::min_element(members.begin(), members.end(),
                                     [](const auto& a, const auto& b) { return a.score < b.score; });
  const auto error_of = [&](const AnyEstimator& estimator) {
    FitOptions options;
    options.target = "y";
    const Artifact artifact = fit_one(estimator, table, options, context);
    std::vector<std::size_t> rows;
    const Target truth = target_of(artifact, fresh, rows);
    return score_predictions("rmse", truth, predict_scores(artifact, fresh, context), {});
  };
  EXPECT_LT(error_of(best->estimator), error_of(entries[0].make()));
}

TEST(Pool, FoldsAreJudgedByTheRoundsThatAreBestInTheOthers) {
  const Context context(ContextOptions{.threads = 2, .seed = 4});
  const Problem problem = regression(noisy_curve(400), context);
  EncodedCache cache(problem, std::size_t{1} << 28);
  const auto members =
      fill_pool(problem, entries_of({"gradient-boosting-regressor"}), {}, cache, {.seconds = 4}, context);
  ASSERT_FALSE(members.empty());
  for (const PoolMember& member : members) {
    EXPECT_TRUE(member.alone);
    // What is typed is what was judged: the answers with the rounds of all folds together, one fold at a
    // time.
    const AnyEstimator typed = parse_member("test", member.text, Target::Kind::numbers);
    EXPECT_EQ(write_json(typed.settings_json()), write_json(member.estimator.settings_json()));
    double mean = 0;
    for (std::size_t fold = 0; fold < problem.folds.size(); ++fold) {
      const Fold& split = problem.folds[fold];
      std::vector<double> told;
      for (const std::size_t row : split.test) told.push_back(member.out_of_fold[row]);
      EXPECT_NEAR(score_predictions("rmse", problem.target.select(split.test), told, {}),
                  member.fold_scores[fold], 1e-12);
      mean += member.fold_scores[fold] / static_cast<double>(problem.folds.size());
    }
    EXPECT_NEAR(mean, member.score, 1e-12);
  }
  // Fitted anew with the rounds found, the mean over the folds is no worse than with what each fold was
  // judged by.
  const PoolMember& one = members.front();
  double anew = 0;
  for (const Fold& split : problem.folds) {
    const auto encoded = encode_rows(problem, split.train, one.estimator.card().needs, context);
    const Features test = encoded->encoder.transform(problem.table.select_rows(split.test), context);
    const auto told = raw_answers(one.estimator.fit(encoded->data, context), test, context);
    anew += score_predictions("rmse", problem.target.select(split.test), told, {}) /
            static_cast<double>(problem.folds.size());
  }
  EXPECT_LE(anew, one.score + 1e-9);
}

TEST(Pool, WithoutTimeThereIsNothing) {
  const Context context(ContextOptions{.threads = 1});
  const Problem problem = regression(noisy_curve(200), context);
  EncodedCache cache(problem, std::size_t{1} << 28);
  EXPECT_TRUE(
      fill_pool(problem, entries_of({"knn-regressor"}), {}, cache, {.seconds = 1e-9}, context).empty());
}

TEST(Pool, ACancelledSearchEnds) {
  CancelToken cancel;
  cancel.cancel();
  const Context quiet(ContextOptions{.threads = 1});
  const Context context(ContextOptions{.threads = 1, .cancel = &cancel});
  const Problem problem = regression(noisy_curve(200), quiet);
  EncodedCache cache(problem, std::size_t{1} << 28);
  EXPECT_EQ(
      code_of([&] { fill_pool(problem, entries_of({"knn-regressor"}), {}, cache, {.seconds = 5}, context); }),
      "resource.cancelled");
}

TEST(Pool, ALearnerIsTypedByWhatDiffersFromItsDefaults) {
  AnyEstimator boosting = catalog().find("gradient-boosting-regressor").make();
  EXPECT_EQ(member_text(boosting), "gradient-boosting-regressor");
  boosting.set("rounds", "70");
  boosting.set("leaves", "9");
  boosting.set("rising", "a,b");
  const std::string text = member_text(boosting);
  EXPECT_NE(text.find(" leaves=9"), std::string::npos);
  EXPECT_NE(text.find(" rising=a;b"), std::string::npos);
  EXPECT_EQ(member_text(boosting, "rounds").find("rounds"), std::string::npos);
  EXPECT_EQ(write_json(parse_member("test", text, Target::Kind::numbers).settings_json()),
            write_json(boosting.settings_json()));
}

TEST(Pool, ALogGoesOnWhereItEnded) {
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
  EXPECT_EQ(SearchLog(file.path(), question).all().size(), 3U);
  EXPECT_EQ(code_of([&] { SearchLog(file.path(), fingerprint(problem, 6)); }), "learn.search_log");
  Problem other = problem;
  other.table = noisy_curve(301).select_rows(problem.folds[0].train);
  EXPECT_NE(fingerprint(other, context.seed()), question);
  std::ofstream(file.path()) << "x0,x1\n1,2\n";
  EXPECT_EQ(code_of([&] { SearchLog(file.path(), question); }), "learn.search_log");
  EXPECT_EQ(code_of([&] { SearchLog("/nowhere/at/all", question); }), "io.write");
}

TEST(Pool, LearnWithTimeShowsATunedCandidateAndKeepsItsLog) {
  const TemporaryFile file("learn_log");
  LearnOptions options;
  options.target = "y";
  options.only = {"knn-regressor"};
  options.seconds = 6;
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

TEST(Pool, ALogKnowsWhatWasTriedAndTheBestIsAnsweredAgain) {
  const TemporaryFile file("pool_log");
  const Context context(ContextOptions{.threads = 2, .seed = 6});
  const Problem problem = regression(noisy_curve(300), context);
  const std::string question = fingerprint(problem, context.seed());
  const std::vector<Entry> entries = entries_of({"knn-regressor"});
  EncodedCache cache(problem, std::size_t{1} << 28);
  std::vector<PoolMember> first;
  {
    SearchLog log(file.path(), question);
    first = fill_pool(problem, entries, {}, cache, {.seconds = 1, .log = &log}, context);
  }
  const auto best_of = [](const std::vector<PoolMember>& members) {
    return *std::min_element(members.begin(), members.end(),
                             [](const auto& a, const auto& b) { return a.score < b.score; });
  };
  SearchLog log(file.path(), question);
  ASSERT_GE(log.all().size(), first.size());
  const std::vector<PoolMember> again =
      fill_pool(problem, entries, {}, cache, {.seconds = 1, .log = &log}, context);
  ASSERT_FALSE(again.empty());
  EXPECT_EQ(again.front().text, best_of(first).text);
  EXPECT_EQ(again.front().score, best_of(first).score);
  EXPECT_EQ(again.front().out_of_fold, best_of(first).out_of_fold);
  EXPECT_LE(best_of(again).score, best_of(first).score);
}

}  // namespace
}  // namespace everyml
