// What small boosted trees do with missing cells, categories, weights and odd settings; LogitBoost against
// its definition.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>
#include <set>

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

/// LogitBoost with stumps for J classes, algorithm 6 of the paper, by trying every midpoint. [rows, classes].
std::vector<double> slow_probabilities(const std::vector<double>& x, const std::vector<std::int32_t>& y,
                                       std::size_t classes, int rounds) {
  const std::size_t n = y.size(), columns = x.size() / n;
  std::vector<double> f(n * classes, 0.0), p(n * classes, 1 / static_cast<double>(classes));
  for (int round = 0; round < rounds; ++round) {
    std::vector<double> step(n * classes);
    for (std::size_t c = 0; c < classes; ++c) {
      std::vector<double> w(n), z(n);
      for (std::size_t i = 0; i < n; ++i) {
        const double own = p[i * classes + c];
        w[i] = own * (1 - own);
        z[i] = std::clamp(((y[i] == static_cast<std::int32_t>(c) ? 1 : 0) - own) / w[i], -4.0, 4.0);
      }
      double best = std::numeric_limits<double>::max();
      for (std::size_t j = 0; j < columns; ++j) {
        std::set<double> values;
        for (std::size_t i = 0; i < n; ++i) values.insert(x[columns * i + j]);
        for (auto at = values.begin(); std::next(at) != values.end(); ++at) {
          const double cut = std::midpoint(*at, *std::next(at));
          double weight[2] = {0, 0}, sum[2] = {0, 0}, loss = 0;
          for (std::size_t i = 0; i < n; ++i) {
            weight[x[columns * i + j] > cut] += w[i];
            sum[x[columns * i + j] > cut] += w[i] * z[i];
          }
          const auto mean = [&](std::size_t i) {
            return sum[x[columns * i + j] > cut] / weight[x[columns * i + j] > cut];
          };
          for (std::size_t i = 0; i < n; ++i) loss += w[i] * std::pow(z[i] - mean(i), 2);
          if (loss >= best - 1e-9) continue;
          best = loss;
          for (std::size_t i = 0; i < n; ++i) step[i * classes + c] = mean(i);
        }
      }
    }
    for (std::size_t i = 0; i < n; ++i) {
      const double* own = step.data() + i * classes;
      const double mean = std::accumulate(own, own + classes, 0.0) / static_cast<double>(classes);
      double sum = 0;
      for (std::size_t c = 0; c < classes; ++c) {
        f[i * classes + c] +=
            static_cast<double>(classes - 1) / static_cast<double>(classes) * (own[c] - mean);
        sum += std::exp(f[i * classes + c]);
      }
      for (std::size_t c = 0; c < classes; ++c) p[i * classes + c] = std::exp(f[i * classes + c]) / sum;
    }
  }
  return p;
}

TEST(LogitBoost, OfSeveralClassesFollowsItsDefinition) {
  Stream stream(9, "logitboost.classes");
  for (const std::size_t classes : {3U, 4U}) {
    std::vector<double> x;
    std::vector<std::int32_t> y;
    for (std::size_t i = 0; i < 120; ++i) {
      for (int j = 0; j < 3; ++j) x.push_back(std::round(stream.normal() * 20) / 20);
      const double side = x[3 * i] + 0.7 * x[3 * i + 1] + 0.5 * stream.normal();
      y.push_back(
          std::clamp(static_cast<std::int32_t>(std::floor(side)) + static_cast<std::int32_t>(classes) / 2, 0,
                     static_cast<std::int32_t>(classes) - 1));
    }
    std::vector<std::string> names;
    for (std::size_t c = 0; c < classes; ++c) names.push_back(std::to_string(c));
    const Dataset data{.features = dense(x, 3), .target = classes_of(y, names)};
    for (const int rounds : {1, 3, 8}) {
      const auto model = LogitBoost{.rounds = rounds, .learning_rate = 1}.fit(data, Context{});
      std::vector<double> got(data.rows() * classes);
      model.probabilities(data.features, got, Context{});
      const std::vector<double> expected = slow_probabilities(x, y, classes, rounds);
      for (std::size_t i = 0; i < got.size(); ++i)
        EXPECT_NEAR(got[i], expected[i], 1e-7) << rounds << " " << i;
    }
  }
}

