#include "everyml/ensembles/boosting/formula.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <numbers>
#include <string>
#include <vector>

#include "everyml/ensembles/boosting/formula_impl.h"
#include "everyml/ensembles/boosting/objective.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/random.h"
#include "tests/support/error_code.h"

namespace everyml {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"y", "f", "w"};

struct Known {
  const char* text;
  std::function<double(double y, double f)> value;
};
std::vector<Known> known_formulas() {
  return {
      {"0.5*(y-f)^2", [](double y, double f) { return 0.5 * (y - f) * (y - f); }},
      {"log(1+exp(-y*f))", [](double y, double f) { return std::log(1 + std::exp(-y * f)); }},
      {"softplus(-y*f)", [](double y, double f) { return std::log1p(std::exp(-y * f)); }},
      {"r = y - f; if(abs(r) <= 1.5, 0.5*r^2, 1.5*(abs(r) - 0.75))",
       [](double y, double f) {
         const double r = std::abs(y - f);
         return r <= 1.5 ? 0.5 * r * r : 1.5 * (r - 0.75);
       }},
      {"exp(f) - y*f", [](double y, double f) { return std::exp(f) - y * f; }},
      {"-f^2 + 2^-f^2", [](double, double f) { return -f * f + std::pow(2.0, -f * f); }},
      {"sqrt(1 + (y-f)^2) - 1", [](double y, double f) { return std::hypot(1.0, y - f) - 1; }},
      {"tanh(f)*y + tanh(f/50)", [](double y, double f) { return std::tanh(f) * y + std::tanh(f / 50); }},
      {"sigmoid(f) / (1 + y^2)", [](double y, double f) { return 1 / (1 + std::exp(-f)) / (1 + y * y); }},
      {"1 / (2 + sigmoid(f*y))", [](double y, double f) { return 1 / (2 + 1 / (1 + std::exp(-f * y))); }},
      {"max(f, y) - min(f, 2*y)", [](double y, double f) { return std::max(f, y) - std::min(f, 2 * y); }},
      {"pow(1.5 + f^2, y)", [](double y, double f) { return std::pow(1.5 + f * f, y); }},
      {"(2 + sigmoid(f))^-3.7", [](double, double f) { return std::pow(2 + 1 / (1 + std::exp(-f)), -3.7); }},
      {"log1p(f^2 / 1e6) * 1e6", [](double, double f) { return std::log1p(f * f / 1e6) * 1e6; }},
      {"(f > y) * f^3 + (f <= y) * pi",
       [](double y, double f) { return f > y ? f * f * f : std::numbers::pi; }},
      {"(f != y) + (f == y) + sign(f) * f * 1e0", [](double, double f) { return 1 + std::abs(f); }},
      {"2 - 3 - 4 + f*0 + 12/3/2 + e", [](double, double) { return -3 + std::numbers::e; }}};
}

TEST(Formula, ValuesAndDerivatives) {
  Stream draw = Context().random("formula");
  for (const Known& known : known_formulas()) {
    SCOPED_TRACE(known.text);
    const Formula formula(known.text, kNames);
    constexpr std::size_t kRows = 100;
    std::vector<double> y(kRows), f(kRows), w(kRows, 1), v(kRows), d(kRows), s(kRows);
    for (std::size_t i = 0; i < kRows; ++i) y[i] = draw.normal(), f[i] = draw.normal() * 2;
    const std::array<const double*, 3> inputs = {y.data(), f.data(), w.data()};
    Formula::Workspace workspace(formula);
    formula.differentiate(kRows, inputs, 1, v.data(), d.data(), s.data(), workspace);
    for (std::size_t i = 0; i < kRows; ++i) {
      const auto exact = [&](double at) { return known.value(y[i], at); };
      const double middle = exact(f[i]), size = std::max(1.0, std::abs(middle));
      EXPECT_NEAR(v[i], middle, 1e-13 * size);
      const std::array<double, 3> row = {y[i], f[i], 1};
      EXPECT_EQ(formula.value(row), v[i]);
      const double step = 1e-4, up = exact(f[i] + step), down = exact(f[i] - step);
      EXPECT_NEAR(d[i], (up - down) / (2 * step), 1e-5 * std::max(size, std::abs(d[i]))) << f[i];
      EXPECT_NEAR(s[i], (up - 2 * middle + down) / (step * step), 1e-4 * std::max(size, std::abs(s[i])));
    }
  }
}

