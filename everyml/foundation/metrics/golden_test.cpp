#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>

#include "everyml/foundation/base/json.h"
#include "everyml/foundation/metrics/bootstrap.h"
#include "everyml/foundation/metrics/classification.h"
#include "everyml/foundation/metrics/clustering.h"
#include "everyml/foundation/metrics/metric.h"
#include "everyml/foundation/metrics/ranking.h"
#include "everyml/foundation/metrics/regression.h"

// Every figure against scikit-learn and scipy, on the cases that bench/peers/metric_goldens.py made.

namespace everyml {
namespace {

using Doubles = std::vector<double>;
using Codes = std::vector<std::int32_t>;

const Json& golden() {
  static const Json tree = [] {
    std::ostringstream text;
    text << std::ifstream(std::string(EVERYML_SOURCE_DIR) + "/tests/golden/metrics.json").rdbuf();
    return parse_json(text.str(), "metrics.json");
  }();
  return tree;
}

Doubles weights_of(const Json& one) {
  return one["weights"].is_null() ? Doubles() : one["weights"].get<Doubles>();
}

void expect_same(double ours, const Json& theirs, const std::string& what) {
  if (theirs.is_null()) {
    EXPECT_TRUE(std::isnan(ours)) << what << " is " << ours;
    return;
  }
  const double value = theirs.get<double>();
  EXPECT_NEAR(ours, value, 1e-12 * std::max(1.0, std::abs(value))) << what;
}

/// Compares each named figure of ours with the case's; every one the case has must be there.
void expect_all(const std::map<std::string, double>& ours, const Json& one, std::size_t index) {
  for (const auto& [name, theirs] : one["expected"].items()) {
    const auto found = ours.find(name);
    ASSERT_NE(found, ours.end()) << name;
    expect_same(found->second, theirs, name + " of case " + std::to_string(index));
  }
}

Doubles both_classes(const Doubles& scores) {
  Doubles probabilities;
  for (const double p : scores) probabilities.insert(probabilities.end(), {1 - p, p});
  return probabilities;
}

Target classes(const Codes& codes, std::size_t count) {
  Buffer<std::int32_t> copy(codes.size());
  std::copy(codes.begin(), codes.end(), copy.begin());
  std::vector<std::string> names;
  for (std::size_t c = 0; c < count; ++c) names.push_back("c" + std::to_string(c));
  return Target::classes(std::move(copy), names);
}

Target numbers(const Doubles& values) {
  Buffer<double> copy(values.size());
  std::copy(values.begin(), values.end(), copy.begin());
  return Target::numbers(std::move(copy));
}

TEST(MetricGoldens, Binary) {
  const Json& cases = golden()["binary"];
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Json& one = cases[i];
    const Codes truth = one["truth"].get<Codes>();
    const Doubles scores = one["scores"].get<Doubles>(), weights = weights_of(one);
    const Doubles probabilities = both_classes(scores);
    const Target target = classes(truth, 2);
    std::map<std::string, double> ours;
    for (const auto& [name, value] : one["expected"].items()) {
      ours[name] = score(name, target, {.probabilities = probabilities}, weights);
    }
    expect_all(ours, one, i);
    EXPECT_EQ(ours["auc"], roc_auc(truth, scores, weights));
    EXPECT_EQ(ours["average_precision"], average_precision(truth, scores, weights));

    const ThresholdCurve curve = threshold_curve(truth, scores, weights);
    ASSERT_EQ(curve.threshold.size(), one["fpr"].size()) << i;
    for (std::size_t k = 0; k < curve.threshold.size(); ++k) {
      expect_same(curve.false_positive_rate[k], one["fpr"][k], "false positive rate");
      expect_same(curve.true_positive_rate[k], one["tpr"][k], "true positive rate");
      expect_same(curve.precision[k], one["precision_curve"][k], "precision");
      expect_same(curve.true_positive_rate[k], one["recall_curve"][k], "recall");
      const double threshold = k == 0 ? curve.threshold[0] : one["thresholds"][k - 1].get<double>();
      EXPECT_EQ(curve.threshold[k], threshold);
    }
    EXPECT_TRUE(std::isinf(curve.threshold[0]));
  }
}

TEST(MetricGoldens, Multiclass) {
  const Json& cases = golden()["multiclass"];
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Json& one = cases[i];
    const auto count = one["classes"].get<std::size_t>();
    const Codes truth = one["truth"].get<Codes>();
    const Doubles probabilities = one["probabilities"].get<Doubles>(), weights = weights_of(one);
    const Target target = classes(truth, count);
    Codes called;
    for (std::size_t row = 0; row < truth.size(); ++row) {
      const auto* p = &probabilities[row * count];
      called.push_back(static_cast<std::int32_t>(std::max_element(p, p + count) - p));
    }
    std::map<std::string, double> ours;
    for (const auto& info : metric_list()) {
      if (info.task == Target::Kind::classes) {
        ours[std::string(info.name)] = score(info.name, target, {.probabilities = probabilities}, weights);
      }
    }
    ours["auc_mu"] = auc_mu(truth, probabilities, count, weights);
    ours["auc_weighted"] = roc_auc_one_vs_rest(truth, probabilities, count, Average::weighted, weights);
    EXPECT_NEAR(ours["auc"], roc_auc_one_vs_rest(truth, probabilities, count, Average::macro, weights),
                1e-15);
    ours["kappa_linear"] = cohen_kappa(truth, called, count, KappaScale::linear, weights);
    ours["kappa_quadratic"] = cohen_kappa(truth, called, count, KappaScale::quadratic, weights);
    for (const auto& [name, average] :
         {std::pair{"macro", Average::macro}, std::pair{"weighted", Average::weighted},
          std::pair{"micro", Average::micro}}) {
      const PrecisionRecall figures = precision_recall(truth, called, count, average, weights);
      ours["precision_" + std::string(name)] = figures.precision;
      ours["recall_" + std::string(name)] = figures.recall;
      ours["f1_" + std::string(name)] = figures.f1;
    }
    EXPECT_EQ(ours["precision"], ours["precision_macro"]);
    expect_all(ours, one, i);
    const ConfusionMatrix matrix = confusion_matrix(truth, called, count, weights);
    for (std::size_t cell = 0; cell < matrix.weight.size(); ++cell) {
      expect_same(matrix.weight[cell], one["confusion"][cell], "confusion matrix");
    }
  }
}

