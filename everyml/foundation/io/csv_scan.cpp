#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "everyml/foundation/io/csv_scan.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <bit>
#include <cstring>

#include "everyml/foundation/io/csv_scan_impl.h"

HWY_BEFORE_NAMESPACE();
namespace everyml::csv::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Bytes = hn::CappedTag<std::uint8_t, 64>;

/// Bit i tells whether text[i] equals `value`, for 64 bytes.
template <class V>
HWY_INLINE std::uint64_t equal_bits(const std::uint8_t* text, V value) {
#if HWY_TARGET == HWY_SCALAR
  std::uint64_t result = 0;
  for (std::size_t i = 0; i < 64; ++i) {
    result |= static_cast<std::uint64_t>(text[i] == hn::GetLane(value)) << i;
  }
#else
  const Bytes d;
  alignas(8) std::uint8_t bits[64 / 8 + 8];
  for (std::size_t i = 0; i < 64; i += hn::Lanes(d)) {
    hn::StoreMaskBits(d, hn::Eq(hn::LoadU(d, text + i), value), bits + i / 8);
  }
  std::uint64_t result;
  std::memcpy(&result, bits, sizeof(result));
#endif
  return result;
}

/// Bit i is the parity of the bits 0..i.
HWY_INLINE std::uint64_t prefix_parity(std::uint64_t bits) {
  for (unsigned shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
  return bits;
}

HWY_INLINE std::uint64_t low_bits(std::size_t count) {
  return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

Survey SurveyBytes(const char* chars, std::size_t size, const Shape& shape) {
  const Bytes d;
  const auto* text = reinterpret_cast<const std::uint8_t*>(chars);
  const auto newline = hn::Set(d, static_cast<std::uint8_t>(shape.newline));
  const auto quote = hn::Set(d, static_cast<std::uint8_t>(shape.quote));
  const bool quoting = shape.quote != 0;
  auto every = hn::Zero(d);
  auto smallest = hn::Set(d, 0xFF);
  Survey result;
  result.first_newline[0] = result.first_newline[1] = size;
  std::uint64_t carry = 0;  // all ones inside quotes, for a start outside
  for (std::size_t base = 0; base < size; base += 64) {
    const std::uint64_t valid = low_bits(size - base);
    if (size - base >= 64) {
      for (std::size_t i = 0; i < 64; i += hn::Lanes(d)) {
        const auto bytes = hn::LoadU(d, text + base + i);
        every = hn::Or(every, bytes);
        smallest = hn::Min(smallest, bytes);
      }
    } else {
      for (std::size_t i = base; i < size; ++i) {
        result.beyond_ascii |= text[i] >= 0x80;
        result.zero_byte |= text[i] == 0;
      }
    }
    const std::uint64_t ends = equal_bits(text + base, newline) & valid;
    const std::uint64_t quotes = quoting ? equal_bits(text + base, quote) & valid : 0;
    std::uint64_t inside = carry;
    if (quotes != 0) {
      inside ^= prefix_parity(quotes);
      carry = (inside >> 63) != 0 ? ~std::uint64_t{0} : 0;
    }
    result.all_newlines += static_cast<std::uint64_t>(std::popcount(ends));
    const std::uint64_t outside[2] = {ends & ~inside, ends & inside};
    for (int state = 0; state < 2; ++state) {
      if (outside[state] != 0 && result.newlines[state] == 0) {
        result.first_newline[state] = base + static_cast<std::uint64_t>(std::countr_zero(outside[state]));
      }
      result.newlines[state] += static_cast<std::uint64_t>(std::popcount(outside[state]));
    }
  }
  result.odd_quotes = carry != 0;
  alignas(64) std::uint8_t lanes[64];
  hn::StoreU(every, d, lanes);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) result.beyond_ascii |= lanes[i] >= 0x80;
  hn::StoreU(smallest, d, lanes);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) result.zero_byte |= lanes[i] == 0;
  return result;
}

/// Writes the places of the set bits in groups of eight, as the number of groups is easier to foresee than
/// bits.
HWY_INLINE std::uint32_t list_bits(std::uint64_t bits, std::uint64_t newlines, std::uint32_t base,
                                   std::uint32_t* out) {
  const auto count = static_cast<std::uint32_t>(std::popcount(bits));
  for (std::uint32_t done = 0; done < count; done += 8) {
    for (std::uint32_t i = 0; i < 8; ++i) {
      const auto place = static_cast<std::uint32_t>(std::countr_zero(bits));
      const auto ends_row = static_cast<std::uint32_t>((newlines >> (place & 63)) & 1);
      out[done + i] = (base + place) | ends_row << 31;
      bits &= bits - 1;
    }
  }
  return count;
}

