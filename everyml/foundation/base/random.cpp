#include "everyml/foundation/base/random.h"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <unordered_set>

#include "everyml/foundation/base/random_impl.h"

namespace everyml {
namespace {

__extension__ typedef unsigned __int128 Wide;

// Fowler, Noll and Vo, FNV-1a with 64 bits. std::hash differs between libraries.
std::uint64_t name_hash(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

// The finaliser of splitmix64 (Steele, Lea and Flood, 2014): one to one, so two seeds never share a key
// under one name.
std::uint64_t scatter(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

constexpr auto low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
constexpr auto high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

}  // namespace

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {high(b) ^ counter[1] ^ key[0], low(b), high(a) ^ counter[3] ^ key[1], low(a)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

Stream::Stream(std::uint64_t seed, std::string_view name, std::uint64_t index) {
  const std::uint64_t key = scatter(seed ^ name_hash(name));
  key_ = {low(key), high(key)};
  // Half of the counter is the index and half counts blocks, so streams of one name never overlap.
  counter_ = {0, 0, low(index), high(index)};
}

std::uint32_t Stream::next_u32() {
  if (used_ == 4) {
    block_ = philox4x32(counter_, key_);
    if (++counter_[0] == 0) ++counter_[1];
    used_ = 0;
  }
  return block_[used_++];
}

std::uint64_t Stream::next_u64() {
  const std::uint64_t first = next_u32();
  return first | std::uint64_t{next_u32()} << 32;
}

double Stream::uniform() { return static_cast<double>(next_u64() >> 11) * 0x1p-53; }

// Lemire, "Fast Random Integer Generation in an Interval", ACM TOMACS 29 (2019).
std::uint64_t Stream::below(std::uint64_t bound) {
  assert(bound > 0);
  Wide product = Wide{next_u64()} * bound;
  if (static_cast<std::uint64_t>(product) < bound) {
    const std::uint64_t biased = (0 - bound) % bound;
    while (static_cast<std::uint64_t>(product) < biased) product = Wide{next_u64()} * bound;
  }
  return static_cast<std::uint64_t>(product >> 64);
}

// Odd multiples of 2^-53: symmetric about one half, and neither 0 nor 1, where the inverses are infinite.
static double open_uniform(std::uint64_t bits) { return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52; }

double Stream::normal() { return normal_quantile(open_uniform(next_u64())); }

double Stream::exponential() { return -portable_log(open_uniform(next_u64())); }

std::size_t Stream::weighted(std::span<const double> weights) {
  assert(!weights.empty());
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  assert(sum > 0);
  double left = uniform() * sum;
  std::size_t last_positive = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!(weights[i] > 0)) continue;
    last_positive = i;
    left -= weights[i];
    if (left < 0) return i;
  }
  // Rounding in the subtractions can leave a sliver after the last weight.
  return last_positive;
}

void Stream::shuffle(std::span<std::size_t> values) {
  for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
}

std::vector<std::size_t> Stream::permutation(std::size_t n) {
  std::vector<std::size_t> values(n);
  std::iota(values.begin(), values.end(), std::size_t{0});
  shuffle(values);
  return values;
}

std::vector<std::size_t> Stream::sample(std::size_t n, std::size_t k) {
  assert(k <= n);
  std::vector<std::size_t> chosen;
  chosen.reserve(k);
  if (k > n / 16) {
    // Selection sampling: Knuth, The Art of Computer Programming, volume 2, algorithm 3.4.2 S.
    for (std::size_t i = 0; chosen.size() < k; ++i) {
      if (below(n - i) < k - chosen.size()) chosen.push_back(i);
    }
    return chosen;
  }
  // Floyd, in Bentley, "Programming Pearls: A Sample of Brilliance", CACM 30 (1987): k draws for any n.
  std::unordered_set<std::size_t> taken;
  taken.reserve(k);
  for (std::size_t i = n - k; i < n; ++i) {
    const std::size_t drawn = below(i + 1);
    chosen.push_back(taken.insert(drawn).second ? drawn : *taken.insert(i).first);
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace everyml
