#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace everyml {

/// An Arrow decimal of 32, 64 or 128 bits: whole number * 10^-scale.
struct DecimalType {
  int scale = 0;
  int bits = 128;

  /// "d:precision,scale" or "d:precision,scale,bits"; nothing for what is not that.
  static std::optional<DecimalType> from(std::string_view format);

  /// The value as a double, if the double's shortest text is the decimal again: at most 15 significant
  /// digits, or a whole number up to 2^53.
  std::optional<double> exact(const void* values, std::int64_t row) const;
  /// The value as decimal digits: "-12.50".
  std::string digits(const void* values, std::int64_t row) const;
};

}  // namespace everyml
