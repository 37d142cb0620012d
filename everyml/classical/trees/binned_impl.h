#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "everyml/classical/trees/binned.h"

namespace everyml::binned_detail {

/// Sorts ascending; NaN must not occur. Linear time from some thousands of values on.
void sort_values(std::span<float> values);
void sort_values(std::span<double> values);

/// Thresholds between ascending distinct values with their counts (weights included): one between each two
/// neighbours when there are no more than max_bins values, else such that bins hold about equal counts. A
/// value that fills a bin alone gets one alone.
std::vector<double> choose_thresholds(std::span<const double> distinct, std::span<const double> counts,
                                      std::size_t max_bins);

/// Fills `bins` of number columns from ascending values, each of weight 1; `zeros` more values are zero.
template <class T>
void fill_from_sorted(std::span<const T> values, std::size_t zeros, std::size_t max_bins, FeatureBins& bins);
extern template void fill_from_sorted<float>(std::span<const float>, std::size_t, std::size_t, FeatureBins&);
extern template void fill_from_sorted<double>(std::span<const double>, std::size_t, std::size_t,
                                              FeatureBins&);

/// The same from values with weights, in any order.
struct WeightedValue {
  double value, weight;
};
void fill_from_weighted(std::vector<WeightedValue>& values, std::size_t max_bins, FeatureBins& bins);

/// Fills `bins` of a category column from the codes met and how much each weighs: all of them, or the
/// max_bins heaviest.
struct CategoryCount {
  std::int32_t category;
  double weight;
};
void fill_from_categories(std::vector<CategoryCount> counts, std::size_t max_bins, FeatureBins& bins);

/// The category of a value: a whole number from 0 below 2^31, else -1.
inline std::int32_t category_of_value(double value) {
  if (!(value >= 0 && value < 2147483648.0)) return -1;
  const auto code = static_cast<std::int32_t>(value);
  return static_cast<double>(code) == value ? code : -1;
}

/// Codes of many values of one column.
class ColumnCoder {
 public:
  explicit ColumnCoder(const FeatureBins& bins);
  /// Codes `count` values that lie `stride` apart. True when some got the code `bins`.
  template <class T, class Code>
  bool encode(const T* values, std::size_t stride, std::size_t count, Code* codes) const;

 private:
  template <class T, class Code>
  bool encode_numbers(const T* values, std::size_t stride, std::size_t count, Code* codes) const;

  bool category_;
  std::uint32_t bins_;
  std::size_t steps_ = 0;            ///< of the search: `ladder_` holds 2^steps_ - 1 thresholds
  std::vector<double> ladder_;       ///< thresholds, padded with infinity
  std::vector<std::uint32_t> code_;  ///< by category
};

}  // namespace everyml::binned_detail
