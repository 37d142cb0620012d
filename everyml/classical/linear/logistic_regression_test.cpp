#include "everyml/classical/linear/logistic_regression.h"

#include <gtest/gtest.h>

#include "everyml/classical/linear/golden_impl.h"
#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

const Context kContext({.threads = 1});

std::vector<std::int32_t> codes(const Json& list) { return list.get<std::vector<std::int32_t>>(); }

void expect_binary(const LogisticRegressionModel& model, const Json& expected) {
  expect_close(model.state().coefficients, numbers(expected["coefficients"]), 1e-8, "coefficients");
  EXPECT_NEAR(model.state().intercepts[0], expected["intercept"].get<double>(), 1e-8);
}

TEST(LogisticRegression, BinaryReachesTheCertifiedOptimum) {
  const Json peer = golden("linear/classification.json");
  const Dataset plain = class_data(features_in(peer["x"]), codes(peer["y"]), 2);
  Dataset weighted = plain;
  weighted.weights = numbers(peer["w"]);
  for (const std::string c : {"0.1", "1", "100"}) {
    expect_binary(LogisticRegression{.c = std::stod(c)}.fit(plain, kContext), peer["binary_plain_" + c]);
    expect_binary(LogisticRegression{.c = std::stod(c)}.fit(weighted, kContext),
                  peer["binary_weighted_" + c]);
  }
  expect_binary(LogisticRegression{.class_weights = ClassWeights::balanced}.fit(plain, kContext),
                peer["binary_balanced_1"]);
  expect_binary(LogisticRegression{.intercept = false}.fit(plain, kContext), peer["binary_origin_1"]);
}

TEST(LogisticRegression, UnpenalisedInferenceAgreesWithStatsmodels) {
  const Json peer = golden("linear/classification.json");
  Dataset data = class_data(features_in(peer["x"]), codes(peer["y"]), 2);
  for (const std::string weighting : {"plain", "weighted"}) {
    if (weighting == "weighted") data.weights = numbers(peer["w"]);
    const Json& expected = peer["logit_" + weighting];
    const auto model = LogisticRegression{.c = std::nullopt}.fit(data, kContext);
    const Json summary = model.summary();
    Json rows = summary["coefficients"];
    rows.insert(rows.begin(), summary["intercept"]);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_NEAR(rows[i]["estimate"].get<double>(), expected["coefficients"][i].get<double>(), 1e-8);
      EXPECT_NEAR(rows[i]["standard_error"].get<double>(), expected["errors"][i].get<double>(), 1e-8);
      EXPECT_NEAR(rows[i]["z"].get<double>(), expected["z"][i].get<double>(), 1e-7);
      EXPECT_NEAR(rows[i]["p"].get<double>(), expected["p"][i].get<double>(), 1e-9);
      EXPECT_NEAR(rows[i]["low"].get<double>(), expected["interval"][i][0].get<double>(), 1e-8);
      EXPECT_NEAR(rows[i]["high"].get<double>(), expected["interval"][i][1].get<double>(), 1e-8);
    }
    EXPECT_NEAR(model.state().log_loss, -expected["log_likelihood"].get<double>(), 1e-9);
    // The peer fits its null model only to about eight digits.
    EXPECT_NEAR(model.state().null_loss, -expected["null"].get<double>(), 1e-7);
    EXPECT_FALSE(model.state().separated);
  }
}

TEST(LogisticRegression, MultinomialReachesTheOptimum) {
  const Json peer = golden("linear/classification.json");
  const Dataset data = class_data(features_in(peer["x"]), codes(peer["y3"]), 3);
  for (const std::string c : {"0.1", "1"}) {
    const auto model = LogisticRegression{.c = std::stod(c)}.fit(data, kContext);
    const Json& expected = peer["multinomial_" + c];
    std::vector<double> flat, chances, got(80 * 3);
    for (const Json& row : expected["coefficients"])
      for (const Json& value : row) flat.push_back(value);
    for (const Json& row : expected["probabilities"])
      for (const Json& value : row) chances.push_back(value);
    expect_close(model.state().coefficients, flat, 1e-6, "coefficients");
    model.probabilities(data.features, got, kContext);
    expect_close(got, chances, 1e-6, "probabilities");
  }
  const auto model = LogisticRegression{.c = std::nullopt}.fit(data, kContext);
  for (std::size_t s = 0; s < 2; ++s) {
    EXPECT_NEAR(model.state().intercepts[s], peer["mnlogit"]["coefficients"][s][0].get<double>(), 1e-7);
    EXPECT_NEAR(model.state().intercept_errors[s], peer["mnlogit"]["errors"][s][0].get<double>(), 1e-7);
    for (std::size_t j = 0; j < 3; ++j) {
      EXPECT_NEAR(model.state().coefficients[s * 3 + j],
                  peer["mnlogit"]["coefficients"][s][j + 1].get<double>(), 1e-7);
      EXPECT_NEAR(model.state().standard_errors[s * 3 + j], peer["mnlogit"]["errors"][s][j + 1].get<double>(),
                  1e-7);
    }
  }
}