double regression_figure(const std::string& name, const Target& target, const Doubles& predicted,
                         const Doubles& weights) {
  const auto truth = target.values();
  if (name == "pinball_0.1") return pinball_loss(truth, predicted, 0.1, weights);
  if (name == "pinball_0.5") return pinball_loss(truth, predicted, 0.5, weights);
  if (name == "huber_1.5") return huber_loss(truth, predicted, 1.5, weights);
  if (name == "log_cosh") return log_cosh_loss(truth, predicted, weights);
  if (name == "expectile_0.8") return expectile_loss(truth, predicted, 0.8, weights);
  if (name == "tweedie_1.3") return tweedie_deviance(truth, predicted, 1.3, weights);
  if (name != "cross_entropy") return score(name, target, {.values = predicted}, weights);
  Doubles share, said;
  for (const double y : truth) share.push_back(1 / (1 + std::exp(-y)));
  for (const double p : predicted) said.push_back(1 / (1 + std::exp(-p)));
  return share_cross_entropy(share, said, weights);
}

TEST(MetricGoldens, Regression) {
  const Json& cases = golden()["regression"];
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Json& one = cases[i];
    const Doubles truth = one["truth"].get<Doubles>(), predicted = one["predicted"].get<Doubles>();
    const Doubles weights = weights_of(one);
    const Target target = numbers(truth);
    std::map<std::string, double> ours;
    for (const auto& [name, value] : one["expected"].items()) {
      ours[name] = regression_figure(name, target, predicted, weights);
    }
    expect_all(ours, one, i);
  }
}

TEST(MetricGoldens, Ranking) {
  const Json& cases = golden()["ranking"];
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Json& one = cases[i];
    const Doubles relevance = one["relevance"].get<Doubles>(), scores = one["scores"].get<Doubles>();
    const auto k = one["k"].get<std::size_t>();
    expect_all({{"dcg", discounted_cumulative_gain(relevance, scores, k)},
                {"ndcg", normalised_discounted_cumulative_gain(relevance, scores, k)}},
               one, i);
  }
}

