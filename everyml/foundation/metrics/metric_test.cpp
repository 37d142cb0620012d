#include "everyml/foundation/metrics/metric.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/random.h"
#include "everyml/foundation/metrics/bootstrap.h"
#include "everyml/foundation/metrics/classification.h"
#include "everyml/foundation/metrics/clustering.h"
#include "everyml/foundation/metrics/ranking.h"
#include "everyml/foundation/metrics/regression.h"
#include "tests/support/error_code.h"

// Hand-computed cases, edges and errors; golden_test.cpp compares every figure with its peer.

namespace everyml {
namespace {

using testing::ElementsAre;
using Doubles = std::vector<double>;
using Codes = std::vector<std::int32_t>;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Target classes(const Codes& codes, std::size_t count) {
  Buffer<std::int32_t> copy(codes.size());
  std::copy(codes.begin(), codes.end(), copy.begin());
  return Target::classes(std::move(copy), std::vector<std::string>(count, "c"));
}

Target numbers(const Doubles& values) {
  Buffer<double> copy(values.size());
  std::copy(values.begin(), values.end(), copy.begin());
  return Target::numbers(std::move(copy));
}

TEST(Classification, OneClassInTheTruth) {
  const Codes ones = {1, 1, 1};
  const Doubles scores = {0.2, 0.9, 0.4};
  EXPECT_TRUE(std::isnan(roc_auc(ones, scores)));
  EXPECT_TRUE(std::isnan(average_precision(Codes{0, 0, 0}, scores)));
  EXPECT_EQ(average_precision(ones, scores), 1.0);
  EXPECT_TRUE(std::isnan(cohen_kappa(ones, ones, 2)));
  EXPECT_EQ(matthews_correlation(ones, Codes{0, 1, 1}, 2), 0.0);
  EXPECT_EQ(balanced_accuracy(ones, Codes{0, 1, 1}, 2), 2.0 / 3.0);
  const ThresholdCurve curve = threshold_curve(ones, scores);
  EXPECT_TRUE(std::isnan(curve.false_positive_rate[1]));
  EXPECT_DOUBLE_EQ(curve.true_positive_rate[1], 1.0 / 3.0);
  // Classes that are absent are left out of the average.
  const Doubles three = {0.6, 0.4, 0, 0.3, 0.7, 0, 0.2, 0.8, 0};
  EXPECT_EQ(roc_auc_one_vs_rest(Codes{0, 1, 1}, three, 3, Average::macro), 1.0);
  EXPECT_TRUE(std::isnan(roc_auc_one_vs_rest(ones, three, 3, Average::weighted)));
}

TEST(Classification, TotalsByHand) {
  const ClassTotals totals = class_totals(Codes{0, 1, 1, 2}, Codes{0, 0, 1, 1}, 4, Doubles{1, 2, 4, 8});
  EXPECT_THAT(totals.truth, ElementsAre(1, 6, 8, 0));
  EXPECT_THAT(totals.predicted, ElementsAre(3, 12, 0, 0));
  EXPECT_THAT(totals.right, ElementsAre(1, 4, 0, 0));
  const ThresholdCurve curve = threshold_curve(Codes{0, 1, 1}, Doubles{0.5, 0.5, 0.9}, Doubles{2, 3, 4});
  EXPECT_THAT(curve.true_positives, ElementsAre(0, 4, 7));
  EXPECT_THAT(curve.false_positives, ElementsAre(0, 0, 2));
}

TEST(Classification, PartOfTheAreaByHand) {
  const Codes truth = {0, 0, 1, 1};
  EXPECT_DOUBLE_EQ(partial_roc_auc(truth, Doubles{0, 0, 1, 1}, 0.3), 1.0);
  // All tied: the diagonal, which is chance.
  EXPECT_DOUBLE_EQ(partial_roc_auc(truth, Doubles{1, 1, 1, 1}, 0.3), 0.5);
  const Doubles scores = {0.1, 0.6, 0.4, 0.9};
  EXPECT_DOUBLE_EQ(partial_roc_auc(truth, scores, 1.0), roc_auc(truth, scores));
  // Up to 0.5 the true positive rate is 0.5: area 0.25, chance 0.125, best 0.5.
  EXPECT_DOUBLE_EQ(partial_roc_auc(truth, scores, 0.5), (1 + 0.125 / 0.375) / 2);
  EXPECT_TRUE(std::isnan(partial_roc_auc(Codes{1, 1}, Doubles{0, 1}, 0.5)));
  EXPECT_EQ(code_of([&] { partial_roc_auc(truth, scores, 0); }), "metrics.rate");
}

TEST(Classification, LogLossIsFiniteForTheSureAndWrong) {
  EXPECT_NEAR(log_loss(Codes{1}, Doubles{1, 0}, 2), 52 * std::log(2.0), 1e-12);
  EXPECT_NEAR(log_loss(Codes{0}, Doubles{1, 0}, 2), 0, 1e-15);
}

TEST(Classification, CalibrationErrorByHand) {
  // Two bins. Confidences 0.6 and 0.8 lie in the upper one; one row is right: |1 - 0.6 + 0 - 0.8| / 2.
  EXPECT_NEAR(expected_calibration_error(Codes{0, 0}, Doubles{0.6, 0.4, 0.2, 0.8}, 2, 2), 0.2, 1e-15);
  // Ten bins part them: (0.4 + 0.8) / 2.
  EXPECT_NEAR(expected_calibration_error(Codes{0, 0}, Doubles{0.6, 0.4, 0.2, 0.8}, 2, 10), 0.6, 1e-15);
  EXPECT_NEAR(expected_calibration_error(Codes{0, 0}, Doubles{0.6, 0.4, 0.2, 0.8}, 2, 10, Doubles{3, 1}), 0.5,
              1e-15);
  EXPECT_EQ(expected_calibration_error(Codes{0, 1}, Doubles{1, 0, 0, 1}, 2), 0.0);
  EXPECT_EQ(code_of([] { expected_calibration_error(Codes{0}, Doubles{1, 0}, 2, 0); }), "metrics.bins");
}

TEST(Classification, CostsByHand) {
  const Doubles costs = {0, 1, 5, 0};  // a false alarm costs 1, a miss 5
  EXPECT_DOUBLE_EQ(expected_cost(Codes{0, 0, 1, 1}, Codes{1, 0, 0, 1}, 2, costs), 1.5);
  EXPECT_DOUBLE_EQ(expected_cost(Codes{0, 0, 1, 1}, Codes{1, 0, 0, 1}, 2, costs, Doubles{1, 1, 0, 2}), 0.25);
  EXPECT_DOUBLE_EQ(cost_threshold(costs), 1.0 / 6.0);
  EXPECT_THAT(cost_minimal_classes(Doubles{0.9, 0.1, 0.8, 0.2, 0.5, 0.5}, 2, costs), ElementsAre(0, 1, 1));
  EXPECT_THAT(cost_minimal_classes(Doubles{0.5, 0.5}, 2, Doubles{0, 1, 1, 0}), ElementsAre(0));
  EXPECT_EQ(code_of([] { cost_threshold(Doubles{0, 1, 0, 0}); }), "metrics.costs");
  EXPECT_EQ(code_of([] { cost_threshold(Doubles{0, 1, 2}); }), "metrics.length");

  const CostThreshold best =
      cost_minimal_threshold(Codes{0, 0, 1, 0, 1}, Doubles{0.1, 0.2, 0.3, 0.6, 0.8}, costs);
  EXPECT_DOUBLE_EQ(best.threshold, 0.25);
  EXPECT_DOUBLE_EQ(best.cost, 0.2);
  EXPECT_EQ(cost_minimal_threshold(Codes{0, 0}, Doubles{0.1, 0.2}, costs).threshold, infinity);
  EXPECT_EQ(cost_minimal_threshold(Codes{1, 1}, Doubles{0.1, 0.2}, costs).threshold, -infinity);
  // Tied scores cannot be parted.
  EXPECT_DOUBLE_EQ(cost_minimal_threshold(Codes{0, 1}, Doubles{0.5, 0.5}, costs).cost, 0.5);
  // Neighbours in double precision have no middle; the threshold must still part them.
  const double next = std::nextafter(0.5, 1);
  const CostThreshold tight = cost_minimal_threshold(Codes{0, 1}, Doubles{0.5, next}, costs);
  EXPECT_TRUE(tight.threshold > 0.5 && tight.threshold <= next);
}

TEST(Classification, TheBestThresholdIsTheBestOfAll) {
  Stream random(3, "thresholds");
  for (int round = 0; round < 200; ++round) {
    Codes truth;
    Doubles scores, weights;
    for (auto n = 1 + random.below(12); n > 0; --n) {
      truth.push_back(static_cast<std::int32_t>(random.below(2)));
      scores.push_back(static_cast<double>(random.below(6)));
      weights.push_back(static_cast<double>(random.below(3)));
    }
    weights[0] = 1;
    const Doubles costs = {0, static_cast<double>(1 + random.below(3)),
                           static_cast<double>(1 + random.below(9)), -1};
    const auto cost_at = [&](double threshold) {
      Codes called;
      for (const double s : scores) called.push_back(s >= threshold);
      return expected_cost(truth, called, 2, costs, weights);
    };
    double smallest = infinity;
    for (double threshold = -0.5; threshold < 6; threshold += 1)
      smallest = std::min(smallest, cost_at(threshold));
    const CostThreshold best = cost_minimal_threshold(truth, scores, costs, weights);
    EXPECT_NEAR(best.cost, smallest, 1e-12);
    EXPECT_NEAR(cost_at(best.threshold), smallest, 1e-12);
  }
}

TEST(Classification, RefusesWhatItCannotMeasure) {
  const Codes two = {0, 1};
  EXPECT_EQ(code_of([&] { accuracy({}, {}); }), "metrics.empty");
  EXPECT_EQ(code_of([&] { accuracy(two, Codes{0}); }), "metrics.length");
  EXPECT_EQ(code_of([&] { accuracy(two, two, Doubles{1}); }), "metrics.length");
  EXPECT_EQ(code_of([&] { accuracy(two, two, Doubles{1, -1}); }), "metrics.weight");
  EXPECT_EQ(code_of([&] { accuracy(two, two, Doubles{1, nan}); }), "metrics.weight");
  EXPECT_EQ(code_of([&] { accuracy(two, two, Doubles{1, infinity}); }), "metrics.weight");
  EXPECT_EQ(code_of([&] { accuracy(two, two, Doubles{0, 0}); }), "metrics.empty");
  EXPECT_EQ(code_of([&] { confusion_matrix(two, Codes{0, 2}, 2); }), "metrics.class");
  EXPECT_EQ(code_of([&] { confusion_matrix(Codes{-1, 0}, two, 2); }), "metrics.class");
  EXPECT_EQ(code_of([&] { log_loss(two, Doubles{1, 0, nan, 1}, 2); }), "metrics.not_finite");
  EXPECT_EQ(code_of([&] { roc_auc(two, Doubles{1, nan}); }), "metrics.not_finite");
  EXPECT_EQ(code_of([&] { roc_auc(Codes{0, 2}, Doubles{1, 2}); }), "metrics.class");
  EXPECT_EQ(code_of([&] { precision_recall(two, two, 2, Average::binary, {}, 2); }), "metrics.class");
  EXPECT_EQ(code_of([&] { roc_auc_one_vs_rest(two, Doubles{1, 0, 0, 1}, 2, Average::micro); }),
            "metrics.average");
  EXPECT_EQ(code_of([&] { cost_minimal_classes({}, 0, {}); }), "metrics.class");
}

TEST(Regression, EdgesAndErrors) {
  EXPECT_EQ(r_squared(Doubles{2, 2}, Doubles{2, 2}), 1.0);
  EXPECT_EQ(r_squared(Doubles{2, 2}, Doubles{2, 3}), 0.0);
  EXPECT_EQ(explained_variance(Doubles{2, 2}, Doubles{3, 3}), 1.0);
  EXPECT_EQ(max_error(Doubles{1, 2}, Doubles{1, 9}, Doubles{1, 0}), 0.0);
  EXPECT_EQ(median_absolute_error(Doubles{0, 0, 0, 0}, Doubles{1, 2, 3, 100}), 2.5);
  EXPECT_EQ(median_absolute_error(Doubles{0, 0, 0}, Doubles{1, 2, 3}, Doubles{1, 0, 1}), 2.0);
  EXPECT_EQ(median_absolute_error(Doubles{0, 0, 0}, Doubles{1, 2, 3}, Doubles{1, 0, 3}), 3.0);
  EXPECT_EQ(code_of([] { mean_absolute_error({}, {}); }), "metrics.empty");
  EXPECT_EQ(code_of([] { mean_absolute_error(Doubles{1}, Doubles{nan}); }), "metrics.not_finite");
  EXPECT_EQ(code_of([] { mean_absolute_error(Doubles{infinity}, Doubles{1}); }), "metrics.not_finite");
  EXPECT_EQ(code_of([] { pinball_loss(Doubles{1}, Doubles{1}, 1.5); }), "metrics.level");
  EXPECT_EQ(code_of([] { poisson_deviance(Doubles{-1}, Doubles{1}); }), "metrics.domain");
  EXPECT_EQ(code_of([] { poisson_deviance(Doubles{1}, Doubles{0}); }), "metrics.domain");
  EXPECT_EQ(code_of([] { gamma_deviance(Doubles{0}, Doubles{1}); }), "metrics.domain");
  EXPECT_EQ(poisson_deviance(Doubles{0}, Doubles{3}), 6.0);
}

TEST(Ranking, ByHand) {
  const Doubles relevance = {1, 0, 2, 0, 1}, scores = {0.9, 0.8, 0.7, 0.6, 0.5};
  EXPECT_DOUBLE_EQ(precision_at(relevance, scores, 3), 2.0 / 3.0);
  EXPECT_DOUBLE_EQ(precision_at(relevance, scores, 9), 3.0 / 5.0);
  EXPECT_DOUBLE_EQ(reciprocal_rank(Doubles{0, 0, 3}, Doubles{3, 2, 1}), 1.0 / 3.0);
  EXPECT_EQ(reciprocal_rank(Doubles{0, 0}, Doubles{3, 2}), 0.0);
  EXPECT_DOUBLE_EQ(average_precision_at(relevance, scores), (1.0 + 2.0 / 3.0 + 3.0 / 5.0) / 3);
  EXPECT_DOUBLE_EQ(average_precision_at(relevance, scores, 2), 1.0 / 2);
  EXPECT_EQ(average_precision_at(Doubles{0, 0}, Doubles{3, 2}), 0.0);
  // Tied items share their places: half of 1/log2(2) + 1/log2(3).
  EXPECT_DOUBLE_EQ(discounted_cumulative_gain(Doubles{1, 0}, Doubles{5, 5}), (1 + 1 / std::log2(3.0)) / 2);
  EXPECT_EQ(code_of([] { normalised_discounted_cumulative_gain(Doubles{-1, 1}, Doubles{1, 2}); }),
            "metrics.domain");
  EXPECT_EQ(code_of([] { reciprocal_rank({}, {}); }), "metrics.empty");
  EXPECT_EQ(code_of([] { reciprocal_rank(Doubles{1}, Doubles{nan}); }), "metrics.not_finite");
}

/// Mean of the figure over all orders of the items, one by one.
double over_all_orders(RankFigure figure, const Doubles& relevance, std::size_t k, Gains gains) {
  std::vector<double> scores(relevance.size());
  std::iota(scores.begin(), scores.end(), 0.0);
  const std::vector<std::int32_t> one_list(relevance.size(), 0);
  double total = 0, count = 0;
  do {
    total += mean_over_lists(figure, relevance, scores, one_list, k, gains);
    count += 1;
  } while (std::next_permutation(scores.begin(), scores.end()));
  return total / count;
}

TEST(Ranking, ChanceIsTheMeanOverAllOrders) {
  const std::vector<Doubles> lists = {
      {1}, {0, 2, 0, 1, 0, 3}, {1, 1, 1}, {0, 0, 1, 0}, {2, 0, 0, 0, 0, 0, 1}};
  for (const Doubles& relevance : lists)
    for (const RankFigure figure : {RankFigure::ndcg, RankFigure::average_precision,
                                    RankFigure::reciprocal_rank, RankFigure::precision})
      for (const std::size_t k : {0U, 1U, 3U, 20U})
        for (const Gains gains : {Gains::linear, Gains::exponential}) {
          const std::vector<std::int32_t> one_list(relevance.size(), 7);
          const auto found = chance_of_lists(figure, relevance, one_list, k, gains);
          ASSERT_EQ(found.size(), 1U);
          EXPECT_NEAR(found[0].value, over_all_orders(figure, relevance, k, gains), 1e-12);
        }
}

TEST(Ranking, ListsInWhichNothingIsRelevantAreLeftOut) {
  const Doubles relevance = {0, 1, 0, 0, 2, 0}, scores = {3, 2, 1, 1, 2, 3};
  const std::vector<std::int32_t> lists = {5, 5, 1, 1, 9, 9};
  const Doubles weights = {1, 3, 1, 1, 4, 4};
  const auto found =
      figures_of_lists(RankFigure::reciprocal_rank, relevance, scores, lists, 0, Gains::linear, weights);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].value, 0.5);
  EXPECT_EQ(found[0].weight, 2);
  EXPECT_EQ(found[1].value, 0.5);
  EXPECT_EQ(found[1].weight, 4);
  EXPECT_EQ(chance_of_lists(RankFigure::precision, relevance, lists, 1).size(), 2U);
}

