#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "everyml/classical/trees/targets_test_impl.h"
#include "everyml/ensembles/forest/forest.h"
#include "everyml/ensembles/forest/forest_family.h"
#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

using testing_targets::expect_best_splits;
using testing_targets::Measure;

static_assert(AnswersTargets<ForestTargetsModel> && !PredictsValues<ForestTargetsModel>);

const Registry& forests() {
  static const Registry registry(forest_family());
  return registry;
}
std::string bytes_of(const AnyModel& model) {
  ArchiveWriter archive;
  model.save(archive);
  return archive.bytes();
}
std::string code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return std::string(error.code());
  }
  return "no error";
}
Dataset table_for(std::string_view name, std::size_t rows, std::uint64_t seed) {
  return name.ends_with("classifier") ? testing_targets::classes(rows, 4, 3, seed)
                                      : testing_targets::numbers(rows, 4, 3, seed);
}

TEST(ForestTargets, WithAllRowsAndFeaturesEverySplitIsTheBestOfAll) {
  // Two trees without chance: the values of a feature are fewer than the bins, so codes are exact.
  const ForestSettings whole{.trees = 2, .features = FeatureRule::all, .sampling = ForestSampling::all};
  for (const std::uint64_t seed : {1, 2}) {
    Dataset data = testing_targets::numbers(80, 3, 3, seed);
    Dataset classes = testing_targets::classes(80, 3, 3, seed);
    for (const bool weighted : {false, true}) {
      if (weighted) {
        for (std::size_t i = 0; i < data.rows(); ++i) data.weights.push_back(static_cast<double>(i * 5 % 3));
        classes.weights = data.weights;
      }
      const auto check = [&](const ForestTargetsModel& model, const Dataset& on, Measure measure) {
        for (std::size_t tree = 0; tree < 2; ++tree)
          expect_best_splits(model.forest().ensemble().parts(), tree, on, measure, 0.5);
      };
      using R = RandomForestRegressor;
      using C = RandomForestClassifier;
      check(R{.forest = whole}.fit_targets(data, Context{}), data, Measure::squared);
      check(R{.forest = whole, .criterion = ForestNumberCriterion::poisson}.fit_targets(data, Context{}),
            data, Measure::poisson);
      check(C{.forest = whole}.fit_targets(classes, Context{}), classes, Measure::gini);
      check(C{.forest = whole, .criterion = ForestClassCriterion::entropy}.fit_targets(classes, Context{}),
            classes, Measure::entropy);
    }
  }
}

/// The same questions; answers of the second stand twice in the first.
void expect_twice(const ForestTrees& of_two, const ForestTrees& of_one) {
  const TreeParts &two = of_two.ensemble().parts(), &one = of_one.ensemble().parts();
  EXPECT_EQ(two.feature, one.feature);
  EXPECT_EQ(two.threshold, one.threshold);
  EXPECT_EQ(two.left, one.left);
  ASSERT_EQ(two.leaves(), one.leaves());
  for (std::size_t leaf = 0; leaf < one.leaves(); ++leaf) {
    for (std::size_t k = 0; k < two.width; ++k) {
      const double expected = one.leaf_value[leaf * one.width + k % one.width];
      EXPECT_NEAR(two.leaf_value[leaf * two.width + k], expected, 1e-12 * (1 + std::abs(expected)));
    }
  }
}

TEST(ForestTargets, TwoEqualTargetsGiveTheForestOfOne) {
  // A forest of one number draws a row for each leaf on the way, which moves the later draws; with a limit of
  // leaves it does so at the end.
  const ForestSettings small{.trees = 5, .max_leaves = 1000};
  const ForestSettings extra{.trees = 5, .max_leaves = 1000, .sampling = ForestSampling::all};
  Dataset one = testing_targets::numbers(400, 4, 1, 3), two = one;
  two.further = {one.target};
  expect_twice(RandomForestRegressor{.forest = small}.fit_targets(two, Context{}).forest(),
               RandomForestRegressor{.forest = small}.fit(one, Context{}).forest());
  expect_twice(ExtraTreesRegressor{.forest = extra}.fit_targets(two, Context{}).forest(),
               ExtraTreesRegressor{.forest = extra}.fit(one, Context{}).forest());
  const Dataset classes = testing_targets::classes(400, 4, 2, 4);
  // Three classes: those of two are scored by whole numbers where they are alone, which breaks ties
  // otherwise.
  one.target = classes.target_at(1);
  two.target = one.target;
  two.further = {one.target};
  const ForestSettings plain{.trees = 5};
  expect_twice(RandomForestClassifier{.forest = plain}.fit_targets(two, Context{}).forest(),
               RandomForestClassifier{.forest = plain}.fit(one, Context{}).forest());
}

