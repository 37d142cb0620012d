#include "everyml/classical/baseline/baseline.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "everyml/classical/baseline/baseline_family.h"
#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

Features ones(std::size_t rows) {
  Buffer<double> values(rows);
  std::fill(values.begin(), values.end(), 1.0);
  return Features::dense(std::move(values), rows, 1);
}

Dataset classes(std::vector<std::int32_t> codes, std::vector<std::string> names,
                std::vector<double> weights = {}) {
  Buffer<std::int32_t> buffer(codes.size());
  std::copy(codes.begin(), codes.end(), buffer.begin());
  Dataset data{.features = ones(codes.size()), .weights = std::move(weights)};
  data.target = Target::classes(std::move(buffer), std::move(names));
  return data;
}

Dataset numbers(std::vector<double> values, std::vector<double> weights = {}) {
  Buffer<double> buffer(values.size());
  std::copy(values.begin(), values.end(), buffer.begin());
  Dataset data{.features = ones(values.size()), .weights = std::move(weights)};
  data.target = Target::numbers(std::move(buffer));
  return data;
}

double answer(const BaselineRegressor& settings, const Dataset& data) {
  const Context context;
  double out = 0;
  settings.fit(data, context).predict(ones(1), std::span<double>(&out, 1), context);
  return out;
}

TEST(Baseline, PriorAnswersWeightedShares) {
  const Context context;
  const auto model =
      BaselineClassifier{}.fit(classes({0, 1, 1, 2}, {"a", "b", "c", "unseen"}, {2, 1, 1, 4}), context);
  std::vector<double> out(8);
  model.probabilities(ones(2), out, context);
  EXPECT_EQ(out, (std::vector<double>{0.25, 0.25, 0.5, 0, 0.25, 0.25, 0.5, 0}));
  EXPECT_EQ(model.summary()["classes"][2]["share"], 0.5);
}

TEST(Baseline, MajorityIsCertainOfTheFirstLargest) {
  const Context context;
  const auto model = BaselineClassifier{.strategy = ClassBaseline::majority}.fit(
      classes({0, 1, 1, 2, 2}, {"a", "b", "c"}), context);
  std::vector<double> out(3);
  model.probabilities(ones(1), out, context);
  EXPECT_EQ(out, (std::vector<double>{0, 1, 0}));
}

TEST(Baseline, MeanAndMedianTakeWeights) {
  EXPECT_EQ(answer({}, numbers({1, 2, 6})), 3);
  EXPECT_EQ(answer({}, numbers({1, 2, 6}, {1, 2, 1})), 2.75);
  const BaselineRegressor median{.strategy = NumberBaseline::median};
  EXPECT_EQ(answer(median, numbers({9, 1, 4})), 4);
  EXPECT_EQ(answer(median, numbers({9, 1, 4, 6})), 5);
  EXPECT_EQ(answer(median, numbers({9, 1, 4}, {3, 1, 1})), 9);
  EXPECT_EQ(answer(median, numbers({1, 100, 4}, {1, 0, 1})), 2.5);
}

TEST(Baseline, TargetsNearTheLargestDoubleDoNotOverflow) {
  constexpr double kMost = std::numeric_limits<double>::max();
  EXPECT_EQ(answer({}, numbers({kMost, kMost})), kMost);
  EXPECT_EQ(answer({.strategy = NumberBaseline::median}, numbers({kMost, kMost})), kMost);
}

TEST(Baseline, WrongTargetsAreRefused) {
  const Context context;
  EXPECT_THROW(BaselineClassifier{}.fit(numbers({1, 2}), context), DataError);
  EXPECT_THROW(BaselineRegressor{}.fit(classes({0}, {"a"}), context), DataError);
  EXPECT_THROW(BaselineRegressor{}.fit(numbers({}), context), DataError);
  EXPECT_EQ(baseline_family().size(), 2U);
}

}  // namespace
}  // namespace everyml