TEST(Ranking, NamesSayHowManyPlacesCount) {
  ASSERT_TRUE(find_list_metric("ndcg"));
  EXPECT_EQ(find_list_metric("ndcg")->places, 10U);
  EXPECT_EQ(find_list_metric("map")->places, 0U);
  ASSERT_TRUE(find_list_metric("ndcg@3"));
  EXPECT_EQ(find_list_metric("ndcg@3")->places, 3U);
  EXPECT_EQ(find_list_metric("ndcg@3")->title, "NDCG of the first 3");
  EXPECT_EQ(find_list_metric("map@20")->title, "mean average precision of the first 20");
  for (const std::string_view wrong : {"auc", "ndcg@", "ndcg@0", "ndcg@-1", "ndcg@3x", "mrr@5", ""})
    EXPECT_FALSE(find_list_metric(wrong)) << wrong;
}

TEST(Clustering, EdgesAndErrors) {
  const Context context;
  const Doubles points = {0, 0, 0, 1, 5, 5, 5, 6, 100, 100};
  const Features x = Features::view(points.data(), 5, 2);
  // The far row belongs to no cluster, and the figure is as if it were not there.
  const Silhouette with = silhouette(x, Codes{0, 0, 7, 7, -1}, context);
  const Silhouette without = silhouette(x.slice(0, 4), Codes{0, 0, 1, 1}, context);
  EXPECT_EQ(with.mean, without.mean);
  EXPECT_TRUE(std::isnan(with.rows[4]));
  const double a = 1, b = (std::sqrt(50.0) + std::sqrt(61.0)) / 2;
  EXPECT_DOUBLE_EQ(without.rows[0], (b - a) / b);
  EXPECT_EQ(silhouette(x, Codes{0, 0, 0, 0, 1}, context).rows[4], 0.0);
  EXPECT_EQ(code_of([&] { silhouette(x, Codes{0, 0, 0, 0, 0}, context); }), "metrics.clusters");
  EXPECT_EQ(code_of([&] { silhouette(x, Codes{0, 1, 2, 3, 4}, context); }), "metrics.clusters");
  EXPECT_EQ(code_of([&] { davies_bouldin(x, Codes{-1, -1, -1, -1, -1}, context); }), "metrics.empty");
  EXPECT_EQ(code_of([&] { calinski_harabasz(x, Codes{0, 1}, context); }), "metrics.length");
  const Doubles missing = {0, nan, 1, 2, 3, 4};
  EXPECT_EQ(code_of([&] { silhouette(Features::view(missing.data(), 3, 2), Codes{0, 0, 1}, context); }),
            "metrics.not_finite");
  const Doubles same = {1, 1, 2, 2};
  EXPECT_EQ(calinski_harabasz(Features::view(same.data(), 4, 1), Codes{0, 0, 1, 1}, context), 1.0);

  const Codes together = {0, 0, 0}, apart = {0, 1, 2};
  EXPECT_EQ(adjusted_rand(together, together), 1.0);
  EXPECT_EQ(adjusted_rand(apart, apart), 1.0);
  EXPECT_EQ(adjusted_rand(together, apart), 0.0);
  EXPECT_EQ(normalised_mutual_information(together, together), 1.0);
  EXPECT_EQ(normalised_mutual_information(together, apart), 0.0);
  EXPECT_EQ(v_measure(together, apart).homogeneity, 1.0);
  EXPECT_EQ(v_measure(together, apart).v, 0.0);
  EXPECT_EQ(code_of([&] { adjusted_rand({}, {}); }), "metrics.empty");
}

