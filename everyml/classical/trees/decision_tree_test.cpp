#include "everyml/classical/trees/decision_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "everyml/classical/trees/table_data_test_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/data/splits.h"

namespace everyml {
namespace {

using testing_trees::example;

static_assert(PredictsProbabilities<DecisionTreeClassifierModel> &&
              !PredictsValues<DecisionTreeClassifierModel>);
static_assert(PredictsValues<DecisionTreeRegressorModel>);

Features column(const std::vector<double>& values) {
  Buffer<double> buffer(values.size());
  std::copy(values.begin(), values.end(), buffer.begin());
  return Features::dense(std::move(buffer), values.size(), 1);
}
Target classes_of(const std::vector<int>& codes, std::size_t classes) {
  Buffer<std::int32_t> buffer(codes.size());
  std::copy(codes.begin(), codes.end(), buffer.begin());
  std::vector<std::string> names;
  for (std::size_t c = 0; c < classes; ++c) names.push_back("c" + std::to_string(c));
  return Target::classes(std::move(buffer), std::move(names));
}
Target numbers_of(const std::vector<double>& values) {
  Buffer<double> buffer(values.size());
  std::copy(values.begin(), values.end(), buffer.begin());
  return Target::numbers(std::move(buffer));
}

double gini(const std::vector<int>& codes, std::size_t classes) {
  std::vector<double> counts(classes);
  for (const int c : codes) ++counts[static_cast<std::size_t>(c)];
  double squares = 0;
  for (const double c : counts) squares += c * c;
  return codes.empty() ? 0 : static_cast<double>(codes.size()) - squares / static_cast<double>(codes.size());
}
double squares_of(const std::vector<double>& y) {
  if (y.empty()) return 0;
  const double mean = std::accumulate(y.begin(), y.end(), 0.0) / static_cast<double>(y.size());
  double sum = 0;
  for (const double v : y) sum += (v - mean) * (v - mean);
  return sum;
}
double deviations_of(std::vector<double> y) {
  if (y.empty()) return 0;
  std::sort(y.begin(), y.end());
  const double median = y[y.size() / 2];
  double sum = 0;
  for (const double v : y) sum += std::abs(v - median);
  return sum;
}
double poisson_of(const std::vector<double>& y) {
  if (y.empty()) return 0;
  const double sum = std::accumulate(y.begin(), y.end(), 0.0), mean = sum / static_cast<double>(y.size());
  if (sum == 0) return std::numeric_limits<double>::infinity();  // a side of nothing is no split
  double out = 0;
  for (const double v : y) out += v > 0 ? v * std::log(v / mean) : 0;
  return out;
}

/// The largest drop by any division of the rows that `side` allows, per row.
template <class Y, class Impurity>
double best_drop(const std::vector<double>& x, const std::vector<Y>& y, std::size_t sets,
                 const Impurity& impurity, const std::function<bool(double, std::size_t)>& side) {
  double best = 0;
  for (std::size_t set = 0; set < sets; ++set) {
    std::vector<Y> left, right;
    for (std::size_t i = 0; i < x.size(); ++i) (side(x[i], set) ? left : right).push_back(y[i]);
    if (left.empty() || right.empty()) continue;
    best = std::max(best, impurity(y) - impurity(left) - impurity(right));
  }
  return best / static_cast<double>(x.size());
}
bool in_set(double value, std::size_t set) { return ((set >> static_cast<std::size_t>(value)) & 1) != 0; }

Dataset category(const std::vector<double>& x, Target target, std::size_t levels) {
  return {.features = column(x),
          .target = std::move(target),
          .info = {{.name = "kind", .kind = FeatureInfo::Kind::category, .levels = levels}}};
}

TEST(DecisionTree, FindsTheBestOfAllSetsOfCategories) {
  for (const std::size_t classes : {2U, 4U}) {
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
      Stream random(seed, "sets", classes);
      std::vector<double> x;
      std::vector<int> y;
      for (int i = 0; i < 80; ++i) {
        x.push_back(static_cast<double>(random.below(8)));
        y.push_back(static_cast<int>((static_cast<std::uint64_t>(x.back() * 3) + random.below(3)) % classes));
      }
      const double expected =
          best_drop(x, y, 256, [&](const auto& codes) { return gini(codes, classes); }, in_set);
      const auto model = DecisionTreeClassifier{.growth = {.max_depth = 1}}.fit(
          category(x, classes_of(y, classes), 8), Context{});
      ASSERT_EQ(model.leaf_count(), 2U);
      EXPECT_NEAR(model.ensemble().parts().gain[0], expected, 1e-6);
    }
  }
}

TEST(DecisionTree, FindsTheBestSetAndTheBestThresholdForNumbers) {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    Stream random(seed, "numbers");
    std::vector<double> x, y;
    for (int i = 0; i < 60; ++i) {
      x.push_back(static_cast<double>(random.below(9)));
      y.push_back(std::floor(3 + std::abs(x.back() - 4) + 2 * random.normal()));
      y.back() = std::max(y.back(), 0.0);
    }
    const Dataset sets = category(x, numbers_of(y), 9);
    const Dataset places{.features = column(x), .target = numbers_of(y)};
    const auto below = [](double value, std::size_t cut) { return value <= static_cast<double>(cut); };
    const auto gain = [&](NumberCriterion criterion, const Dataset& data) {
      const DecisionTreeRegressor settings{.criterion = criterion, .growth = {.max_depth = 1}};
      return settings.fit(data, Context{}).ensemble().parts().gain.at(0);
    };
    EXPECT_NEAR(gain(NumberCriterion::squared, sets), best_drop(x, y, 512, squares_of, in_set), 1e-5);
    EXPECT_NEAR(gain(NumberCriterion::squared, places), best_drop(x, y, 9, squares_of, below), 1e-5);
    EXPECT_NEAR(gain(NumberCriterion::poisson, sets), best_drop(x, y, 512, poisson_of, in_set), 1e-5);
    EXPECT_NEAR(gain(NumberCriterion::absolute, places), best_drop(x, y, 9, deviations_of, below), 1e-5);
  }
}

