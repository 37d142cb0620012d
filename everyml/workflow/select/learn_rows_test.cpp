#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "everyml/foundation/base/error.h"
#include "everyml/workflow/select/chance_impl.h"
#include "everyml/workflow/select/fit_one.h"
#include "everyml/workflow/select/learn.h"
#include "everyml/workflow/select/roles_impl.h"
#include "tests/support/columns.h"
#include "tests/support/error_code.h"

namespace everyml {
namespace {

using select_impl::permutation_p;
using select_impl::Problem;

Context serial(std::uint64_t seed = 0) { return Context(ContextOptions{.threads = 1, .seed = seed}); }

/// Two columns of noise and a number that follows the first.
Table line(std::size_t rows) {
  Stream random(1, "line");
  std::vector<double> x(rows), z(rows), y(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    x[row] = random.normal();
    z[row] = random.normal();
    y[row] = 2 * x[row] + random.normal();
  }
  return Table({numbers("x", x), numbers("z", z), numbers("y", y)});
}

std::string code_of_learn(const Table& table, const LearnOptions& options) {
  return code_of([&] { learn(table, options, {}, serial()); });
}

/// Out-of-fold answers of the rows that have one.
std::vector<double> tested(const LearnResult& result) {
  std::vector<double> answers = result.out_of_fold;
  std::erase_if(answers, [](double answer) { return std::isnan(answer); });
  return answers;
}

TEST(LearnRows, FoldsCountRowsOfTheTableAndComeBack) {
  const Table table = line(80);
  std::vector<double> y;
  for (std::size_t row = 0; row < 80; ++row) {
    y.push_back(row % 3 == 0 ? std::nan("") : table.column("y").number(row));
  }
  const Table holed = table.with(numbers("y", y));
  LearnOptions options{.target = "y", .only = {"linear-regression"}};
  const LearnResult first = learn(holed, options, {}, serial());
  std::set<std::size_t> tested;
  for (const Fold& fold : first.folds) tested.insert(fold.test.begin(), fold.test.end());
  ASSERT_EQ(tested.size(), 53U);
  for (const std::size_t row : tested) EXPECT_NE(row % 3, 0U) << "a row without a target is tested";

  options.fold_list = read_folds(write_folds(first.folds), 80);
  const LearnResult second = learn(holed, options, {}, serial(99));
  EXPECT_EQ(write_folds(second.folds), write_folds(first.folds));
  EXPECT_EQ(second.leaderboard[second.chosen].fold_scores, first.leaderboard[first.chosen].fold_scores);
}

TEST(LearnRows, AFoldThatTrainsOnItsTestRowsIsRefused) {
  LearnOptions options{.target = "y"};
  Folds folds = random_folds(40, 4, Stream(1, "mine"));
  folds[1].train.push_back(folds[1].test.front());
  options.fold_list = folds;
  EXPECT_EQ(code_of_learn(line(40), options), "splits.row");
  folds[1].train.back() = 40;
  options.fold_list = folds;
  EXPECT_EQ(code_of_learn(line(40), options), "splits.row");
}

TEST(LearnRows, RowsOfWeightZeroAreAsIfTheyWereNotThere) {
  const Table table = line(120);
  std::vector<double> weights(120, 1.0);
  std::vector<std::size_t> kept;
  // A whole stretch, so that a fold in order of time would have nothing else to learn from or to test on.
  for (std::size_t row = 0; row < 120; ++row) {
    if (row < 50)
      weights[row] = 0;
    else
      kept.push_back(row);
  }
  std::vector<double> day(120);
  for (std::size_t row = 0; row < 120; ++row) day[row] = static_cast<double>(row);
  const Table whole = table.with(numbers("day", day)).with(numbers("w", weights));
  const LearnOptions options{.target = "y", .only = {"ridge"}, .date = "day", .weights = "w"};
  const LearnResult all = learn(whole, options, {}, serial());
  const LearnResult part = learn(whole.select_rows(kept), options, {}, serial());
  EXPECT_EQ(all.truth, part.truth);
  EXPECT_EQ(tested(all), tested(part));
  EXPECT_EQ(all.leaderboard[all.chosen].fold_scores, part.leaderboard[part.chosen].fold_scores);
  EXPECT_EQ(all.folds.front().train.front(), 50U);
}

TEST(LearnRows, WeightsAreCheckedWithTheRowOfTheTable) {
  const Table table = line(40);
  LearnOptions options{.target = "y", .weights = "w"};
  const auto weighted = [&](std::size_t row, double weight) {
    std::vector<double> weights(40, 1.0);
    weights[row] = weight;
    return table.with(numbers("w", weights));
  };
  EXPECT_EQ(code_of_learn(weighted(30, -1), options), "data.weight");
  EXPECT_EQ(code_of_learn(weighted(30, std::numeric_limits<double>::infinity()), options), "data.weight");
  EXPECT_EQ(code_of_learn(weighted(30, std::nan("")), options), "learn.column_missing_cells");
  try {
    learn(weighted(30, -1), options, {}, serial());
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("data row 31"), std::string::npos) << error.what();
  }
  Buffer<std::int64_t> days(40);
  EXPECT_EQ(code_of_learn(table.with(Column::dates("w", std::move(days), false)), options),
            "learn.column_kind");
  EXPECT_EQ(code_of_learn(table.with(numbers("w", std::vector<double>(40, 0.0))), options),
            "learn.too_few_rows");
}

TEST(LearnRows, OneAlgorithmChecksItsWeightsToo) {
  const auto code_with = [](double weight) -> std::string {
    std::vector<double> weights(20, 1.0), y(20);
    weights[15] = weight;
    for (std::size_t row = 0; row < 20; ++row) y[row] = row == 2 ? std::nan("") : static_cast<double>(row);
    const Table table = line(20).with(numbers("y", y)).with(numbers("w", weights));
    FitOptions options;
    options.algorithm = "ridge";
    options.target = "y";
    options.weights = "w";
    try {
      fit_one(table, options, serial());
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("data row 16"), std::string::npos) << error.what();
      return std::string(error.code());
    }
    return "none";
  };
  EXPECT_EQ(code_with(0), "none");
  EXPECT_EQ(code_with(-1), "data.weight");
  EXPECT_EQ(code_with(std::nan("")), "learn.column_missing_cells");
}