TEST(Clustering, SilhouettesDoNotDependOnThreadsOrStorage) {
  Stream random(5, "silhouette test");
  Doubles points(700 * 5);
  std::vector<float> narrow(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) points[i] = narrow[i] = static_cast<float>(random.normal());
  Codes labels(700);
  for (auto& label : labels) label = static_cast<std::int32_t>(random.below(4));
  const Features x = Features::view(points.data(), 700, 5), x32 = Features::view(narrow.data(), 700, 5);
  const double one = silhouette(x, labels, Context({.threads = 1})).mean;
  EXPECT_EQ(one, silhouette(x, labels, Context({.threads = 7})).mean);
  EXPECT_EQ(one, silhouette(x32, labels, Context({.threads = 2})).mean);
  const Context seeded({.seed = 4});
  EXPECT_EQ(sampled_silhouette(x, labels, 700, seeded), one);
  EXPECT_EQ(sampled_silhouette(x, labels, 300, seeded), sampled_silhouette(x, labels, 300, seeded));
  EXPECT_NE(sampled_silhouette(x, labels, 300, seeded), one);
  EXPECT_NEAR(sampled_silhouette(x, labels, 300, seeded), one, 0.05);
}

TEST(MetricList, NamesAreKnownAndRangesHold) {
  std::set<std::string_view> names;
  for (const MetricInfo& info : metric_list()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_LT(info.low, info.high);
    EXPECT_EQ(find_metric(info.name).title, info.title);
  }
  EXPECT_EQ(default_metric_name(Target::Kind::classes, 2), "auc");
  EXPECT_EQ(default_metric_name(Target::Kind::classes, 3), "log_loss");
  EXPECT_EQ(default_metric_name(Target::Kind::numbers, 0), "rmse");
  for (const auto name : {"auc", "log_loss", "rmse"}) EXPECT_TRUE(names.contains(name));
}

