#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace everyml::csv {

/// Bytes that must be readable (of any value) before and after a text given to the scanners.
inline constexpr std::size_t kPadding = 64;

/// The three bytes that give a text its shape. `quote` 0 means that there are no quotes.
struct Shape {
  char delimiter = ',';
  char quote = '"';
  char newline = '\n';
};

/// Where one cell stands in a text, and what it needs before it can be read.
struct Field {
  static constexpr std::uint32_t kQuoted = 1U << 31;  ///< begin and size exclude the quotes
  static constexpr std::uint32_t kEscaped =
      1U << 30;  ///< from after the opening quote to the end of the cell, raw
  static constexpr std::uint32_t kStray = 1U << 29;   ///< something but blanks follows the closing quote
  static constexpr std::uint32_t kBlanks = 1U << 28;  ///< blanks stood around the quotes
  static constexpr std::uint32_t kSizeMask = kBlanks - 1;

  std::uint32_t begin = 0;
  std::uint32_t bits = 0;

  std::uint32_t size() const { return bits & kSizeMask; }
  bool quoted() const { return (bits & (kQuoted | kEscaped)) != 0; }
};

/// A row may not be longer than this, so that its cells fit into a Field.
inline constexpr std::size_t kLargestRow = std::size_t{1} << 28;

/// What a range of bytes holds, for a range that starts outside quotes [0] and for one that starts inside
/// [1].
struct Survey {
  std::uint64_t newlines[2] = {0, 0};       ///< outside quotes
  std::uint64_t first_newline[2] = {0, 0};  ///< place of the first of them; the size when there is none
  std::uint64_t all_newlines = 0;
  bool odd_quotes = false;
  bool beyond_ascii = false;
  bool zero_byte = false;
};
Survey survey(const char* text, std::size_t size, const Shape& shape);

/// Separators outside quotes from a row's start on. Each is a place, with kNewlineBit set when it ends a row.
inline constexpr std::uint32_t kNewlineBit = 1U << 31;
struct SeparatorScan {
  std::uint32_t count = 0;
  std::uint32_t end = 0;   ///< every separator before this place is listed
  bool irregular = false;  ///< a quote at `end` does not stand where RFC 4180 wants it
  bool quotes = false;     ///< some quote was seen
};
/// Room needed beyond `capacity` in `places`.
inline constexpr std::size_t kScanSlack = 72;
SeparatorScan scan_separators(const char* text, std::uint32_t from, std::uint32_t to, const Shape& shape,
                              std::uint32_t* places, std::uint32_t capacity);

/// Reads plain decimal numbers of up to 16 characters exactly: digits with at most one point and a minus
/// sign. Row r is fields[r * stride]. A row that is anything else is listed in `others` (room for rows + 1)
/// and its value is undefined. Returns how many others there are; `saw_point` is set when some number has a
/// point.
std::size_t convert_plain_numbers(const char* text, const Field* fields, std::size_t stride, std::size_t rows,
                                  double* out, std::uint32_t* others, bool& saw_point);

}  // namespace everyml::csv
