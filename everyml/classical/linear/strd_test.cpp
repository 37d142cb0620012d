// The linear sets of the NIST Statistical Reference Datasets.

#include <gtest/gtest.h>

#include "everyml/classical/linear/golden_impl.h"
#include "everyml/classical/linear/linear_regression.h"

namespace everyml {
namespace {

/// Correct significant digits as NIST counts them: -log10 of the relative error, at most 15; of the absolute
/// error where the certified value is 0.
double correct_digits(double got, double certified) {
  const double error = certified == 0.0 ? std::abs(got) : std::abs(got - certified) / std::abs(certified);
  return error == 0.0 ? 15.0 : std::min(15.0, -std::log10(error));
}

struct Worst {
  double coefficients = 15.0, errors = 15.0, sigma = 15.0, r2 = 15.0;
};

Worst worst_of(const std::string& name) {
  const Json set = golden("strd/" + name + ".json");
  const int degree = set["degree"];
  std::vector<std::vector<double>> rows;
  for (const Json& row : set["x"]) {
    std::vector<double> features = row.get<std::vector<double>>();
    // Powers as a user would make them.
    const double x = features[0];
    for (int k = 2; k <= degree; ++k) features.push_back(std::pow(x, k));
    rows.push_back(features);
  }
  const bool intercept = set["intercept"];
  const auto model = LinearRegression{.intercept = intercept}.fit(
      regression_data(features_of(rows), numbers(set["y"])), Context({.threads = 1}));
  std::vector<CoefficientRow> table = model.coefficient_rows();
  if (intercept) table.insert(table.begin(), model.intercept_row());
  Worst worst;
  EXPECT_EQ(table.size(), set["coefficients"].size());
  for (std::size_t i = 0; i < table.size(); ++i) {
    worst.coefficients =
        std::min(worst.coefficients, correct_digits(table[i].estimate, set["coefficients"][i]));
    worst.errors = std::min(worst.errors, correct_digits(table[i].standard_error, set["errors"][i]));
  }
  worst.sigma = correct_digits(model.sigma(), set["sigma"]);
  worst.r2 = correct_digits(model.r2(), set["r2"]);
  std::cout << name << ": coefficients " << worst.coefficients << ", errors " << worst.errors << ", sigma "
            << worst.sigma << ", R2 " << worst.r2 << " digits by " << to_string(model.fit().method) << "\n";
  return worst;
}

class Strd : public testing::TestWithParam<std::pair<const char*, double>> {};

TEST_P(Strd, HasTheCertifiedDigits) {
  const auto [name, digits] = GetParam();
  const Worst worst = worst_of(name);
  EXPECT_GE(worst.coefficients, digits);
  EXPECT_GE(worst.errors, digits);
  EXPECT_GE(worst.sigma, digits);
  EXPECT_GE(worst.r2, digits);
}

INSTANTIATE_TEST_SUITE_P(Sets, Strd,
                         testing::Values(std::pair{"norris", 9.0}, std::pair{"pontius", 9.0},
                                         std::pair{"noint1", 9.0}, std::pair{"noint2", 9.0},
                                         std::pair{"longley", 8.0}, std::pair{"wampler1", 9.0},
                                         std::pair{"wampler2", 9.0}, std::pair{"wampler3", 9.0},
                                         std::pair{"wampler4", 9.0}, std::pair{"wampler5", 9.0},
                                         std::pair{"filip", 7.0}));

}  // namespace
}  // namespace everyml