/// Least cost plus price per leaf of all prunings of the branch, by trying both at every node.
double cheapest(const DecisionTreeModel& model, std::int32_t at, double price) {
  const TreeParts& parts = model.ensemble().parts();
  const auto wrong = [&](std::span<const double> stats, std::size_t place) {
    const auto counts = stats.subspan(place * model.stat_width(), model.stat_width());
    return std::accumulate(counts.begin(), counts.end(), 0.0) -
           *std::max_element(counts.begin(), counts.end());
  };
  if (at < 0) return wrong(model.leaf_stats(), static_cast<std::size_t>(~at)) + price;
  const auto node = static_cast<std::size_t>(at);
  return std::min(wrong(model.node_stats(), node) + price,
                  cheapest(model, parts.left[node], price) + cheapest(model, parts.right[node], price));
}

TEST(DecisionTree, PrunedTreesAreTheCheapestOfAll) {
  const Dataset data = example("pima.csv", "diabetes");
  const auto whole = DecisionTreeClassifier{}.fit(data, Context{});
  const auto& path = whole.pruning_path();
  ASSERT_GT(path.alphas.size(), 4U);
  for (const double alpha : {1e-9, 0.002, 0.004, 0.01, 0.05, 0.2, 0.5}) {
    const auto model = DecisionTreeClassifier{.growth = {.alpha = alpha}}.fit(data, Context{});
    const auto step = static_cast<std::size_t>(
        std::upper_bound(path.alphas.begin(), path.alphas.end(), alpha) - path.alphas.begin() - 1);
    EXPECT_EQ(static_cast<double>(model.leaf_count()), path.leaves[step]) << alpha;
    const double root = 268;  // rows of the rarer class
    EXPECT_NEAR(cheapest(whole, 0, alpha * root), path.errors[step] * root + alpha * root * path.leaves[step],
                1e-6);
  }
}