TEST(MetricList, AWeightIsSoManyCopiesAndZeroIsAbsence) {
  Stream random(6, "copies");
  for (const std::size_t count : {2, 3}) {
    Codes truth, truth_copies;
    Doubles y, p, probabilities, weights, y_copies, p_copies, probability_copies;
    for (int row = 0; row < 60; ++row) {
      const auto copies = row < 6 ? 1 : random.below(4);
      const auto code = static_cast<std::int32_t>(static_cast<std::size_t>(row) % count);
      Doubles raw(count);
      double sum = 0;
      for (double& value : raw) sum += value = 0.1 + static_cast<double>(random.below(5));
      truth.push_back(code);
      y.push_back(1 + random.uniform());
      p.push_back(1 + random.uniform());
      weights.push_back(static_cast<double>(copies));
      for (const double value : raw) probabilities.push_back(value / sum);
      for (std::uint64_t k = 0; k < copies; ++k) {
        truth_copies.push_back(code);
        y_copies.push_back(y.back());
        p_copies.push_back(p.back());
        for (const double value : raw) probability_copies.push_back(value / sum);
      }
    }
    const Target few = classes(truth, count), many = classes(truth_copies, count);
    for (const MetricInfo& info : metric_list()) {
      const bool of_classes = info.task == Target::Kind::classes;
      const Scores one{.values = p, .probabilities = probabilities};
      const Scores all{.values = p_copies, .probabilities = probability_copies};
      const double weighted = score(info.name, of_classes ? few : numbers(y), one, weights);
      const double copied = score(info.name, of_classes ? many : numbers(y_copies), all);
      EXPECT_NEAR(weighted, copied, 1e-12) << info.name;
      EXPECT_GE(weighted, info.low) << info.name;
      EXPECT_LE(weighted, info.high) << info.name;
    }
  }
}