TEST(LogisticRegression, SeparationIsToldWithTheColumn) {
  Dataset data =
      class_data(features_of({{1, 5}, {2, 3}, {3, 6}, {4, 2}, {5, 7}, {6, 4}}), {0, 0, 0, 1, 1, 1}, 2);
  data.info = {{.name = "dose", .source = "dose"}, {.name = "age", .source = "age"}};
  const auto model = LogisticRegression{.c = std::nullopt}.fit(data, kContext);
  EXPECT_TRUE(model.state().separated);
  EXPECT_TRUE(model.state().standard_errors.empty());
  EXPECT_EQ(model.summary()["separators"], Json({"dose"}));
  EXPECT_NE(model.summary()["notes"][0].get<std::string>().find("\"dose\""), std::string::npos);
  EXPECT_FALSE(LogisticRegression{}.fit(data, kContext).state().separated);
}

TEST(LogisticRegression, QuasiSeparationAndSeparationByACombinationAreTold) {
  // A flag that is 1 only for the second class.
  const auto quasi = LogisticRegression{.c = std::nullopt}.fit(
      class_data(features_of({{0, 1}, {0, 3}, {0, 2}, {0, 4}, {1, 2}, {1, 3}, {0, 1.5}, {0, 3.5}}),
                 {0, 1, 0, 0, 1, 1, 1, 0}, 2),
      kContext);
  EXPECT_TRUE(quasi.state().separated);
  EXPECT_EQ(quasi.state().separators, std::vector<std::int32_t>{0});
  // x0 + x1 > 5 decides, neither alone does.
  const auto joint = LogisticRegression{.c = std::nullopt}.fit(
      class_data(features_of({{1, 2}, {4, 0.5}, {0.5, 4}, {1, 5}, {5, 1}, {3, 3}}), {0, 0, 0, 1, 1, 1}, 2),
      kContext);
  EXPECT_TRUE(joint.state().separated);
  EXPECT_TRUE(joint.state().separators.empty());
}

TEST(LogisticRegression, CollinearColumnsAreNamedWhenUnpenalised) {
  const Json peer = golden("linear/classification.json");
  std::vector<std::vector<double>> rows = peer["x"].get<std::vector<std::vector<double>>>();
  for (auto& row : rows) row.insert(row.begin() + 2, {row[0] - 2 * row[1], 3.0});
  const auto model =
      LogisticRegression{.c = std::nullopt}.fit(class_data(features_of(rows), codes(peer["y"]), 2), kContext);
  EXPECT_EQ(model.state().aliased, (std::vector<std::int32_t>{2, 3}));
  EXPECT_NEAR(model.state().coefficients[4], peer["logit_plain"]["coefficients"][3].get<double>(), 1e-8);
  EXPECT_TRUE(std::isnan(model.state().standard_errors[2]));
}

/// Rows of a logistic model with `columns` normal features.
template <class T>
Dataset random_data(std::size_t rows, std::size_t columns, std::size_t classes) {
  Stream stream(11, "logistic");
  Buffer<T> values(rows * columns);
  std::vector<std::int32_t> y(rows);
  for (std::size_t r = 0; r < rows; ++r) {
    double score = 0.0;
    for (std::size_t j = 0; j < columns; ++j) {
      values[r * columns + j] = static_cast<T>(stream.normal());
      score += (j % 3 == 0 ? 0.5 : -0.2) * static_cast<double>(values[r * columns + j]);
    }
    const double noisy = score + std::log(1.0 / stream.uniform(1e-12, 1.0) - 1.0);
    y[r] = static_cast<std::int32_t>(std::clamp(std::floor(noisy + static_cast<double>(classes) / 2), 0.0,
                                                static_cast<double>(classes - 1)));
  }
  return class_data(Features::dense(std::move(values), rows, columns), y, classes);
}