TEST(ForestTargets, SameBytesAtAnyNumberOfThreadsAndAfterLoading) {
  for (const Entry& entry : forests().entries()) {
    const Dataset data = table_for(entry.card().name, 3000, 9);
    AnyEstimator forest = entry.make();
    forest.set("trees", "9");
    forest.set("importance", "permutation");
    const std::string once = bytes_of(forest.fit(data, Context({.threads = 1})));
    for (const int threads : {2, 7}) {
      EXPECT_EQ(once, bytes_of(forest.fit(data, Context({.threads = threads})))) << entry.card().name;
    }
    const AnyModel back = entry.load(ArchiveReader::from_bytes(once, "forest"));
    EXPECT_EQ(bytes_of(back), once);
    EXPECT_EQ(back.target_classes().size(), 3U);
    EXPECT_EQ(back.attribute("feature_importances")->values.size(), 4U);
  }
}

TEST(ForestTargets, AnswersAreProbabilitiesOfEachTargetAndFitTheRows) {
  for (const Entry& entry : forests().entries()) {
    const Dataset data = table_for(entry.card().name, 600, 10);
    AnyEstimator forest = entry.make();
    forest.set("trees", "30");
    const AnyModel model = forest.fit(data, Context{});
    const std::size_t width = model.answer_count();
    std::vector<double> out(data.rows() * width);
    model.answers(data.features, out, Context{});
    for (std::size_t i = 0; i < data.rows(); ++i) {
      const double* at = out.data() + i * width;
      for (std::size_t t = 0; t < 3; ++t) {
        const std::size_t classes = model.target_classes()[t].size();
        if (classes == 0) {
          EXPECT_NEAR(*at++, data.target_at(t).values()[i], 3.0);
          continue;
        }
        double sum = 0;
        for (std::size_t c = 0; c < classes; ++c) sum += at[c];
        EXPECT_NEAR(sum, 1, 1e-12);
        at += classes;
      }
    }
  }
}

TEST(ForestTargets, OutOfBagAnswersAreThoseOfTheTreesThatDidNotSeeTheRow) {
  // With two targets of which the second is the first: its score is that of one target alone.
  Dataset one = testing_targets::numbers(500, 4, 1, 12), two = one;
  two.further = {one.target};
  const RandomForestRegressor forest{
      .forest = {.trees = 40, .features = FeatureRule::all, .max_leaves = 1000}};
  const auto alone = forest.fit(one, Context{});
  const auto both = forest.fit_targets(two, Context{});
  const std::vector<double>&a = alone.forest().facts().out_of_bag, &b = both.forest().facts().out_of_bag;
  ASSERT_EQ(b.size(), 2 * a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_NEAR(b[2 * i], a[i], 1e-12);
    EXPECT_NEAR(b[2 * i + 1], a[i], 1e-12);
  }
  EXPECT_NEAR(both.forest().facts().out_of_bag_score, alone.forest().facts().out_of_bag_score, 1e-12);
  // Of classes a row counts as right when all its targets are.
  const Dataset classes = testing_targets::classes(500, 4, 3, 13);
  const auto model = RandomForestClassifier{.forest = {.trees = 40}}.fit_targets(classes, Context{});
  const std::vector<double>& shares = model.forest().facts().out_of_bag;
  double right = 0, judged = 0;
  for (std::size_t i = 0; i < classes.rows(); ++i) {
    const double* at = shares.data() + i * 9;
    if (std::isnan(*at)) continue;
    bool all = true;
    for (std::size_t t = 0; t < 3; ++t) {
      const auto count = static_cast<std::ptrdiff_t>(t + 2);
      all = all && std::max_element(at, at + count) - at == classes.target_at(t).codes()[i];
      at += count;
    }
    right += all;
    ++judged;
  }
  EXPECT_NEAR(model.forest().facts().out_of_bag_score, right / judged, 1e-12);
}

