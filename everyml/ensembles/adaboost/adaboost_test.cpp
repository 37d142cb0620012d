// What small boosted trees do with missing cells, categories, weights and odd settings; LogitBoost against
// its definition.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "everyml/ensembles/adaboost/adaboost_classifier.h"
#include "everyml/ensembles/adaboost/adaboost_regressor.h"
#include "everyml/ensembles/adaboost/logitboost.h"
#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

Target classes_of(const std::vector<std::int32_t>& codes, std::vector<std::string> names) {
  Buffer<std::int32_t> buffer(codes.size());
  std::copy(codes.begin(), codes.end(), buffer.begin());
  return Target::classes(std::move(buffer), std::move(names));
}

Features dense(const std::vector<double>& values, std::size_t columns) {
  Buffer<double> buffer(values.size());
  std::copy(values.begin(), values.end(), buffer.begin());
  return Features::dense(std::move(buffer), values.size() / columns, columns);
}

struct Noisy {
  std::vector<double> x;  ///< [rows, 3], two decimals
  std::vector<std::int32_t> y;
};

Noisy noisy(std::size_t rows, std::uint64_t seed) {
  Stream stream(seed, "adaboost.test");
  Noisy made;
  for (std::size_t i = 0; i < rows; ++i) {
    for (int j = 0; j < 3; ++j) made.x.push_back(std::round(stream.normal() * 20) / 20);
    const double* row = made.x.data() + 3 * i;
    made.y.push_back(row[0] + row[1] * row[1] + 0.7 * stream.normal() > 0.8);
  }
  return made;
}

/// LogitBoost with stumps for two classes, straight from algorithm 3 of the paper, by trying every midpoint.
std::vector<double> slow_log_odds(const Noisy& data, int rounds) {
  const std::size_t n = data.y.size();
  std::vector<double> f(n, 0.0);
  for (int round = 0; round < rounds; ++round) {
    std::vector<double> w(n), z(n);
    for (std::size_t i = 0; i < n; ++i) {
      const double p = 1 / (1 + std::exp(-2 * f[i]));
      w[i] = p * (1 - p);
      z[i] = std::clamp((data.y[i] - p) / w[i], -4.0, 4.0);
    }
    double best = std::numeric_limits<double>::max(), cut = 0, left_mean = 0, right_mean = 0;
    std::size_t column = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      std::vector<double> values;
      for (std::size_t i = 0; i < n; ++i) values.push_back(data.x[3 * i + j]);
      std::sort(values.begin(), values.end());
      values.erase(std::unique(values.begin(), values.end()), values.end());
      for (std::size_t v = 0; v + 1 < values.size(); ++v) {
        const double at = std::midpoint(values[v], values[v + 1]);
        double lw = 0, lz = 0, rw = 0, rz = 0, loss = 0;
        for (std::size_t i = 0; i < n; ++i) {
          (data.x[3 * i + j] <= at ? lw : rw) += w[i];
          (data.x[3 * i + j] <= at ? lz : rz) += w[i] * z[i];
        }
        for (std::size_t i = 0; i < n; ++i) {
          const double off = z[i] - (data.x[3 * i + j] <= at ? lz / lw : rz / rw);
          loss += w[i] * off * off;
        }
        if (loss < best - 1e-9) best = loss, cut = at, column = j, left_mean = lz / lw, right_mean = rz / rw;
      }
    }
    for (std::size_t i = 0; i < n; ++i) f[i] += (data.x[3 * i + column] <= cut ? left_mean : right_mean) / 2;
  }
  for (double& value : f) value *= 2;
  return f;
}

TEST(LogitBoost, FollowsItsDefinition) {
  const Noisy drawn = noisy(150, 1);
  const Dataset data{.features = dense(drawn.x, 3), .target = classes_of(drawn.y, {"no", "yes"})};
  for (const int rounds : {1, 2, 5, 12}) {
    const auto model = LogitBoost{.rounds = rounds, .learning_rate = 1}.fit(data, Context{});
    std::vector<double> got(data.rows());
    model.scores(data.features, got, Context{});
    const std::vector<double> expected = slow_log_odds(drawn, rounds);
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-7) << rounds << " " << i;
  }
}

TEST(LogitBoost, LossFallsAndProbabilitiesAreHonest) {
  const Noisy drawn = noisy(3000, 2), fresh = noisy(3000, 3);
  const Dataset data{.features = dense(drawn.x, 3), .target = classes_of(drawn.y, {"no", "yes"})};
  const auto model = LogitBoost{.rounds = 40}.fit(data, Context{});
  const auto& losses = model.state().train_losses;
  EXPECT_LT(losses[5], losses[0]);
  EXPECT_LT(losses[39], losses[5]);
  const auto adaboost = AdaBoostClassifier{.rounds = 40}.fit(data, Context{});
  const auto brier = [&](const auto& of) {
    std::vector<double> p(fresh.y.size() * 2);
    of.probabilities(dense(fresh.x, 3), p, Context{});
    double sum = 0;
    for (std::size_t i = 0; i < fresh.y.size(); ++i) sum += std::pow(p[2 * i + 1] - fresh.y[i], 2);
    return sum / static_cast<double>(fresh.y.size());
  };
  // The drawn labels flip with noise of .7: the true probabilities have a Brier score of about .115.
  EXPECT_LT(brier(model), 0.13);
  EXPECT_LT(brier(model), brier(adaboost));
}