SeparatorScan ScanSeparators(const char* chars, std::uint32_t from, std::uint32_t to, const Shape& shape,
                             std::uint32_t* places, std::uint32_t capacity) {
  const Bytes d;
  const auto* text = reinterpret_cast<const std::uint8_t*>(chars);
  const auto newline = hn::Set(d, static_cast<std::uint8_t>(shape.newline));
  const auto delimiter = hn::Set(d, static_cast<std::uint8_t>(shape.delimiter));
  const auto quote = hn::Set(d, static_cast<std::uint8_t>(shape.quote));
  const auto carriage = hn::Set(d, std::uint8_t{'\r'});
  SeparatorScan scan;
  std::uint64_t carry = 0;        // all ones inside quotes
  std::uint64_t may_open = 1;     // the byte before was a separator or a closing quote
  std::uint64_t after_close = 0;  // the byte before was a closing quote
  std::uint32_t base = from;
  for (; base < to && scan.count < capacity; base += 64) {
    const std::uint64_t valid = low_bits(to - base);
    const std::uint64_t ends = equal_bits(text + base, newline) & valid;
    const std::uint64_t both = (equal_bits(text + base, delimiter) & valid) | ends;
    const std::uint64_t quotes = shape.quote == 0 ? 0 : equal_bits(text + base, quote) & valid;
    std::uint64_t separators = both;
    if ((quotes | carry | after_close) != 0) {
      scan.quotes = true;
      const std::uint64_t inside = prefix_parity(quotes) ^ carry;
      separators = both & ~inside;
      const std::uint64_t opens = quotes & inside;
      const std::uint64_t closes = quotes & ~inside;
      const std::uint64_t next_ends =
          (ends >> 1) | static_cast<std::uint64_t>(chars[base + 64] == shape.newline) << 63;
      const std::uint64_t returns = equal_bits(text + base, carriage) & next_ends & ~inside;
      const std::uint64_t wrong_open = opens & ~((separators | closes) << 1 | may_open);
      const std::uint64_t wrong_close = (closes << 1 | after_close) & ~(separators | opens | returns) & valid;
      const std::uint64_t wrong = wrong_open | wrong_close;
      if (wrong != 0) {
        const auto place = static_cast<std::uint32_t>(std::countr_zero(wrong));
        separators &= low_bits(place);
        scan.count += list_bits(separators, ends, base, places + scan.count);
        scan.irregular = true;
        scan.end = base + place;
        return scan;
      }
      carry = (inside >> 63) != 0 ? ~std::uint64_t{0} : 0;
      after_close = closes >> 63;
      may_open = (separators | closes) >> 63;
    } else {
      may_open = separators >> 63;
    }
    scan.count += list_bits(separators, ends, base, places + scan.count);
  }
  scan.end = base < to ? base : to;
  return scan;
}

#if HWY_TARGET == HWY_SCALAR

/// Without vectors every number is one of the others.
std::size_t ConvertPlainNumbers(const char*, const Field*, std::size_t, std::size_t rows, double*,
                                std::uint32_t* others, bool& saw_point) {
  for (std::size_t row = 0; row < rows; ++row) others[row] = static_cast<std::uint32_t>(row);
  saw_point = true;
  return rows;
}

#else

/// Row d moves the bytes before the point at d up by one place; row 16 leaves all where they are.
struct PointTable {
  alignas(16) std::uint8_t rows[17][16];
};
constexpr PointTable make_point_table() {
  PointTable table{};
  for (int point = 0; point < 17; ++point) {
    for (int i = 0; i < 16; ++i) {
      const int from = point < 16 && i <= point ? i - 1 : i;
      table.rows[point][i] = from < 0 ? 0x80 : static_cast<std::uint8_t>(from);
    }
  }
  return table;
}
constexpr PointTable kWithoutPoint = make_point_table();