/// Largest component of the gradient, summed plainly: zero at the optimum.
double gradient_norm(const LogisticRegressionModel& model, const Dataset& data) {
  const std::size_t k = data.target.class_count(), d = data.columns(), scores = model.state().scored.size();
  std::vector<double> p(data.rows() * k);
  model.probabilities(data.features, p, kContext);
  double worst = 0.0;
  for (std::size_t s = 0; s < scores; ++s) {
    const auto code = static_cast<std::size_t>(model.state().scored[s]);
    for (std::size_t j = 0; j <= d; ++j) {
      double g = j < d ? model.state().coefficients[s * d + j] / model.state().c.value() : 0.0;
      for (std::size_t r = 0; r < data.rows(); ++r) {
        const double residual =
            p[r * k + code] - (data.target.codes()[r] == static_cast<int>(code) ? 1.0 : 0.0);
        g += data.weight(r) * residual * (j < d ? data.features.at(r, j) : 1.0);
      }
      worst = std::max(worst, std::abs(g));
    }
  }
  return worst;
}

TEST(LogisticRegression, EverySolverEndsWhereTheGradientVanishes) {
  // Warm start and one Hessian; L-BFGS with the diagonal; L-BFGS with the Kronecker factor.
  for (const auto& [rows, columns, classes] :
       {std::tuple{50000UL, 12UL, 2UL}, {700UL, 600UL, 2UL}, {20000UL, 40UL, 5UL}, {500UL, 510UL, 3UL}}) {
    SCOPED_TRACE(std::to_string(rows) + " " + std::to_string(columns) + " " + std::to_string(classes));
    const Dataset data = random_data<float>(rows, columns, classes);
    const auto model = LogisticRegression{}.fit(data, kContext);
    EXPECT_TRUE(model.state().converged);
    EXPECT_LT(gradient_norm(model, data), 1e-7 * static_cast<double>(rows));
  }
}

TEST(LogisticRegression, SparseFeaturesGiveTheSameModel) {
  const std::size_t rows = 300, columns = 40;
  Stream stream(2, "sparse");
  std::vector<std::uint64_t> starts = {0};
  std::vector<std::uint32_t> at;
  std::vector<float> values;
  std::vector<std::vector<double>> dense(rows, std::vector<double>(columns));
  std::vector<std::int32_t> y(rows);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t j = 0; j < columns; ++j) {
      if (stream.uniform() > 0.1) continue;
      at.push_back(static_cast<std::uint32_t>(j));
      values.push_back(static_cast<float>(stream.uniform()));
      dense[r][j] = static_cast<double>(values.back());
    }
    starts.push_back(at.size());
    y[r] = dense[r][0] + dense[r][1] + 0.2 * stream.normal() > 0.1 ? 1 : 0;
  }
  const auto a = LogisticRegression{}.fit(
      class_data(Features::sparse(rows, columns, buffer_of(starts), buffer_of(at), buffer_of(values)), y, 2),
      kContext);
  const auto b = LogisticRegression{}.fit(class_data(features_of(dense), y, 2), kContext);
  expect_close(a.state().coefficients, b.state().coefficients, 1e-7, "coefficients");
}

TEST(LogisticRegression, AWeightOfKIsKCopies) {
  const Json peer = golden("linear/classification.json");
  for (const char* target : {"y", "y3"}) {
    const Dataset data = class_data(features_in(peer["x"]), codes(peer[target]), 3, numbers(peer["w"]));
    for (const ClassWeights weights : {ClassWeights::none, ClassWeights::balanced}) {
      const LogisticRegression settings{.class_weights = weights};
      const auto weighted = settings.fit(data, kContext), repeated = settings.fit(copies(data), kContext);
      expect_close(weighted.state().coefficients, repeated.state().coefficients, 1e-6, target);
    }
  }
}

TEST(LogisticRegression, AClassWithoutRowsHasProbabilityZero) {
  const Json peer = golden("linear/classification.json");
  std::vector<std::int32_t> y = codes(peer["y"]);
  for (std::int32_t& code : y) code *= 2;
  const Dataset data = class_data(features_in(peer["x"]), y, 3);
  const auto model = LogisticRegression{}.fit(data, kContext);
  std::vector<double> p(80 * 3);
  model.probabilities(data.features, p, kContext);
  for (std::size_t r = 0; r < 80; ++r) {
    EXPECT_EQ(p[r * 3 + 1], 0.0);
    EXPECT_NEAR(p[r * 3] + p[r * 3 + 2], 1.0, 1e-15);
  }
}

TEST(LogisticRegression, SameBytesAtAnyNumberOfThreads) {
  expect_same_bytes(LogisticRegression{}, random_data<float>(50000, 8, 2));
  expect_same_bytes(LogisticRegression{}, random_data<double>(20000, 8, 4));
}

