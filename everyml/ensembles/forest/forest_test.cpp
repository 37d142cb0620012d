#include "everyml/ensembles/forest/forest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

Features columns_of(const std::vector<std::vector<double>>& rows) {
  Buffer<double> values(rows.size() * rows[0].size());
  std::size_t at = 0;
  for (const auto& row : rows) {
    for (const double value : row) values[at++] = value;
  }
  return Features::dense(std::move(values), rows.size(), rows[0].size());
}
Target classes_of(const std::vector<int>& codes, std::size_t count) {
  Buffer<std::int32_t> buffer(codes.size());
  std::copy(codes.begin(), codes.end(), buffer.begin());
  std::vector<std::string> names;
  for (std::size_t k = 0; k < count; ++k) names.push_back(std::string(1, static_cast<char>('a' + k)));
  return Target::classes(std::move(buffer), names);
}
Target numbers_of(const std::vector<double>& values) {
  Buffer<double> buffer(values.size());
  std::copy(values.begin(), values.end(), buffer.begin());
  return Target::numbers(std::move(buffer));
}

/// The forest of one tree on all rows and all features, which chance has no part in.
template <class S>
S plain_tree() {
  S settings;
  settings.forest.trees = 1;
  settings.forest.sampling = ForestSampling::all;
  settings.forest.features = FeatureRule::all;
  return settings;
}

/// CART on one column, by its definition: sorts the rows of each node, tries each place between two values.
class SlowTree {
 public:
  using Worth = std::function<double(const std::vector<double>&)>;
  SlowTree(std::vector<double> x, std::vector<double> y, Worth impurity, double least, Worth answer = mean)
      : x_(std::move(x)),
        y_(std::move(y)),
        impurity_(std::move(impurity)),
        answer_(std::move(answer)),
        least_(least) {
    std::set<double> distinct(x_.begin(), x_.end());
    const std::vector<double> values(distinct.begin(), distinct.end());
    for (std::size_t i = 1; i < values.size(); ++i) edges_.push_back((values[i - 1] + values[i]) / 2);
    std::vector<std::size_t> rows(x_.size());
    std::iota(rows.begin(), rows.end(), 0U);
    std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) { return x_[a] < x_[b]; });
    grow(rows, -INFINITY, INFINITY);
  }
  double answer(double x) const {
    for (const auto& [high, value] : leaves_) {
      if (x <= high) return value;
    }
    return leaves_.back().second;
  }
  std::size_t leaves() const { return leaves_.size(); }
  static double mean(const std::vector<double>& y) {
    return std::accumulate(y.begin(), y.end(), 0.0) / static_cast<double>(y.size());
  }

 private:
  void grow(const std::vector<std::size_t>& rows, double low, double high) {
    const auto targets = [&](std::size_t begin, std::size_t end) {
      std::vector<double> some;
      for (std::size_t i = begin; i < end; ++i) some.push_back(y_[rows[i]]);
      return some;
    };
    const std::vector<double> all = targets(0, rows.size());
    const bool pure = std::all_of(all.begin(), all.end(), [&](double y) { return y == all[0]; });
    double best = -1;
    std::size_t at = 0;
    for (std::size_t i = 1; i < rows.size() && !pure; ++i) {
      if (x_[rows[i]] == x_[rows[i - 1]]) continue;
      const auto l = static_cast<double>(i), r = static_cast<double>(rows.size() - i);
      if (l < least_ || r < least_) continue;
      const double gain =
          (l + r) * impurity_(all) - l * impurity_(targets(0, i)) - r * impurity_(targets(i, rows.size()));
      if (gain > best + 1e-9) {
        best = gain;
        at = i;
      }
    }
    if (at == 0) {
      leaves_.emplace_back(high, answer_(all));
      return;
    }
    // The edge nearest to the middle of the outer two between the values that are parted.
    const double first = *std::upper_bound(edges_.begin(), edges_.end(), x_[rows[at - 1]]);
    const double last = *std::prev(std::lower_bound(edges_.begin(), edges_.end(), x_[rows[at]]));
    const double middle = (first + last) / 2;
    double cut = first;
    for (const double edge : edges_) {
      if (edge >= first && edge <= last && std::abs(edge - middle) <= std::abs(cut - middle)) cut = edge;
    }
    grow({rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(at)}, low, cut);
    grow({rows.begin() + static_cast<std::ptrdiff_t>(at), rows.end()}, cut, high);
  }

  std::vector<double> x_, y_;
  Worth impurity_, answer_;
  double least_;
  std::vector<double> edges_;
  std::vector<std::pair<double, double>> leaves_;
};

