#include "everyml/foundation/linalg/elementary.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "everyml/foundation/base/random.h"

namespace everyml {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double ulps(double got, long double expected) {
  const double spacing = std::nextafter(std::abs(static_cast<double>(expected)), kInfinity) -
                         std::abs(static_cast<double>(expected));
  return static_cast<double>(std::abs(static_cast<long double>(got) - expected)) / spacing;
}

TEST(Elementary, ExpIsWithinOneUnit) {
  Stream stream(1, "exp");
  for (int i = 0; i < 100000; ++i) {
    const double x = stream.uniform(-708.0, 709.0);
    EXPECT_LE(ulps(portable::exp(x), std::exp(static_cast<long double>(x))), 1.0) << x;
  }
  for (int i = 0; i < 100000; ++i) {
    const double x = stream.uniform(-1.0, 1.0);
    EXPECT_LE(ulps(portable::exp(x), std::exp(static_cast<long double>(x))), 1.0) << x;
  }
}

TEST(Elementary, ExpAtTheEnds) {
  EXPECT_EQ(portable::exp(0.0), 1.0);
  EXPECT_EQ(portable::exp(-0.0), 1.0);
  EXPECT_EQ(portable::exp(710.0), kInfinity);
  EXPECT_EQ(portable::exp(kInfinity), kInfinity);
  EXPECT_EQ(portable::exp(-746.0), 0.0);
  EXPECT_EQ(portable::exp(-kInfinity), 0.0);
  EXPECT_TRUE(std::isnan(portable::exp(NAN)));
  EXPECT_GT(portable::exp(-745.0), 0.0);
  EXPECT_LT(portable::exp(709.782), kInfinity);
}

TEST(Elementary, LogarithmsAreWithinTwoUnits) {
  Stream stream(2, "log");
  for (int i = 0; i < 100000; ++i) {
    const double y = stream.uniform();
    EXPECT_LE(ulps(portable::log1p_unit(y), std::log1p(static_cast<long double>(y))), 2.0) << y;
    const double x = stream.uniform(-40.0, 40.0);
    EXPECT_LE(ulps(portable::log1p_exp(x), std::log1p(std::exp(static_cast<long double>(x)))), 3.0) << x;
  }
  EXPECT_EQ(portable::log1p_unit(0.0), 0.0);
  EXPECT_EQ(portable::log1p_exp(1000.0), 1000.0);
}

TEST(Elementary, SigmoidIsSymmetricAndBounded) {
  for (const double x : {0.0, 0.3, 2.0, 30.0, 800.0}) {
    EXPECT_LE(ulps(portable::sigmoid(x), 1.0L / (1.0L + std::exp(-static_cast<long double>(x)))), 2.0);
    EXPECT_NEAR(portable::sigmoid(x) + portable::sigmoid(-x), 1.0, 2e-16);
  }
  EXPECT_EQ(portable::sigmoid(-kInfinity), 0.0);
  EXPECT_EQ(portable::sigmoid(kInfinity), 1.0);
}

TEST(Elementary, SoftmaxSumsToOneAndKnowsTheImpossible) {
  std::vector<double> scores = {1000.0, 999.0, -kInfinity};
  portable::softmax(scores);
  EXPECT_NEAR(scores[0], 1.0 / (1.0 + std::exp(-1.0)), 1e-15);
  EXPECT_EQ(scores[2], 0.0);
  EXPECT_NEAR(scores[0] + scores[1], 1.0, 1e-15);
}

TEST(Elementary, BitsAreTheSameOnEveryMachine) {
  // The same formula in the same order by another implementation (Python's floats, which never fuse).
  const std::pair<double, std::uint64_t> expected[] = {
      {1.0, 0x4005bf0a8b14576aU},   {-1.0, 0x3fd78b56362cef38U},   {0.1, 0x3ff1aec7b35a00d4U},
      {-20.5, 0x3e157a3afeed00acU}, {300.25, 0x5b01fda3eaeb3d0eU}, {-700.125, 0x00ce8cfc0420616bU}};
  for (const auto& [x, bits] : expected) EXPECT_EQ(std::bit_cast<std::uint64_t>(portable::exp(x)), bits) << x;
}

TEST(Elementary, DotIsTheSumInItsOrder) {
  for (std::size_t n = 0; n < 40; ++n) {
    std::vector<double> x(n), w(n);
    std::vector<float> single(n);
    double sum = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      x[i] = static_cast<double>(i) - 3.5;
      single[i] = static_cast<float>(x[i]);
      w[i] = 1.0 / 64.0 * static_cast<double>(i * i % 17);
      sum += x[i] * w[i];  // exact: all terms are multiples of 1/128 of moderate size
    }
    EXPECT_EQ(portable::dot(x.data(), w.data(), n), sum);
    EXPECT_EQ(portable::dot(single.data(), w.data(), n), sum);
  }
  const std::vector<float> values = {2.0F, 3.0F};
  const std::vector<std::uint32_t> columns = {1, 4};
  const std::vector<double> w = {9, 10, 9, 9, 0.5};
  EXPECT_EQ(portable::sparse_dot(values.data(), columns.data(), w.data(), 2), 21.5);
}

}  // namespace
}  // namespace everyml
