// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "everyml/foundation/base/simd_test.cpp"
#include "everyml/foundation/base/simd.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace everyml::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

double dot(const double* a, const double* b, std::size_t n) {
  // At most 512 bits: wider vectors would need more running sums than there are.
  const hn::CappedTag<double, simd_lanes> d;
  const std::size_t width = hn::Lanes(d);
  HWY_ALIGN double sums[simd_lanes] = {};
  const std::size_t whole = n - n % simd_lanes;
  for (std::size_t lane = 0; lane < simd_lanes; lane += width) {
    auto sum = hn::Zero(d);
    for (std::size_t i = lane; i < whole; i += simd_lanes) {
      sum = hn::Add(hn::Mul(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), sum);
    }
    hn::Store(sum, d, sums + lane);
  }
  for (std::size_t i = whole; i < n; ++i) sums[i - whole] += a[i] * b[i];
  return join_lanes(sums);
}

}  // namespace everyml::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "everyml/foundation/base/random.h"

namespace everyml {
namespace {

HWY_EXPORT(dot);

double slow_dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sums[simd_lanes] = {};
  for (std::size_t i = 0; i < a.size(); ++i) sums[i % simd_lanes] += a[i] * b[i];
  return join_lanes(sums);
}

TEST(Simd, ADotProductHasTheSameBitsOnAllTargetsOfTheMachine) {
  std::set<std::string> names;
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    hwy::GetChosenTarget().Update(target);
    names.insert(hwy::TargetName(target));
    Stream stream(1, "dot");
    for (std::size_t n = 0; n < 200; ++n) {
      std::vector<double> a(n), b(n);
      for (double& value : a) value = stream.normal() * std::ldexp(1.0, static_cast<int>(stream.below(40)));
      for (double& value : b) value = stream.normal();
      ASSERT_EQ(HWY_DYNAMIC_DISPATCH(dot)(a.data(), b.data(), n), slow_dot(a, b))
          << hwy::TargetName(target) << " " << n;
    }
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  EXPECT_FALSE(names.empty());
  for (const std::string& name : names) RecordProperty("target_" + name, "compared");
}

TEST(Simd, TheOrderOfTheSumMatters) {
  // Guards the test above: were the order free, its exact comparison would prove nothing.
  const std::vector<double> a{1, 1e16, -1e16, 1}, ones(4, 1.0);
  double in_sequence = 0;
  for (const double value : a) in_sequence += value;
  EXPECT_NE(slow_dot(a, ones), in_sequence);
}

}  // namespace
}  // namespace everyml

#endif