double gini(const std::vector<double>& y) {
  std::map<double, double> counts;
  for (const double value : y) ++counts[value];
  double sum = 1;
  for (const auto& [value, count] : counts) sum -= std::pow(count / static_cast<double>(y.size()), 2);
  return sum;
}
double entropy(const std::vector<double>& y) {
  std::map<double, double> counts;
  for (const double value : y) ++counts[value];
  double sum = 0;
  for (const auto& [value, count] : counts) {
    const double p = count / static_cast<double>(y.size());
    sum -= p * std::log2(p);
  }
  return sum;
}
double variance(const std::vector<double>& y) {
  const double mean = std::accumulate(y.begin(), y.end(), 0.0) / static_cast<double>(y.size());
  double sum = 0;
  for (const double value : y) sum += (value - mean) * (value - mean);
  return sum / static_cast<double>(y.size());
}

TEST(ForestTree, TwoClassesGrowAsTheDefinitionSays) {
  for (const double least : {1.0, 7.0}) {
    for (const auto criterion : {ForestClassCriterion::gini, ForestClassCriterion::entropy}) {
      Stream stream(3, "forest.twin");
      std::vector<std::vector<double>> rows;
      std::vector<double> x, y;
      std::vector<int> codes;
      for (int i = 0; i < 180; ++i) {
        x.push_back(std::round(stream.uniform(0, 120)));
        codes.push_back(stream.uniform() < 0.3 + 0.4 * (x.back() > 50) ? 1 : 0);
        y.push_back(codes.back());
        rows.push_back({x.back()});
      }
      auto settings = plain_tree<RandomForestClassifier>();
      settings.criterion = criterion;
      settings.forest.min_leaf = least;
      const auto model =
          settings.fit({.features = columns_of(rows), .target = classes_of(codes, 2)}, Context{});
      const SlowTree twin(x, y, criterion == ForestClassCriterion::gini ? gini : entropy, least);
      EXPECT_EQ(model.forest().ensemble().parts().leaves(), twin.leaves());
      for (double at = -1; at < 122; at += 0.37) {
        std::vector<double> p(2);
        model.probabilities(columns_of({{at}}), p, Context{});
        EXPECT_NEAR(p[1], twin.answer(at), 1e-12) << at;
      }
    }
  }
}

TEST(ForestTree, NumbersGrowAsTheDefinitionSays) {
  Stream stream(4, "forest.twin");
  std::vector<std::vector<double>> rows;
  std::vector<double> x, y;
  for (int i = 0; i < 200; ++i) {
    x.push_back(stream.normal());
    y.push_back(std::sin(2 * x.back()) + 0.5 * stream.normal() + 1000);
    rows.push_back({x.back()});
  }
  auto settings = plain_tree<RandomForestRegressor>();
  settings.forest.min_leaf = 5;
  const auto model = settings.fit({.features = columns_of(rows), .target = numbers_of(y)}, Context{});
  const SlowTree twin(x, y, variance, 5);
  EXPECT_EQ(model.forest().ensemble().parts().leaves(), twin.leaves());
  for (double at = -3; at < 3; at += 0.01) {
    std::vector<double> value(1);
    model.predict(columns_of({{at}}), value, Context{});
    EXPECT_NEAR(value[0], twin.answer(at), 1e-9) << at;
  }
}

