#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include "everyml/classical/trees/binned_impl.h"

namespace everyml::binned_detail {
namespace {

/// Bits that order as the numbers do.
template <class T>
auto to_key(T value) {
  using Key = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  constexpr Key kSign = Key{1} << (sizeof(T) * 8 - 1);
  const Key bits = std::bit_cast<Key>(value);
  return (bits & kSign) != 0 ? static_cast<Key>(~bits) : static_cast<Key>(bits | kSign);
}
template <class T, class Key>
T from_key(Key key) {
  constexpr Key kSign = Key{1} << (sizeof(T) * 8 - 1);
  return std::bit_cast<T>((key & kSign) != 0 ? static_cast<Key>(key & ~kSign) : static_cast<Key>(~key));
}

/// Least significant digit first, 11 bits a pass; passes in which all digits agree are left out.
template <class T>
void radix_sort(std::span<T> values) {
  constexpr std::size_t kBits = 11, kDigits = std::size_t{1} << kBits;
  constexpr std::size_t kPasses = (sizeof(T) * 8 + kBits - 1) / kBits;
  using Key = decltype(to_key(T{}));
  const std::size_t n = values.size();
  std::vector<Key> keys(n), other(n);
  std::vector<std::array<std::uint32_t, kDigits>> counts(kPasses);
  for (auto& pass : counts) pass.fill(0);
  for (std::size_t i = 0; i < n; ++i) {
    const Key key = to_key(values[i]);
    keys[i] = key;
    for (std::size_t pass = 0; pass < kPasses; ++pass)
      ++counts[pass][(key >> (pass * kBits)) & (kDigits - 1)];
  }
  for (std::size_t pass = 0; pass < kPasses; ++pass) {
    auto& count = counts[pass];
    const std::size_t shift = pass * kBits;
    if (count[(keys[0] >> shift) & (kDigits - 1)] == n) continue;
    std::uint32_t before = 0;
    for (std::uint32_t& c : count) {
      const std::uint32_t here = c;
      c = before;
      before += here;
    }
    for (const Key key : keys) other[count[(key >> shift) & (kDigits - 1)]++] = key;
    keys.swap(other);
  }
  for (std::size_t i = 0; i < n; ++i) values[i] = from_key<T>(keys[i]);
}

template <class T>
void sort_any(std::span<T> values) {
  constexpr std::size_t kSmall = 4000;
  if (values.size() < kSmall || values.size() > std::numeric_limits<std::uint32_t>::max()) {
    std::sort(values.begin(), values.end());
  } else {
    radix_sort(values);
  }
}

/// A number from which on the right one is told apart, and all up to the left one are not.
double between(double left, double right) {
  const double middle = left + (right - left) / 2;
  return middle >= left && middle < right ? middle : left;
}

}  // namespace

void sort_values(std::span<float> values) { sort_any(values); }
void sort_values(std::span<double> values) { sort_any(values); }

std::vector<double> choose_thresholds(std::span<const double> distinct, std::span<const double> counts,
                                      std::size_t max_bins) {
  std::vector<double> thresholds;
  const std::size_t n = distinct.size();
  if (n <= max_bins) {
    for (std::size_t i = 1; i < n; ++i) thresholds.push_back(between(distinct[i - 1], distinct[i]));
    return thresholds;
  }
  double total = 0;
  for (const double count : counts) total += count;
  // Values that fill a bin alone get one; the others share what is left.
  const double share = total / static_cast<double>(max_bins);
  std::size_t alone = 0;
  double rest = total;
  for (const double count : counts) {
    if (count >= share) {
      ++alone;
      rest -= count;
    }
  }
  std::size_t bins_left = max_bins - std::min(alone, max_bins - 1);
  double wanted = rest / static_cast<double>(bins_left);
  double here = 0;
  for (std::size_t i = 0; i + 1 < n && thresholds.size() + 1 < max_bins; ++i) {
    const bool big = counts[i] >= share, next_big = counts[i + 1] >= share;
    here += counts[i];
    if (!big) rest -= counts[i];
    if (!(big || here >= wanted || (next_big && here >= wanted / 2))) continue;
    thresholds.push_back(between(distinct[i], distinct[i + 1]));
    here = 0;
    if (!big && bins_left > 1) {
      --bins_left;
      wanted = rest / static_cast<double>(bins_left);
    }
  }
  return thresholds;
}

template <class T>
void fill_from_sorted(std::span<const T> values, std::size_t zeros, std::size_t max_bins, FeatureBins& bins) {
  std::vector<double> distinct, counts;
  bool zero_met = zeros == 0;
  const auto add_zeros = [&] {
    distinct.push_back(0);
    counts.push_back(static_cast<double>(zeros));
    zero_met = true;
  };
  for (std::size_t i = 0; i < values.size();) {
    std::size_t end = i + 1;
    while (end < values.size() && values[end] == values[i]) ++end;
    const auto value = static_cast<double>(values[i]);
    if (!zero_met && value > 0) add_zeros();
    distinct.push_back(value);
    counts.push_back(static_cast<double>(end - i));
    if (!zero_met && value == 0) {
      counts.back() += static_cast<double>(zeros);
      zero_met = true;
    }
    i = end;
  }
  if (!zero_met) add_zeros();
  bins.threshold = choose_thresholds(distinct, counts, max_bins);
  bins.bins = static_cast<std::uint32_t>(bins.threshold.size() + 1);
}
template void fill_from_sorted<float>(std::span<const float>, std::size_t, std::size_t, FeatureBins&);
template void fill_from_sorted<double>(std::span<const double>, std::size_t, std::size_t, FeatureBins&);

void fill_from_weighted(std::vector<WeightedValue>& values, std::size_t max_bins, FeatureBins& bins) {
  std::stable_sort(values.begin(), values.end(),
                   [](const WeightedValue& a, const WeightedValue& b) { return a.value < b.value; });
  std::vector<double> distinct, counts;
  for (const WeightedValue& v : values) {
    if (distinct.empty() || distinct.back() != v.value) {
      distinct.push_back(v.value);
      counts.push_back(0);
    }
    counts.back() += v.weight;
  }
  bins.threshold = choose_thresholds(distinct, counts, max_bins);
  bins.bins = static_cast<std::uint32_t>(bins.threshold.size() + 1);
}

void fill_from_categories(std::vector<CategoryCount> counts, std::size_t max_bins, FeatureBins& bins) {
  if (counts.size() > max_bins) {
    std::stable_sort(counts.begin(), counts.end(),
                     [](const CategoryCount& a, const CategoryCount& b) { return a.weight > b.weight; });
    counts.resize(max_bins);
  }
  std::vector<std::int32_t> kept;
  for (const CategoryCount& count : counts) kept.push_back(count.category);
  if (kept.empty()) kept.push_back(0);  // a column that is missing everywhere still has a bin
  std::sort(kept.begin(), kept.end());
  bins.category = true;
  bins.bins = static_cast<std::uint32_t>(kept.size());
  bins.category_of = std::move(kept);
}

}  // namespace everyml::binned_detail