/// Of stumps: each feature adds what its own stumps say less their mean over the training rows.
template <class Model>
void expect_sums_of_stumps(const Model& model, const Features& x) {
  const TreeParts& parts = model.state().trees.parts();
  const std::size_t rows = x.rows(), trees = parts.trees(), width = x.columns() + 1, outputs = parts.outputs,
                    scores = model.score_count();
  std::vector<std::int32_t> leaf(rows * trees);
  model.state().trees.leaves(x, leaf, Context{});
  std::vector<double> got(rows * scores * width), told(rows * scores);
  model.contributions(x, got, Context{});
  model.scores(x, told, Context{});
  for (std::size_t i = 0; i < rows; ++i) {
    std::vector<double> own(outputs * x.columns(), 0.0);
    for (std::size_t t = 0; t < trees; ++t) {
      ASSERT_EQ(parts.first_node[t + 1] - parts.first_node[t], 1U);
      const auto feature = static_cast<std::size_t>(parts.feature[parts.first_node[t]]);
      const std::size_t first = parts.first_leaf[t];
      const double left = parts.leaf_cover[first], right = parts.leaf_cover[first + 1];
      for (std::size_t w = 0; w < parts.width; ++w) {
        const auto value = [&](std::size_t k) { return parts.leaf_value[(first + k) * parts.width + w]; };
        const double mean = (left * value(0) + right * value(1)) / (left + right);
        own[(parts.tree_output[t] + w) * x.columns() + feature] +=
            value(static_cast<std::size_t>(leaf[i * trees + t])) - mean;
      }
    }
    for (std::size_t k = 0; k < scores; ++k) {
      const double* row = got.data() + (i * scores + k) * width;
      EXPECT_NEAR(std::accumulate(row, row + width, 0.0), told[i * scores + k], 1e-11);
    }
    if (outputs > 1) {
      for (std::size_t j = 0; j < x.columns(); ++j) {
        for (std::size_t a = 0; a + 1 < scores; ++a) {
          // Differences of two scores are those of two outputs, but for a factor that all features share.
          const double differ = got[(i * scores + a) * width + j] - got[(i * scores + a + 1) * width + j];
          const double expected = own[a * x.columns() + j] - own[(a + 1) * x.columns() + j];
          const double base = own[a * x.columns()] - own[(a + 1) * x.columns()];
          const double told_base = got[(i * scores + a) * width] - got[(i * scores + a + 1) * width];
          EXPECT_NEAR(differ * base, expected * told_base, 1e-10);
        }
      }
    } else {
      for (std::size_t j = 0; j < x.columns(); ++j) EXPECT_NEAR(got[i * width + j], own[j], 1e-11);
    }
  }
}

TEST(SmallTrees, ContributionsOfStumpsAreTheirOwn) {
  const Noisy drawn = noisy(300, 10);
  Dataset data{.features = dense(drawn.x, 3), .target = classes_of(drawn.y, {"no", "yes"})};
  expect_sums_of_stumps(LogitBoost{.rounds = 20}.fit(data, Context{}), data.features);
  const auto two = AdaBoostClassifier{.rounds = 20}.fit(data, Context{});
  EXPECT_EQ(two.contribution_count(), 1U);
  std::vector<std::int32_t> codes;
  for (std::size_t i = 0; i < 300; ++i)
    codes.push_back(drawn.x[3 * i] > 0.5 ? 2 : drawn.x[3 * i + 1] > 0.3 ? 1 : 0);
  data.target = classes_of(codes, {"a", "b", "c"});
  expect_sums_of_stumps(AdaBoostClassifier{.rounds = 20}.fit(data, Context{}), data.features);
  expect_sums_of_stumps(LogitBoost{.rounds = 20}.fit(data, Context{}), data.features);
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
