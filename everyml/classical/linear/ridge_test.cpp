#include "everyml/classical/linear/ridge.h"

#include <gtest/gtest.h>

#include "everyml/classical/linear/golden_impl.h"
#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

const Context kContext({.threads = 1});

TEST(Ridge, AgreesWithScikitLearn) {
  const Json peer = golden("linear/regression.json");
  for (const std::string weighting : {"plain", "weighted"}) {
    for (const std::string alpha : {"0.1", "10"}) {
      SCOPED_TRACE(weighting + " " + alpha);
      const Dataset data =
          regression_data(features_in(peer["x"]), numbers(peer["y"]),
                          weighting == "weighted" ? numbers(peer["w"]) : std::vector<double>{});
      const auto model = Ridge{.alpha = std::stod(alpha)}.fit(data, kContext);
      const Json& expected = peer["ridge_" + weighting + "_" + alpha];
      expect_close(model.coefficients(), numbers(expected["coefficients"]), 1e-10, "coefficients");
      EXPECT_NEAR(model.intercept(), expected["intercept"].get<double>(), 1e-9);
    }
  }
  const auto origin = Ridge{.alpha = 1.0, .intercept = false}.fit(
      regression_data(features_in(peer["x"]), numbers(peer["y"])), kContext);
  expect_close(origin.coefficients(), numbers(peer["ridge_origin_1"]["coefficients"]), 1e-10, "origin");
}

TEST(Ridge, LeaveOneOutErrorsAreThoseOfRefits) {
  const Json peer = golden("linear/regression.json");
  const Json& expected = peer["leave_one_out"];
  const auto model = Ridge{.alphas = numbers(expected["alphas"])}.fit(
      regression_data(features_in(peer["x"]), numbers(peer["y"])), kContext);
  ASSERT_EQ(model.trials().size(), 5U);
  for (std::size_t a = 0; a < 5; ++a)
    EXPECT_NEAR(model.trials()[a].error, expected["errors"][a].get<double>(), 1e-10);
  EXPECT_EQ(model.alpha(), expected["chosen"].get<double>());
}

Dataset random_data(std::size_t rows, std::size_t columns, bool weighted) {
  Stream stream(3, "ridge");
  Buffer<double> values(rows * columns);
  for (double& value : values) value = 2.0 + stream.normal();
  std::vector<double> y(rows), weights;
  for (std::size_t r = 0; r < rows; ++r) {
    y[r] = values[r * columns] - values[r * columns + 1] + stream.normal();
    if (weighted) weights.push_back(static_cast<double>(1 + stream.below(3)));
  }
  return regression_data(Features::dense(std::move(values), rows, columns), y, weights);
}

/// The slow twin: refit without each row (one unit of its weight), as often as there are rows.
double refit_error(const Dataset& data, double alpha) {
  double error = 0.0, weight = 0.0;
  for (std::size_t r = 0; r < data.rows(); ++r) {
    Dataset rest = data;
    rest.weights.assign(data.rows(), 1.0);
    for (std::size_t i = 0; i < data.rows(); ++i) rest.weights[i] = data.weight(i);
    rest.weights[r] -= 1.0;
    const auto model = Ridge{.alpha = alpha}.fit(rest, kContext);
    std::vector<double> out(1);
    model.predict(data.features.slice(r, r + 1), out, kContext);
    const double off = out[0] - data.target.values()[r];
    error += data.weight(r) * off * off;
    weight += data.weight(r);
  }
  return error / weight;
}

TEST(Ridge, LeaveOneOutTwinForTallWideAndWeightedData) {
  for (const std::size_t columns : {4UL, 30UL}) {
    for (const bool weighted : {false, true}) {
      SCOPED_TRACE(std::to_string(columns) + (weighted ? " weighted" : ""));
      const Dataset data = random_data(15, columns, weighted);
      const auto model = Ridge{.alphas = {0.1, 2.0}}.fit(data, kContext);
      for (const RidgeTrial& trial : model.trials())
        EXPECT_NEAR(trial.error, refit_error(data, trial.alpha), 1e-8 * trial.error);
    }
  }
}

TEST(Ridge, WideDataSolveTheNormalEquations) {
  // X'W (y - b0 - X b) = alpha b, and the residuals sum to zero: what defines the answer.
  const Dataset data = random_data(12, 40, true);
  const auto model = Ridge{.alpha = 0.7}.fit(data, kContext);
  std::vector<double> out(12);
  model.predict(data.features, out, kContext);
  double sum = 0.0;
  for (std::size_t r = 0; r < 12; ++r) sum += data.weight(r) * (data.target.values()[r] - out[r]);
  EXPECT_NEAR(sum, 0.0, 1e-9);
  for (std::size_t j = 0; j < 40; ++j) {
    double gradient = -0.7 * model.coefficients()[j];
    for (std::size_t r = 0; r < 12; ++r)
      gradient += data.weight(r) * data.features.at(r, j) * (data.target.values()[r] - out[r]);
    EXPECT_NEAR(gradient, 0.0, 1e-9);
  }
}

TEST(Ridge, AWeightOfKIsKCopies) {
  for (const std::size_t columns : {4UL, 60UL}) {
    const Dataset data = random_data(20, columns, true);
    const auto weighted = Ridge{}.fit(data, kContext), repeated = Ridge{}.fit(copies(data), kContext);
    EXPECT_EQ(weighted.alpha(), repeated.alpha());
    for (std::size_t a = 0; a < weighted.trials().size(); ++a)
      EXPECT_NEAR(weighted.trials()[a].error, repeated.trials()[a].error, 1e-8 * weighted.trials()[a].error);
    for (std::size_t j = 0; j < columns; ++j)
      EXPECT_NEAR(weighted.coefficients()[j], repeated.coefficients()[j], 1e-9);
  }
}

