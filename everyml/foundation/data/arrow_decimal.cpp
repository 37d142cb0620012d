#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include "everyml/foundation/data/arrow_decimal_impl.h"
#include "everyml/foundation/data/arrow_impl.h"

namespace everyml {
namespace {

constexpr std::uint64_t kFifteenDigits = 1'000'000'000'000'000;
constexpr std::uint64_t kExactIntegers = std::uint64_t{1} << 53;
/// The powers of ten that are doubles exactly.
constexpr std::array<double, 23> kPowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                            1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                            1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// Sign and magnitude of a 128-bit two's complement number in two halves: ISO C++ has no integer of that
/// width.
struct Wide {
  bool negative = false;
  std::uint64_t high = 0, low = 0;

  bool small() const { return high == 0; }

  /// Divides by ten and gives the remainder; 32 bits at a time, so that no step overflows.
  unsigned divide_by_ten() {
    std::uint64_t rest = 0;
    std::array<std::uint64_t, 4> parts = {high >> 32, high & 0xffffffffU, low >> 32, low & 0xffffffffU};
    for (std::uint64_t& part : parts) {
      const std::uint64_t whole = (rest << 32) | part;
      part = whole / 10;
      rest = whole % 10;
    }
    high = (parts[0] << 32) | parts[1];
    low = (parts[2] << 32) | parts[3];
    return static_cast<unsigned>(rest);
  }
};

Wide read_wide(const void* values, std::int64_t row, int bits) {
  Wide wide;
  if (bits == 32 || bits == 64) {
    const std::int64_t value = bits == 32 ? load<std::int32_t>(values, row) : load<std::int64_t>(values, row);
    wide.negative = value < 0;
    wide.low = wide.negative ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    return wide;
  }
  // Arrow arrays are in the byte order of the machine, and so are their two halves on the machines we run on.
  wide.low = load<std::uint64_t>(values, row * 2);
  wide.high = load<std::uint64_t>(values, row * 2 + 1);
  wide.negative = (wide.high >> 63) != 0;
  if (wide.negative) {
    wide.low = ~wide.low + 1;
    wide.high = ~wide.high + (wide.low == 0 ? 1 : 0);
  }
  return wide;
}

bool parse(std::string_view text, int& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::optional<DecimalType> DecimalType::from(std::string_view format) {
  if (!format.starts_with("d:")) return std::nullopt;
  format.remove_prefix(2);
  const std::size_t first = format.find(',');
  if (first == format.npos) return std::nullopt;
  const std::size_t second = std::min(format.find(',', first + 1), format.size());
  DecimalType type;
  int precision = 0;
  if (!parse(format.substr(0, first), precision) ||
      !parse(format.substr(first + 1, second - first - 1), type.scale)) {
    return std::nullopt;
  }
  if (second < format.size() && !parse(format.substr(second + 1), type.bits)) return std::nullopt;
  const bool good = precision >= 1 && std::abs(type.scale) <= 100 &&
                    (type.bits == 32 || type.bits == 64 || type.bits == 128);
  return good ? std::optional(type) : std::nullopt;
}

std::optional<double> DecimalType::exact(const void* values, std::int64_t row) const {
  Wide wide = read_wide(values, row, bits);
  int left = scale;
  for (Wide next = wide; left > 0 && next.divide_by_ten() == 0; --left) wide = next;
  for (; left < 0; ++left) {
    if (!wide.small() || wide.low > kExactIntegers) return std::nullopt;
    wide.low *= 10;
  }
  if (!wide.small() || wide.low > (left == 0 ? kExactIntegers : kFifteenDigits)) return std::nullopt;
  if (left >= static_cast<int>(kPowers.size())) return std::nullopt;
  // One rounding of two exact doubles gives the double nearest to the decimal.
  const double value = static_cast<double>(wide.low) / kPowers[static_cast<std::size_t>(left)];
  return wide.negative ? -value : value;
}

std::string DecimalType::digits(const void* values, std::int64_t row) const {
  Wide wide = read_wide(values, row, bits);
  std::string text;  // reversed
  for (int place = 0; place < scale || wide.high != 0 || wide.low != 0 || place == std::max(scale, 0);
       ++place) {
    if (place == scale && scale > 0) text += '.';
    text += static_cast<char>('0' + wide.divide_by_ten());
  }
  if (wide.negative) text += '-';
  std::reverse(text.begin(), text.end());
  const bool zero = text == "0";
  if (scale < 0 && !zero) text.append(static_cast<std::size_t>(-scale), '0');
  return text;
}

}  // namespace everyml
