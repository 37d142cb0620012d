#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/random.h"
#include "everyml/workflow/select/compare_impl.h"
#include "everyml/workflow/select/costs_impl.h"
#include "everyml/workflow/select/learn.h"

namespace everyml {
namespace {

using namespace select_impl;

TEST(Compare, IntervalFollowsStudent) {
  // Mean 3, variance 2.5, error sqrt(2.5 * (1/5 + 1/4)) = 1.06066, t(4, .975) = 2.776445.
  const std::vector<double> scores = {1, 2, 3, 4, 5};
  const FoldMean mean = fold_mean(scores, 0.25);
  EXPECT_DOUBLE_EQ(mean.mean, 3);
  EXPECT_NEAR(mean.high - mean.mean, 2.776445 * 1.0606602, 1e-5);
  EXPECT_NEAR(mean.mean - mean.low, 2.776445 * 1.0606602, 1e-5);
}

TEST(Compare, PairedTestOfKnownDifferences) {
  // Differences 1, 2, 3: mean 2, variance 1, error sqrt(1/3 + 1/2) = 0.912871, t = 2.190890 on 2 degrees: p =
  // 0.159829 by the closed form 1 - t / sqrt(2 + t^2) for two degrees of freedom.
  const std::vector<double> a = {2, 4, 6}, b = {1, 2, 3};
  const double t = 2 / std::sqrt(1.0 / 3 + 0.5);
  EXPECT_NEAR(paired_p(a, b, 0.5), 1 - t / std::sqrt(2 + t * t), 1e-12);
  EXPECT_NEAR(paired_errors(a, b, 0.5), t, 1e-12);
  EXPECT_NEAR(paired_errors(b, a, 0.5), t, 1e-12);
  EXPECT_EQ(paired_errors(a, a, 0.5), 0);
  EXPECT_EQ(paired_p(a, a, 0.5), 1);
  const std::vector<double> shifted = {3, 5, 7};
  EXPECT_EQ(paired_p(shifted, a, 0.5), 0);
  EXPECT_EQ(paired_p(std::vector<double>{1}, std::vector<double>{2}, 1), 1);
}

TEST(Compare, RowsTellApartWhatTheirLossesSay) {
  Problem problem;
  const std::vector<double> y = {0, 0, 0, 0};
  Buffer<double> values(4);
  std::copy(y.begin(), y.end(), values.begin());
  problem.target = Target::numbers(values);
  Buffer<double> cells(4);
  problem.table = Table({Column::numbers("x", std::move(cells))});
  problem.metric = "mae";
  // Differences 1, 2, 3, 2: mean 2, variance 2/3, so 2 / sqrt(2/3/4).
  const std::vector<double> a = {2, 4, 6, -3}, b = {1, -2, 3, 1};
  EXPECT_NEAR(row_errors(problem, a, b), 2 / std::sqrt(2.0 / 3 / 4), 1e-12);
  problem.metric = "rmse";  // 3, 12, 27, 8: mean 12.5, variance 107
  EXPECT_NEAR(row_errors(problem, a, b), 12.5 / std::sqrt(107.0 / 4), 1e-12);
  EXPECT_EQ(row_errors(problem, a, a), 0);
  problem.groups = {0, 0, 1, 1};
  EXPECT_EQ(row_errors(problem, a, b), 0);
  problem.groups.clear();

  Buffer<std::int32_t> codes(4);
  codes[1] = codes[3] = 1;
  problem.target = Target::classes(std::move(codes), {"no", "yes"});
  const std::vector<double> p = {0.9, 0.1, 0.2, 0.8, 0.6, 0.4, 0.5, 0.5};
  const std::vector<double> q = {0.8, 0.2, 0.5, 0.5, 0.6, 0.4, 0.6, 0.4};
  problem.metric = "log_loss";
  const std::vector<double> apart = {std::log(0.8 / 0.9), std::log(0.5 / 0.8), 0, std::log(0.4 / 0.5)};
  double mean = 0, variance = 0;
  for (const double one : apart) mean += one / 4;
  for (const double one : apart) variance += (one - mean) * (one - mean) / 3;
  EXPECT_NEAR(row_errors(problem, p, q), -mean / std::sqrt(variance / 4), 1e-12);
  // Twice a row is a weight of two.
  Problem twice = problem;
  twice.weights = {2, 1, 1, 1};
  Problem copied = problem;
  Buffer<double> five(5);
  copied.table = Table({Column::numbers("x", std::move(five))});
  Buffer<std::int32_t> more(5);
  more[1] = more[3] = 1;
  copied.target = Target::classes(std::move(more), {"no", "yes"});
  std::vector<double> p5 = p, q5 = q;
  p5.insert(p5.end(), {0.9, 0.1});
  q5.insert(q5.end(), {0.8, 0.2});
  EXPECT_NEAR(row_errors(twice, p, q), row_errors(copied, p5, q5), 1e-12);
  problem.metric = "auc";
  EXPECT_EQ(row_errors(problem, p, q), 0);
}

TEST(Costs, ThresholdIsTheCheapestOfAll) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Stream random(seed, "costs");
    const std::size_t rows = 1 + random.below(40);
    std::vector<double> p;
    Buffer<std::int32_t> codes(rows);
    for (std::size_t row = 0; row < rows; ++row) {
      const double one = std::round(random.uniform() * 10) / 10;
      p.insert(p.end(), {1 - one, one});
      codes[row] = random.uniform() < one ? 1 : 0;
    }
    const Target truth = Target::classes(codes, {"no", "yes"});
    const std::vector<ErrorCost> costs = {{"yes", "no", 5 * random.uniform()},
                                          {"no", "yes", random.uniform()}};
    const auto cost_at = [&](double threshold) {
      double sum = 0;
      for (std::size_t row = 0; row < rows; ++row) {
        const bool yes = p[2 * row + 1] >= threshold;
        if (codes[row] == 1 && !yes) sum += costs[0].cost;
        if (codes[row] == 0 && yes) sum += costs[1].cost;
      }
      return sum / static_cast<double>(rows);
    };
    double best = HUGE_VAL;
    for (int step = 0; step <= 22; ++step) best = std::min(best, cost_at(step * 0.05 - 0.025));
    LearnResult result;
    apply_costs(costs, p, truth, {}, result);
    EXPECT_NEAR(result.expected_cost, best, 1e-12) << seed;
    EXPECT_NEAR(cost_at(result.threshold), best, 1e-12) << seed;
    EXPECT_LE(result.expected_cost, result.baseline_cost + 1e-12);
  }
}

