// The one door to SIMD: Highway with the instruction set chosen at run time, so one binary runs on any CPU of
// its architecture. This file has no include guard, because Highway reads it once for each instruction set.
//
// A source with a kernel looks like this; simd_test.cpp is a complete one.
//
//   #undef HWY_TARGET_INCLUDE
//   #define HWY_TARGET_INCLUDE "everyml/foundation/linalg/dot.cpp"   // this very file
//   #include "everyml/foundation/base/simd.h"
//
//   HWY_BEFORE_NAMESPACE();
//   namespace everyml::HWY_NAMESPACE {
//   double dot(const double* a, const double* b, std::size_t n) { ... hn::Load(d, a + i) ... }
//   }
//   HWY_AFTER_NAMESPACE();
//
//   #if HWY_ONCE
//   namespace everyml {
//   HWY_EXPORT(dot);
//   double dot(std::span<const double> a, std::span<const double> b) {
//     return HWY_DYNAMIC_DISPATCH(dot)(a.data(), b.data(), a.size());
//   }
//   }
//   #endif
//
// Link everyml::highway. Everything above HWY_ONCE is compiled several times: keep it to the kernel.
//
// Bits. A result that reaches a model must not depend on the CPU, so a kernel that adds up fixes the order
// itself:
//   - as many running sums as `simd_lanes` says, whatever the width of a vector, and joined in one order;
//   - hn::Add(hn::Mul(a, b), sum) and not hn::MulAdd, which rounds once on some CPUs and twice on others;
//   - no hn::ReduceSum or hn::SumOfLanes on a vector of unknown width, and no approximate reciprocals.
// The test of a kernel runs it on all targets of the machine and compares the bits with a plain loop.

#include <hwy/foreach_target.h>
// Order matters: the line above includes the source again for each target, and needs the one below in each.
#include <hwy/highway.h>

#ifndef EVERYML_FOUNDATION_BASE_SIMD_H_ONCE
#define EVERYML_FOUNDATION_BASE_SIMD_H_ONCE

#include <cstddef>

namespace everyml {

/// Running sums of a reduction in double: four vectors of 128 bits, two of 256, one of 512. Sum number j
/// takes the elements j, j + 8, j + 16, ...
inline constexpr std::size_t simd_lanes = 8;

/// The one order in which the running sums are joined: halves onto halves.
inline double join_lanes(const double* sums) {
  const double a = sums[0] + sums[4], b = sums[1] + sums[5], c = sums[2] + sums[6], d = sums[3] + sums[7];
  return (a + c) + (b + d);
}

}  // namespace everyml

#endif
