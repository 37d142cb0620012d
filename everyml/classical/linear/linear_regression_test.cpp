#include "everyml/classical/linear/linear_regression.h"

#include <gtest/gtest.h>

#include "everyml/classical/linear/golden_impl.h"
#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

const Context kContext({.threads = 1});

void expect_table(const LinearRegressionModel& model, const Json& expected, bool intercept) {
  std::vector<CoefficientRow> rows = model.coefficient_rows();
  if (intercept) rows.insert(rows.begin(), model.intercept_row());
  ASSERT_EQ(rows.size(), expected["coefficients"].size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_NEAR(rows[i].estimate, expected["coefficients"][i].get<double>(), 1e-10);
    EXPECT_NEAR(rows[i].standard_error, expected["errors"][i].get<double>(), 1e-10);
    EXPECT_NEAR(rows[i].t, expected["t"][i].get<double>(), 1e-7);
    EXPECT_NEAR(rows[i].p, expected["p"][i].get<double>(), 1e-9);
    EXPECT_NEAR(rows[i].low, expected["interval"][i][0].get<double>(), 1e-8);
    EXPECT_NEAR(rows[i].high, expected["interval"][i][1].get<double>(), 1e-8);
  }
  EXPECT_NEAR(model.r2(), expected["r2"].get<double>(), 1e-11);
  EXPECT_NEAR(model.adjusted_r2(), expected["adjusted_r2"].get<double>(), 1e-11);
  EXPECT_NEAR(model.sigma(), expected["sigma"].get<double>(), 1e-11);
  EXPECT_NEAR(model.f_statistic(), expected["f"].get<double>(), 1e-7);
  EXPECT_NEAR(model.f_p(), expected["f_p"].get<double>(), 1e-12);
}

TEST(LinearRegression, AgreesWithStatsmodels) {
  const Json peer = golden("linear/regression.json");
  for (const std::string weighting : {"plain", "weighted"}) {
    for (const bool intercept : {true, false}) {
      SCOPED_TRACE(weighting + (intercept ? " intercept" : " origin"));
      const Dataset data =
          regression_data(features_in(peer["x"]), numbers(peer["y"]),
                          weighting == "weighted" ? numbers(peer["w"]) : std::vector<double>{});
      const auto model = LinearRegression{.intercept = intercept}.fit(data, kContext);
      const Json& expected = peer["ols_" + weighting + (intercept ? "_intercept" : "_origin")];
      expect_table(model, expected, intercept);
      std::vector<double> predicted(3), low(3), high(3);
      model.predict(features_in(peer["new"]), predicted, kContext);
      model.intervals(features_in(peer["new"]), 0.9, low, high, kContext);
      expect_close(predicted, numbers(expected["predicted"]), 1e-10, "predicted");
      for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_NEAR(low[i], expected["prediction_interval"][i][0].get<double>(), 1e-8);
        EXPECT_NEAR(high[i], expected["prediction_interval"][i][1].get<double>(), 1e-8);
      }
    }
  }
}

TEST(LinearRegression, AWeightOfKIsKCopies) {
  const Json peer = golden("linear/regression.json");
  const Dataset data = regression_data(features_in(peer["x"]), numbers(peer["y"]), numbers(peer["w"]));
  const auto weighted = LinearRegression{}.fit(data, kContext),
             repeated = LinearRegression{}.fit(copies(data), kContext);
  for (std::size_t j = 0; j < 4; ++j) {
    EXPECT_NEAR(weighted.coefficient_rows()[j].estimate, repeated.coefficient_rows()[j].estimate, 1e-11);
    EXPECT_NEAR(weighted.coefficient_rows()[j].standard_error, repeated.coefficient_rows()[j].standard_error,
                1e-11);
    EXPECT_NEAR(weighted.coefficient_rows()[j].p, repeated.coefficient_rows()[j].p, 1e-10);
  }
}