TEST(LearnRows, AFewDatesAreEnoughForAlgorithmsThatSearch) {
  std::vector<double> year(140);
  for (std::size_t row = 0; row < 140; ++row) year[row] = 2010 + static_cast<double>(row % 7);
  const Table table = line(140).with(numbers("year", year));
  const LearnResult result =
      learn(table, {.target = "y", .only = {"knn-regressor"}, .date = "year"}, {}, serial());
  ASSERT_EQ(result.folds.size(), 5U);
  EXPECT_EQ(result.leaderboard[result.chosen].algorithm, "knn-regressor");
  EXPECT_EQ(result.verdict, Verdict::worth_it);
}

TEST(LearnRows, OptionsOutOfRangeAreRefusedBeforeTheWork) {
  LearnOptions options{.target = "y"};
  options.seconds = -1;
  EXPECT_EQ(code_of_learn(line(40), options), "parameter.range");
  options.seconds = std::nan("");
  EXPECT_EQ(code_of_learn(line(40), options), "parameter.range");
  options.seconds = 0;
  options.importance_repeats = 0;
  EXPECT_EQ(code_of_learn(line(40), options), "parameter.range");
}

TEST(LearnRows, MoreProbabilitiesThanMemoryAllowsAreRefused) {
  // 40,000 rows of 19,000 labels: 760 million probabilities.
  std::vector<double> x(40000), label(40000);
  for (std::size_t row = 0; row < x.size(); ++row) {
    x[row] = std::sin(static_cast<double>(row));
    label[row] = static_cast<double>(row % 19000);
  }
  EXPECT_EQ(
      code_of_learn(Table({numbers("x", x), numbers("y", label)}), {.target = "y", .classification = true}),
      "learn.too_many_classes");
}

/// Two rows of two labels in each of five folds; `right` folds give the second label the higher probability.
Problem pairs(std::size_t right, std::vector<double>& answers) {
  Problem problem;
  Buffer<std::int32_t> codes(10);
  answers.clear();
  for (std::size_t fold = 0; fold < 5; ++fold) {
    const double high = fold < right ? 0.9 : 0.1;
    codes[2 * fold + 1] = 1;
    answers.insert(answers.end(), {high, 1 - high, 1 - high, high});
    Fold one;
    for (std::size_t row = 0; row < 10; ++row) (row / 2 == fold ? one.test : one.train).push_back(row);
    problem.folds.push_back(std::move(one));
  }
  problem.target = Target::classes(std::move(codes), {"no", "yes"});
  problem.metric = "auc";
  return problem;
}

TEST(Chance, FollowsTheBinomialOfPairs) {
  // Each fold is right with probability 1/2, so all five are in 1/32 of the deals and four or more in 6/32.
  // Standard errors over 999 deals are 0.0055 and 0.0124.
  std::vector<double> answers;
  const Problem all = pairs(5, answers);
  EXPECT_NEAR(permutation_p(all, answers, serial()), 1.0 / 32, 0.02);
  const Problem four = pairs(4, answers);
  EXPECT_NEAR(permutation_p(four, answers, serial()), 6.0 / 32, 0.045);
  const Problem none = pairs(0, answers);
  EXPECT_EQ(permutation_p(none, answers, serial()), 1);
}

TEST(Chance, IsTheSameAtAnyNumberOfThreads) {
  std::vector<double> answers;
  const Problem problem = pairs(4, answers);
  const double one = permutation_p(problem, answers, serial(7));
  EXPECT_EQ(one, permutation_p(problem, answers, Context(ContextOptions{.threads = 2, .seed = 7})));
  EXPECT_EQ(one, permutation_p(problem, answers, Context(ContextOptions{.threads = 7, .seed = 7})));
}

TEST(Chance, TenRowsOfNoiseAreNoPattern) {
  int found = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Stream random(seed, "ten rows");
    std::vector<std::optional<std::string>> label(10);
    std::vector<Column> columns;
    for (int c = 0; c < 4; ++c) {
      std::vector<double> cells(10);
      for (double& cell : cells) cell = random.normal();
      columns.push_back(numbers("x" + std::to_string(c), cells));
    }
    for (std::size_t row = 0; row < 10; ++row) label[row] = row % 2 == 0 ? "yes" : "no";
    columns.push_back(Column::categories("y", label));
    LearnOptions options{.target = "y"};
    options.importance_repeats = 1;
    found += learn(Table(std::move(columns)), options, {}, serial(seed)).verdict != Verdict::no_pattern;
  }
  EXPECT_LE(found, 2);
}

}  // namespace
}  // namespace everyml