TEST(ForestTargets, TargetsOfFarApartScalesAndMonsters) {
  Dataset data = testing_targets::numbers(200, 3, 3, 14);
  std::vector<double> tiny, huge;
  for (const double y : data.target_at(1).values()) tiny.push_back(y * 1e-9);
  for (const double y : data.target_at(2).values()) huge.push_back(y * 1e280);
  data.further[0] = Target::numbers(testing_targets::buffer_of(tiny));
  const ForestSettings whole{.trees = 1, .features = FeatureRule::all, .sampling = ForestSampling::all};
  const auto errors = [&](const ForestTargetsModel& model, std::size_t target) {
    std::vector<double> out(3 * data.rows());
    model.answers(data.features, out, Context{});
    double worst = 0;
    for (std::size_t i = 0; i < data.rows(); ++i)
      worst = std::max(worst, std::abs(out[3 * i + target] / data.target_at(target).values()[i] - 1));
    return worst;
  };
  const auto small = RandomForestRegressor{.forest = whole}.fit_targets(data, Context{});
  for (std::size_t t = 0; t < 3; ++t) EXPECT_LT(errors(small, t), 0.5) << "a tree to the end knows every row";
  data.further[1] = Target::numbers(testing_targets::buffer_of(huge));
  const auto monster = RandomForestRegressor{.forest = whole}.fit_targets(data, Context{});
  EXPECT_LT(errors(monster, 2), 0.5);
}

TEST(ForestTargets, BudgetsAndRefusals) {
  const Dataset numbers = testing_targets::numbers(60, 3, 2, 15),
                classes = testing_targets::classes(60, 3, 2, 15);
  const Context context;
  EXPECT_EQ(code_of([&] { RandomForestRegressor{}.fit(numbers, context); }), "data.targets");
  EXPECT_EQ(code_of([&] {
              RandomForestRegressor{.criterion = ForestNumberCriterion::absolute}.fit_targets(numbers,
                                                                                              context);
            }),
            "forest.targets");
  EXPECT_EQ(code_of([&] {
              ExtraTreesClassifier{.class_weights = ForestClassWeights::balanced}.fit_targets(classes,
                                                                                              context);
            }),
            "forest.targets");
  const AnyModel model = forests().find(RandomForestClassifier::name).make().fit(classes, context);
  std::vector<double> out(classes.rows() * 2);
  EXPECT_EQ(code_of([&] { model.probabilities(classes.features, out, context); }), "model.capability");
  const Dataset large = testing_targets::numbers(20000, 8, 3, 16);
  EXPECT_EQ(code_of([&] { RandomForestRegressor{}.fit_targets(large, Context({.memory_bytes = 300000})); }),
            "resource.memory");
}

TEST(ForestTargets, FilesThatDoNotFitAreRefused) {
  const Dataset data = testing_targets::classes(60, 3, 2, 17);
  const auto model = RandomForestClassifier{.forest = {.trees = 3}}.fit_targets(data, Context{});
  const auto load_with = [&](const std::vector<std::int32_t>& sizes) {
    return code_of([&] {
      ArchiveWriter archive;
      model.forest().save(archive);
      archive.array("target_sizes", std::span<const std::int32_t>(sizes));
      archive.strings("target_classes", std::vector<std::string>{"a", "b", "c", "d", "e"});
      ForestTargetsModel::load(ArchiveReader::from_bytes(archive.bytes(), "forest"));
    });
  };
  EXPECT_EQ(load_with({2, 3}), "no error");
  EXPECT_EQ(load_with({3, 2}), "model.value");
  EXPECT_EQ(load_with({5}), "model.value");
  EXPECT_EQ(load_with({2, 2, 1}), "model.value");
}

}  // namespace
}  // namespace everyml