TEST(ForestTree, ThreeClassesGrowAsTheDefinitionSays) {
  Stream stream(5, "forest.twin");
  std::vector<std::vector<double>> rows;
  std::vector<double> x, y;
  std::vector<int> codes;
  for (int i = 0; i < 150; ++i) {
    x.push_back(stream.normal());
    codes.push_back(static_cast<int>(stream.below(3)));
    if (x.back() > 0.3 && stream.uniform() < 0.6) codes.back() = 2;
    y.push_back(codes.back());
    rows.push_back({x.back()});
  }
  auto settings = plain_tree<RandomForestClassifier>();
  settings.forest.min_leaf = 10;
  const auto model = settings.fit({.features = columns_of(rows), .target = classes_of(codes, 3)}, Context{});
  EXPECT_EQ(model.forest().ensemble().parts().leaves(), SlowTree(x, y, gini, 10).leaves());
}

TEST(ForestTree, MissingValuesLearnTheirSide) {
  // Missing goes with the small values here, and is the larger class there.
  std::vector<std::vector<double>> rows;
  std::vector<int> codes;
  for (int i = 0; i < 60; ++i) {
    const double x = i % 3 == 0 ? NAN : i;
    rows.push_back({x});
    codes.push_back(std::isnan(x) || x < 20 ? 0 : 1);
  }
  const auto model = plain_tree<RandomForestClassifier>().fit(
      {.features = columns_of(rows), .target = classes_of(codes, 2)}, Context{});
  EXPECT_EQ(model.forest().ensemble().parts().leaves(), 2U);
  std::vector<double> p(6);
  model.probabilities(columns_of({{NAN}, {5}, {50}}), p, Context{});
  EXPECT_EQ(p, (std::vector<double>{1, 0, 1, 0, 0, 1}));
}

TEST(ForestTree, CategoriesAreCutIntoTwoSets) {
  for (const std::size_t classes : {2U, 3U}) {
    std::vector<std::vector<double>> rows;
    std::vector<int> codes;
    for (int i = 0; i < 90; ++i) {
      rows.push_back({static_cast<double>(i % 9)});
      codes.push_back(i % 9 == 1 || i % 9 == 4 || i % 9 == 8 ? 1 : 0);
    }
    Dataset data{.features = columns_of(rows), .target = classes_of(codes, classes)};
    data.info = {{"colour", "colour", FeatureInfo::Kind::category, 9}};
    const auto model = plain_tree<RandomForestClassifier>().fit(data, Context{});
    EXPECT_EQ(model.forest().ensemble().parts().leaves(), 2U) << "one cut does";
    std::vector<double> p(90 * classes);
    model.probabilities(data.features, p, Context{});
    for (std::size_t i = 0; i < 90; ++i) EXPECT_EQ(p[i * classes + static_cast<std::size_t>(codes[i])], 1);
  }
}

/// Ten columns of which the first three matter.
Dataset noisy(std::size_t rows, std::uint64_t seed, bool numbers) {
  Stream stream(seed, "forest.noisy");
  std::vector<std::vector<double>> x;
  std::vector<double> y;
  std::vector<int> codes;
  for (std::size_t i = 0; i < rows; ++i) {
    std::vector<double> row;
    for (int j = 0; j < 10; ++j) row.push_back(stream.normal());
    const double signal = 1.5 * row[0] + row[1] * row[2];
    y.push_back(signal + 0.5 * stream.normal());
    codes.push_back(stream.uniform() < 1 / (1 + std::exp(-2 * signal)) ? 1 : 0);
    x.push_back(std::move(row));
  }
  Dataset data{.features = columns_of(x)};
  data.target = numbers ? numbers_of(y) : classes_of(codes, 2);
  return data;
}

