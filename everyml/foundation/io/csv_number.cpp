#include <fast_float/fast_float.h>

#include <array>
#include <cmath>
#include <string>

#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/csv_infer_impl.h"

namespace everyml::csv {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

struct Marks {
  char decimal;
  char group;  ///< 0 when there are none
};
constexpr std::array<Marks, kNumberStyles> kMarks = {
    {{'.', 0}, {'.', ','}, {',', '.'}, {'.', ' '}, {',', ' '}, {'.', '\''}, {',', '\''}}};

constexpr std::size_t kLongestNumber = 400;

/// The cell with a plain blank for each of the two no-break blanks that stand between groups of digits
/// (U+00A0 and U+202F). False when the cell is too long for a number.
bool plain_blanks(std::string_view cell, std::string& out) {
  if (cell.size() > kLongestNumber) return false;
  out.clear();
  for (std::size_t i = 0; i < cell.size();) {
    if (cell.substr(i).starts_with("\xC2\xA0")) {
      out.push_back(' ');
      i += 2;
    } else if (cell.substr(i).starts_with("\xE2\x80\xAF")) {
      out.push_back(' ');
      i += 3;
    } else {
      out.push_back(cell[i++]);
    }
  }
  return true;
}

struct Shape10 {
  std::string plain;  ///< for fast_float: sign, digits, point, exponent
  bool fits = false;
  bool leading_zero = false;
  bool whole = false;  ///< no decimals and no exponent
  bool decimal_mark = false;
  bool grouped = false;
};

/// Takes groups of digits: plain digits, or 1 to 3 digits and then marked groups of 3.
bool take_whole_part(std::string_view& rest, char group, Shape10& shape) {
  const std::size_t before = shape.plain.size();
  std::size_t run = 0;
  while (run < rest.size() && digit(rest[run])) ++run;
  shape.plain.append(rest.substr(0, run));
  rest.remove_prefix(run);
  if (group != 0 && !rest.empty() && rest[0] == group && run >= 1 && run <= 3) {
    while (!rest.empty() && rest[0] == group) {
      if (rest.size() < 4 || !digit(rest[1]) || !digit(rest[2]) || !digit(rest[3])) return false;
      if (rest.size() > 4 && digit(rest[4])) return false;
      shape.plain.append(rest.substr(1, 3));
      rest.remove_prefix(4);
      shape.grouped = true;
    }
  }
  shape.leading_zero = shape.plain.size() - before > 1 && shape.plain[before] == '0';
  return true;
}

Shape10 number_shape(std::string_view cell, Marks marks) {
  Shape10 shape;
  std::string_view rest = cell;
  if (!rest.empty() && (rest[0] == '-' || rest[0] == '+')) {
    if (rest[0] == '-') shape.plain.push_back('-');
    rest.remove_prefix(1);
  }
  const std::size_t start = shape.plain.size();
  if (!take_whole_part(rest, marks.group, shape)) return shape;
  std::size_t digits = shape.plain.size() - start;
  shape.whole = true;
  if (!rest.empty() && rest[0] == marks.decimal) {
    shape.whole = false;
    shape.decimal_mark = true;
    if (digits == 0) shape.plain.push_back('0');
    shape.plain.push_back('.');
    rest.remove_prefix(1);
    const std::size_t before = shape.plain.size();
    while (!rest.empty() && digit(rest[0])) {
      shape.plain.push_back(rest[0]);
      rest.remove_prefix(1);
    }
    digits += shape.plain.size() - before;
    if (shape.plain.size() == before) shape.plain.push_back('0');
  }
  if (digits == 0) return shape;
  if (!rest.empty() && (rest[0] == 'e' || rest[0] == 'E')) {
    shape.whole = false;
    std::string_view exponent = rest.substr(1);
    const bool sign = !exponent.empty() && (exponent[0] == '-' || exponent[0] == '+');
    const std::string_view figures = exponent.substr(sign ? 1 : 0);
    std::size_t run = 0;
    while (run < figures.size() && digit(figures[run])) ++run;
    if (run == 0) return shape;
    shape.plain.push_back('e');
    shape.plain.append(exponent.substr(0, run + (sign ? 1 : 0)));
    rest = figures.substr(run);
  }
  shape.fits = rest.empty();
  return shape;
}

std::optional<double> infinity_word(std::string_view cell) {
  const bool minus = !cell.empty() && cell[0] == '-';
  if (!cell.empty() && (cell[0] == '-' || cell[0] == '+')) cell.remove_prefix(1);
  if (cell.size() != 3 && cell.size() != 8) return std::nullopt;
  const std::string word = to_lower_ascii(cell);
  if (word != "inf" && word != "infinity") return std::nullopt;
  return minus ? -HUGE_VAL : HUGE_VAL;
}

struct Reading {
  std::optional<double> value;
  bool too_big = false;
};

Reading read_shape(const Shape10& shape) {
  Reading reading;
  double value = 0.0;
  const char* first = shape.plain.data();
  const char* last = first + shape.plain.size();
  // It takes the shape whole; what is out of range comes as infinity or as zero.
  fast_float::from_chars(first, last, value);
  if (!std::isfinite(value)) return reading;
  // A number below the smallest double must not turn into zero.
  const std::string_view mantissa = std::string_view(shape.plain).substr(0, shape.plain.find('e'));
  if (value == 0.0 && mantissa.find_first_of("123456789") != std::string_view::npos) return reading;
  reading.too_big = shape.whole && std::fabs(value) > 9007199254740992.0;
  // 2^53 itself is also what 2^53 + 1 rounds to.
  if (shape.whole && std::fabs(value) == 9007199254740992.0) {
    const std::string_view text = shape.plain;
    reading.too_big = text.find("9007199254740992") == std::string_view::npos;
  }
  reading.value = value;
  return reading;
}

}  // namespace

std::optional<double> parse_number_as(std::string_view cell, NumberStyle style, bool relaxed) {
  cell = trim(cell);
  std::string text;
  if (!plain_blanks(cell, text)) return std::nullopt;
  const Shape10 shape = number_shape(text, kMarks[static_cast<std::size_t>(style)]);
  if (!shape.fits) return infinity_word(cell);
  if (shape.leading_zero && !relaxed) return std::nullopt;
  const Reading reading = read_shape(shape);
  if (reading.too_big && !relaxed) return std::nullopt;
  return reading.value;
}

void classify_number(std::string_view cell, CellTraits& traits) {
  std::string text;
  if (cell.empty() || !plain_blanks(cell, text)) return;
  for (int style = 0; style < kNumberStyles; ++style) {
    const Marks marks = kMarks[static_cast<std::size_t>(style)];
    const Shape10 shape = number_shape(text, marks);
    if (!shape.fits) continue;
    const Reading reading = read_shape(shape);
    if (!reading.value.has_value()) continue;
    traits.leading_zero |= shape.leading_zero;
    traits.too_big |= reading.too_big;
    if (shape.leading_zero || reading.too_big) continue;
    traits.styles |= style_bit(static_cast<NumberStyle>(style));
    traits.point |= (shape.decimal_mark && marks.decimal == '.') || (shape.grouped && marks.group == '.');
    traits.comma |= (shape.decimal_mark && marks.decimal == ',') || (shape.grouped && marks.group == ',');
  }
  if (traits.styles == 0 && infinity_word(cell).has_value()) traits.styles |= kAnyNumber;
}

}  // namespace everyml::csv