TEST(LinearRegression, CollinearColumnsAreNamedAndLeftOut) {
  // c = a + b and k is constant: c and k add nothing.
  Dataset data = regression_data(
      features_of({{1, 2, 3, 5}, {2, 1, 3, 5}, {3, 5, 8, 5}, {4, 4, 8, 5}, {5, 9, 14, 5}, {6, 7, 13, 5}}),
      {1, 2, 2, 4, 3, 5});
  for (const char* name : {"a", "b", "c", "k"}) data.info.push_back({.name = name, .source = name});
  const auto model = LinearRegression{}.fit(data, kContext);
  const Json summary = model.summary();
  EXPECT_EQ(summary["aliased"], Json({"c", "k"}));
  EXPECT_EQ(summary["coefficients"][2]["estimate"], 0.0);
  EXPECT_EQ(summary["notes"].size(), 1U);
  EXPECT_EQ(model.degrees_of_freedom(), 3.0);
}

TEST(LinearRegression, AsManyCoefficientsAsRowsSaysSo) {
  const auto model = LinearRegression{}.fit(regression_data(features_of({{1}, {2}}), {3, 5}), kContext);
  EXPECT_NEAR(model.coefficients()[0], 2.0, 1e-12);
  EXPECT_NEAR(model.intercept(), 1.0, 1e-12);
  EXPECT_TRUE(std::isnan(model.sigma()));
  EXPECT_EQ(model.summary()["notes"].size(), 1U);
  std::vector<double> low(1), high(1);
  model.intervals(features_of({{1}}), 0.9, low, high, kContext);
  EXPECT_EQ(low[0], -INFINITY);
}

/// y = 3 + sum j x_j + noise on many rows, with or without correlated columns.
Dataset large(std::size_t rows, std::size_t columns, double correlation, bool single) {
  Stream stream(5, "large");
  Buffer<double> values(rows * columns);
  Buffer<double> y(rows);
  for (std::size_t r = 0; r < rows; ++r) {
    const double common = stream.normal();
    y[r] = 3.0 + stream.normal();
    for (std::size_t j = 0; j < columns; ++j) {
      double value =
          100.0 + correlation * common + std::sqrt(1 - correlation * correlation) * stream.normal();
      if (single) value = static_cast<double>(static_cast<float>(value));
      values[r * columns + j] = value;
      y[r] += static_cast<double>(j) * value;
    }
  }
  Dataset data;
  if (single) {
    Buffer<float> floats(values.size());
    std::copy(values.begin(), values.end(), floats.begin());
    data.features = Features::dense(std::move(floats), rows, columns);
  } else {
    data.features = Features::dense(std::move(values), rows, columns);
  }
  data.target = Target::numbers(std::move(y));
  return data;
}

/// The slow twin: the same rows by a QR of everything in double-double.
LinearRegressionModel twin(const Dataset& data) {
  Buffer<double> values(data.rows() * data.columns());
  for (std::size_t r = 0; r < data.rows(); ++r) {
    for (std::size_t j = 0; j < data.columns(); ++j) values[r * data.columns() + j] = data.features.at(r, j);
  }
  Dataset doubled = data;
  doubled.features = Features::dense(std::move(values), data.rows(), data.columns());
  Context context({.threads = 1});
  LeastSquares fit = least_squares(doubled.features, doubled.target.values(), {}, true, context);
  return {std::move(fit), true, std::vector<std::string>(data.columns())};
}

TEST(LinearRegression, LargeFloatProblemsAreRefinedToDouble) {
  for (const double correlation : {0.0, 0.99}) {
    const Dataset data = large(60000, 20, correlation, true);
    const auto model = LinearRegression{}.fit(data, kContext), exact = twin(data);
    EXPECT_EQ(model.fit().method, LeastSquaresMethod::normal_equations);
    for (std::size_t j = 0; j < 20; ++j) {
      EXPECT_NEAR(model.coefficients()[j], exact.coefficients()[j], 1e-10);
      EXPECT_NEAR(model.coefficient_rows()[j].standard_error / exact.coefficient_rows()[j].standard_error,
                  1.0, 1e-4);
    }
    EXPECT_NEAR(model.sigma() / exact.sigma(), 1.0, 1e-10);
    EXPECT_NEAR(model.intercept(), exact.intercept(), 1e-8);
  }
}