double accuracy(const ForestClassifierModel& model, const Dataset& data) {
  std::vector<double> p(2 * data.rows());
  model.probabilities(data.features, p, Context{});
  double right = 0;
  for (std::size_t i = 0; i < data.rows(); ++i)
    right += (p[2 * i + 1] > 0.5) == (data.target.codes()[i] == 1);
  return right / static_cast<double>(data.rows());
}

TEST(ForestOutOfBag, AgreesWithCrossValidation) {
  const Dataset data = noisy(4000, 1, false);
  const auto whole = RandomForestClassifier{}.fit(data, Context{});
  double right = 0;
  for (std::size_t fold = 0; fold < 10; ++fold) {
    std::vector<std::size_t> train, test;
    for (std::size_t i = 0; i < data.rows(); ++i) (i % 10 == fold ? test : train).push_back(i);
    right +=
        accuracy(RandomForestClassifier{}.fit(data.select_rows(train), Context{}), data.select_rows(test));
  }
  EXPECT_NEAR(whole.forest().facts().out_of_bag_score, right / 10, 0.01);
  const std::vector<double>& curve = whole.forest().facts().curve;
  ASSERT_EQ(curve.size(), 100U);
  EXPECT_GT(curve[0], curve[99] + 0.05) << "one tree is worse than all";
  EXPECT_NEAR(1 - curve[99], whole.forest().facts().out_of_bag_score, 1e-12);
}

TEST(ForestOutOfBag, NumbersAgreeWithNewRows) {
  const Dataset data = noisy(3000, 1, true), fresh = noisy(3000, 2, true);
  const auto model = RandomForestRegressor{}.fit(data, Context{});
  std::vector<double> value(fresh.rows());
  model.predict(fresh.features, value, Context{});
  double error = 0;
  for (std::size_t i = 0; i < value.size(); ++i) error += std::pow(value[i] - fresh.target.values()[i], 2);
  EXPECT_NEAR(std::sqrt(error / 3000.0) / model.forest().facts().curve.back(), 1, 0.05);
}

TEST(ForestImportance, FindsTheColumnsThatMatter) {
  for (const auto kind : {ForestImportance::permutation, ForestImportance::corrected}) {
    RandomForestClassifier settings;
    settings.forest.importance = kind;
    const auto model = settings.fit(noisy(3000, 3, false), Context{});
    const ForestFacts& facts = model.forest().facts();
    const auto& worth = kind == ForestImportance::permutation ? facts.permutation : facts.corrected;
    ASSERT_EQ(worth.size(), 10U);
    EXPECT_NEAR(std::accumulate(facts.impurity.begin(), facts.impurity.end(), 0.0), 1, 1e-9);
    const double noise = *std::max_element(worth.begin() + 3, worth.end());
    for (int j = 0; j < 3; ++j) EXPECT_GT(worth[static_cast<std::size_t>(j)], 3 * std::abs(noise)) << j;
    // Columns of no use gain about nothing, which the plain decrease of the impurity does not say.
    EXPECT_LT(std::abs(noise), 0.02 * worth[0] + 0.002);
    EXPECT_GT(facts.impurity[9], 0.05);
  }
}

TEST(ForestRegressor, IntervalsCoverNewRows) {
  const Dataset fresh = noisy(2000, 5, true);
  RandomForestRegressor settings;
  settings.forest.min_leaf = 5;
  settings.forest.trees = 300;
  settings.forest.features = FeatureRule::third;
  const auto model = settings.fit(noisy(4000, 4, true), Context{});
  std::vector<double> low(2000), high(2000);
  model.intervals(fresh.features, 0.9, low, high, Context{});
  double inside = 0;
  for (std::size_t i = 0; i < 2000; ++i) {
    inside += fresh.target.values()[i] >= low[i] && fresh.target.values()[i] <= high[i];
  }
  // Leaves are wider than the noise alone, so the intervals err on the safe side.
  EXPECT_GT(inside / 2000, 0.87);
  EXPECT_LT(inside / 2000, 0.99);
}

