#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "everyml/ensembles/boosting/boosting_data_test_impl.h"
#include "everyml/ensembles/boosting/boosting_ranker.h"
#include "everyml/ensembles/boosting/boosting_train_impl.h"
#include "everyml/ensembles/boosting/boosting_watch_impl.h"
#include "everyml/ensembles/boosting/gradient_boosting.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/metrics/metric.h"
#include "everyml/foundation/metrics/ranking.h"

namespace everyml {
namespace {

using namespace testing_boosting;

TEST(ValidationMetric, TheBestRoundIsThatOfTheMetric) {
  for (const std::size_t classes : {2u, 3u}) {
    const Dataset data = rows_of_classes(800, 1, classes);
    for (const std::string metric : {"auc", "accuracy", "log_loss"}) {
      const GradientBoostingClassifier settings{.boosting = {.rounds = 25,
                                                             .learning_rate = 0.3,
                                                             .validation_share = 0.25,
                                                             .patience = 100,
                                                             .validation_metric = metric}};
      const auto model = settings.fit(data, Context());
      const auto figures = model.boosted().validation_scores();
      ASSERT_EQ(figures.size(), 25u);
      EXPECT_EQ(model.boosted().validation_loss().size(), 25u);
      const auto rows = boosting_detail::part_rows(data, 0.25, Context()).validation;
      const Target truth = data.target.select(rows);
      std::vector<double> out(rows.size() * classes);
      const std::size_t kept = model.boosted().rounds();
      for (const std::size_t round : {std::size_t{1}, kept}) {
        model.staged(data.features.select_rows(rows), round, out, Context());
        EXPECT_NEAR(figures[round - 1], score(metric, truth, {.values = {}, .probabilities = out}), 1e-12);
      }
      const auto best = metric == "log_loss" ? std::min_element(figures.begin(), figures.end())
                                             : std::max_element(figures.begin(), figures.end());
      EXPECT_EQ(kept, static_cast<std::size_t>(best - figures.begin()) + 1) << metric;
    }
  }
}

TEST(ValidationMetric, OfNumbersAndLevelsAndLists) {
  const Dataset data = rows_of_numbers(600, 2);
  const BoostingSettings watched{.rounds = 20, .validation_share = 0.3, .validation_metric = "mae"};
  const auto rows = boosting_detail::part_rows(data, 0.3, Context()).validation;
  const Target truth = data.target.select(rows);
  std::vector<double> out(rows.size());
  for (const NumberGoal goal : {NumberGoal::squared, NumberGoal::quantile}) {
    const auto model =
        GradientBoostingRegressor{.objective = {.goal = goal, .levels = {0.2, 0.5, 0.9}}, .boosting = watched}
            .fit(data, Context());
    model.predict(data.features.select_rows(rows), out, Context());
    EXPECT_NEAR(model.boosted().validation_scores()[model.boosted().rounds() - 1],
                score("mae", truth, {.values = out, .probabilities = {}}), 1e-12);
  }
  Dataset lists = data;
  Buffer<double> grades(lists.rows());
  for (std::size_t row = 0; row < lists.rows(); ++row) {
    grades[row] = std::clamp(std::round(lists.target.values()[row] + 1), 0.0, 4.0);
    lists.groups.push_back(static_cast<std::int32_t>(row / 15));
  }
  lists.target = Target::numbers(std::move(grades));
  const auto kept_back = boosting_detail::part_rows(lists, 0.3, Context()).validation;
  const Dataset part = lists.select_rows(kept_back);
  out.resize(part.rows());
  for (const std::string metric : {"ndcg", "mrr"}) {
    BoostingSettings settings = watched;
    settings.validation_metric = metric;
    const auto model = GradientBoostingRanker{.boosting = settings}.fit(lists, Context());
    model.predict(part.features, out, Context());
    const double expected = metric == "ndcg" ? mean_over_lists(RankFigure::ndcg, part.target.values(), out,
                                                               part.groups, 10, Gains::exponential)
                                             : mean_over_lists(RankFigure::reciprocal_rank,
                                                               part.target.values(), out, part.groups);
    EXPECT_NEAR(model.boosted().validation_scores()[model.boosted().rounds() - 1], expected, 1e-12);
  }
}

TEST(ValidationMetric, WhatIsNoneOfTheTaskIsRefused) {
  const Dataset data = rows_of_numbers(100, 3);
  for (const std::string metric : {"auc", "ndcg", "nonsense", ""}) {
    const GradientBoostingRegressor settings{.boosting = {.validation_metric = metric}};
    try {
      settings.fit(data, Context());
      ADD_FAILURE() << metric;
    } catch (const ParameterError& error) {
      EXPECT_EQ(error.code(), "parameter.validation_metric");
    }
  }
}

TEST(ValidationMetric, FilesKeepItAndForeignOnesAreRefused) {
  const Dataset data = rows_of_classes(400, 4, 2);
  const GradientBoostingClassifier settings{
      .boosting = {.rounds = 5, .validation_share = 0.3, .validation_metric = "auc"}};
  const auto model = settings.fit(data, Context());
  ArchiveWriter archive;
  model.save(archive);
  const auto loaded =
      GradientBoostingClassifierModel::load(ArchiveReader::from_bytes(archive.bytes(), "model"));
  EXPECT_EQ(bytes_of(loaded), archive.bytes());
  EXPECT_EQ(loaded.boosted().validation_metric(), "auc");
  EXPECT_TRUE(std::ranges::equal(loaded.boosted().validation_scores(), model.boosted().validation_scores()));

  const BoostedTrees& held = model.boosted();
  const auto with = [&](ValidationHistory validation) {
    return GradientBoostingClassifierModel(
        {held.trees(), BoostingObjective::make(held.objective().spec()), std::move(validation)}, {"a", "b"});
  };
  const std::vector<ValidationHistory> wrong = {{.loss = {1.0}, .metric = "mae", .scores = {1.0}},
                                                {.loss = {1.0}, .metric = "auc", .scores = {1.0, 2.0}},
                                                {.loss = {1.0}, .metric = "auc", .scores = {std::nan("")}}};
  for (const ValidationHistory& one : wrong)
    EXPECT_THROW(
        GradientBoostingClassifierModel::load(ArchiveReader::from_bytes(bytes_of(with(one)), "model")),
        FormatError);
}

}  // namespace
}  // namespace everyml