TEST(Formula, LogarithmsAndPowersAreAccurate) {
  Stream draw = Context().random("logs");
  for (int i = 0; i < 20000; ++i) {
    const double x = std::exp(draw.uniform(-700, 700)), near = 1 + draw.uniform(-1e-3, 1e-3);
    EXPECT_NEAR(boosting_detail::fixed_log(x) / std::log(x), 1, 1e-15) << x;
    EXPECT_NEAR(boosting_detail::fixed_log(near), std::log(near), 2e-19 + 1e-15 * std::abs(std::log(near)));
    const double p = draw.uniform(-5, 5), a = draw.uniform(0.01, 20);
    EXPECT_NEAR(boosting_detail::fixed_power(a, p) / std::pow(a, p), 1, 1e-14);
  }
  EXPECT_EQ(boosting_detail::fixed_log(5e-324), std::log(5e-324));
  EXPECT_TRUE(std::isnan(boosting_detail::fixed_log(-1)));
  EXPECT_TRUE(std::isinf(boosting_detail::fixed_log(0)));
}

std::string sentence(const std::string& text) {
  try {
    const Formula formula(text, kNames);
  } catch (const ParameterError& error) {
    EXPECT_EQ(error.code(), "parameter.formula");
    return error.what();
  }
  return "none";
}

TEST(Formula, ErrorsSayWhatAndWhere) {
  const auto has = [](const std::string& text, const std::string& part) {
    const std::string said = sentence(text);
    EXPECT_NE(said.find(part), std::string::npos) << text << ": " << said;
  };
  has("0.5*(y-g)^2", "there is no variable g; known are y, f, w, at character 8");
  has("0.5*(y-f", "a ) is missing, at character 9");
  has("foo(f)", "there is no function foo, at character 1");
  has("min(f)", "min takes 2 arguments, at character 6");
  has("exp(f, y)", "exp takes 1 arguments, at character 6");
  has("", "ends too early, at character 1");
  has("f +", "ends too early, at character 4");
  has("f f", "'f' is not expected here, at character 3");
  has("f $ y", "'$' is not expected here, at character 3");
  has("1e999 * f", "no number that can be held, at character 1");
  has("y = 2; f", "y has a value already, at character 1");
  has("exp = 2; f", "exp is a function, at character 1");
  has("a = 2", "a ; is missing");
  has("a < b < c", "there is no variable a");
  has("y < f < w", "'<' is not expected here, at character 7");
  has(std::string(100, '(') + "f" + std::string(100, ')'), "64 levels deep");
  has(std::string(100, '-') + "f", "64 levels deep");
  has("f" + std::string(5000, ' '), "at most 4096 characters");
  std::string many = "f";
  for (int i = 0; i < 300; ++i) many += "+y*f";
  has(many, "at most 256 steps");
  EXPECT_EQ(sentence("r = y - f ; r ^ 2 ; "), "none");
}

template <class T>
Buffer<T> buffer(const std::vector<T>& values) {
  auto made = Buffer<T>::uninitialized(values.size());
  std::copy(values.begin(), values.end(), made.begin());
  return made;
}

struct Rows {
  std::vector<double> y, w, f;
};
Rows rows_of(std::size_t n) {
  Rows rows;
  Stream draw = Context().random("rows");
  for (std::size_t i = 0; i < n; ++i) {
    rows.y.push_back(static_cast<double>(draw.below(5)));
    rows.w.push_back(static_cast<double>(i % 3));
    rows.f.push_back(draw.normal());
  }
  return rows;
}