TEST(ForestRegressor, StandardErrorsAreThoseOfForestsOnOtherRows) {
  // Variance of forests on twenty other training sets against the jackknife's from one.
  const Dataset asked = noisy(20, 9, true);
  RandomForestRegressor settings;
  settings.forest.trees = 400;
  settings.forest.min_leaf = 10;
  std::vector<double> sum(20), square(20), mean_error(20), error(20);
  constexpr int kSets = 20;
  for (int set = 0; set < kSets; ++set) {
    const auto model = settings.fit(noisy(300, 100 + static_cast<std::uint64_t>(set), true),
                                    Context({.seed = static_cast<std::uint64_t>(set)}));
    std::vector<double> value(20);
    model.predict(asked.features, value, Context{});
    model.forest().standard_errors(asked.features, error, Context{});
    for (std::size_t i = 0; i < 20; ++i) {
      sum[i] += value[i];
      square[i] += value[i] * value[i];
      mean_error[i] += error[i] * error[i] / kSets;
    }
  }
  double truth = 0, told = 0;
  for (std::size_t i = 0; i < 20; ++i) {
    truth += (square[i] - sum[i] * sum[i] / kSets) / (kSets - 1);
    told += mean_error[i];
  }
  EXPECT_NEAR(std::sqrt(told / truth), 1, 0.3);
  settings.forest.sampling = ForestSampling::subsample;
  EXPECT_THROW(
      settings.fit(noisy(100, 1, true), Context{}).forest().standard_errors(asked.features, error, Context{}),
      UnsupportedError);
}

TEST(ForestTrees, ProximityIsTheShareOfCommonLeaves) {
  const Dataset data = noisy(100, 6, false);
  const auto model = ExtraTreesClassifier{}.fit(data, Context{});
  std::vector<double> near(100 * 100);
  model.forest().proximity(data.features, data.features, near, Context{});
  double apart = 0;
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(near[i * 100 + i], 1);
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_EQ(near[i * 100 + j], near[j * 100 + i]);
      apart += near[i * 100 + j] < 1;
    }
  }
  EXPECT_GT(apart, 4000);
}

TEST(Forest, BalancedClassesAreRowsOfThatWeight) {
  Dataset data = noisy(400, 7, false);
  std::vector<std::size_t> some;
  for (std::size_t i = 0; i < 400; ++i) {
    if (data.target.codes()[i] == 0 || i % 6 == 0) some.push_back(i);
  }
  data = data.select_rows(some);
  auto settings = plain_tree<RandomForestClassifier>();
  settings.forest.max_depth = 4;
  settings.class_weights = ForestClassWeights::balanced;
  const auto balanced = settings.fit(data, Context{});
  settings.class_weights = ForestClassWeights::none;
  std::vector<double> counts(2);
  for (const std::int32_t code : data.target.codes()) ++counts[static_cast<std::size_t>(code)];
  Dataset weighted = data;
  for (const std::int32_t code : data.target.codes()) {
    weighted.weights.push_back(1 / counts[static_cast<std::size_t>(code)]);
  }
  const auto same = settings.fit(weighted, Context{});
  std::vector<double> a(2 * data.rows()), b(2 * data.rows());
  balanced.probabilities(data.features, a, Context{});
  same.probabilities(data.features, b, Context{});
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-5);
  // In the draws: both classes come to about half of each root.
  settings.class_weights = ForestClassWeights::balanced_trees;
  settings.forest.sampling = ForestSampling::bootstrap;
  settings.forest.max_depth = 1;
  settings.forest.min_gain = 10;
  const auto roots = settings.fit(data, Context{});
  roots.probabilities(data.features, a, Context{});
  EXPECT_NEAR(a[0], 0.5, 1e-3);
}

