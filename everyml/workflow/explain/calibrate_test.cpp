#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "everyml/foundation/base/error.h"
#include "everyml/workflow/explain/explain.h"

namespace everyml {
namespace {

struct Sample {
  std::vector<double> p;
  std::vector<std::int32_t> codes;
};

/// Labels drawn with probability truth(raw) where the model said raw.
Sample draw(std::size_t rows, const std::function<double(double)>& truth) {
  Stream random(1, "calibration test");
  Sample sample;
  for (std::size_t row = 0; row < rows; ++row) {
    const double raw = 0.02 + 0.96 * random.uniform();
    sample.p.insert(sample.p.end(), {1 - raw, raw});
    sample.codes.push_back(random.uniform() < truth(raw) ? 1 : 0);
  }
  return sample;
}

double logit(double p) { return std::log(p / (1 - p)); }

TEST(Calibrate, SigmoidRecoversAKnownDistortion) {
  // The model is overconfident: the true log odds are half of what it says, plus 0.3.
  const Sample sample = draw(20000, [](double raw) { return 1 / (1 + std::exp(-(0.5 * logit(raw) + 0.3))); });
  const Calibration calibration =
      fit_calibration(sample.p, sample.codes, 2, {}, Calibration::Method::sigmoid, Context());
  EXPECT_NEAR(calibration.slope[1], 0.5, 0.03);
  EXPECT_NEAR(calibration.offset[1], 0.3, 0.04);
  std::vector<double> p = {0.1, 0.9};
  calibration.apply(p);
  EXPECT_NEAR(p[0] + p[1], 1, 1e-12);
  EXPECT_NEAR(p[1], 1 / (1 + std::exp(-(0.5 * logit(0.9) + 0.3))), 0.02);
}

TEST(Calibrate, IsotonicIsMonotoneAndCloseToTheTruth) {
  const auto truth = [](double raw) { return raw < 0.5 ? 0.2 : 0.7; };
  const Sample sample = draw(20000, truth);
  const Calibration calibration =
      fit_calibration(sample.p, sample.codes, 2, {}, Calibration::Method::isotonic, Context());
  EXPECT_TRUE(std::is_sorted(calibration.knots[1].begin(), calibration.knots[1].end()));
  EXPECT_TRUE(std::is_sorted(calibration.levels[1].begin(), calibration.levels[1].end()));
  for (const double raw : {0.2, 0.4, 0.6, 0.8}) {
    std::vector<double> p = {1 - raw, raw};
    calibration.apply(p);
    EXPECT_NEAR(p[1], truth(raw), 0.05) << raw;
  }
}

TEST(Calibrate, LeavesAHonestModelAloneAndMendsACrookedOne) {
  const Sample honest = draw(4000, [](double raw) { return raw; });
  EXPECT_EQ(fit_calibration(honest.p, honest.codes, 2, {}, std::nullopt, Context()).method,
            Calibration::Method::none);
  const Sample crooked = draw(4000, [](double raw) { return raw * raw; });
  EXPECT_NE(fit_calibration(crooked.p, crooked.codes, 2, {}, std::nullopt, Context()).method,
            Calibration::Method::none);
}

TEST(Calibrate, AcrossFoldsNoRowTakesPartInItsOwn) {
  const Sample sample = draw(300, [](double raw) { return raw; });
  std::vector<std::size_t> fold(300);
  for (std::size_t row = 0; row < fold.size(); ++row) fold[row] = row % 3;
  for (const auto method : {Calibration::Method::sigmoid, Calibration::Method::isotonic}) {
    std::vector<double> before = sample.p, after = sample.p;
    std::vector<std::int32_t> flipped = sample.codes;
    for (std::size_t row = 1; row < fold.size(); row += 3) flipped[row] = 1 - flipped[row];
    calibrate_across_folds(before, sample.codes, 2, {}, fold, method, Context());
    calibrate_across_folds(after, flipped, 2, {}, fold, method, Context());
    EXPECT_NE(before, sample.p);
    bool others_changed = false;
    for (std::size_t row = 0; row < fold.size(); ++row) {
      if (fold[row] == 1) {
        EXPECT_EQ(before[2 * row], after[2 * row]) << row;
      } else {
        others_changed = others_changed || before[2 * row] != after[2 * row];
      }
    }
    EXPECT_TRUE(others_changed);
    // The map of the other folds is what fit_calibration learns from them.
    Sample others;
    for (std::size_t row = 0; row < fold.size(); ++row) {
      if (fold[row] == 0) continue;
      others.p.insert(others.p.end(), {sample.p[2 * row], sample.p[2 * row + 1]});
      others.codes.push_back(sample.codes[row]);
    }
    std::vector<double> first = {sample.p[0], sample.p[1]};
    fit_calibration(others.p, others.codes, 2, {}, method, Context()).apply(first);
    EXPECT_EQ(first[1], before[1]);
  }
}

TEST(Calibrate, AcrossFoldsBearsOneFoldAndNoMethod) {
  const Sample sample = draw(100, [](double raw) { return raw * raw; });
  const std::vector<std::size_t> fold(100, 0);
  std::vector<double> p = sample.p, whole = sample.p;
  calibrate_across_folds(p, sample.codes, 2, {}, fold, Calibration::Method::none, Context());
  EXPECT_EQ(p, sample.p);
  calibrate_across_folds(p, sample.codes, 2, {}, fold, Calibration::Method::sigmoid, Context());
  fit_calibration(whole, sample.codes, 2, {}, Calibration::Method::sigmoid, Context()).apply(whole);
  EXPECT_EQ(p, whole);
  EXPECT_THROW(calibrate_across_folds(p, sample.codes, 2, {}, {}, Calibration::Method::sigmoid, Context()),
               ParameterError);
}

TEST(Conformal, BoundsAreOrderStatistics) {
  const std::vector<double> predicted = {0, 0, 0, 0}, truth = {3, -1, 2, -4};
  EXPECT_EQ(conformal_of_values(predicted, truth).scores, (std::vector<double>{1, 2, 3, 4}));
  const std::vector<double> p = {0.9, 0.1, 0.4, 0.6};
  const std::vector<std::int32_t> codes = {0, 0};
  const auto scores = conformal_of_probabilities(p, codes, 2).scores;
  ASSERT_EQ(scores.size(), 2U);
  EXPECT_NEAR(scores[0], 0.1, 1e-15);
  EXPECT_NEAR(scores[1], 0.6, 1e-15);
  // A probability that rounding put above 1 is no less strange than one of 1.
  const std::vector<double> above = {1 + 2e-16, 0.0};
  EXPECT_EQ(conformal_of_probabilities(above, std::vector<std::int32_t>{0}, 2).scores[0], 0.0);
  EXPECT_THROW(conformal_of_values(predicted, std::vector<double>{1}), ParameterError);
}

}  // namespace
}  // namespace everyml
