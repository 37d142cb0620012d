#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "everyml/classical/trees/binned_impl.h"

namespace everyml {

std::uint32_t FeatureBins::code(double value) const {
  if (category) {
    const std::int32_t wanted = binned_detail::category_of_value(value);
    const auto found = std::lower_bound(category_of.begin(), category_of.end(), wanted);
    if (wanted < 0 || found == category_of.end() || *found != wanted) return bins;
    return static_cast<std::uint32_t>(found - category_of.begin());
  }
  if (std::isnan(value)) return bins;
  return static_cast<std::uint32_t>(std::lower_bound(threshold.begin(), threshold.end(), value) -
                                    threshold.begin());
}

namespace binned_detail {

ColumnCoder::ColumnCoder(const FeatureBins& bins) : category_(bins.category), bins_(bins.bins) {
  if (category_) {
    const std::size_t size =
        bins.category_of.empty() ? 0 : static_cast<std::size_t>(bins.category_of.back()) + 1;
    code_.assign(size, bins_);
    for (std::size_t i = 0; i < bins.category_of.size(); ++i)
      code_[static_cast<std::size_t>(bins.category_of[i])] = static_cast<std::uint32_t>(i);
  } else {
    steps_ = static_cast<std::size_t>(std::bit_width(bins.threshold.size()));
    ladder_ = bins.threshold;
    ladder_.resize((std::size_t{1} << steps_) - 1, std::numeric_limits<double>::infinity());
  }
}

template <class T, class Code>
bool ColumnCoder::encode_numbers(const T* values, std::size_t stride, std::size_t count, Code* codes) const {
  // Eight searches at a time, so that each step of one hides behind the others.
  constexpr std::size_t kAbreast = 8;
  const double* ladder = ladder_.data();
  bool missing = false;
  std::size_t i = 0;
  for (; i + kAbreast <= count; i += kAbreast) {
    double value[kAbreast];
    std::size_t below[kAbreast];
    bool nan = false;
    for (std::size_t k = 0; k < kAbreast; ++k) {
      value[k] = static_cast<double>(values[(i + k) * stride]);
      below[k] = 0;
      nan |= std::isnan(value[k]);
    }
    for (std::size_t half = std::size_t{1} << steps_ >> 1; half > 0; half >>= 1) {
      for (std::size_t k = 0; k < kAbreast; ++k)
        below[k] += ladder[below[k] + half - 1] < value[k] ? half : std::size_t{0};
    }
    for (std::size_t k = 0; k < kAbreast; ++k) codes[i + k] = static_cast<Code>(below[k]);
    if (nan) {
      missing = true;
      for (std::size_t k = 0; k < kAbreast; ++k)
        if (std::isnan(value[k])) codes[i + k] = static_cast<Code>(bins_);
    }
  }
  for (; i < count; ++i) {
    const auto value = static_cast<double>(values[i * stride]);
    std::size_t below = 0;
    for (std::size_t half = std::size_t{1} << steps_ >> 1; half > 0; half >>= 1)
      below += ladder[below + half - 1] < value ? half : std::size_t{0};
    if (std::isnan(value)) {
      below = bins_;
      missing = true;
    }
    codes[i] = static_cast<Code>(below);
  }
  return missing;
}

template <class T, class Code>
bool ColumnCoder::encode(const T* values, std::size_t stride, std::size_t count, Code* codes) const {
  if (!category_) return encode_numbers(values, stride, count, codes);
  bool missing = false;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int32_t category = category_of_value(static_cast<double>(values[i * stride]));
    const std::uint32_t code = category < 0 || static_cast<std::size_t>(category) >= code_.size()
                                   ? bins_
                                   : code_[static_cast<std::size_t>(category)];
    missing |= code == bins_;
    codes[i] = static_cast<Code>(code);
  }
  return missing;
}
template bool ColumnCoder::encode(const float*, std::size_t, std::size_t, std::uint8_t*) const;
template bool ColumnCoder::encode(const float*, std::size_t, std::size_t, std::uint16_t*) const;
template bool ColumnCoder::encode(const double*, std::size_t, std::size_t, std::uint8_t*) const;
template bool ColumnCoder::encode(const double*, std::size_t, std::size_t, std::uint16_t*) const;

}  // namespace binned_detail
}  // namespace everyml