TEST(Forest, ManyBinsAreExact) {
  Stream stream(8, "forest.bins");
  std::vector<std::vector<double>> rows;
  std::vector<int> codes;
  for (int i = 0; i < 3000; ++i) {
    rows.push_back({stream.normal(), stream.normal()});
    codes.push_back(static_cast<int>(stream.below(2)));
  }
  const Dataset data{.features = columns_of(rows), .target = classes_of(codes, 2)};
  auto settings = plain_tree<RandomForestClassifier>();
  EXPECT_LT(accuracy(settings.fit(data, Context{}), data), 1);
  settings.forest.bins = 5000;
  EXPECT_EQ(accuracy(settings.fit(data, Context{}), data), 1);
}

TEST(Forest, LeavesAreCutByWorth) {
  const Dataset data = noisy(2000, 9, true);
  auto settings = plain_tree<RandomForestRegressor>();
  settings.forest.max_leaves = 8;
  const auto small = settings.fit(data, Context{});
  EXPECT_EQ(small.forest().ensemble().parts().leaves(), 8U);
  settings.forest.max_leaves = {};
  settings.forest.max_depth = 3;
  const auto deep = settings.fit(data, Context{});
  ASSERT_EQ(deep.forest().ensemble().parts().leaves(), 8U);
  const auto error = [&](const ForestRegressorModel& model) {
    std::vector<double> value(data.rows());
    model.predict(data.features, value, Context{});
    double sum = 0;
    for (std::size_t i = 0; i < value.size(); ++i) sum += std::pow(value[i] - data.target.values()[i], 2);
    return sum;
  };
  EXPECT_LE(error(small), error(deep) * 1.0000001) << "as many leaves where they are worth most";
}

TEST(Forest, FewLargeTreesAreTheSameAtAnyNumberOfThreads) {
  const Dataset data = noisy(60000, 10, false);
  for (const bool random : {false, true}) {
    std::vector<double> first;
    for (const int threads : {1, 7}) {
      const Context context({.threads = threads});
      std::vector<double> p(2 * data.rows());
      if (random) {
        ExtraTreesClassifier settings;
        settings.forest.trees = 2;
        settings.fit(data, context).probabilities(data.features, p, context);
      } else {
        RandomForestClassifier settings;
        settings.forest.trees = 2;
        settings.fit(data, context).probabilities(data.features, p, context);
      }
      if (first.empty()) first = p;
      EXPECT_EQ(p, first);
    }
  }
}

TEST(Forest, PoissonIsForCounts) {
  RandomForestRegressor settings;
  settings.criterion = ForestNumberCriterion::poisson;
  try {
    settings.fit(noisy(100, 1, true), Context{});
    FAIL() << "negative counts were taken";
  } catch (const DataError& error) {
    EXPECT_EQ(error.code(), "forest.negative_target");
  }
  // One tree against the definition: the deviance of counts from their mean.
  const auto deviance = [](const std::vector<double>& y) {
    const double mean = std::accumulate(y.begin(), y.end(), 0.0) / static_cast<double>(y.size());
    double sum = 0;
    for (const double value : y) sum += value * std::log(value / mean);
    return sum / static_cast<double>(y.size());
  };
  Stream stream(6, "forest.twin");
  std::vector<std::vector<double>> rows;
  std::vector<double> x, y;
  for (int i = 0; i < 200; ++i) {
    x.push_back(stream.normal());
    y.push_back(1 + std::floor(std::exp(x.back()) * 3 * stream.uniform()));
    rows.push_back({x.back()});
  }
  auto tree = plain_tree<RandomForestRegressor>();
  tree.criterion = ForestNumberCriterion::poisson;
  tree.forest.min_leaf = 8;
  const auto model = tree.fit({.features = columns_of(rows), .target = numbers_of(y)}, Context{});
  const SlowTree twin(x, y, deviance, 8);
  EXPECT_EQ(model.forest().ensemble().parts().leaves(), twin.leaves());
  for (double at = -3; at < 3; at += 0.05) {
    std::vector<double> value(1);
    model.predict(columns_of({{at}}), value, Context{});
    EXPECT_NEAR(value[0], twin.answer(at), 1e-9) << at;
  }
}