TEST(LinearRegression, IllConditionedLargeProblemsGoByQr) {
  const Dataset data = large(60000, 20, 0.999999999, false);
  const auto model = LinearRegression{}.fit(data, kContext);
  EXPECT_EQ(model.fit().method, LeastSquaresMethod::blocked_qr);
  for (std::size_t j = 0; j < 20; ++j) {
    const CoefficientRow row = model.coefficient_rows()[j];
    EXPECT_NEAR(row.estimate, static_cast<double>(j), 5.0 * row.standard_error);
  }
}

TEST(LinearRegression, SameBytesAtAnyNumberOfThreads) {
  expect_same_bytes(LinearRegression{}, large(60000, 20, 0.5, true));
  expect_same_bytes(LinearRegression{}, large(60000, 20, 0.999999999, false));
}

TEST(LinearRegression, SavedModelsAnswerTheSame) {
  const Json peer = golden("linear/regression.json");
  const auto model = LinearRegression{}.fit(
      regression_data(features_in(peer["x"]), numbers(peer["y"]), numbers(peer["w"])), kContext);
  const auto again = reloaded(model);
  EXPECT_EQ(bytes_of(again), bytes_of(model));
  EXPECT_EQ(again.summary(), model.summary());
}

TEST(LinearRegression, SparseFeaturesGiveTheSameLine) {
  Buffer<std::uint64_t> starts = buffer_of<std::uint64_t>({0, 1, 2, 3, 5, 6});
  Buffer<std::uint32_t> columns = buffer_of<std::uint32_t>({0, 1, 0, 0, 1, 1});
  Buffer<float> values = buffer_of<float>({1, 2, 3, 4, 1, 5});
  const std::vector<double> y = {1, 5, 2, 4, 7};
  const auto sparse = LinearRegression{}.fit(
      regression_data(Features::sparse(5, 2, std::move(starts), std::move(columns), std::move(values)), y),
      kContext);
  const auto dense = LinearRegression{}.fit(
      regression_data(features_of({{1, 0}, {0, 2}, {3, 0}, {4, 1}, {0, 5}}), y), kContext);
  expect_close(sparse.coefficients(), {dense.coefficients()[0], dense.coefficients()[1]}, 1e-12,
               "coefficients");
}

TEST(LinearRegression, WrongTargetsAreRefused) {
  EXPECT_THROW(LinearRegression{}.fit(class_data(features_of({{1}, {2}}), {0, 1}, 2), kContext), DataError);
  EXPECT_THROW(LinearRegression{}.fit(regression_data(features_of({{NAN}, {2}}), {0, 1}), kContext),
               DataError);
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

TEST(LinearRegression, BadValuesAreRefusedWhereverTheyAre) {
  for (const std::size_t rows : {50UL, 50000UL}) {
    for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
      EXPECT_THROW(LinearRegression{}.fit(spoiled(rows, bad), kContext), DataError);
      EXPECT_THROW(LinearRegression{.intercept = false}.fit(spoiled(rows, bad), kContext), DataError);
    }
    EXPECT_NO_THROW(LinearRegression{}.fit(spoiled(rows, 1.0), kContext));
  }
}

TEST(LinearRegression, AColumnWithoutALengthIsNotCalledAliased) {
  const Dataset data = regression_data(features_of({{1e200}, {2e200}, {4e200}}), {1, 2, 4});
  try {
    LinearRegression{}.fit(data, kContext);
    ADD_FAILURE() << "squares of 1e200 were summed";
  } catch (const DataError& error) {
    EXPECT_EQ(error.code(), "data.spread");
  }
}

}  // namespace
}  // namespace everyml
