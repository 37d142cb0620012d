// The figures of linear models by name, and the decision scores of logistic regression, against the peers'
// figures in tests/golden/linear.

#include <gtest/gtest.h>

#include "everyml/classical/linear/golden_impl.h"
#include "everyml/classical/linear/linear_family.h"
#include "everyml/classical/linear/logistic_regression.h"
#include "everyml/foundation/model/registry.h"
#include "tests/support/error_code.h"

namespace everyml {
namespace {

const Context kContext({.threads = 1});

AnyModel fitted(std::string_view name, const Json& settings, const Dataset& data) {
  AnyEstimator estimator = Registry(linear_family()).find(name).make();
  estimator.set_json(settings);
  return estimator.fit(data, kContext);
}

double number_of(const AnyModel& model, std::string_view name) {
  const auto figure = model.attribute(name);
  EXPECT_TRUE(figure && figure->shape.empty()) << name;
  return figure ? figure->values.at(0) : 0.0;
}

std::vector<double> values_of(const AnyModel& model, std::string_view name,
                              const std::vector<std::size_t>& shape) {
  const auto figure = model.attribute(name);
  EXPECT_TRUE(figure.has_value()) << name;
  if (!figure) return {};
  EXPECT_EQ(figure->shape, shape) << name;
  return figure->values;
}

/// A list without its first element, which is the intercept's.
std::vector<double> slopes(const Json& list) {
  std::vector<double> all = numbers(list);
  all.erase(all.begin());
  return all;
}

TEST(LinearAttributes, LinearRegressionShowsTheFiguresOfStatsmodels) {
  const Json peer = golden("linear/regression.json");
  const Json& expected = peer["ols_plain_intercept"];
  const AnyModel model = fitted("linear-regression", Json::object(),
                                regression_data(features_in(peer["x"]), numbers(peer["y"])));
  expect_close(values_of(model, "coefficients", {4}), slopes(expected["coefficients"]), 1e-10, "b");
  expect_close(values_of(model, "standard_errors", {4}), slopes(expected["errors"]), 1e-10, "errors");
  expect_close(values_of(model, "t_values", {4}), slopes(expected["t"]), 1e-7, "t");
  expect_close(values_of(model, "p_values", {4}), slopes(expected["p"]), 1e-9, "p");
  EXPECT_NEAR(number_of(model, "intercept"), expected["coefficients"][0].get<double>(), 1e-10);
  EXPECT_NEAR(number_of(model, "intercept_standard_error"), expected["errors"][0].get<double>(), 1e-10);
  for (const auto& [ours, theirs] : {std::pair{"r2", "r2"},
                                     {"adjusted_r2", "adjusted_r2"},
                                     {"sigma", "sigma"},
                                     {"f_statistic", "f"},
                                     {"f_p_value", "f_p"}}) {
    EXPECT_NEAR(number_of(model, ours), expected[theirs].get<double>(), 1e-7) << ours;
  }
  EXPECT_EQ(number_of(model, "rank"), 4);
  EXPECT_EQ(number_of(model, "degrees_of_freedom"), 35);
}

TEST(LinearAttributes, WhatAFitDoesNotHaveIsNone) {
  // As many coefficients as rows, and a column that is twice another.
  const Dataset exact = regression_data(features_of({{1, 2}, {2, 4}}), {1, 2});
  const AnyModel line = fitted("linear-regression", Json::object(), exact);
  for (const char* name : {"standard_errors", "t_values", "p_values", "sigma", "adjusted_r2", "f_p_value"})
    EXPECT_FALSE(line.attribute(name).has_value()) << name;
  EXPECT_EQ(number_of(line, "rank"), 1);
  const AnyModel given = fitted("ridge", {{"alpha", 1.0}}, exact);
  EXPECT_FALSE(given.attribute("trial_alphas").has_value());
  EXPECT_FALSE(given.attribute("trial_errors").has_value());
  const Dataset two = class_data(features_of({{1}, {2}, {3}, {4}}), {0, 1, 0, 1}, 2);
  EXPECT_FALSE(fitted("logistic-regression", Json::object(), two).attribute("standard_errors").has_value());
}

TEST(LinearAttributes, AColumnLeftOutHasNoInference) {
  const AnyModel model =
      fitted("linear-regression", Json::object(),
             regression_data(features_of({{1, 2}, {2, 4}, {3, 6}, {4, 8}}), {1, 2.5, 2.5, 4}));
  EXPECT_EQ(number_of(model, "rank"), 1);
  for (const char* name : {"standard_errors", "t_values", "p_values"}) {
    const std::vector<double> values = values_of(model, name, {2});
    EXPECT_TRUE(std::isfinite(values.at(0))) << name;
    EXPECT_TRUE(std::isnan(values.at(1))) << name;
  }
}

TEST(LinearAttributes, RidgeShowsItsChoice) {
  const Json peer = golden("linear/regression.json");
  const Json& expected = peer["leave_one_out"];
  const AnyModel model = fitted("ridge", {{"alphas", expected["alphas"]}},
                                regression_data(features_in(peer["x"]), numbers(peer["y"])));
  EXPECT_EQ(values_of(model, "trial_alphas", {5}), numbers(expected["alphas"]));
  expect_close(values_of(model, "trial_errors", {5}), numbers(expected["errors"]), 1e-10, "errors");
  EXPECT_EQ(number_of(model, "alpha"), expected["chosen"].get<double>());
}

TEST(LinearAttributes, LogisticRegressionShowsTheFiguresOfStatsmodels) {
  const Json peer = golden("linear/classification.json");
  const Json& expected = peer["logit_plain"];
  const Features x = features_in(peer["x"]);
  const AnyModel model = fitted("logistic-regression", {{"c", nullptr}},
                                class_data(x, peer["y"].get<std::vector<std::int32_t>>(), 2));
  expect_close(values_of(model, "coefficients", {1, 3}), slopes(expected["coefficients"]), 1e-8, "b");
  expect_close(values_of(model, "standard_errors", {1, 3}), slopes(expected["errors"]), 1e-8, "errors");
  EXPECT_NEAR(values_of(model, "intercept", {1}).at(0), expected["coefficients"][0].get<double>(), 1e-8);
  EXPECT_NEAR(values_of(model, "intercept_standard_errors", {1}).at(0), expected["errors"][0].get<double>(),
              1e-8);
  EXPECT_NEAR(number_of(model, "log_loss"), -expected["log_likelihood"].get<double>(), 1e-9);
  EXPECT_EQ(number_of(model, "converged"), 1);

  // The reference of an unpenalised fit of three classes has a row of zeros without errors.
  const AnyModel three = fitted("logistic-regression", {{"c", nullptr}},
                                class_data(x, peer["y3"].get<std::vector<std::int32_t>>(), 3));
  const std::vector<double> b = values_of(three, "coefficients", {3, 3});
  const std::vector<double> errors = values_of(three, "standard_errors", {3, 3});
  for (std::size_t j = 0; j < 3; ++j) {
    EXPECT_EQ(b.at(j), 0);
    EXPECT_TRUE(std::isnan(errors.at(j)));
    for (std::size_t s = 0; s < 2; ++s) {
      EXPECT_NEAR(b.at((s + 1) * 3 + j), peer["mnlogit"]["coefficients"][s][j + 1].get<double>(), 1e-7);
      EXPECT_NEAR(errors.at((s + 1) * 3 + j), peer["mnlogit"]["errors"][s][j + 1].get<double>(), 1e-7);
    }
  }
}

/// The promise of the header: scores are features . coefficients' + intercept, and softmax (or sigmoid) makes
/// the probabilities of them.
void expect_scores(const AnyModel& model, const Features& x) {
  const std::size_t n = model.score_count(), k = model.class_names().size(), d = x.columns();
  const auto b = model.attribute("coefficients"), intercept = model.attribute("intercept");
  ASSERT_TRUE(b && intercept);
  EXPECT_EQ(b->shape, (std::vector<std::size_t>{n, d}));
  EXPECT_EQ(intercept->shape, (std::vector<std::size_t>{n}));
  std::vector<double> scores(x.rows() * n), probabilities(x.rows() * k);
  model.scores(x, scores, kContext);
  model.probabilities(x, probabilities, kContext);
  for (std::size_t r = 0; r < x.rows(); ++r) {
    double total = n == 1 ? 1.0 : 0.0;
    for (std::size_t s = 0; s < n; ++s) {
      double sum = intercept->values[s];
      for (std::size_t j = 0; j < d; ++j) sum += x.at(r, j) * b->values[s * d + j];
      EXPECT_NEAR(scores[r * n + s] / std::max(1.0, std::abs(sum)), sum / std::max(1.0, std::abs(sum)),
                  1e-12);
      total += std::exp(scores[r * n + s]);
    }
    for (std::size_t c = 0; c < k; ++c) {
      const double expected = n == 1 && c == 0 ? 1.0 : std::exp(scores[r * n + (n == 1 ? 0 : c)]);
      EXPECT_NEAR(probabilities[r * k + c], expected / total, 1e-12);
    }
  }
}

TEST(LogisticScores, AreTheLinesBehindTheProbabilities) {
  const Json peer = golden("linear/classification.json");
  const Features x = features_in(peer["x"]);
  const auto y = peer["y"].get<std::vector<std::int32_t>>(), y3 = peer["y3"].get<std::vector<std::int32_t>>();
  std::vector<std::int32_t> gap, two_of_three;
  for (const std::int32_t code : y3) gap.push_back(code == 0 ? 0 : code + 1);
  for (const std::int32_t code : y) two_of_three.push_back(code * 2);
  for (const Json& c : {Json(1.0), Json(nullptr)}) {
    for (const auto& [codes, classes, scores] :
         {std::tuple{y, 2UL, 1UL}, {y3, 3UL, 3UL}, {gap, 4UL, 4UL}, {two_of_three, 3UL, 3UL}}) {
      SCOPED_TRACE(c.dump() + " " + std::to_string(classes));
      const AnyModel model = fitted("logistic-regression", {{"c", c}}, class_data(x, codes, classes));
      ASSERT_EQ(model.score_count(), scores);
      expect_scores(model, x);
    }
  }
}

TEST(LogisticScores, AClassThatNoRowHadIsBelowAllOthers) {
  const Json peer = golden("linear/classification.json");
  std::vector<std::int32_t> codes;
  for (const Json& code : peer["y"]) codes.push_back(code.get<std::int32_t>() * 2);
  const Features x = features_in(peer["x"]);
  const AnyModel model = fitted("logistic-regression", Json::object(), class_data(x, codes, 3));
  std::vector<double> scores(x.rows() * 3);
  model.scores(x, scores, kContext);
  for (std::size_t r = 0; r < x.rows(); ++r)
    EXPECT_EQ(scores[r * 3 + 1], std::numeric_limits<double>::lowest());
  std::vector<double> short_one(3);
  EXPECT_EQ(code_of([&] { model.scores(x, short_one, kContext); }), "parameter.output_size");
}

}  // namespace
}  // namespace everyml
