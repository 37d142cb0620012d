#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "everyml/classical/trees/decision_tree.h"
#include "everyml/classical/trees/targets_test_impl.h"
#include "everyml/classical/trees/trees_family.h"
#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

using testing_targets::buffer_of;
using testing_targets::expect_best_splits;
using testing_targets::Measure;

static_assert(AnswersTargets<DecisionTreeTargetsModel> && !PredictsValues<DecisionTreeTargetsModel>);

const Entry& entry_of(std::string_view name) {
  static const Registry registry(trees_family());
  return registry.find(name);
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
std::vector<double> whole_weights(std::size_t rows) {
  std::vector<double> weights;
  for (std::size_t i = 0; i < rows; ++i) weights.push_back(static_cast<double>(i * 7 % 4));
  return weights;
}
Dataset copied(const Dataset& data) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < data.rows(); ++i)
    rows.insert(rows.end(), static_cast<std::size_t>(data.weight(i)), i);
  Dataset copies = data.select_rows(rows);
  copies.weights.clear();
  return copies;
}

TEST(DecisionTreeTargets, EverySplitIsTheBestOfAll) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    Dataset data = testing_targets::numbers(70, 3, 3, seed);
    for (const bool weighted : {false, true}) {
      data.weights = weighted ? whole_weights(data.rows()) : std::vector<double>();
      expect_best_splits(DecisionTreeRegressor{}.fit_targets(data, Context{}).ensemble().parts(), 0, data,
                         Measure::squared);
      expect_best_splits(DecisionTreeRegressor{.criterion = NumberCriterion::poisson}
                             .fit_targets(data, Context{})
                             .ensemble()
                             .parts(),
                         0, data, Measure::poisson);
    }
    Dataset classes = testing_targets::classes(70, 3, 3, seed);
    classes.weights = data.weights;
    expect_best_splits(DecisionTreeClassifier{}.fit_targets(classes, Context{}).ensemble().parts(), 0,
                       classes, Measure::gini);
    expect_best_splits(DecisionTreeClassifier{.criterion = ClassCriterion::entropy}
                           .fit_targets(classes, Context{})
                           .ensemble()
                           .parts(),
                       0, classes, Measure::entropy);
  }
}

/// The same questions; answers of the second stand twice in the first.
void expect_twice(const TreeParts& two, const TreeParts& one) {
  EXPECT_EQ(two.feature, one.feature);
  EXPECT_EQ(two.threshold, one.threshold);
  EXPECT_EQ(two.left, one.left);
  EXPECT_EQ(two.right, one.right);
  for (std::size_t leaf = 0; leaf < one.leaves(); ++leaf) {
    for (std::size_t k = 0; k < two.width; ++k)
      EXPECT_DOUBLE_EQ(two.leaf_value[leaf * two.width + k],
                       one.leaf_value[leaf * one.width + k % one.width]);
  }
}

TEST(DecisionTreeTargets, TwoEqualTargetsGiveTheTreeOfOne) {
  Dataset one = testing_targets::numbers(300, 4, 1, 5), two = one;
  two.further = {one.target};
  expect_twice(DecisionTreeRegressor{}.fit_targets(two, Context{}).ensemble().parts(),
               DecisionTreeRegressor{}.fit(one, Context{}).ensemble().parts());
  one = testing_targets::classes(300, 4, 2, 6);
  std::swap(one.target, one.further[0]);  // three classes
  one.further.clear();
  two = one;
  two.further = {one.target};
  for (const auto criterion : {ClassCriterion::gini, ClassCriterion::entropy}) {
    const DecisionTreeClassifier tree{.criterion = criterion};
    expect_twice(tree.fit_targets(two, Context{}).ensemble().parts(),
                 tree.fit(one, Context{}).ensemble().parts());
  }
}

TEST(DecisionTreeTargets, WeightsAreCopies) {
  for (const bool numbers : {true, false}) {
    Dataset data = numbers ? testing_targets::numbers(200, 3, 3, 8) : testing_targets::classes(200, 3, 3, 8);
    data.weights = whole_weights(data.rows());
    const AnyEstimator tree =
        entry_of(numbers ? DecisionTreeRegressor::name : DecisionTreeClassifier::name).make();
    const AnyModel weighted = tree.fit(data, Context{}), many = tree.fit(copied(data), Context{});
    std::vector<double> a(data.rows() * weighted.answer_count()), b(a.size());
    weighted.answers(data.features, a, Context{});
    many.answers(data.features, b, Context{});
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-12);
  }
}

TEST(DecisionTreeTargets, CategoriesAndMissingCells) {
  // Levels 0 and 2 belong together in the first target, missing cells with level 1 in the second.
  const double gap = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> x, a, b;
  for (int i = 0; i < 60; ++i) {
    const int level = i % 4;
    x.push_back(level == 3 ? gap : level);
    a.push_back(level == 0 || level == 2 ? 5 : 0);
    b.push_back(level == 1 ? 2 : 1);
  }
  Dataset data{
      .features = Features::dense(buffer_of(x), x.size(), 1),
      .target = Target::numbers(buffer_of(a)),
      .info = {{.name = "colour", .source = "colour", .kind = FeatureInfo::Kind::category, .levels = 3}},
      .further = {Target::numbers(buffer_of(b))}};
  const auto model = DecisionTreeRegressor{}.fit_targets(data, Context{});
  std::vector<double> out(2 * data.rows());
  model.answers(data.features, out, Context{});
  for (std::size_t i = 0; i < data.rows(); ++i) {
    EXPECT_DOUBLE_EQ(out[2 * i], a[i]);
    EXPECT_DOUBLE_EQ(out[2 * i + 1], b[i]);
  }
}