TEST(AdaBoost, MissingCellsSayWhatTheySay) {
  Noisy drawn = noisy(400, 4);
  // Column 2 is missing in most rows of the second class: that is the best question of all.
  for (std::size_t i = 0; i < drawn.y.size(); ++i)
    if (drawn.y[i] == 1 && i % 10 != 0) drawn.x[3 * i + 2] = std::nan("");
  const Dataset data{.features = dense(drawn.x, 3), .target = classes_of(drawn.y, {"no", "yes"})};
  const auto model = AdaBoostClassifier{.rounds = 1}.fit(data, Context{});
  std::vector<double> score(2);
  model.scores(dense({0, 0, std::nan(""), 0, 0, 0.5}, 3), score, Context{});
  EXPECT_GT(score[0], 0);
  EXPECT_LT(score[1], 0);
}

TEST(AdaBoost, CategoriesAreDividedIntoSets) {
  Stream stream(5, "sets");
  std::vector<double> x;
  std::vector<std::int32_t> y;
  for (std::size_t i = 0; i < 600; ++i) {
    const auto level = static_cast<double>(stream.below(7));
    x.push_back(level);
    y.push_back(level == 1 || level == 4 || level == 5);
  }
  Dataset data{.features = dense(x, 1), .target = classes_of(y, {"out", "in"})};
  data.info = {{"kind", "kind", FeatureInfo::Kind::category, 7}};
  const auto model = AdaBoostClassifier{}.fit(data, Context{});
  EXPECT_EQ(model.state().votes.size(), 1U) << "one question of one set answers all";
  EXPECT_EQ(model.state().train_errors.back(), 0.0);
  const std::vector<std::int32_t> three = [&] {
    std::vector<std::int32_t> codes;
    for (const double level : x) codes.push_back(static_cast<std::int32_t>(level) % 3);
    return codes;
  }();
  data.target = classes_of(three, {"a", "b", "c"});
  EXPECT_LT(AdaBoostClassifier{.rounds = 30}.fit(data, Context{}).state().train_errors.back(), 0.01);
}

TEST(AdaBoost, MarginsAreThoseOfTheVotes) {
  const Noisy drawn = noisy(200, 6);
  const Dataset data{.features = dense(drawn.x, 3), .target = classes_of(drawn.y, {"no", "yes"})};
  const auto model = AdaBoostClassifier{}.fit(data, Context{});
  std::vector<double> score(200);
  model.scores(data.features, score, Context{});
  double least = 1, most = -1;
  for (std::size_t i = 0; i < 200; ++i) {
    const double margin = drawn.y[i] == 1 ? score[i] : -score[i];
    least = std::min(least, margin);
    most = std::max(most, margin);
  }
  EXPECT_NEAR(model.state().margins.front(), least, 1e-12);
  EXPECT_NEAR(model.state().margins.back(), most, 1e-12);
}

TEST(AdaBoost, ManyRoundsKeepTheWeightsWithinWholeNumbers) {
  const Noisy drawn = noisy(300, 7);
  const Dataset data{.features = dense(drawn.x, 3), .target = classes_of(drawn.y, {"no", "yes"})};
  const auto model = AdaBoostClassifier{.rounds = 2000}.fit(data, Context{});
  // Each new tree is about a coin flip on the weights that the one before left behind.
  for (const double error : model.state().errors) {
    EXPECT_GT(error, 0.05);
    EXPECT_LT(error, 0.5);
  }
  EXPECT_LT(model.state().train_errors.back(), model.state().train_errors.front());
}

TEST(AdaBoostRegressor, FollowsACurveAndNeverLeavesTheTargetsRange) {
  Stream stream(8, "curve");
  std::vector<double> x;
  Buffer<double> y(500);
  for (std::size_t i = 0; i < 500; ++i) {
    x.push_back(stream.uniform(-3, 3));
    y[i] = 1e6 + std::sin(x[i]);
  }
  Dataset data{.features = dense(x, 1), .target = Target::numbers(std::move(y))};
  const auto model = AdaBoostRegressor{.depth = 5}.fit(data, Context{});
  std::vector<double> told(500);
  model.predict(data.features, told, Context{});
  for (std::size_t i = 0; i < 500; ++i) EXPECT_NEAR(told[i], 1e6 + std::sin(x[i]), 0.35);
}

}  // namespace
}  // namespace everyml
