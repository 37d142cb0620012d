#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace everyml {

/// One block of Philox4x32-10: 128 bits of counter and 64 bits of key to 128 random bits.
/// Reference: Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key);

/// A random stream named by (seed, name, index): tree i, block b, row r. What it yields depends on these
/// three alone, never on threads or on what other streams have drawn. Distributions are our own, so the same
/// stream gives the same values with every standard library. Not thread-safe; copy or make one per task.
class Stream {
 public:
  Stream(std::uint64_t seed, std::string_view name, std::uint64_t index = 0);

  std::uint32_t next_u32();
  std::uint64_t next_u64();
  /// Uniform in [0, 1) with 53 random bits.
  double uniform();
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Unbiased in [0, bound). REQUIRES: bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// Standard normal, by inversion (Wichura, AS 241, 1988).
  double normal();
  /// Exponential with mean 1.
  double exponential();
  /// Index drawn in proportion to non-negative weights whose sum is positive.
  std::size_t weighted(std::span<const double> weights);
  /// Fisher and Yates.
  void shuffle(std::span<std::size_t> values);
  /// 0..n-1 in random order.
  std::vector<std::size_t> permutation(std::size_t n);
  /// k distinct values of 0..n-1, ascending. REQUIRES: k <= n.
  std::vector<std::size_t> sample(std::size_t n, std::size_t k);

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  unsigned used_ = 4;
};

}  // namespace everyml