TEST(LogisticRegression, SavedModelsAnswerTheSame) {
  const Json peer = golden("linear/classification.json");
  for (const std::optional<double> c : {std::optional<double>(1.0), std::optional<double>()}) {
    for (const char* target : {"y", "y3"}) {
      const Dataset data = class_data(features_in(peer["x"]), codes(peer[target]), 3);
      const auto model = LogisticRegression{.c = c}.fit(data, kContext);
      const auto again = reloaded(model);
      EXPECT_EQ(bytes_of(again), bytes_of(model));
      std::vector<double> p(80 * 3), q(80 * 3);
      model.probabilities(data.features, p, kContext);
      again.probabilities(data.features, q, kContext);
      EXPECT_EQ(p, q);
    }
  }
}

TEST(LogisticRegression, OneClassIsRefused) {
  EXPECT_THROW(LogisticRegression{}.fit(class_data(features_of({{1}, {2}}), {0, 0}, 2), kContext), DataError);
}

/// `rows` of two features, one of them bad somewhere.
Dataset spoiled(std::size_t rows, double bad) {
  Buffer<float> values(rows * 2);
  std::vector<double> y(rows);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>((i * 7919) % 101);
  for (std::size_t r = 0; r < rows; ++r) y[r] = static_cast<double>(r % 2);
  values[rows + 1] = static_cast<float>(bad);
  return class_data(Features::dense(std::move(values), rows, 2), {y.begin(), y.end()}, 2);
}

TEST(LogisticRegression, BadValuesAreRefusedWhereverTheyAre) {
  for (const std::size_t rows : {50UL, 50000UL}) {
    for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
      EXPECT_THROW(LogisticRegression{}.fit(spoiled(rows, bad), kContext), DataError);
      EXPECT_THROW(LogisticRegression{.intercept = false}.fit(spoiled(rows, bad), kContext), DataError);
    }
    EXPECT_NO_THROW(LogisticRegression{}.fit(spoiled(rows, 1.0), kContext));
  }
}

TEST(LogisticRegression, BadValuesAreNoAliasedColumns) {
  for (const double bad : {std::nan(""), HUGE_VAL}) {
    const Dataset data =
        class_data(features_of({{1, bad}, {2, 1}, {1, 3}, {2, 2}, {3, 1}}), {0, 1, 1, 0, 1}, 2);
    try {
      LogisticRegression{.c = std::nullopt}.fit(data, kContext);
      ADD_FAILURE() << bad << " was taken";
    } catch (const DataError& error) {
      EXPECT_EQ(error.code(), std::isnan(bad) ? "data.missing" : "data.infinite");
    }
  }
}

TEST(LogisticRegression, ValuesWhoseSquaresOverflow) {
  const std::vector<std::int32_t> y = {0, 1, 1, 0, 1};
  const auto model = LogisticRegression{.c = std::nullopt}.fit(
      class_data(features_of({{1}, {2}, {1}, {2}, {3}}), y, 2), kContext);
  // The same line in another unit: floats hold the values, not their squares.
  const auto scaled = LogisticRegression{.c = std::nullopt}.fit(
      class_data(features_of<float>({{0x1p70}, {0x1p71}, {0x1p70}, {0x1p71}, {3 * 0x1p70}}), y, 2), kContext);
  EXPECT_NEAR(scaled.state().coefficients[0] * 0x1p70, model.state().coefficients[0], 1e-6);
  for (const std::optional<double> c : {std::optional<double>(1.0), std::optional<double>()}) {
    const Dataset data = class_data(features_of({{1e160}, {2e160}, {1e160}, {2e160}, {3e160}}), y, 2);
    try {
      LogisticRegression{.c = c}.fit(data, kContext);
      ADD_FAILURE() << "squares of 1e160 were summed";
    } catch (const DataError& error) {
      EXPECT_EQ(error.code(), "data.spread");
    }
  }
}

TEST(LogisticRegression, UnpenalisedCoefficientsDoNotDependOnTheUnitOfTheWeights) {
  const Features x = features_of({{1}, {2}, {1}, {2}, {3}});
  const std::vector<std::int32_t> y = {0, 1, 1, 0, 1};
  const LogisticRegression settings{.c = std::nullopt};
  const auto one = settings.fit(class_data(x, y, 2), kContext);
  for (const double unit : {1e-12, 1e12}) {
    const auto scaled = settings.fit(class_data(x, y, 2, std::vector<double>(5, unit)), kContext);
    EXPECT_NEAR(scaled.state().coefficients[0], one.state().coefficients[0], 1e-6) << unit;
  }
}

}  // namespace
}  // namespace everyml
