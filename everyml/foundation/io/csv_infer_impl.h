#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "everyml/foundation/data/column.h"

namespace everyml::csv {

/// Ways to write a number; the order is the order of preference.
enum class NumberStyle : std::uint8_t {
  plain,              ///< 1234.5, 1e-3
  comma_groups,       ///< 1,234.5
  comma_decimal,      ///< 1234,5 and 1.234,5
  space_groups,       ///< 1 234.5
  space_comma,        ///< 1 234,5
  apostrophe_groups,  ///< 1'234.5
  apostrophe_comma,   ///< 1'234,5
};
inline constexpr int kNumberStyles = 7;
enum class BooleanWords : std::uint8_t { true_false, yes_no, t_f, y_n };
inline constexpr int kBooleanWords = 4;
enum class DateStyle : std::uint8_t {
  iso,          ///< 2024-02-29, 2024/02/29, 2024.02.29
  day_first,    ///< 29/02/2024, 29.02.2024, 29-02-2024
  month_first,  ///< 02/29/2024
  named_month,  ///< 29 Feb 2024, 29-Feb-2024, February 29, 2024
};
inline constexpr int kDateStyles = 4;

/// A set of styles, one bit each: numbers from bit 0, booleans from bit 8, dates from bit 16.
using Styles = std::uint32_t;
constexpr Styles style_bit(NumberStyle style) { return Styles{1} << static_cast<int>(style); }
constexpr Styles style_bit(BooleanWords words) { return Styles{1} << (8 + static_cast<int>(words)); }
constexpr Styles style_bit(DateStyle style) { return Styles{1} << (16 + static_cast<int>(style)); }
inline constexpr Styles kAnyNumber = (Styles{1} << kNumberStyles) - 1;
inline constexpr Styles kAnyBoolean = ((Styles{1} << kBooleanWords) - 1) << 8;
inline constexpr Styles kAnyDate = ((Styles{1} << kDateStyles) - 1) << 16;
/// Number styles whose decimal mark is a comma.
inline constexpr Styles kCommaNumbers = style_bit(NumberStyle::comma_decimal) |
                                        style_bit(NumberStyle::space_comma) |
                                        style_bit(NumberStyle::apostrophe_comma);

/// What one cell may be, and what made it not a number.
struct CellTraits {
  Styles styles = 0;
  bool point = false;         ///< a number with a point in it
  bool comma = false;         ///< a number with a comma in it
  bool leading_zero = false;  ///< digits that would lose a zero in front
  bool too_big = false;       ///< a whole number that a double cannot keep
  bool truth = false;         ///< of a boolean
  bool two_digit_year = false;
  bool zone = false;  ///< a time with its distance from UTC
  bool time = false;
};
CellTraits classify(std::string_view cell);
/// The part of it that concerns numbers.
void classify_number(std::string_view cell, CellTraits& traits);

/// The value, or nothing when the cell is not written like that. With `relaxed`, leading zeros and whole
/// numbers that a double only comes near to are taken as well.
std::optional<double> parse_number_as(std::string_view cell, NumberStyle style, bool relaxed = false);
std::optional<bool> parse_boolean_as(std::string_view cell, BooleanWords words);
struct DateCell {
  std::int64_t microseconds = 0;
  bool time = false;
  bool zone = false;
  bool two_digit_year = false;
};
std::optional<DateCell> parse_date_as(std::string_view cell, DateStyle style);

/// What all cells of a column agree on. Joining is commutative, so the order of cells does not matter.
class Evidence {
 public:
  void add(const CellTraits& traits);
  Styles styles() const { return any_ ? styles_ : 0; }
  bool any() const { return any_; }
  bool point() const { return point_; }
  bool comma() const { return comma_; }
  bool leading_zero() const { return leading_zero_; }
  bool too_big() const { return too_big_; }
  bool two_digit_year() const { return two_digit_year_; }
  bool zone() const { return zone_; }
  bool time() const { return time_; }
  /// Booleans in single letters count only when both letters occur: a column of F alone is not one of
  /// falsehoods.
  bool both_truths() const { return seen_true_ && seen_false_; }
  /// Every cell was a number, but for zeros in front or for size.
  bool nearly_number() const { return any_ && nearly_number_; }

 private:
  Styles styles_ = ~Styles{0};
  bool any_ = false, point_ = false, comma_ = false, leading_zero_ = false, too_big_ = false;
  bool two_digit_year_ = false, zone_ = false, time_ = false, seen_true_ = false, seen_false_ = false;
  bool nearly_number_ = true;
};

/// What the columns that leave no doubt say about the whole file.
struct FileEvidence {
  bool decimal_comma = false;
  bool day_first = false;
  bool month_first = false;
  char delimiter = ',';
  std::optional<char> decimal;  ///< as asked for
  void add(const Evidence& evidence);
};

struct Decision {
  enum class Kind : std::uint8_t { empty, number, boolean, date, text };
  Kind kind = Kind::text;
  NumberStyle number = NumberStyle::plain;
  BooleanWords words = BooleanWords::true_false;
  DateStyle date = DateStyle::iso;
  bool ambiguous = false;  ///< another style of the same kind fits every cell as well and gives other values
};
/// A pure function of the evidence. Plain numbers and day-first dates win where nothing decides.
Decision decide(const Evidence& evidence, const FileEvidence& file);

/// Cells that stand for "no value". Usual marks come in two kinds: strong ones are missing everywhere, weak
/// ones
/// ("none", "-", ...) only in columns that otherwise hold numbers, booleans or dates.
class MissingMarks {
 public:
  /// Marks given by the user are all strong.
  explicit MissingMarks(const std::optional<std::vector<std::string>>& given);
  /// Index of the mark, -1 when `cell` is none. The empty cell is always missing and has no index.
  int find(std::string_view cell) const {
    if (cell.size() > longest_ || cell.empty() || !first_[static_cast<std::uint8_t>(cell[0])]) return -1;
    return search(cell);
  }
  /// Marks named by the user may look like values, so they are looked for first.
  bool given() const { return given_; }
  bool strong(int index) const { return static_cast<std::size_t>(index) < strong_count_; }
  const std::string& text(int index) const { return marks_[static_cast<std::size_t>(index)]; }

 private:
  int search(std::string_view cell) const;
  std::vector<std::string> marks_;
  bool given_ = false;
  std::size_t strong_count_ = 0;
  std::size_t longest_ = 0;
  bool first_[256] = {};
};

/// The documented rule: few distinct values that come back often and are short.
/// `rows` and `bytes` count cells that are not missing and their length together.
bool looks_like_category(std::uint64_t distinct, std::uint64_t rows, std::uint64_t bytes);
/// With more distinct values than this the answer is no.
std::uint64_t most_levels(std::uint64_t rows);

}  // namespace everyml::csv
