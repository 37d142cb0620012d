#include "everyml/foundation/metrics/bootstrap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/random.h"
#include "tests/support/error_code.h"

namespace everyml {
namespace {

using Doubles = std::vector<double>;

Target numbers(const Doubles& values) {
  Buffer<double> copy(values.size());
  std::copy(values.begin(), values.end(), copy.begin());
  return Target::numbers(std::move(copy));
}

struct Sample {
  Doubles truth, good, bad;
};

Sample sample(std::uint64_t seed, std::size_t rows) {
  Stream random(seed, "bootstrap test");
  Sample result;
  for (std::size_t row = 0; row < rows; ++row) {
    result.truth.push_back(random.normal());
    result.good.push_back(result.truth.back() + random.normal());
    result.bad.push_back(result.truth.back() + 2 * random.normal());
  }
  return result;
}

TEST(Bootstrap, TheSameAtAnyNumberOfThreads) {
  const Sample s = sample(1, 100);
  const Target truth = numbers(s.truth);
  for (const auto method : {BootstrapOptions::Method::percentile, BootstrapOptions::Method::bias_corrected}) {
    const BootstrapOptions options{.replicates = 200, .method = method};
    const auto at = [&](int threads) {
      return bootstrap_interval("rmse", truth, {.values = s.good}, {}, options,
                                Context({.threads = threads, .seed = 9}));
    };
    const BootstrapInterval one = at(1);
    for (const int threads : {2, 7}) {
      EXPECT_EQ(at(threads).low, one.low);
      EXPECT_EQ(at(threads).high, one.high);
      EXPECT_EQ(at(threads).standard_error, one.standard_error);
    }
    EXPECT_LT(one.low, one.estimate);
    EXPECT_LT(one.estimate, one.high);
    EXPECT_EQ(one.estimate, score("rmse", truth, {.values = s.good}));
  }
}

TEST(Bootstrap, CoversTheTruthAsOftenAsItSays) {
  // The mean absolute error of a standard normal error is sqrt(2 / pi). 400 intervals of 95 % miss it about
  // 20 times; small samples and the percentile method miss a little more often.
  const double expected = std::sqrt(2 / M_PI);
  int covered = 0;
  for (std::uint64_t round = 0; round < 400; ++round) {
    const Sample s = sample(100 + round, 80);
    const BootstrapInterval interval =
        bootstrap_interval("mae", numbers(s.truth), {.values = s.good}, {}, {.replicates = 200},
                           Context({.threads = 1, .seed = round}));
    covered += interval.low <= expected && expected <= interval.high;
  }
  EXPECT_GE(covered, 360);
  EXPECT_LE(covered, 394);
}

TEST(Bootstrap, RowsWithoutWeightAreAsIfAbsent) {
  Sample s = sample(2, 50);
  const BootstrapOptions options{.replicates = 100, .method = BootstrapOptions::Method::bias_corrected};
  const Context context({.seed = 3});
  const BootstrapInterval plain =
      bootstrap_interval("mae", numbers(s.truth), {.values = s.good}, {}, options, context);
  Doubles weights(50, 1.0);
  for (int extra = 0; extra < 10; ++extra) {
    s.truth.push_back(1e6);
    s.good.push_back(-1e6);
    weights.push_back(0);
  }
  const BootstrapInterval padded =
      bootstrap_interval("mae", numbers(s.truth), {.values = s.good}, weights, options, context);
  EXPECT_EQ(plain.low, padded.low);
  EXPECT_EQ(plain.high, padded.high);
}

TEST(Bootstrap, ReplicatesWithoutAFigureAreCounted) {
  // With two rows of two classes, half of the resamples have one class, and AUC is not defined there.
  Buffer<std::int32_t> codes(2);
  codes[1] = 1;
  const Target truth = Target::classes(std::move(codes), {"no", "yes"});
  const Doubles p = {0.8, 0.2, 0.3, 0.7};
  const BootstrapInterval some =
      bootstrap_interval("auc", truth, {.probabilities = p}, {}, {.replicates = 101}, Context({.seed = 1}));
  EXPECT_GT(some.undefined, 30u);
  EXPECT_LT(some.undefined, 70u);
  Buffer<std::int32_t> ones(2);
  ones[0] = ones[1] = 1;
  const Target constant = Target::classes(std::move(ones), {"no", "yes"});
  const BootstrapInterval none =
      bootstrap_interval("auc", constant, {.probabilities = p}, {}, {.replicates = 50}, Context());
  EXPECT_EQ(none.undefined, 50u);
  EXPECT_TRUE(std::isnan(none.estimate) && std::isnan(none.low) && std::isnan(none.high));
}

TEST(Bootstrap, AConstantFigureHasAnIntervalOfNoLength) {
  for (const auto method : {BootstrapOptions::Method::percentile, BootstrapOptions::Method::bias_corrected}) {
    const BootstrapInterval interval = bootstrap_interval(
        5, [](std::span<const double>) { return 3.0; }, {}, {.replicates = 20, .method = method}, Context());
    EXPECT_EQ(interval.low, 3.0);
    EXPECT_EQ(interval.high, 3.0);
    EXPECT_EQ(interval.standard_error, 0.0);
  }
  // One row alone cannot be left out.
  const BootstrapInterval single = bootstrap_interval(
      1, [](std::span<const double> w) { return w[0]; }, {},
      {.replicates = 20, .method = BootstrapOptions::Method::bias_corrected}, Context());
  EXPECT_EQ(single.low, 1.0);
}

TEST(PairedBootstrap, TellsABetterModelFromAWorseOne) {
  const Sample s = sample(4, 200);
  const Target truth = numbers(s.truth);
  const BootstrapOptions options{.replicates = 500};
  const PairedDifference worse =
      paired_bootstrap("mae", truth, {.values = s.bad}, {.values = s.good}, {}, options, Context());
  EXPECT_GT(worse.difference.low, 0);
  EXPECT_LT(worse.p_value, 0.01);
  EXPECT_GE(worse.p_value, 1.0 / 501);
  const PairedDifference better =
      paired_bootstrap("mae", truth, {.values = s.good}, {.values = s.bad}, {}, options, Context());
  EXPECT_DOUBLE_EQ(better.difference.low, -worse.difference.high);
  EXPECT_EQ(better.p_value, worse.p_value);
  const PairedDifference same =
      paired_bootstrap("mae", truth, {.values = s.good}, {.values = s.good}, {}, options, Context());
  EXPECT_EQ(same.difference.estimate, 0.0);
  EXPECT_EQ(same.p_value, 1.0);
}

TEST(PairedBootstrap, FalseAlarmsAreAsRareAsThePValueSays) {
  int alarms = 0;
  for (std::uint64_t round = 0; round < 200; ++round) {
    Stream random(round, "equal models");
    Doubles y(60), a(60), b(60);
    for (std::size_t row = 0; row < 60; ++row) {
      y[row] = random.normal();
      a[row] = y[row] + random.normal();
      b[row] = y[row] + random.normal();
    }
    const PairedDifference difference =
        paired_bootstrap("mae", numbers(y), {.values = a}, {.values = b}, {}, {.replicates = 200},
                         Context({.threads = 1, .seed = round}));
    alarms += difference.p_value < 0.05;
  }
  EXPECT_LE(alarms, 22);  // 10 expected; the 99.9 % point of the binomial is 20
}

TEST(ResampledTest, Edges) {
  const Doubles equal = {0.5, 0.5, 0.5}, more = {0.75, 0.75, 0.75};
  EXPECT_EQ(corrected_resampled_t_test(equal, equal, 0.5).p_value, 1.0);
  EXPECT_EQ(corrected_resampled_t_test(more, equal, 0.5).p_value, 0.0);
  EXPECT_TRUE(std::isinf(corrected_resampled_t_test(more, equal, 0.5).statistic));
  EXPECT_EQ(code_of([&] { corrected_resampled_t_test(equal, Doubles{1, 2}, 0.5); }), "metrics.length");
  EXPECT_EQ(code_of([&] { corrected_resampled_t_test(Doubles{1}, Doubles{2}, 0.5); }), "metrics.empty");
  EXPECT_EQ(code_of([&] { corrected_resampled_t_test(equal, more, -1); }), "metrics.ratio");
  EXPECT_EQ(code_of([&] { corrected_resampled_t_test(equal, more, 0.5, 1.0); }), "bootstrap.level");
}

TEST(Bootstrap, RefusesWhatItCannotDo) {
  const auto one = [](std::span<const double>) { return 1.0; };
  EXPECT_EQ(code_of([&] { bootstrap_interval(0, one, {}, {}, Context()); }), "metrics.empty");
  EXPECT_EQ(code_of([&] { bootstrap_interval(3, one, {}, {.replicates = 9}, Context()); }),
            "bootstrap.replicates");
  EXPECT_EQ(code_of([&] { bootstrap_interval(3, one, {}, {.level = 0}, Context()); }), "bootstrap.level");
  EXPECT_EQ(code_of([&] { bootstrap_interval(3, one, Doubles{1, 2}, {}, Context()); }), "metrics.length");
}

}  // namespace
}  // namespace everyml