TEST(Ridge, ZeroPenaltyIsLeastSquaresAndOfAllAnswersTheShortest) {
  // Two equal columns share the slope of 2.
  const auto model =
      Ridge{.alpha = 0.0}.fit(regression_data(features_of({{1, 1}, {2, 2}, {4, 4}}), {3, 5, 9}), kContext);
  EXPECT_NEAR(model.coefficients()[0], 1.0, 1e-10);
  EXPECT_NEAR(model.coefficients()[1], 1.0, 1e-10);
  EXPECT_NEAR(model.intercept(), 1.0, 1e-10);
}

TEST(Ridge, FloatDataAreRefinedToDouble) {
  const Dataset data = random_data(30000, 10, false);
  Buffer<float> floats(30000 * 10);
  Buffer<double> doubles(30000 * 10);
  for (std::size_t i = 0; i < floats.size(); ++i) {
    floats[i] = static_cast<float>(data.features.at(i / 10, i % 10));
    doubles[i] = static_cast<double>(floats[i]);
  }
  Dataset single = data, full = data;
  single.features = Features::dense(std::move(floats), 30000, 10);
  full.features = Features::dense(std::move(doubles), 30000, 10);
  const auto a = Ridge{.alpha = 5.0}.fit(single, kContext), b = Ridge{.alpha = 5.0}.fit(full, kContext);
  expect_close(a.coefficients(), {b.coefficients().begin(), b.coefficients().end()}, 1e-10, "coefficients");
  EXPECT_NEAR(a.state().residual_square / b.state().residual_square, 1.0, 1e-10);
}

TEST(Ridge, SameBytesAtAnyNumberOfThreads) {
  expect_same_bytes(Ridge{}, random_data(30000, 6, true));
  expect_same_bytes(Ridge{}, random_data(300, 600, true));
}

TEST(Ridge, SavedModelsAnswerTheSame) {
  const auto model = Ridge{}.fit(random_data(30, 5, true), kContext);
  const auto again = reloaded(model);
  EXPECT_EQ(bytes_of(again), bytes_of(model));
  EXPECT_EQ(again.summary(), model.summary());
}

TEST(Ridge, BadSettingsAreRefused) {
  const Dataset data = random_data(10, 2, false);
  EXPECT_THROW((Ridge{.alpha = -1.0}.fit(data, kContext)), ParameterError);
  EXPECT_THROW((Ridge{.alphas = {}}.fit(data, kContext)), ParameterError);
  EXPECT_THROW((Ridge{.alphas = {0.0}}.fit(data, kContext)), ParameterError);
}

/// `rows` of two features, one of them bad somewhere.
Dataset spoiled(std::size_t rows, double bad) {
  Buffer<float> values(rows * 2);
  std::vector<double> y(rows);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>((i * 7919) % 101);
  for (std::size_t r = 0; r < rows; ++r) y[r] = static_cast<double>(r % 2);
  values[rows + 1] = static_cast<float>(bad);
  return regression_data(Features::dense(std::move(values), rows, 2), y);
}

TEST(Ridge, BadValuesAreRefusedWhereverTheyAre) {
  for (const std::size_t rows : {50UL, 50000UL}) {
    for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
      EXPECT_THROW(Ridge{}.fit(spoiled(rows, bad), kContext), DataError);
      EXPECT_THROW(Ridge{.intercept = false}.fit(spoiled(rows, bad), kContext), DataError);
    }
    EXPECT_NO_THROW(Ridge{}.fit(spoiled(rows, 1.0), kContext));
  }
}

TEST(Ridge, RowsWithoutWeightMayLieAnywhere) {
  for (const std::size_t columns : {2UL, 400UL}) {
    const Dataset plain = random_data(200, columns, false);
    Buffer<double> values(400 * columns);
    std::vector<double> y, weights;
    for (std::size_t r = 0; r < 200; ++r) {
      for (std::size_t j = 0; j < columns; ++j) {
        values[2 * r * columns + j] = plain.features.at(r, j);
        values[(2 * r + 1) * columns + j] = columns == 2 ? 1e12 : 1e200;
      }
      y.insert(y.end(), {plain.target.values()[r], 0.0});
      weights.insert(weights.end(), {1.0, 0.0});
    }
    const Dataset mixed = regression_data(Features::dense(std::move(values), 400, columns), y, weights);
    const auto expected = Ridge{.alpha = 0.5}.fit(plain, kContext),
               got = Ridge{.alpha = 0.5}.fit(mixed, kContext);
    const auto coefficients = expected.coefficients();
    expect_close(got.coefficients(), {coefficients.begin(), coefficients.end()}, 1e-8, "coefficients");
    EXPECT_NEAR(got.state().degrees_of_freedom, expected.state().degrees_of_freedom, 1e-6);
  }
}

TEST(Ridge, FloatsWhoseSquaresOverflow) {
  const Dataset small = regression_data(features_of({{1, 1}, {2, 3}, {4, 2}, {3, 5}}), {1, 2, 4, 3});
  const Dataset large = regression_data(
      features_of<float>({{0x1p70, 1}, {0x1p71, 3}, {0x1p72, 2}, {3 * 0x1p70, 5}}), {1, 2, 4, 3});
  const auto model = Ridge{.alpha = 0.0}.fit(small, kContext),
             scaled = Ridge{.alpha = 0.0}.fit(large, kContext);
  EXPECT_NEAR(scaled.coefficients()[0] * 0x1p70, model.coefficients()[0], 1e-9);
}

}  // namespace
}  // namespace everyml
