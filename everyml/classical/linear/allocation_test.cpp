// One row through a model of this room takes nothing from the heap.

#include <gtest/gtest.h>

#include "everyml/classical/linear/golden_impl.h"
#include "everyml/classical/linear/linear_regression.h"
#include "everyml/classical/linear/logistic_regression.h"
#include "everyml/classical/linear/ridge.h"
#include "tests/support/count_allocations.h"

namespace everyml {
namespace {

TEST(Allocation, OneRowNeedsNone) {
  const Context context({.threads = 2});
  const Json peer = golden("linear/classification.json");
  const std::vector<std::int32_t> two = peer["y"], three = peer["y3"];
  const Features x = features_in(peer["x"]);
  const std::vector<double> y = numbers(peer["w"]);
  const auto line = LinearRegression{}.fit(regression_data(x, y), context);
  const auto ridge = Ridge{}.fit(regression_data(x, y), context);
  const auto binary = LogisticRegression{}.fit(class_data(x, two, 2), context);
  const auto multinomial = LogisticRegression{}.fit(class_data(x, three, 3), context);
  const double row[3] = {0.5, -1.0, 2.0};
  double out[3] = {};
  const std::size_t before = allocations;
  ASSERT_GT(before, 0U);
  const Features one = Features::view(row, 1, 3);
  line.predict(one, {out, 1}, context);
  ridge.predict(one, {out, 1}, context);
  binary.probabilities(one, {out, 2}, context);
  multinomial.probabilities(one, {out, 3}, context);
  EXPECT_EQ(allocations - before, 0U);
}

}  // namespace
}  // namespace everyml
