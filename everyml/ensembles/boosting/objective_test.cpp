#include "everyml/ensembles/boosting/objective.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "everyml/ensembles/boosting/objective_kernels_impl.h"
#include "everyml/ensembles/boosting/weighted_quantile_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/random.h"
#include "everyml/foundation/linalg/elementary.h"
#include "hwy/targets.h"
#include "tests/support/error_code.h"

namespace everyml {
namespace {

using namespace boosting_detail;

std::vector<double> awkward_scores() {
  std::vector<double> f = {0.0,   -0.0,  1e-300, -1e-17, 36.0,  -36.0,  700.0, -700.0,
                           709.9, 744.0, -744.5, -745.2, 1e300, -1e300, 0.5};
  Stream draw = Context().random("scores");
  for (int i = 0; i < 500; ++i) f.push_back(draw.normal() * 10);
  return f;
}

TEST(ObjectiveKernels, BitsOfThePortableFunctionsOnEveryTarget) {
  const std::vector<double> f = awkward_scores();
  const std::size_t n = f.size();
  std::vector<double> y(n), w(n);
  for (std::size_t i = 0; i < n; ++i) y[i] = i % 2 == 0 ? 1 : 0, w[i] = static_cast<double>(i % 5);
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    hwy::GetChosenTarget().Update(target);
    std::vector<double> e = f, s = f, loss(n);
    exponentials(n, e.data());
    sigmoids(n, s.data());
    logistic_losses(n, f.data(), y.data(), loss.data());
    std::vector<float> g(n), h(n);
    sigmoid_derivatives(n, f.data(), y.data(), w.data(), g.data(), h.data());
    for (std::size_t i = 0; i < n; ++i) {
      EXPECT_EQ(e[i], portable::exp(f[i])) << f[i];
      EXPECT_EQ(s[i], portable::sigmoid(f[i])) << f[i];
      EXPECT_EQ(loss[i], portable::log1p_exp(f[i]) - y[i] * f[i]) << f[i];
      EXPECT_EQ(g[i], static_cast<float>(w[i] * (portable::sigmoid(f[i]) - y[i])));
    }
    std::vector<double> p(n / 3 * 3);
    softmax_rows(n / 3, 3, f.data(), n / 3, p.data());
    for (std::size_t r = 0; r < n / 3; ++r) {
      std::vector<double> row = {f[r], f[n / 3 + r], f[2 * (n / 3) + r]};
      portable::softmax(row);
      for (std::size_t k = 0; k < 3; ++k) EXPECT_EQ(p[k * (n / 3) + r], row[k]);
    }
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

/// What a loss says of its derivatives against finite differences of its value, and of its start against
/// points beside it. `scale` is what value() multiplies the loss with (2 for squared error).
struct Curvature {
  double value_scale = 1;    ///< value() is this many times the loss that was derived
  double hessian_scale = 1;  ///< the stated second derivative is this many times the true one
  bool bound = false;        ///< it is not less than the true one
};

void expect_derivatives(const BoostingLoss& loss, std::span<const double> scores, double weight_sum,
                        const Curvature& expected) {
  const Context context;
  std::vector<float> g(scores.size()), h(scores.size());
  loss.derivatives(scores, g, h, 0, context);
  std::vector<double> f(scores.begin(), scores.end());
  const auto total = [&] { return loss.value(f, context) * weight_sum / expected.value_scale; };
  const double middle = total();
  for (std::size_t i = 0; i < f.size(); ++i) {
    const double kept = f[i], step = 1e-4 * std::max(1.0, std::abs(kept));
    f[i] = kept + step;
    const double up = total();
    f[i] = kept - step;
    const double down = total();
    f[i] = kept;
    EXPECT_NEAR(g[i], (up - down) / (2 * step), 1e-6 * std::max(1.0, std::abs(middle))) << "score " << i;
    const double true_h = expected.hessian_scale * (up - 2 * middle + down) / (step * step);
    const double slack = 1e-5 * std::max(1.0, std::abs(middle));
    if (expected.bound) {
      EXPECT_GE(h[i], true_h - slack) << "score " << i;
    } else {
      EXPECT_NEAR(h[i], true_h, slack) << "score " << i;
    }
  }
}

void expect_best_start(const BoostingLoss& loss) {
  const Context context;
  const std::vector<double> start = loss.start(context);
  ASSERT_EQ(start.size(), loss.outputs());
  std::vector<double> f(loss.outputs() * loss.rows());
  const auto value_beside = [&](std::size_t moved, double by) {
    for (std::size_t o = 0; o < start.size(); ++o)
      for (std::size_t r = 0; r < loss.rows(); ++r)
        f[o * loss.rows() + r] = start[o] + (o == moved ? by : 0.0);
    return loss.value(f, context);
  };
  const double best = value_beside(0, 0);
  for (std::size_t o = 0; o < start.size(); ++o) {
    EXPECT_GE(value_beside(o, 0.01), best - 1e-13 * std::abs(best)) << o;
    EXPECT_GE(value_beside(o, -0.01), best - 1e-13 * std::abs(best)) << o;
  }
}

/// The same loss when rows of weight k are k rows of weight 1.
void expect_copies(const BoostingObjective& objective, const Target& target, std::span<const double> weights,
                   std::span<const double> scores) {
  const Context context;
  std::vector<std::size_t> copies;
  for (std::size_t r = 0; r < target.size(); ++r)
    for (int k = 0; k < static_cast<int>(weights[r]); ++k) copies.push_back(r);
  const auto weighted = objective.over(target, weights, {}, context);
  const auto copied = objective.over(target.select(copies), {}, {}, context);
  std::vector<double> copied_scores;
  for (std::size_t o = 0; o < objective.outputs(); ++o)
    for (const std::size_t r : copies) copied_scores.push_back(scores[o * target.size() + r]);
  const double value = copied->value(copied_scores, context);
  EXPECT_NEAR(weighted->value(scores, context), value, 1e-12 * std::abs(value));
  const auto a = weighted->start(context), b = copied->start(context);
  for (std::size_t o = 0; o < a.size(); ++o) EXPECT_NEAR(a[o], b[o], 1e-12 * std::max(1.0, std::abs(b[o])));
  std::vector<float> g(scores.size()), h(scores.size()), gc(copied_scores.size()), hc(copied_scores.size());
  weighted->derivatives(scores, g, h, 0, context);
  copied->derivatives(copied_scores, gc, hc, 0, context);
  for (std::size_t c = 0; c < copied_scores.size(); ++c) {
    const std::size_t r = c / copies.size() * target.size() + copies[c % copies.size()];
    const auto k = static_cast<float>(weights[copies[c % copies.size()]]);
    EXPECT_NEAR(g[r], k * gc[c], 1e-5F * std::max(1.0F, std::abs(g[r]))) << r;
    EXPECT_NEAR(h[r], k * hc[c], 1e-5F * std::max(1.0F, std::abs(h[r]))) << r;
  }
}

template <class T>
Buffer<T> buffer(const std::vector<T>& values) {
  auto made = Buffer<T>::uninitialized(values.size());
  std::copy(values.begin(), values.end(), made.begin());
  return made;
}

struct Sample {
  std::vector<double> y, weights, scores;
  std::vector<std::int32_t> codes;
  double weight_sum = 0;
};
Sample sample(std::size_t rows, std::size_t outputs) {
  Sample made;
  Stream draw = Context().random("sample");
  for (std::size_t r = 0; r < rows; ++r) {
    made.y.push_back(draw.normal() * 2 + 1);
    made.codes.push_back(static_cast<std::int32_t>(draw.below(std::max<std::size_t>(2, outputs))));
    made.weights.push_back(static_cast<double>(r % 4));
    made.weight_sum += made.weights.back();
  }
  for (std::size_t i = 0; i < rows * outputs; ++i) made.scores.push_back(draw.normal());
  return made;
}

std::vector<std::string> class_names(std::size_t classes) {
  std::vector<std::string> names;
  for (std::size_t k = 0; k < classes; ++k) names.push_back("c" + std::to_string(k));
  return names;
}

TEST(Objective, Squared) {
  const Sample s = sample(37, 1);
  const auto objective = BoostingObjective::make({.kind = ObjectiveKind::squared});
  const Target target = Target::numbers(buffer(s.y));
  const auto loss = objective->over(target, s.weights, {}, Context());
  expect_derivatives(*loss, s.scores, s.weight_sum, {.value_scale = 2});
  expect_best_start(*loss);
  expect_copies(*objective, target, s.weights, s.scores);
  EXPECT_FALSE(loss->unit_hessian());
  EXPECT_TRUE(objective->over(target, {}, {}, Context())->unit_hessian());
}

TEST(Objective, Binary) {
  const Sample s = sample(37, 1);
  const auto objective = BoostingObjective::make({.kind = ObjectiveKind::binary, .classes = 2});
  const Target target = Target::classes(buffer(s.codes), class_names(2));
  const auto loss = objective->over(target, s.weights, {}, Context());
  expect_derivatives(*loss, s.scores, s.weight_sum, {});
  expect_best_start(*loss);
  expect_copies(*objective, target, s.weights, s.scores);
}

TEST(Objective, Multinomial) {
  const Sample s = sample(37, 4);
  const auto objective = BoostingObjective::make({.kind = ObjectiveKind::multinomial, .classes = 4});
  const Target target = Target::classes(buffer(s.codes), class_names(4));
  const auto loss = objective->over(target, s.weights, {}, Context());
  expect_derivatives(*loss, s.scores, s.weight_sum, {.hessian_scale = 4.0 / 3.0});
  expect_best_start(*loss);
  expect_copies(*objective, target, s.weights, s.scores);
  std::vector<double> answers = {1, 2, 3, 4, 0, 0, 0, 0};
  objective->answers(answers);
  EXPECT_NEAR(answers[0] + answers[1] + answers[2] + answers[3], 1, 1e-15);
  EXPECT_EQ(answers[5], 0.25);
}

struct Plain {
  ObjectiveSpec spec;
  Curvature expected;
};
std::vector<Plain> plain_objectives() {
  using K = ObjectiveKind;
  const double step = std::exp(0.7);
  return {{{.kind = K::huber, .width = 1.5}, {.bound = true}},
          {{.kind = K::fair, .width = 1.5}, {}},
          {{.kind = K::log_cosh}, {.bound = true}},
          {{.kind = K::expectile, .levels = {0.8}}, {}},
          {{.kind = K::expectile, .levels = {0.5}}, {}},
          {{.kind = K::absolute}, {.bound = true}},
          {{.kind = K::mape}, {.bound = true}},
          {{.kind = K::quantile, .levels = {0.3}}, {.bound = true}},
          {{.kind = K::quantile, .levels = {0.1, 0.5, 0.9}}, {.value_scale = 1.0 / 3, .bound = true}},
          {{.kind = K::poisson}, {.value_scale = 2, .hessian_scale = step}},
          {{.kind = K::gamma}, {.value_scale = 2}},
          {{.kind = K::tweedie, .power = 1.3}, {.value_scale = 2}},
          {{.kind = K::cross_entropy}, {}},
          {{.kind = K::aft, .spread = 0.7}, {}}};
}

TEST(Objective, NumbersHaveTrueDerivativesBestStartsAndCountedWeights) {
  for (const auto& [spec, expected] : plain_objectives()) {
    SCOPED_TRACE(name_of(spec.kind));
    const auto objective = BoostingObjective::make(spec);
    Sample s = sample(41, objective->outputs());
    using K = ObjectiveKind;
    if (spec.kind == K::aft) {
      for (double& y : s.y) y = y < 0 ? -std::exp(y) : std::exp(y);
    }
    const bool positive = spec.kind == K::poisson || spec.kind == K::gamma || spec.kind == K::tweedie;
    for (std::size_t i = 0; i < s.y.size(); ++i) {
      if (spec.kind == K::cross_entropy) s.y[i] = 1 / (1 + std::exp(-s.y[i]));
      if (positive)
        s.y[i] = std::abs(s.y[i]) + (spec.kind == K::gamma || i % 3 != 0 ? 0.1 : -std::abs(s.y[i]));
    }
    const Target target = Target::numbers(buffer(s.y));
    const auto loss = objective->over(target, s.weights, {}, Context());
    expect_derivatives(*loss, s.scores, s.weight_sum, expected);
    expect_best_start(*loss);
    expect_copies(*objective, target, s.weights, s.scores);
  }
}

/// What Huber's and the log-cosh loss say where the true second derivative would mislead.
TEST(Objective, StandInsForTheSecondDerivative) {
  const std::vector<double> y = {0, 0, 0, 0}, f = {0, 1e-9, -2, 30};
  const Target target = Target::numbers(buffer(y));
  std::vector<float> g(4), h(4);
  const auto smooth =
      BoostingObjective::make({.kind = ObjectiveKind::log_cosh})->over(target, {}, {}, Context());
  smooth->derivatives(f, g, h, 0, Context());
  EXPECT_EQ(h[0], 1.0F);
  EXPECT_EQ(h[1], 1.0F);
  EXPECT_FLOAT_EQ(h[2], static_cast<float>(std::tanh(2.0) / 2));
  EXPECT_FLOAT_EQ(h[3], static_cast<float>(1 / 30.0));
  const auto huber = BoostingObjective::make({.kind = ObjectiveKind::huber})->over(target, {}, {}, Context());
  huber->derivatives(f, g, h, 0, Context());
  EXPECT_EQ(g[3], 1.0F);
  EXPECT_EQ(h[3], 1.0F);
}

TEST(Objective, RenewedLeavesAreBestForTheirRows) {
  using K = ObjectiveKind;
  for (const ObjectiveSpec& spec :
       {ObjectiveSpec{.kind = K::absolute}, ObjectiveSpec{.kind = K::mape},
        ObjectiveSpec{.kind = K::quantile, .levels = {0.2, 0.9}}, ObjectiveSpec{.kind = K::huber}}) {
    SCOPED_TRACE(name_of(spec.kind));
    const auto objective = BoostingObjective::make(spec);
    const Sample s = sample(60, objective->outputs());
    const auto loss = objective->over(Target::numbers(buffer(s.y)), s.weights, {}, Context());
    std::vector<std::uint32_t> some;
    for (std::uint32_t i = 0; i < 60; i += 3) some.push_back(i);
    for (std::size_t o = 0; o < loss->outputs(); ++o) {
      const double step = loss->renewed(o, some, s.scores);
      if (!loss->renews_leaves()) continue;
      const auto value_with = [&](double add) {
        std::vector<double> f = s.scores;
        for (const auto i : some) f[o * 60 + i] += add;
        return loss->value(f, Context());
      };
      EXPECT_LE(value_with(step), value_with(step + 0.01) + 1e-15);
      EXPECT_LE(value_with(step), value_with(step - 0.01) + 1e-15);
    }
  }
}

TEST(Objective, QuantileAnswersDoNotCross) {
  const auto objective =
      BoostingObjective::make({.kind = ObjectiveKind::quantile, .levels = {0.1, 0.5, 0.9}});
  std::vector<double> answers = {3, 1, 2, 0, 0, -1};
  objective->answers(answers);
  EXPECT_EQ(answers, (std::vector<double>{1, 2, 3, -1, 0, 0}));
}

TEST(Objective, OneVersusAll) {
  const Sample s = sample(37, 3);
  const auto objective = BoostingObjective::make({.kind = ObjectiveKind::one_versus_all, .classes = 3});
  const Target target = Target::classes(buffer(s.codes), class_names(3));
  const auto loss = objective->over(target, s.weights, {}, Context());
  expect_derivatives(*loss, s.scores, s.weight_sum, {});
  expect_best_start(*loss);
  expect_copies(*objective, target, s.weights, s.scores);
  std::vector<double> answers = {0.5, -1, 2, -800, -801, -802};
  objective->answers(answers);
  double sum = 0;
  for (const double f : {0.5, -1.0, 2.0}) sum += 1 / (1 + std::exp(-f));
  EXPECT_NEAR(answers[0], 1 / (1 + std::exp(-0.5)) / sum, 1e-15);
  EXPECT_NEAR(answers[3], 1 / (1 + std::exp(-1.0) + std::exp(-2.0)), 1e-12);
}

TEST(Objective, CoxHasTrueDerivatives) {
  const auto objective = BoostingObjective::make({.kind = ObjectiveKind::cox});
  Sample s = sample(31, 1);
  // Whole times, so that many are equal.
  for (double& y : s.y) y = y < 0 ? std::floor(y) : std::ceil(y);
  for (double& y : s.y) y = y == 0 ? 1 : y;
  const Target target = Target::numbers(buffer(s.y));
  const auto loss = objective->over(target, {}, {}, Context());
  expect_derivatives(*loss, s.scores, 31, {});
  expect_copies(*objective, target, s.weights, s.scores);
  // Scores far apart neither overflow nor vanish.
  std::vector<double> far = s.scores;
  for (std::size_t i = 0; i < far.size(); ++i) far[i] *= 1000;
  std::vector<float> g(31), h(31);
  loss->derivatives(far, g, h, 0, Context());
  EXPECT_TRUE(std::isfinite(loss->value(far, Context())));
}

/// Freireich's 6-MP group (Cox 1972, table 1): the partial likelihood of a model without covariates is known
/// by counting, the sum over events of log(number at risk).
TEST(Objective, CoxCountsTheRowsAtRisk) {
  const std::vector<double> weeks = {6,   6,   6,   -6, 7,  -9,  10,  -10, -11, 13, 16,
                                     -17, -19, -20, 22, 23, -25, -32, -32, -34, -35};
  const auto loss = BoostingObjective::make({.kind = ObjectiveKind::cox})
                        ->over(Target::numbers(buffer(weeks)), {}, {}, Context());
  const std::vector<double> zero(21);
  const double by_hand = 3 * std::log(21) + std::log(17) + std::log(15) + std::log(12) + std::log(11) +
                         std::log(7) + std::log(6);
  EXPECT_NEAR(loss->value(zero, Context()) * 21, by_hand, 1e-12);
}

std::string refusal(ObjectiveSpec spec, std::vector<double> y) {
  return code_of([&] {
    const Target target = Target::numbers(buffer(y));
    BoostingObjective::make(spec)->over(target, {}, {}, Context());
  });
}

TEST(Objective, RefusesTargetsItCannotLearn) {
  using K = ObjectiveKind;
  EXPECT_EQ(refusal({.kind = K::poisson}, {0, 1, -1}), "boosting.target");
  EXPECT_EQ(refusal({.kind = K::poisson}, {0, 1, 2.5}), "none");
  EXPECT_EQ(refusal({.kind = K::gamma}, {1, 0}), "boosting.target");
  EXPECT_EQ(refusal({.kind = K::tweedie}, {1, -0.5}), "boosting.target");
  EXPECT_EQ(refusal({.kind = K::cross_entropy}, {0.5, 1.5}), "boosting.target");
  EXPECT_EQ(refusal({.kind = K::quantile, .levels = {0.5, 0.5}}, {1}), "parameter.levels");
  EXPECT_EQ(refusal({.kind = K::expectile, .levels = {}}, {1}), "parameter.levels");
  EXPECT_EQ(refusal({.kind = K::tweedie, .power = 2}, {1}), "parameter.power");
  EXPECT_EQ(refusal({.kind = K::huber, .width = 0}, {1}), "parameter.width");
  EXPECT_EQ(refusal({.kind = K::multinomial, .classes = 1}, {1}), "parameter.objective");
}

TEST(Objective, OverflowNamesTheRow) {
  const Target target = Target::numbers(buffer(std::vector<double>{1, 2, 3}));
  const auto loss =
      BoostingObjective::make({.kind = ObjectiveKind::poisson})->over(target, {}, {}, Context());
  const std::vector<double> scores = {0, 800, 0};
  std::vector<float> g(3), h(3);
  try {
    loss->derivatives(scores, g, h, 0, Context());
    ADD_FAILURE();
  } catch (const DataError& error) {
    EXPECT_EQ(error.code(), "boosting.overflow");
    EXPECT_NE(std::string(error.what()).find("row 2"), std::string::npos);
  }
}

TEST(WeightedQuantile, IsTheSortedDefinition) {
  Stream draw = Context().random("quantile");
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<Weighted> items;
    const std::size_t n = 1 + draw.below(30);
    for (std::size_t i = 0; i < n; ++i)
      items.push_back({static_cast<double>(draw.below(8)), static_cast<double>(1 + draw.below(3))});
    const double level = std::array{0.1, 0.25, 0.5, 0.9}[draw.below(4)];
    std::vector<double> copies;
    for (const Weighted& item : items)
      for (int k = 0; k < static_cast<int>(item.weight); ++k) copies.push_back(item.value);
    std::sort(copies.begin(), copies.end());
    // The place of the quantile is level * copies: between two rows when that is whole, else the row above.
    const double place = level * static_cast<double>(copies.size());
    const double whole = std::round(place);
    double expected = 0;
    if (std::abs(place - whole) < 1e-9 && whole >= 1 && whole < static_cast<double>(copies.size())) {
      const auto at = static_cast<std::size_t>(whole);
      expected = (copies[at - 1] + copies[at]) / 2;
    } else {
      expected = copies[std::min(copies.size() - 1, static_cast<std::size_t>(std::floor(place)))];
    }
    EXPECT_EQ(weighted_quantile(items, level), expected);
  }
}

TEST(Objective, ComesBackFromAFile) {
  for (const auto& [spec, expected] : plain_objectives()) {
    ArchiveWriter writer;
    BoostingObjective::make(spec)->save(writer);
    const auto back = BoostingObjective::load(ArchiveReader::from_bytes(writer.bytes(), "test"));
    EXPECT_EQ(back->spec(), spec) << name_of(spec.kind);
  }
}

}  // namespace
}  // namespace everyml