alignas(64) constexpr std::uint8_t kKeep[32] = {
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

/// 10 to the number of digits after a point at d; a point at 16 is none.
constexpr double kScale[17] = {1e15, 1e14, 1e13, 1e12, 1e11, 1e10, 1e9, 1e8, 1e7,
                               1e6,  1e5,  1e4,  1e3,  1e2,  1e1,  1e0, 1e0};

std::size_t ConvertPlainNumbers(const char* text, const Field* fields, std::size_t stride, std::size_t rows,
                                double* out, std::uint32_t* others, bool& saw_point) {
  const hn::FixedTag<std::uint8_t, 16> d8;
  const hn::Repartition<std::uint16_t, decltype(d8)> d16;
  const hn::Repartition<std::uint32_t, decltype(d8)> d32;
  const hn::Repartition<std::uint64_t, decltype(d8)> d64;
  std::size_t other_count = 0;
  std::uint32_t points = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    const Field field = fields[row * stride];
    const char* first = text + field.begin;
    const std::uint32_t whole = field.size();
    const std::uint32_t minus = whole > 0 && *first == '-' ? 1 : 0;
    first += minus;
    const std::uint32_t size = whole - minus;
    bool wrong = size - 1 >= 16 || (field.bits & ~(Field::kSizeMask | Field::kQuoted)) != 0;
    const std::uint32_t length = size > 16 ? 16 : size;

    // The last 16 bytes that end with the cell, as digits, with zeros before it.
    const auto raw = hn::LoadU(d8, reinterpret_cast<const std::uint8_t*>(first + length) - 16);
    const auto keep = hn::LoadU(d8, kKeep + length);
    auto digits = hn::And(hn::Sub(raw, hn::Set(d8, std::uint8_t{'0'})), keep);
    alignas(8) std::uint8_t stored[16];
    hn::StoreMaskBits(d8, hn::Ne(hn::Min(digits, hn::Set(d8, std::uint8_t{9})), digits), stored);
    std::uint16_t strange;
    std::memcpy(&strange, stored, sizeof(strange));
    const auto point = static_cast<std::uint32_t>(std::countr_zero(strange | 0x10000U));
    const bool has_point = point < 16;
    wrong |=
        (strange & (strange - 1U)) != 0 || (has_point && first[static_cast<int>(length + point) - 16] != '.');
    points |= static_cast<std::uint32_t>(has_point);
    const std::uint32_t whole_digits = has_point ? point - (16 - length) : length;
    wrong |= length == static_cast<std::uint32_t>(has_point) || (whole_digits > 1 && *first == '0');

    digits = hn::TableLookupBytesOr0(digits, hn::Load(d8, kWithoutPoint.rows[point]));
    // Neighbours are joined: 16 digits, 8 pairs, 4 fours, 2 eights. The left one stands in the low half.
    const auto by_two = hn::BitCast(d16, digits);
    const auto pairs =
        hn::Add(hn::Mul(hn::And(by_two, hn::Set(d16, std::uint16_t{0xFF})), hn::Set(d16, std::uint16_t{10})),
                hn::ShiftRight<8>(by_two));
    const auto by_four = hn::BitCast(d32, pairs);
    const auto fours = hn::Add(hn::Mul(hn::And(by_four, hn::Set(d32, 0xFFFFU)), hn::Set(d32, 100U)),
                               hn::ShiftRight<16>(by_four));
    const auto by_eight = hn::BitCast(d64, fours);
    const auto eights = hn::Add(hn::MulEven(fours, hn::Set(d32, 10000U)), hn::ShiftRight<32>(by_eight));
    alignas(16) std::uint64_t halves[2];
    hn::Store(eights, d64, halves);
    const std::uint64_t mantissa = halves[0] * 100000000U + halves[1];
    wrong |= mantissa > (std::uint64_t{1} << 53);

    // Both are exact doubles, so one division gives the correctly rounded value (Clinger 1990).
    const double value = static_cast<double>(static_cast<std::int64_t>(mantissa)) / kScale[point];
    out[row] = minus != 0 ? -value : value;
    others[other_count] = static_cast<std::uint32_t>(row);
    other_count += wrong ? 1 : 0;
  }
  saw_point |= points != 0;
  return other_count;
}

#endif

}  // namespace everyml::csv::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace everyml::csv {

HWY_EXPORT(SurveyBytes);
HWY_EXPORT(ScanSeparators);
HWY_EXPORT(ConvertPlainNumbers);

Survey survey(const char* text, std::size_t size, const Shape& shape) {
  return HWY_DYNAMIC_DISPATCH(SurveyBytes)(text, size, shape);
}

SeparatorScan scan_separators(const char* text, std::uint32_t from, std::uint32_t to, const Shape& shape,
                              std::uint32_t* places, std::uint32_t capacity) {
  return HWY_DYNAMIC_DISPATCH(ScanSeparators)(text, from, to, shape, places, capacity);
}

std::size_t convert_plain_numbers(const char* text, const Field* fields, std::size_t stride, std::size_t rows,
                                  double* out, std::uint32_t* others, bool& saw_point) {
  return HWY_DYNAMIC_DISPATCH(ConvertPlainNumbers)(text, fields, stride, rows, out, others, saw_point);
}

}  // namespace everyml::csv
#endif