double median(const std::vector<double>& y) {
  std::vector<double> sorted = y;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
double absolute(const std::vector<double>& y) {
  double sum = 0;
  for (const double value : y) sum += std::abs(value - median(y));
  return sum / static_cast<double>(y.size());
}

TEST(ForestTree, AbsoluteErrorsGrowAsTheDefinitionSays) {
  for (const double least : {1.0, 6.0}) {
    Stream stream(12, "forest.twin");
    std::vector<std::vector<double>> rows;
    std::vector<double> x, y;
    for (int i = 0; i < 160; ++i) {
      x.push_back(std::round(stream.normal() * 20) / 20);
      // Fourths, so that both ways to add up are exact and equal cuts are equal; some far out.
      y.push_back(std::round(4 * (std::sin(3 * x.back()) + stream.normal())) / 4 + (i % 17 == 0 ? 50 : 0));
      rows.push_back({x.back()});
    }
    auto settings = plain_tree<RandomForestRegressor>();
    settings.criterion = ForestNumberCriterion::absolute;
    settings.forest.min_leaf = least;
    const auto model = settings.fit({.features = columns_of(rows), .target = numbers_of(y)}, Context{});
    const SlowTree twin(x, y, absolute, least, median);
    EXPECT_EQ(model.forest().ensemble().parts().leaves(), twin.leaves());
    for (double at = -3; at < 3; at += 0.01) {
      std::vector<double> value(1);
      model.predict(columns_of({{at}}), value, Context{});
      EXPECT_NEAR(value[0], twin.answer(at), 1e-9) << at;
    }
  }
}

TEST(ForestTree, AbsoluteErrorsTakeWeightsMissingCellsAndCategories) {
  // The median of each level is told apart, and gaps by their own; a weight of 3 is three rows.
  std::vector<std::vector<double>> once, copies;
  std::vector<double> y, all;
  Dataset weighted;
  Stream stream(13, "forest.absolute");
  for (int i = 0; i < 300; ++i) {
    const double level = i % 6, number = i % 11 == 0 ? NAN : stream.normal();
    const double target =
        (i % 6 == 2 || i % 6 == 5 ? 10 : 0) + (std::isnan(number) ? 4 : 0) + stream.normal();
    once.push_back({level, number});
    y.push_back(target);
    weighted.weights.push_back(1 + i % 3);
    for (int k = 0; k <= i % 3; ++k) {
      copies.push_back({level, number});
      all.push_back(target);
    }
  }
  weighted.features = columns_of(once);
  weighted.target = numbers_of(y);
  weighted.info = {{"level", "level", FeatureInfo::Kind::category, 6}, {"number", "number"}};
  Dataset repeated{.features = columns_of(copies), .target = numbers_of(all), .info = weighted.info};
  auto settings = plain_tree<RandomForestRegressor>();
  settings.criterion = ForestNumberCriterion::absolute;
  settings.forest.max_leaves = 4;
  const auto a = settings.fit(weighted, Context{}), b = settings.fit(repeated, Context{});
  std::vector<double> told(300), same(300);
  a.predict(weighted.features, told, Context{});
  b.predict(weighted.features, same, Context{});
  EXPECT_EQ(told, same);
  for (std::size_t i = 0; i < 300; ++i) EXPECT_NEAR(told[i], y[i], 5) << i;
  // Extra trees and whole forests run through the other ways of growing.
  ExtraTreesRegressor extra;
  extra.criterion = ForestNumberCriterion::absolute;
  extra.forest.trees = 30;
  extra.forest.min_leaf = 3;
  const auto forest = extra.fit(weighted, Context({.threads = 2}));
  forest.predict(weighted.features, told, Context{});
  double error = 0;
  for (std::size_t i = 0; i < 300; ++i) error += std::abs(told[i] - y[i]) / 300;
  EXPECT_LT(error, 1.2) << "the noise alone is 0.8";
}

}  // namespace
}  // namespace everyml