TEST(Costs, ThresholdKeepsRowsApartAtTheEdges) {
  const auto threshold_of = [](const std::vector<double>& second, const std::vector<std::int32_t>& truth) {
    std::vector<double> p;
    Buffer<std::int32_t> codes(truth.size());
    for (std::size_t row = 0; row < truth.size(); ++row) {
      p.insert(p.end(), {1 - second[row], second[row]});
      codes[row] = truth[row];
    }
    LearnResult result;
    apply_costs(std::vector<ErrorCost>{{"no", "yes", 9}}, p, Target::classes(codes, {"no", "yes"}), {},
                result);
    return result.threshold;
  };
  // A false alarm is dear, and the model is sure of one: it is never believed.
  EXPECT_GT(threshold_of({1, 1, 0.2}, {1, 0, 0}), 1);
  // Neighbouring doubles have no middle; either may be even in its last bit.
  double low = 0.5;
  for (int step = 0; step < 4; ++step) {
    const double high = std::nextafter(low, 1);
    EXPECT_EQ(threshold_of({high, low}, {1, 0}), high);
    low = high;
  }
}

TEST(Costs, RefuseWhatCannotBe) {
  Buffer<std::int32_t> codes(4);
  const Target two = Target::classes(codes, {"no", "yes"});
  const Target three = Target::classes(codes, {"a", "b", "c"});
  EXPECT_NO_THROW(check_costs(std::vector<ErrorCost>{{"yes", "no", 2}}, two));
  EXPECT_THROW(check_costs(std::vector<ErrorCost>{{"yess", "no", 2}}, two), ParameterError);
  EXPECT_THROW(check_costs(std::vector<ErrorCost>{{"yes", "no", -2}}, two), ParameterError);
  EXPECT_THROW(check_costs(std::vector<ErrorCost>{{"a", "b", 2}}, three), ParameterError);
  EXPECT_NO_THROW(check_costs({}, three));
}

TEST(Task, IsFoundFromTheTarget) {
  const auto numbers = [](std::size_t rows, auto cell) {
    Buffer<double> values(rows);
    for (std::size_t row = 0; row < rows; ++row) values[row] = cell(row);
    return Column::numbers("y", std::move(values));
  };
  const auto kind = [](const Column& column) { return guess_task(column, std::nullopt).kind; };
  EXPECT_EQ(kind(numbers(100, [](std::size_t r) { return r % 2; })), Target::Kind::classes);
  EXPECT_EQ(kind(numbers(100, [](std::size_t r) { return r % 3; })), Target::Kind::classes);
  EXPECT_EQ(kind(numbers(100, [](std::size_t r) { return 1.0 + r % 10; })), Target::Kind::classes);
  EXPECT_EQ(kind(numbers(100, [](std::size_t r) { return 10.0 * (r % 4); })), Target::Kind::numbers);
  EXPECT_EQ(kind(numbers(100, [](std::size_t r) { return 0.5 * r; })), Target::Kind::numbers);
  EXPECT_EQ(kind(numbers(100, [](std::size_t r) { return r % 40; })), Target::Kind::numbers);
  EXPECT_EQ(guess_task(numbers(100, [](std::size_t r) { return r % 40; }), true).kind, Target::Kind::classes);
  EXPECT_EQ(guess_task(numbers(100, [](std::size_t r) { return r % 2; }), false).kind, Target::Kind::numbers);
  const std::vector<std::optional<std::string>> cells = {"a", "b", std::nullopt};
  EXPECT_EQ(kind(Column::categories("y", cells)), Target::Kind::classes);
  EXPECT_THROW(guess_task(Column::categories("y", cells), false), ParameterError);
  EXPECT_EQ(kind(Column::texts("y", TextStore::from(cells))), Target::Kind::none);
}

TEST(Task, TargetKeepsTheUsersLabels) {
  Buffer<double> values(5);
  values[0] = 10;
  values[1] = 2;
  values[2] = std::nan("");
  values[3] = 2;
  values[4] = 10;
  std::vector<std::size_t> rows;
  const Target target = make_target(Column::numbers("y", std::move(values)), Target::Kind::classes, rows);
  EXPECT_EQ(rows, (std::vector<std::size_t>{0, 1, 3, 4}));
  EXPECT_EQ(std::vector<std::string>(target.names().begin(), target.names().end()),
            (std::vector<std::string>{"2", "10"}));
  EXPECT_EQ(target.label_kind(), ColumnKind::number);
  EXPECT_EQ(target.codes()[0], 1);
}

}  // namespace
}  // namespace everyml