TEST(DecisionTree, CrossValidationChoosesASheetOfQuestionsThatHoldsUp) {
  const Dataset data = example("wdbc.csv", "Diagnosis");
  std::size_t right = 0, most_leaves = 0;
  for (const Fold& fold : stratified_folds(data.target.codes(), 10, Stream(3, "wdbc"))) {
    const Dataset train = data.select_rows(fold.train), test = data.select_rows(fold.test);
    const DecisionTreeClassifier settings{.growth = {.alpha = std::nullopt, .one_standard_error = false}};
    const auto model = settings.fit(train, Context{});
    most_leaves = std::max(most_leaves, model.leaf_count());
    EXPECT_EQ(model.pruning_path().cv_errors.size(), model.pruning_path().alphas.size());
    std::vector<double> out(test.rows() * 2);
    model.probabilities(test.features, out, Context{});
    for (std::size_t i = 0; i < test.rows(); ++i)
      right += (out[2 * i + 1] > 0.5 ? 1 : 0) == test.target.codes()[i];
  }
  EXPECT_GE(static_cast<double>(right) / 569, 0.923);
  EXPECT_LE(most_leaves, 25U);
}

TEST(DecisionTree, OneStandardErrorTakesTheSmallestTreeWithinIt) {
  std::size_t smaller = 0;
  for (const auto& [file, target] : {std::pair{"pima.csv", "diabetes"}, std::pair{"wdbc.csv", "Diagnosis"},
                                     std::pair{"titanic.csv", "survived"}}) {
    const Dataset data = example(file, target);
    const DecisionTreeClassifier best{.growth = {.alpha = std::nullopt, .one_standard_error = false}};
    const auto plain = DecisionTreeClassifier{.growth = {.alpha = std::nullopt}}.fit(data, Context{});
    const auto& path = plain.pruning_path();
    const auto least = static_cast<std::size_t>(
        std::min_element(path.cv_errors.begin(), path.cv_errors.end()) - path.cv_errors.begin());
    const double bound = path.cv_errors[least] + path.cv_deviations[least];
    std::size_t last = 0;
    for (std::size_t i = 0; i < path.alphas.size(); ++i) {
      if (path.cv_errors[i] <= bound) last = i;
    }
    EXPECT_EQ(static_cast<double>(plain.leaf_count()), path.leaves[last]) << file;
    smaller += plain.leaf_count() < best.fit(data, Context{}).leaf_count();
  }
  EXPECT_GT(smaller, 0U);
}

TEST(DecisionTree, MissingCellsLearnTheirSideAndNewCategoriesGoThere) {
  // Missing cells are all of the second class, as are the levels 1 and 2.
  const double gap = std::nan("");
  const std::vector<double> x{0, 0, 0, 1, 1, 2, 2, 2, gap, gap};
  const Dataset data = category(x, classes_of({0, 0, 0, 1, 1, 1, 1, 1, 1, 1}, 2), 4);
  const auto model = DecisionTreeClassifier{}.fit(data, Context{});
  std::vector<double> out(8);
  model.probabilities(column({gap, 3, 0, 1}), out, Context{});
  EXPECT_EQ(out, (std::vector<double>{0, 1, 0, 1, 1, 0, 0, 1}));
}

TEST(DecisionTree, WhetherACellIsMissingCanBeTheQuestion) {
  const double gap = std::nan("");
  const Dataset data{.features = column({1, gap, 2, gap, 3, gap, 4, gap}),
                     .target = classes_of({0, 1, 0, 1, 0, 1, 0, 1}, 2)};
  const auto model = DecisionTreeClassifier{}.fit(data, Context{});
  EXPECT_EQ(model.leaf_count(), 2U);
  std::vector<double> out(6);
  model.probabilities(column({gap, -7, 1e300}), out, Context{});
  EXPECT_EQ(out, (std::vector<double>{0, 1, 1, 0, 1, 0}));
}

TEST(DecisionTree, WaysAndLeavesAgreeAlsoWithStandIns) {
  const Dataset data = example("titanic.csv", "survived");
  for (const int surrogates : {0, 5}) {
    const auto model =
        DecisionTreeClassifier{.growth = {.min_leaf = 7, .surrogates = surrogates}}.fit(data, Context{});
    EXPECT_EQ(model.has_surrogates(), surrogates > 0);
    std::vector<std::int32_t> leaf(data.rows());
    std::vector<double> out(data.rows() * 2);
    model.leaves(data.features, leaf, Context{});
    model.probabilities(data.features, out, Context{});
    std::size_t by_stand_in = 0;
    for (std::size_t i = 0; i < data.rows(); ++i) {
      const double row[]{data.features.at(i, 0), data.features.at(i, 1), data.features.at(i, 2)};
      const auto steps = model.path(row);
      const TreeParts& parts = model.ensemble().parts();
      const auto last = steps.back();
      EXPECT_EQ(last.left ? parts.left[last.node] : parts.right[last.node], ~leaf[i]);
      const auto counts = model.leaf_stats().subspan(static_cast<std::size_t>(leaf[i]) * 2, 2);
      EXPECT_NEAR(out[2 * i], counts[0] / (counts[0] + counts[1]), 1e-12);
      for (const TreeStep& step : steps) by_stand_in += step.surrogate >= 0;
    }
    EXPECT_EQ(by_stand_in > 0, surrogates > 0);
  }
}