TEST(DecisionTreeTargets, MoreLevelsThanCanAllBeTried) {
  std::vector<double> x, a, b;
  for (int i = 0; i < 480; ++i) {
    const int level = i % 24;
    x.push_back(level);
    a.push_back(level % 3 == 0 ? 7 : 0);
    b.push_back(level % 3 == 0 ? -1 : 1);
  }
  Dataset data{
      .features = Features::dense(buffer_of(x), x.size(), 1),
      .target = Target::numbers(buffer_of(a)),
      .info = {{.name = "level", .source = "level", .kind = FeatureInfo::Kind::category, .levels = 24}},
      .further = {Target::numbers(buffer_of(b))}};
  EXPECT_EQ(DecisionTreeRegressor{}.fit_targets(data, Context{}).leaf_count(), 2U)
      << "the levels stand along what both targets say, so one cut parts them";
}

TEST(DecisionTreeTargets, PricesOfLeavesPruneTheMeanError) {
  const Dataset data = testing_targets::classes(400, 3, 3, 11);
  DecisionTreeClassifier tree;
  const auto whole = tree.fit_targets(data, Context{});
  tree.growth.alpha = 0.02;
  EXPECT_LT(tree.fit_targets(data, Context{}).leaf_count(), whole.leaf_count());
  tree.growth.alpha = std::nullopt;
  const auto chosen = tree.fit_targets(data, Context{});
  EXPECT_LT(chosen.leaf_count(), whole.leaf_count());
  EXPECT_EQ(chosen.pruning_path().cv_errors.size(), chosen.pruning_path().alphas.size());
}

TEST(DecisionTreeTargets, SameBytesAtAnyNumberOfThreadsAndAfterLoading) {
  for (const bool numbers : {true, false}) {
    const Dataset data =
        numbers ? testing_targets::numbers(20000, 6, 3, 9) : testing_targets::classes(20000, 6, 3, 9);
    const Entry& entry = entry_of(numbers ? DecisionTreeRegressor::name : DecisionTreeClassifier::name);
    AnyEstimator tree = entry.make();
    tree.set("max_features", "3");
    const std::string once = bytes_of(tree.fit(data, Context({.threads = 1})));
    for (const int threads : {2, 7}) EXPECT_EQ(once, bytes_of(tree.fit(data, Context({.threads = threads}))));
    const AnyModel back = entry.load(ArchiveReader::from_bytes(once, "tree"));
    EXPECT_EQ(bytes_of(back), once);
    ASSERT_EQ(back.target_classes().size(), 3U);
    EXPECT_EQ(back.answer_count(), numbers ? 3U : 9U);
    EXPECT_FALSE(back.can(Capability::values) || back.can(Capability::probabilities));
  }
}

TEST(DecisionTreeTargets, FilesThatDoNotFitAreRefused) {
  const Dataset data = testing_targets::classes(30, 2, 2, 12);
  const auto model = DecisionTreeClassifier{}.fit_targets(data, Context{});
  const Entry& entry = entry_of(DecisionTreeClassifier::name);
  const auto load_with = [&](const std::vector<std::int32_t>& sizes, const std::vector<std::string>& names) {
    return code_of([&] {
      ArchiveWriter archive;
      ArchiveWriter trees = archive.scope("trees");
      model.ensemble().save(trees);
      archive.array("target_sizes", std::span<const std::int32_t>(sizes));
      archive.strings("target_classes", names);
      archive.array("node_stats", model.node_stats());
      archive.array("leaf_stats", model.leaf_stats());
      ArchiveWriter path = archive.scope("path");
      for (const char* key : {"alphas", "leaves", "errors", "cv_errors", "cv_deviations"})
        path.array(key, std::span<const double>());
      archive.number("alpha", 0);
      entry.load(ArchiveReader::from_bytes(archive.bytes(), "tree"));
    });
  };
  const std::vector<std::string> names{"a", "b", "c", "d", "e"};
  EXPECT_EQ(load_with({2, 3}, names), "no error");
  for (const std::vector<std::int32_t>& sizes : std::vector<std::vector<std::int32_t>>{
           {3, 2}, {5}, {}, {2, 4}, {2, 2}, {-1, 6}, {0, 5}, {2, 3, 0}, {0, 0, 0, 0, 0}})
    EXPECT_EQ(load_with(sizes, names), "model.value");
}

TEST(DecisionTreeTargets, WhatIsOfOneTargetIsRefused) {
  Dataset numbers = testing_targets::numbers(30, 2, 2, 13), classes = testing_targets::classes(30, 2, 2, 13);
  const Context context;
  EXPECT_EQ(code_of([&] { DecisionTreeRegressor{}.fit(numbers, context); }), "data.targets");
  EXPECT_EQ(code_of([&] {
              DecisionTreeRegressor{.criterion = NumberCriterion::absolute}.fit_targets(numbers, context);
            }),
            "trees.targets");
  EXPECT_EQ(code_of([&] { DecisionTreeClassifier{.balanced = true}.fit_targets(classes, context); }),
            "trees.targets");
  EXPECT_EQ(code_of([&] { DecisionTreeClassifier{}.fit_targets(numbers, context); }), "data.target_kind");
  const AnyModel model = entry_of(DecisionTreeRegressor::name).make().fit(numbers, context);
  std::vector<double> out(numbers.rows());
  EXPECT_EQ(code_of([&] { model.values(numbers.features, out, context); }), "model.capability");
  EXPECT_EQ(code_of([&] { model.answers(numbers.features, out, context); }), "parameter.output_size");
}

}  // namespace
}  // namespace everyml
