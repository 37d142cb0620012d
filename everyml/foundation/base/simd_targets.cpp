// The two functions of Highway's library that run-time dispatch calls, so that its headers are enough: the
// library measures the resolution of the clock while a program starts, a quarter of what `everyml --version`
// took.
#include <hwy/targets.h>

namespace hwy {
namespace {

#if HWY_ARCH_X86
/// The sets of instructions of Highway's targets, each with those before it. The compiler's check also asks
/// whether the system saves the wide registers.
std::int64_t detect() {
  __builtin_cpu_init();
  std::int64_t targets = HWY_ENABLED_BASELINE;
#if defined(EVERYML_BASELINE_TARGETS)  // asked by scripts/compare_compilers.py
  return targets;
#endif
  if (!__builtin_cpu_supports("ssse3")) return targets;
  targets |= HWY_SSSE3;
  if (!__builtin_cpu_supports("sse4.1") || !__builtin_cpu_supports("sse4.2") ||
      !__builtin_cpu_supports("pclmul") || !__builtin_cpu_supports("aes")) {
    return targets;
  }
  targets |= HWY_SSE4;
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("bmi") ||
      !__builtin_cpu_supports("bmi2") || !__builtin_cpu_supports("f16c") ||
      !__builtin_cpu_supports("lzcnt")) {
    return targets;
  }
  targets |= HWY_AVX2;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512vl") ||
      !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512cd")) {
    return targets;
  }
  targets |= HWY_AVX3;
  if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vbmi") &&
      __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512bitalg") &&
      __builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("vpclmulqdq") &&
      __builtin_cpu_supports("vaes") && __builtin_cpu_supports("gfni")) {
    targets |= HWY_AVX3_DL;
  }
  return targets;
}
#else
/// Elsewhere every CPU that can run the program has what it was compiled for.
std::int64_t detect() { return HWY_ENABLED_BASELINE; }
#endif

}  // namespace

std::int64_t SupportedTargets() {
  static const std::int64_t targets = detect();
  return targets;
}

ChosenTarget& GetChosenTarget() {
  static ChosenTarget chosen;
  return chosen;
}

}  // namespace hwy