TEST(DecisionTree, LimitsHold) {
  const Dataset data = example("pima.csv", "diabetes");
  EXPECT_EQ(DecisionTreeClassifier{.growth = {.max_depth = 0}}.fit(data, Context{}).leaf_count(), 1U);
  EXPECT_EQ(DecisionTreeClassifier{.growth = {.max_depth = 3}}.fit(data, Context{}).depth(), 3U);
  EXPECT_EQ(DecisionTreeClassifier{.growth = {.max_leaves = 6}}.fit(data, Context{}).leaf_count(), 6U);
  const auto wide = DecisionTreeClassifier{.growth = {.min_leaf = 30}}.fit(data, Context{});
  const auto& covers = wide.ensemble().parts().leaf_cover;
  EXPECT_GE(*std::min_element(covers.begin(), covers.end()), 30);
}

TEST(DecisionTree, RandomPlacesAndRandomFeaturesFollowTheSeed) {
  const Dataset data = example("wdbc.csv", "Diagnosis");
  const DecisionTreeClassifier settings{.growth = {.max_features = 0.2, .splitter = Splitter::random}};
  const auto thresholds = [&](std::uint64_t seed) {
    return settings.fit(data, Context({.seed = seed})).ensemble().parts().threshold;
  };
  EXPECT_EQ(thresholds(1), thresholds(1));
  EXPECT_NE(thresholds(1), thresholds(2));
  const auto model = settings.fit(data, Context{});
  std::vector<double> out(data.rows() * 2);
  model.probabilities(data.features, out, Context{});
  for (std::size_t i = 0; i < data.rows(); ++i)  // grown to the end
    EXPECT_EQ(out[2 * i + static_cast<std::size_t>(data.target.codes()[i])], 1);
}

TEST(DecisionTree, LargeSetsGiveTheSameBytesOnAnyNumberOfThreads) {
  Stream random(1, "large");
  const std::size_t rows = 40000;
  Buffer<double> values(rows * 4);
  std::vector<double> y;
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < 4; ++j) values[i * 4 + j] = random.normal();
    y.push_back(values[i * 4] * values[i * 4 + 1] + random.normal());
  }
  const Dataset data{.features = Features::dense(std::move(values), rows, 4), .target = numbers_of(y)};
  std::string bytes;
  for (const int threads : {1, 2, 7}) {
    ArchiveWriter archive;
    DecisionTreeRegressor{.growth = {.min_leaf = 3}}.fit(data, Context({.threads = threads})).save(archive);
    if (bytes.empty()) bytes = archive.bytes();
    EXPECT_EQ(archive.bytes(), bytes) << threads;
  }
}

TEST(DecisionTree, RefusesWhatItCannotUse) {
  const auto code = [](const auto& action) -> std::string {
    try {
      action();
    } catch (const Error& error) {
      return std::string(error.code());
    }
    return "";
  };
  const Dataset counts{.features = column({1, 2, 3}), .target = numbers_of({1, -1, 2})};
  EXPECT_EQ(
      code([&] { DecisionTreeRegressor{.criterion = NumberCriterion::poisson}.fit(counts, Context{}); }),
      "data.negative_target");
  const Dataset two{.features = column({1, 2, 3}), .target = classes_of({0, 1, 0}, 2)};
  EXPECT_EQ(code([&] { DecisionTreeClassifier{.class_weights = {1, 2, 3}}.fit(two, Context{}); }),
            "parameter.class_weights");
  EXPECT_EQ(code([&] {
              DecisionTreeClassifier{}.fit(category({0, 1.5, 2}, classes_of({0, 1, 0}, 2), 3), Context{});
            }),
            "data.category_code");
}

}  // namespace
}  // namespace everyml
