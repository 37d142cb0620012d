// Figures and answers against scikit-learn's, exported by bench/peers/adaboost_goldens.py.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "everyml/classical/trees/table_data_test_impl.h"
#include "everyml/ensembles/adaboost/adaboost_classifier.h"
#include "everyml/ensembles/adaboost/adaboost_regressor.h"

namespace everyml {
namespace {

Json golden(const std::string& name) {
  std::ifstream file(std::string(EVERYML_SOURCE_DIR) + "/tests/golden/adaboost/" + name + ".json");
  EXPECT_TRUE(file.good()) << name;
  std::stringstream text;
  text << file.rdbuf();
  return Json::parse(text.str());
}

Features features_of(const Json& rows) {
  const std::size_t columns = rows[0].size();
  Buffer<double> values(rows.size() * columns);
  std::size_t at = 0;
  for (const Json& row : rows)
    for (const Json& value : row) values[at++] = value.get<double>();
  return Features::dense(std::move(values), rows.size(), columns);
}

Target classes_of(const Json& codes) {
  Buffer<std::int32_t> buffer(codes.size());
  std::vector<std::string> names;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    buffer[i] = codes[i].get<std::int32_t>();
    while (names.size() <= static_cast<std::size_t>(buffer[i])) names.push_back(std::to_string(names.size()));
  }
  return Target::classes(std::move(buffer), std::move(names));
}

Target numbers_of(const Json& values) {
  Buffer<double> buffer(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) buffer[i] = values[i].get<double>();
  return Target::numbers(std::move(buffer));
}

void expect_near(std::span<const double> got, const Json& expected, double tolerance, const char* what) {
  ASSERT_EQ(got.size(), expected.size()) << what;
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_NEAR(got[i], expected[i].get<double>(), tolerance) << what << " " << i;
}

class AdaBoostGolden : public testing::TestWithParam<const char*> {};

TEST_P(AdaBoostGolden, TreesVotesErrorsAndProbabilitiesAreThePeers) {
  const Json peer = golden(GetParam());
  Dataset data{.features = features_of(peer["x"]), .target = classes_of(peer["y"])};
  data.weights = peer["weights"].get<std::vector<double>>();
  AdaBoostClassifier settings;
  settings.rounds = peer["settings"]["rounds"].get<int>();
  settings.learning_rate = peer["settings"]["learning_rate"].get<double>();
  settings.depth = peer["settings"]["depth"].get<int>();
  const AdaBoostClassifierModel model = settings.fit(data, Context{});
  expect_near(model.state().votes, peer["estimator_weights"], 1e-8, "vote");
  expect_near(model.state().errors, peer["estimator_errors"], 1e-9, "error");
  expect_near(model.state().train_errors, peer["train_errors"], 1e-12, "train error");
  const Features asked = features_of(peer["asked"]);
  const std::size_t classes = model.class_names().size();
  std::vector<double> p(asked.rows() * classes);
  model.probabilities(asked, p, Context{});
  for (std::size_t i = 0; i < p.size(); ++i)
    EXPECT_NEAR(p[i], peer["probabilities"][i / classes][i % classes].get<double>(), 1e-9) << i;
  for (const auto& row : AdaBoostClassifierModel::attributes()) {
    // Deeper trees have nodes that two features divide alike; the peer draws which one gets the credit.
    if (row.name == "feature_importances" && settings.depth == 1)
      expect_near(row.read(model)->values, peer["feature_importances"], 1e-6, "importance");
  }
}

INSTANTIATE_TEST_SUITE_P(, AdaBoostGolden, testing::Values("two", "three", "weighted", "deep"),
                         [](const auto& one) { return std::string(one.param); });

class AdaBoostR2Golden : public testing::TestWithParam<const char*> {};

TEST_P(AdaBoostR2Golden, TreesVotesAndAnswersAreThePeers) {
  const Json peer = golden(GetParam());
  Dataset data{.features = features_of(peer["x"]), .target = numbers_of(peer["y"])};
  data.weights = peer["weights"].get<std::vector<double>>();
  AdaBoostRegressor settings;
  settings.rounds = peer["settings"]["rounds"].get<int>();
  settings.learning_rate = peer["settings"]["learning_rate"].get<double>();
  settings.depth = peer["settings"]["depth"].get<int>();
  for (const auto& choice : choices_of(DruckerLoss{}))
    if (choice.name == peer["settings"]["loss"].get<std::string>()) settings.loss = choice.value;
  const AdaBoostRegressorModel model = settings.fit(data, Context{});
  expect_near(model.state().votes, peer["estimator_weights"], 1e-7, "vote");
  expect_near(model.state().errors, peer["estimator_errors"], 1e-8, "error");
  std::vector<double> told(data.rows());
  model.predict(data.features, told, Context{});
  expect_near(told, peer["predictions"], 1e-8, "answer");
}

INSTANTIATE_TEST_SUITE_P(, AdaBoostR2Golden,
                         testing::Values("r2_linear", "r2_square", "r2_exponential", "r2_weighted"),
                         [](const auto& one) { return std::string(one.param); });

TEST(AdaBoostFolds, TheErrorOfEachFoldIsThePeers) {
  const Json peer = golden("folds");
  const Dataset all{.features = features_of(peer["x"]), .target = classes_of(peer["y"])};
  for (std::size_t fold = 0; fold < peer["errors"].size(); ++fold) {
    std::vector<std::size_t> train, test;
    for (std::size_t row = 0; row < all.rows(); ++row)
      (peer["fold_of"][row].get<std::size_t>() == fold ? test : train).push_back(row);
    const auto model = AdaBoostClassifier{.rounds = 100}.fit(all.select_rows(train), Context{});
    const Dataset asked = all.select_rows(test);
    std::vector<double> score(test.size());
    model.scores(asked.features, score, Context{});
    double wrong = 0;
    for (std::size_t i = 0; i < test.size(); ++i) wrong += (score[i] > 0 ? 1 : 0) != asked.target.codes()[i];
    EXPECT_NEAR(wrong / static_cast<double>(test.size()), peer["errors"][fold].get<double>(), 1e-9) << fold;
  }
}

TEST(AdaBoostFolds, OnRealTablesItIsAsRightAsThePeer) {
  // Columns of wdbc have more values than bins, and stumps of digits meet ties that the peer breaks by
  // chance.
  const Json peer = golden("real_folds");
  for (const Json& one : peer["cases"]) {
    SCOPED_TRACE(one["file"].get<std::string>());
    const Dataset read = testing_trees::example(one["file"], one["target"]);
    Dataset all = read;
    if (read.target.kind() == Target::Kind::numbers) {  // digits are written as numbers
      Json codes = Json::array();
      for (const double value : read.target.values()) codes.push_back(static_cast<int>(value));
      all.target = classes_of(codes);
    }
    AdaBoostClassifier settings;
    settings.rounds = one["settings"]["rounds"].get<int>();
    settings.learning_rate = one["settings"]["learning_rate"].get<double>();
    settings.depth = one["settings"]["depth"].get<int>();
    const std::size_t classes = all.target.class_count();
    double ours = 0, theirs = 0;
    for (std::size_t fold = 0; fold < one["test"].size(); ++fold) {
      const auto test = one["test"][fold].get<std::vector<std::size_t>>();
      std::vector<std::size_t> train;
      for (std::size_t row = 0; row < all.rows(); ++row)
        if (!std::binary_search(test.begin(), test.end(), row)) train.push_back(row);
      const auto model = settings.fit(all.select_rows(train), Context{});
      const Dataset asked = all.select_rows(test);
      std::vector<double> p(test.size() * classes);
      model.probabilities(asked.features, p, Context{});
      for (std::size_t i = 0; i < test.size(); ++i) {
        const double* row = p.data() + i * classes;
        ours += std::max_element(row, row + classes) - row != asked.target.codes()[i];
      }
      theirs += one["wrong"][fold].get<double>();
    }
    EXPECT_LE(ours, theirs + 0.01 * static_cast<double>(all.rows()));
    EXPECT_GE(ours, theirs - 0.03 * static_cast<double>(all.rows()));
  }
}

}  // namespace
}  // namespace everyml