TEST(MetricGoldens, Lists) {
  const Json& cases = golden()["lists"];
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Json& one = cases[i];
    const Doubles relevance = one["relevance"].get<Doubles>(), scores = one["scores"].get<Doubles>();
    const Codes groups = one["groups"].get<Codes>();
    const auto k = one["k"].get<std::size_t>();
    const Doubles weights = weights_of(one);
    const auto mean = [&](RankFigure figure) {
      return mean_over_lists(figure, relevance, scores, groups, k, Gains::exponential, weights);
    };
    expect_all({{"ndcg", mean(RankFigure::ndcg)},
                {"average_precision", mean(RankFigure::average_precision)},
                {"reciprocal_rank", mean(RankFigure::reciprocal_rank)},
                {"precision", mean(RankFigure::precision)}},
               one, i);
  }
}

TEST(MetricGoldens, Survival) {
  const Json& cases = golden()["survival"];
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Json& one = cases[i];
    expect_all({{"concordance", concordance_index(one["times"].get<Doubles>(), one["risk"].get<Doubles>(),
                                                  weights_of(one))}},
               one, i);
  }
}

TEST(MetricGoldens, Clustering) {
  const Json& cases = golden()["clustering"];
  const Context context;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Json& one = cases[i];
    const Doubles values = one["features"].get<Doubles>();
    const auto columns = one["columns"].get<std::size_t>();
    const Codes truth = one["truth"].get<Codes>(), found = one["found"].get<Codes>();
    const Features features = Features::view(values.data(), truth.size(), columns);
    const Silhouette rows = silhouette(features, found, context);
    for (std::size_t row = 0; row < truth.size(); ++row) {
      expect_same(rows.rows[row], one["silhouettes"][row], "silhouette of a row");
    }
    const VMeasure v = v_measure(truth, found);
    expect_all({{"silhouette", rows.mean},
                {"davies_bouldin", davies_bouldin(features, found, context)},
                {"calinski_harabasz", calinski_harabasz(features, found, context)},
                {"adjusted_rand", adjusted_rand(truth, found)},
                {"nmi", normalised_mutual_information(truth, found)},
                {"homogeneity", v.homogeneity},
                {"completeness", v.completeness},
                {"v", v.v}},
               one, i);
  }
}

TEST(MetricGoldens, ResampledTest) {
  for (const Json& one : golden()["resampled_test"]) {
    const ResampledTest test = corrected_resampled_t_test(one["a"].get<Doubles>(), one["b"].get<Doubles>(),
                                                          one["ratio"].get<double>());
    expect_same(test.difference, one["difference"], "difference");
    expect_same(test.p_value, one["p_value"], "p");
    EXPECT_NEAR(test.low, one["low"].get<double>(), 1e-9);
    EXPECT_NEAR(test.high - test.difference, test.difference - test.low, 1e-12);
  }
}

TEST(MetricGoldens, Bootstrap) {
  // Both sides are random: with 20,000 replicates the ends lie within two hundredths of the interval's
  // length.
  const Json& one = golden()["bootstrap"];
  const Doubles values = one["values"].get<Doubles>();
  const WeightedFigure mean = [&](std::span<const double> weights) {
    return std::inner_product(values.begin(), values.end(), weights.begin(), 0.0) /
           std::accumulate(weights.begin(), weights.end(), 0.0);
  };
  for (const auto& [name, method] : {std::pair{"percentile", BootstrapOptions::Method::percentile},
                                     std::pair{"BCa", BootstrapOptions::Method::bias_corrected}}) {
    const BootstrapOptions options{.replicates = 20'000, .level = 0.95, .method = method};
    const BootstrapInterval ours = bootstrap_interval(values.size(), mean, {}, options, Context());
    const double low = one[name][0].get<double>(), high = one[name][1].get<double>();
    EXPECT_NEAR(ours.low, low, 0.02 * (high - low)) << name;
    EXPECT_NEAR(ours.high, high, 0.02 * (high - low)) << name;
    EXPECT_NEAR(ours.standard_error, one[name][2].get<double>(), 0.02 * ours.standard_error) << name;
  }
}

}  // namespace
}  // namespace everyml