/// A formula learns what the built-in objective of that loss learns.
TEST(FormulaObjective, IsTheBuiltInObjectiveOfItsLoss) {
  using K = ObjectiveKind;
  struct Pair {
    const char* text;
    ObjectiveSpec twin;
    double hessian = 1;
  };
  const Rows rows = rows_of(700);
  const Target target = Target::numbers(buffer(rows.y));
  for (const Pair& pair :
       {Pair{"0.5*(y-f)^2", {.kind = K::squared}}, Pair{"w*0.5*(y-f)^2", {.kind = K::squared}},
        Pair{"exp(f) - y*f", {.kind = K::poisson}, std::exp(-0.7)},
        Pair{"c = 1.5; r = abs(y-f); c^2*(r/c - log(1+r/c))", {.kind = K::fair, .width = 1.5}}}) {
    SCOPED_TRACE(pair.text);
    const auto ours = BoostingObjective::make({.kind = K::formula, .formula = pair.text})
                          ->over(target, rows.w, {}, Context());
    const auto twin = BoostingObjective::make(pair.twin)->over(target, rows.w, {}, Context());
    std::vector<float> g(700), h(700), tg(700), th(700);
    ours->derivatives(rows.f, g, h, 0, Context());
    twin->derivatives(rows.f, tg, th, 0, Context());
    for (std::size_t i = 0; i < 700; ++i) {
      EXPECT_NEAR(g[i], tg[i], 1e-6 * std::max(1.0F, std::abs(tg[i])));
      EXPECT_NEAR(h[i], pair.hessian * th[i], 1e-6 * std::max(1.0F, std::abs(th[i])));
    }
    EXPECT_NEAR(ours->start(Context())[0], twin->start(Context())[0], 1e-6);
  }
}

TEST(FormulaObjective, RaisesSecondDerivativesThatAreNotPositive) {
  const std::vector<double> y = {0, 0, 0, 0}, f = {1, -2, 3, 0.5};
  std::vector<float> g(4), h(4);
  const auto over = [&](const char* text) {
    return BoostingObjective::make({.kind = ObjectiveKind::formula, .formula = text})
        ->over(Target::numbers(buffer(y)), {}, {}, Context());
  };
  over("abs(y-f)")->derivatives(f, g, h, 0, Context());
  EXPECT_EQ(g, (std::vector<float>{1, -1, 1, 1}));
  EXPECT_EQ(h, (std::vector<float>{1, 1, 1, 1}));
  // First derivatives 3 f^2, second 6 f: G = 3 + 27 + 0.75 and H = 6 + 18 + 3 where these are positive. The
  // row at -2 has the slope 12 and may step ten times G / H.
  over("f^3")->derivatives(f, g, h, 0, Context());
  EXPECT_FLOAT_EQ(h[0], 6);
  EXPECT_FLOAT_EQ(h[2], 18);
  EXPECT_FLOAT_EQ(h[1], static_cast<float>(12 / (10 * 30.75 / 27)));
}

TEST(FormulaObjective, RefusesWhatHasNoValueAndNamesTheRow) {
  const auto objective = BoostingObjective::make({.kind = ObjectiveKind::formula, .formula = "log(f) + y"});
  const auto loss = objective->over(Target::numbers(buffer(std::vector<double>{1, 2, 3})), {}, {}, Context());
  std::vector<float> g(3), h(3);
  try {
    loss->derivatives(std::vector<double>{1, -1, 1}, g, h, 0, Context());
    ADD_FAILURE();
  } catch (const DataError& error) {
    EXPECT_EQ(error.code(), "boosting.formula");
    EXPECT_NE(std::string(error.what()).find("row 2, where y = 2 and f = -1"), std::string::npos);
  }
  const auto make = [](std::string formula, std::string answer) {
    return code_of([&] {
      BoostingObjective::make({.kind = ObjectiveKind::formula, .formula = formula, .answer = answer});
    });
  };
  EXPECT_EQ(make("", ""), "parameter.formula");
  EXPECT_EQ(make("y", ""), "parameter.formula");
  EXPECT_EQ(make("(y-f)^2", "exp(y)"), "parameter.formula");
  EXPECT_EQ(make("(y-f)^2", "exp(f)"), "none");
}

TEST(FormulaObjective, AnswersAndComesBackFromAFile) {
  const auto objective = BoostingObjective::make(
      {.kind = ObjectiveKind::formula, .formula = "exp(f) - y*f", .answer = "exp(f)"});
  ArchiveWriter writer;
  objective->save(writer);
  const auto back = BoostingObjective::load(ArchiveReader::from_bytes(writer.bytes(), "test"));
  std::vector<double> answers = {0, 1};
  back->answers(answers);
  EXPECT_EQ(answers[0], 1);
  EXPECT_NEAR(answers[1], std::numbers::e, 1e-15);
}

}  // namespace
}  // namespace everyml