TEST(MetricList, ErrorsSayWhatWouldBeRight) {
  const Target two = classes({0, 1}, 2);
  const Doubles p = {0.3, 0.7, 0.4, 0.6};
  try {
    score("acuracy", two, {.probabilities = p});
    FAIL();
  } catch (const ParameterError& error) {
    EXPECT_EQ(error.code(), "metrics.unknown");
    EXPECT_NE(std::string(error.what()).find("accuracy"), std::string::npos);
  }
  EXPECT_EQ(code_of([&] { find_metric("nothing like it"); }), "metrics.unknown");
  EXPECT_EQ(code_of([&] { score("rmse", two, {.values = p}); }), "metrics.task");
  EXPECT_EQ(code_of([&] { score("auc", numbers({1, 2}), {.values = p}); }), "metrics.task");
  EXPECT_EQ(code_of([&] { score("auc", two, {.values = p}); }), "metrics.length");
  EXPECT_EQ(code_of([&] { score("rmse", numbers({1, 2}), {.values = p}); }), "metrics.length");
  const Doubles broken = {0.3, nan, 0.4, 0.6};
  for (const MetricInfo& info : metric_list()) {
    if (info.task != Target::Kind::classes) continue;
    EXPECT_EQ(code_of([&] { score(info.name, two, {.probabilities = broken}); }), "metrics.not_finite")
        << info.name;
  }
}

