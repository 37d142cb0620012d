#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "everyml/ensembles/boosting/answer_unit_impl.h"
#include "everyml/ensembles/boosting/boosting_data_test_impl.h"
#include "everyml/ensembles/boosting/gradient_boosting.h"

namespace everyml {
namespace {

using namespace testing_boosting;
using boosting_detail::round_answers;
using boosting_detail::set_unit;
using boosting_detail::unit_of;

/// A root and two leaves.
GrownTree stump(double left, double right) {
  GrownTree tree;
  tree.nodes.resize(3);
  tree.nodes[0].feature = 0;
  tree.nodes[0].left = 1;
  tree.nodes[0].right = 2;
  tree.values = {0, left, right};
  return tree;
}

TEST(AnswerUnit, IsReadAgainFromTheRoundedTree) {
  Stream stream(3, "unit");
  std::vector<std::array<double, 3>> cases = {
      {std::nextafter(1.0, 0.0), -0.3, 0.2},  // rounded up to a power of two
      {0.1, -0.3, std::nextafter(0x1p25, 0.0)}, {1e-200, -3e-200, 0}, {3, -1e-30, 0.5}, {1, -2, 1e8},
      {1, -2, std::nextafter(0x1p28, 0.0)}};
  for (int i = 0; i < 500; ++i) {
    const auto number = [&] { return stream.normal() * std::exp2(6 * stream.normal()); };
    cases.push_back({number(), number(), number()});
  }
  for (const auto& [left, right, given] : cases) {
    GrownTree tree = stump(left, right);
    double base = given;
    const double unit = set_unit(tree, base);
    const double largest = std::max(std::abs(left), std::abs(right));
    if (std::abs(given) > 0x1p26 * largest) continue;
    ASSERT_GT(unit, 0);
    EXPECT_LE(unit, std::max(2 * largest * 0x1p-35, 2 * std::abs(given) * 0x1p-50));
    EXPECT_LE(std::abs(tree.values[1] - left), unit / 2);
    EXPECT_LE(std::abs(base - given), unit / 2);
    TreeParts parts = TreeParts::empty(1, 1, 1);
    parts.base = {base};
    parts.append(tree, 0);
    EXPECT_EQ(unit_of(parts), unit) << left << " " << right << " " << given;
    GrownTree again = tree;
    EXPECT_EQ(set_unit(again, base), unit);
    EXPECT_EQ(again.values, tree.values);
  }
}

TEST(AnswerUnit, TreesWithoutAnythingToSayHaveNone) {
  double base = 0.1;
  GrownTree leaf;
  leaf.nodes.resize(1);
  leaf.values = {0.3};
  EXPECT_EQ(set_unit(leaf, base), 0);
  GrownTree nothing = stump(0, 0);
  EXPECT_EQ(set_unit(nothing, base), 0);
  GrownTree small = stump(1e-3, 2e-3);
  EXPECT_EQ(set_unit(small, base = 1e9), 0);
  EXPECT_EQ(base, 1e9);
  GrownTree tiny = stump(1e-305, 2e-305);
  EXPECT_EQ(set_unit(tiny, base = 0), 0);
  EXPECT_EQ(tiny.values[1], 1e-305);
}

TEST(AnswerUnit, RoundingTakesTheNearestAndKnowsNoMinusZero) {
  std::vector<double> values = {0.3, -0.3, 0.1, -0.1, 1e300, -1e300, 0.875};
  round_answers(0.25, values);
  EXPECT_EQ(values, (std::vector<double>{0.25, -0.25, 0, 0, 1e300, -1e300, 1.0}));
  EXPECT_FALSE(std::signbit(values[3]));
}

/// All answers by adding the trees from the last to the first.
std::vector<double> added_backwards(const BoostedTrees& model, const Features& x) {
  const TreeParts& parts = model.trees().parts();
  std::vector<std::int32_t> leaves(x.rows() * parts.trees());
  model.trees().leaves(x, leaves, Context());
  std::vector<double> sums(x.rows(), 0.0);
  for (std::size_t row = 0; row < x.rows(); ++row) {
    for (std::size_t t = parts.trees(); t-- > 0;)
      sums[row] +=
          parts.leaf_value[parts.first_leaf[t] + static_cast<std::size_t>(leaves[row * parts.trees() + t])];
    sums[row] += parts.base[0];
  }
  return sums;
}

TEST(AnswerUnit, SymmetricModelsAddUpInAnyOrder) {
  const Dataset data = rows_of_numbers(900, 21), after = rows_of_numbers(500, 22);
  for (const NumberGoal goal : {NumberGoal::squared, NumberGoal::absolute, NumberGoal::huber}) {
    for (const double drop : {0.0, 0.2}) {
      const GradientBoostingRegressor settings{
          .objective = {.goal = goal},
          .boosting = {.rounds = 60, .growth = TreeGrowth::symmetric, .drop_rate = drop}};
      const auto model = settings.fit(data, Context());
      const double unit = unit_of(model.boosted().trees().parts());
      EXPECT_GT(unit, 0) << name_of(goal);
      std::vector<double> answers(data.rows());
      model.boosted().scores(data.features, answers, Context());
      EXPECT_EQ(answers, added_backwards(model.boosted(), data.features)) << name_of(goal);
      EXPECT_EQ(unit_of(model.boosted().first_rounds(7).trees().parts()), unit);
      const auto fresh = settings.refit(model, after, 0.5, Context());
      EXPECT_GT(unit_of(fresh.boosted().trees().parts()), 0);
      fresh.boosted().scores(data.features, answers, Context());
      EXPECT_EQ(answers, added_backwards(fresh.boosted(), data.features));
    }
  }
  const auto by_leaf = GradientBoostingRegressor{}.fit(data, Context());
  EXPECT_EQ(unit_of(by_leaf.boosted().trees().parts()), 0);
}

TEST(AnswerUnit, LeavesMoveByLessThanTheUnit) {
  // One round: the leaves are the rate times the mean gap, which the test adds up itself.
  const Dataset data = rows_of_numbers(900, 23);
  const auto model = GradientBoostingRegressor{.boosting = {.rounds = 1,
                                                            .learning_rate = 0.1,
                                                            .growth = TreeGrowth::symmetric,
                                                            .depth = 3,
                                                            .l2 = 0}}
                         .fit(data, Context());
  const TreeParts& parts = model.boosted().trees().parts();
  std::vector<std::int32_t> leaves(data.rows());
  model.boosted().trees().leaves(data.features, leaves, Context());
  std::vector<double> sum(parts.leaves(), 0.0), count(parts.leaves(), 0.0);
  for (std::size_t row = 0; row < data.rows(); ++row) {
    const auto leaf = static_cast<std::size_t>(leaves[row]);
    sum[leaf] += data.target.values()[row] - parts.base[0];
    count[leaf] += 1;
  }
  // The grower's sums are of gradients as whole numbers of some 2^-20 of the largest.
  for (std::size_t leaf = 0; leaf < parts.leaves(); ++leaf) {
    if (count[leaf] > 0) {
      EXPECT_NEAR(parts.leaf_value[leaf], 0.1 * sum[leaf] / count[leaf], 1e-5);
    }
  }
}

}  // namespace
}  // namespace everyml
