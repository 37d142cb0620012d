#include "everyml/ensembles/boosting/boosting_ranker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "everyml/foundation/base/random.h"
#include "everyml/foundation/metrics/ranking.h"
#include "tests/support/error_code.h"

namespace everyml {
namespace {

constexpr std::size_t kLists = 60, kLong = 25, kColumns = 5;

/// Lists whose relevance follows two columns with noise; a column shared by the whole list says nothing.
Dataset lists(std::uint64_t seed) {
  Stream draw(seed, "lists");
  Buffer<double> x(kLists * kLong * kColumns), y(kLists * kLong);
  Dataset data;
  for (std::size_t q = 0; q < kLists; ++q) {
    const double shared = draw.normal() * 5;
    for (std::size_t i = 0; i < kLong; ++i) {
      const std::size_t row = q * kLong + i;
      for (std::size_t c = 0; c < kColumns; ++c) x[row * kColumns + c] = draw.normal();
      x[row * kColumns + 4] = shared;
      const double good = x[row * kColumns] + std::abs(x[row * kColumns + 1]) + 0.3 * draw.normal();
      y[row] = std::clamp(std::floor(good + 0.5), 0.0, 4.0);
      data.groups.push_back(static_cast<std::int32_t>(q));
    }
  }
  data.features = Features::dense(std::move(x), kLists * kLong, kColumns);
  data.target = Target::numbers(std::move(y));
  return data;
}

double ndcg(const Dataset& data, std::span<const double> scores) {
  return mean_over_lists(RankFigure::ndcg, data.target.values(), scores, data.groups, 10, Gains::exponential);
}

TEST(GradientBoostingRanker, EveryObjectiveOrdersNewLists) {
  const Dataset train = lists(1), test = lists(2);
  std::vector<double> nothing(test.rows(), 0.0), scores(test.rows());
  const double chance = ndcg(test, nothing);
  for (const RankGoal goal : {RankGoal::ndcg, RankGoal::map, RankGoal::pairwise, RankGoal::xe_ndcg}) {
    const GradientBoostingRanker ranker{.objective = {.goal = goal},
                                        .boosting = {.rounds = 60, .leaves = 8, .min_leaf_rows = 5}};
    ranker.fit(train, Context()).predict(test.features, scores, Context());
    // Chance is near 0.45; the noise of the grades allows about 0.95.
    EXPECT_GT(ndcg(test, scores), chance + 0.6 * (1 - chance)) << name_of(goal);
  }
}

TEST(GradientBoostingRanker, StopsOnWholeListsKeptBack) {
  const GradientBoostingRanker ranker{
      .boosting = {.rounds = 200, .leaves = 8, .validation_share = 0.25, .patience = 10}};
  const auto model = ranker.fit(lists(3), Context());
  EXPECT_LT(model.boosted().rounds(), 200U);
  const auto losses = model.boosted().validation_loss();
  EXPECT_LT(losses[model.boosted().rounds() - 1], losses[0]);
}

TEST(GradientBoostingRanker, NeedsListsAndGrades) {
  Dataset data = lists(4);
  Dataset loose = data;
  loose.groups.clear();
  EXPECT_EQ(code_of([&] { GradientBoostingRanker{}.fit(loose, Context()); }), "boosting.groups");
  Buffer<double> y(data.rows());
  std::fill(y.begin(), y.end(), 0.5);
  data.target = Target::numbers(std::move(y));
  EXPECT_EQ(code_of([&] { GradientBoostingRanker{}.fit(data, Context()); }), "boosting.grades");
}

}  // namespace
}  // namespace everyml