TEST(Regression, AConstantTruthHasNoVarianceWhateverItsMeanRoundsTo) {
  for (std::size_t n = 2; n < 60; ++n) {
    for (const double value : {0.1, 1.1, 123.456}) {
      const Doubles truth(n, value), off(n, value + 1);
      EXPECT_EQ(r_squared(truth, off), 0) << n << " " << value;
      EXPECT_EQ(r_squared(truth, truth), 1) << n << " " << value;
      EXPECT_EQ(explained_variance(truth, truth), 1) << n << " " << value;
    }
  }
  const Doubles truth = {0.1, 0.1, 0.1, 7}, off = {1.1, 1.1, 1.1, 7}, weights = {1, 1, 1, 0};
  EXPECT_EQ(r_squared(truth, off, weights), 0);
}

TEST(Regression, TheMedianDoesNotDependOnTheUnitOfTheWeights) {
  const Doubles truth = {0, 0}, predicted = {1, 2};
  for (const double unit : {1.0, 1e-20, 1e20}) {
    EXPECT_EQ(median_absolute_error(truth, predicted, Doubles{3 * unit, 2 * unit}), 1);
    EXPECT_EQ(median_absolute_error(truth, predicted, Doubles{2 * unit, 2 * unit}), 1.5);
  }
}

