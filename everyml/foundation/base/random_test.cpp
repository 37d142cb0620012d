#include "everyml/foundation/base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <numeric>
#include <set>

#include "everyml/foundation/base/random_impl.h"

namespace everyml {
namespace {

using Block = std::array<std::uint32_t, 4>;

// kat_vectors of the Random123 distribution, philox4x32 with 10 rounds.
TEST(Philox, PublishedKnownAnswers) {
  const std::uint32_t ones = 0xffffffff;
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({ones, ones, ones, ones}, {ones, ones}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

// Upper tail of the chi-squared statistic of counts that should be equal.
double uniformity(const std::vector<std::size_t>& counts) {
  const double expected = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::size_t{0})) /
                          static_cast<double>(counts.size());
  double statistic = 0;
  for (const std::size_t count : counts) {
    const double off = static_cast<double>(count) - expected;
    statistic += off * off / expected;
  }
  return boost::math::cdf(
      boost::math::complement(boost::math::chi_squared(static_cast<double>(counts.size() - 1)), statistic));
}

TEST(Stream, DependsOnSeedNameAndIndexAlone) {
  std::set<std::uint64_t> firsts;
  for (const std::uint64_t seed : {0, 1, 2}) {
    for (const char* name : {"", "tree", "block"}) {
      for (const std::uint64_t index : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 40}) {
        const std::uint64_t first = Stream(seed, name, index).next_u64();
        EXPECT_EQ(first, Stream(seed, name, index).next_u64());
        firsts.insert(first);
      }
    }
  }
  EXPECT_EQ(firsts.size(), 27U);
}

// These values are part of the promise that a seed gives the same model in every version. They were computed
// outside, from the definitions of FNV-1a, splitmix64, Philox and the inverse distribution functions.
TEST(Stream, ValuesAreFrozen) {
  Stream stream(42, "frozen", 7);
  const std::uint64_t first = stream.next_u64();
  const double uniform = stream.uniform(), normal = stream.normal(), exponential = stream.exponential();
  EXPECT_EQ(first, 0x4419eb20c645ed7bULL);
  EXPECT_EQ(uniform, 0x1.237b07964586ap-1);
  EXPECT_EQ(normal, -0x1.90e51e8d52122p-9);
  EXPECT_EQ(exponential, 0x1.410ab524cb931p+0);
}

TEST(Stream, UniformFillsItsInterval) {
  Stream stream(1, "uniform");
  std::vector<std::size_t> counts(64);
  for (int i = 0; i < 64'000; ++i) {
    const double value = stream.uniform();
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    ++counts[static_cast<std::size_t>(value * 64)];
  }
  EXPECT_GT(uniformity(counts), 1e-4);
  for (int i = 0; i < 1000; ++i) {
    const double value = stream.uniform(-3, 5);
    ASSERT_TRUE(value >= -3 && value < 5);
  }
}

TEST(Stream, BelowIsEvenAndNeverReachesItsBound) {
  Stream stream(1, "below");
  for (const std::uint64_t bound : {1, 2, 3, 7, 100}) {
    std::vector<std::size_t> counts(bound);
    for (int i = 0; i < 20'000; ++i) ++counts.at(stream.below(bound));
    if (bound > 1) {
      EXPECT_GT(uniformity(counts), 1e-4) << bound;
    }
  }
  // At three quarters of the range a draw without rejection gives every third value twice as often.
  const std::uint64_t wide = std::uint64_t{3} << 62;
  std::vector<std::size_t> thirds(3);
  for (int i = 0; i < 30'000; ++i) ++thirds.at(stream.below(wide) % 3);
  EXPECT_GT(uniformity(thirds), 1e-4);
}

TEST(Stream, NormalAndExponentialFollowTheirDistributions) {
  Stream stream(1, "normal");
  const boost::math::normal reference;
  std::vector<std::size_t> normal(50), exponential(50);
  for (int i = 0; i < 50'000; ++i) {
    ++normal[std::min<std::size_t>(
        49, static_cast<std::size_t>(boost::math::cdf(reference, stream.normal()) * 50))];
    ++exponential[std::min<std::size_t>(49,
                                        static_cast<std::size_t>(-std::expm1(-stream.exponential()) * 50))];
  }
  EXPECT_GT(uniformity(normal), 1e-4);
  EXPECT_GT(uniformity(exponential), 1e-4);
}

TEST(NormalQuantile, AgreesWithBoost) {
  const boost::math::normal reference;
  for (const double p :
       {0x1p-53, 1e-12, 1e-5, 0.001, 0.02425, 0.07, 0.3, 0.4999, 0.5, 0.7, 0.93, 0.999, 1 - 0x1p-53}) {
    const double expected = boost::math::quantile(reference, p);
    EXPECT_NEAR(normal_quantile(p), expected, 1e-14 * std::max(1e-2, std::abs(expected))) << p;
    EXPECT_EQ(normal_quantile(1 - (1 - p)), -normal_quantile(1 - p));
  }
}

TEST(PortableLog, WithinTwoUnitsOfTheSystem) {
  Stream stream(1, "log");
  for (int i = 0; i < 200'000; ++i) {
    const double x = std::ldexp(0.5 + stream.uniform() / 2, static_cast<int>(stream.below(120)) - 60);
    const double expected = std::log(x);
    const double unit = std::abs(std::nextafter(expected, HUGE_VAL) - expected);
    ASSERT_LE(std::abs(portable_log(x) - expected), 2 * unit) << x;
  }
  EXPECT_EQ(portable_log(1.0), 0.0);
}

TEST(Stream, WeightedFollowsTheWeights) {
  Stream stream(1, "weighted");
  const std::vector<double> weights{0, 1, 0, 3, 0};
  std::vector<std::size_t> counts(5);
  for (int i = 0; i < 40'000; ++i) ++counts[stream.weighted(weights)];
  EXPECT_EQ(counts[0] + counts[2] + counts[4], 0U);
  EXPECT_NEAR(static_cast<double>(counts[1]), 10'000, 500);
}

TEST(Stream, PermutationsAreEvenlyLikely) {
  Stream stream(1, "permutation");
  std::vector<std::size_t> counts(6);
  for (int i = 0; i < 12'000; ++i) {
    const auto p = stream.permutation(3);
    std::set<std::size_t> values(p.begin(), p.end());
    ASSERT_EQ(values, (std::set<std::size_t>{0, 1, 2}));
    ++counts[p[0] * 2 + (p[1] > p[2] ? 1 : 0)];
  }
  EXPECT_GT(uniformity(counts), 1e-4);
  EXPECT_TRUE(stream.permutation(0).empty());
}

TEST(Stream, SamplesAreDistinctAscendingAndEven) {
  Stream stream(1, "sample");
  for (const auto& [n, k] : std::vector<std::pair<std::size_t, std::size_t>>{{40, 2}, {40, 20}, {40, 39}}) {
    std::vector<std::size_t> counts(n);
    for (int i = 0; i < 4000; ++i) {
      const auto chosen = stream.sample(n, k);
      ASSERT_EQ(chosen.size(), k);
      ASSERT_TRUE(std::adjacent_find(chosen.begin(), chosen.end(), std::greater_equal<>()) == chosen.end());
      for (const std::size_t value : chosen) ++counts.at(value);
    }
    // Without replacement the counts vary less than the statistic assumes, so only its upper tail is telling.
    EXPECT_GT(uniformity(counts), 1e-4) << n << " " << k;
  }
  EXPECT_EQ(stream.sample(5, 5), (std::vector<std::size_t>{0, 1, 2, 3, 4}));
  EXPECT_TRUE(stream.sample(0, 0).empty());
  EXPECT_TRUE(stream.sample(9, 0).empty());
}

}  // namespace
}  // namespace everyml