TEST(Classification, ManyClassesNeedNoMatrix) {
  const std::size_t many = 200000;  // squared, 320 GB
  Codes truth(many), predicted(many);
  for (std::size_t i = 0; i < many; ++i) {
    truth[i] = static_cast<std::int32_t>(i);
    predicted[i] = static_cast<std::int32_t>(i % 2 == 0 ? i : i - 1);
  }
  EXPECT_DOUBLE_EQ(balanced_accuracy(truth, predicted, many), 0.5);
  EXPECT_DOUBLE_EQ(precision_recall(truth, predicted, many, Average::micro).recall, 0.5);
  // Chance agrees once in each pair of rows: (many / 2) * 2 / many^2.
  const double chance = 1.0 / static_cast<double>(many);
  EXPECT_NEAR(cohen_kappa(truth, predicted, many), (0.5 - chance) / (1 - chance), 1e-9);
}

TEST(Metrics, LossesOfBoostingRefuseWhatTheyCannotMeasure) {
  const std::vector<double> y = {1, 2}, p = {1, 3}, zero = {0, 1};
  EXPECT_EQ(code_of([&] { tweedie_deviance(y, p, 2.0); }), "metrics.power");
  EXPECT_EQ(code_of([&] { tweedie_deviance(y, zero, 1.5); }), "metrics.domain");
  EXPECT_EQ(code_of([&] { huber_loss(y, p, 0); }), "metrics.width");
  EXPECT_EQ(code_of([&] { expectile_loss(y, p, 2); }), "metrics.level");
  EXPECT_EQ(code_of([&] { share_cross_entropy(y, p); }), "metrics.domain");
  EXPECT_EQ(code_of([&] { concordance_index(zero, p); }), "metrics.domain");
  EXPECT_EQ(code_of([&] { mean_pinball_loss(y, p, std::vector<double>{0.1, 0.9}); }), "metrics.length");
  const std::vector<std::int32_t> groups = {0};
  EXPECT_EQ(code_of([&] { mean_over_lists(RankFigure::ndcg, y, p, groups); }), "metrics.length");
}

TEST(Metrics, PinballOfLevelsIsTheMeanOverThem) {
  const std::vector<double> y = {1, 2, 5}, levels = {0.1, 0.8}, p = {0, 2, 1, 3, 2, 6};
  const double by_hand = ((0.1 + 0.1 + 0.1 * 3) / 3 + (0.2 + 0.2 + 0.2) / 3) / 2;
  EXPECT_NEAR(mean_pinball_loss(y, p, levels), by_hand, 1e-15);
}

TEST(Metrics, AucMuOfTwoClassesIsAuc) {
  const std::vector<std::int32_t> truth = {0, 1, 1, 0, 1};
  const std::vector<double> p = {0.6, 0.4, 0.3, 0.7, 0.5, 0.5, 0.2, 0.8, 0.1, 0.9};
  EXPECT_EQ(auc_mu(truth, p, 2), roc_auc(truth, std::vector<double>{0.4, 0.7, 0.5, 0.8, 0.9}));
}

}  // namespace
}  // namespace everyml
