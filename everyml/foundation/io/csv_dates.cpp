#include <array>

#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/csv_infer_impl.h"

namespace everyml::csv {
namespace {

constexpr std::int64_t kSecond = 1000000;
constexpr std::int64_t kFirstMoment = -62135596800LL * kSecond;     ///< 0001-01-01
constexpr std::int64_t kLastMoment = 253402300800LL * kSecond - 1;  ///< the end of 9999-12-31

/// Reads from the front of a cell; every function leaves the rest untouched when it finds nothing.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}
  bool done() const { return rest_.empty(); }
  char peek() const { return rest_.empty() ? '\0' : rest_[0]; }
  bool take(char c) {
    if (peek() != c) return false;  // at the end peek gives 0, which is never wanted
    rest_.remove_prefix(1);
    return true;
  }
  /// A number of `least` to `most` digits, with no digit after it.
  std::optional<int> number(std::size_t least, std::size_t most) {
    std::size_t run = 0;
    int value = 0;
    while (run < rest_.size() && rest_[run] >= '0' && rest_[run] <= '9') {
      if (run == most) return std::nullopt;
      value = value * 10 + (rest_[run++] - '0');
    }
    if (run < least) return std::nullopt;
    rest_.remove_prefix(run);
    digits_ = run;
    return value;
  }
  std::size_t digits() const { return digits_; }
  std::string word() {
    std::size_t run = 0;
    while (run < rest_.size() && ((rest_[run] | 0x20) >= 'a' && (rest_[run] | 0x20) <= 'z')) ++run;
    const std::string result = to_lower_ascii(rest_.substr(0, run));
    rest_.remove_prefix(run);
    return result;
  }

 private:
  std::string_view rest_;
  std::size_t digits_ = 0;
};

bool leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

bool valid_date(int year, int month, int day) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const int days = kDays[static_cast<std::size_t>(month - 1)] + (month == 2 && leap(year) ? 1 : 0);
  return day <= days;
}

/// Month of an English name or its first three letters ("sept" as well); 0 for none.
int month_of(const std::string& word) {
  constexpr std::array<std::string_view, 12> kNames = {"january",   "february", "march",    "april",
                                                       "may",       "june",     "july",     "august",
                                                       "september", "october",  "november", "december"};
  if (word == "sept") return 9;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (word == kNames[i] || word == kNames[i].substr(0, 3)) return static_cast<int>(i) + 1;
  }
  return 0;
}

/// "12:30", "12:30:05", "12:30:05.25", with AM or PM, with Z or a distance from UTC. Nothing may follow.
/// More than six decimals are taken only when the rest are zeros, since the seventh would be lost.
bool take_time(Scanner& in, DateCell& out) {
  auto hour = in.number(1, 2);
  if (!hour || !in.take(':')) return false;
  const auto minute = in.number(2, 2);
  if (!minute) return false;
  int second = 0;
  std::int64_t micro = 0;
  if (in.take(':')) {
    const auto value = in.number(2, 2);
    if (!value) return false;
    second = *value;
    if (in.peek() == '.' || in.peek() == ',') {
      in.take(in.peek());
      std::int64_t scale = 100000;
      std::size_t count = 0;
      for (; in.peek() >= '0' && in.peek() <= '9'; ++count) {
        const char figure = in.peek();
        if (scale == 0 && figure != '0') return false;
        micro += (figure - '0') * scale;
        scale /= 10;
        in.take(figure);
      }
      if (count == 0) return false;
    }
  }
  while (in.take(' ')) {
  }
  if ((in.peek() | 0x20) == 'a' || (in.peek() | 0x20) == 'p') {
    const std::string half = in.word();
    if ((half != "am" && half != "pm") || *hour < 1 || *hour > 12) return false;
    *hour = *hour % 12 + (half == "pm" ? 12 : 0);
  }
  std::int64_t offset = 0;
  if (in.take('Z') || in.take('z')) {
    out.zone = true;
  } else if (in.peek() == '+' || in.peek() == '-') {
    const std::int64_t sign = in.peek() == '-' ? -1 : 1;
    in.take(in.peek());
    const auto together = in.number(2, 4);
    if (!together || in.digits() == 3) return false;
    int hours = *together;
    int minutes = 0;
    if (in.digits() == 4) {
      minutes = hours % 100;
      hours /= 100;
    } else if (in.take(':')) {
      const auto value = in.number(2, 2);
      if (!value) return false;
      minutes = *value;
    }
    if (hours > 18 || minutes > 59) return false;
    offset = sign * (hours * 3600LL + minutes * 60LL) * kSecond;
    out.zone = true;
  }
  if (!in.done() || *hour > 23 || *minute > 59 || second > 59) return false;
  out.time = true;
  out.microseconds += (*hour * 3600LL + *minute * 60LL + second) * kSecond + micro - offset;
  return true;
}

std::optional<DateCell> finish(Scanner& in, int year, int month, int day, DateCell out) {
  if (!valid_date(year, month, day)) return std::nullopt;
  out.microseconds = microseconds_of({.year = year, .month = month, .day = day});
  if (in.done()) return out;
  if (!in.take('T') && !in.take('t')) {
    if (!in.take(' ')) return std::nullopt;
    while (in.take(' ')) {
    }
  }
  if (!take_time(in, out)) return std::nullopt;
  // A distance from UTC may lead out of the years that can be written.
  if (out.microseconds < kFirstMoment || out.microseconds > kLastMoment) return std::nullopt;
  return out;
}

/// Years of two digits: 69 to 99 are of the twentieth century, 00 to 68 of the next, as POSIX strptime has
/// it.
int full_year(int year, std::size_t digits, DateCell& out) {
  if (digits == 4) return year;
  out.two_digit_year = true;
  return year + (year >= 69 ? 1900 : 2000);
}

std::optional<DateCell> parse_iso(std::string_view cell) {
  Scanner in(cell);
  const auto year = in.number(4, 4);
  const char mark = in.peek();
  if (!year || (mark != '-' && mark != '/' && mark != '.')) return std::nullopt;
  in.take(mark);
  const auto month = in.number(1, 2);
  if (!month || !in.take(mark)) return std::nullopt;
  const auto day = in.number(1, 2);
  if (!day) return std::nullopt;
  return finish(in, *year, *month, *day, {});
}

std::optional<DateCell> parse_numeric(std::string_view cell, bool day_first) {
  Scanner in(cell);
  const auto first = in.number(1, 2);
  const char mark = in.peek();
  if (!first || (mark != '-' && mark != '/' && mark != '.')) return std::nullopt;
  // With points only the order day, month, year is in use.
  if (mark == '.' && !day_first) return std::nullopt;
  in.take(mark);
  const auto second = in.number(1, 2);
  if (!second || !in.take(mark)) return std::nullopt;
  const auto year = in.number(2, 4);
  if (!year || in.digits() == 3) return std::nullopt;
  // 01-02-03 may also be year, month, day: not taken for a date.
  if (in.digits() == 2 && mark == '-') return std::nullopt;
  DateCell out;
  const int whole_year = full_year(*year, in.digits(), out);
  return day_first ? finish(in, whole_year, *second, *first, out)
                   : finish(in, whole_year, *first, *second, out);
}

std::optional<DateCell> parse_named(std::string_view cell) {
  Scanner in(cell);
  int month = 0;
  std::optional<int> day = in.number(1, 2);
  if (day) {
    const char mark = in.peek();
    if (mark != ' ' && mark != '-') return std::nullopt;
    in.take(mark);
    month = month_of(in.word());
    in.take('.');
    if (month == 0 || !in.take(mark)) return std::nullopt;
  } else {
    month = month_of(in.word());
    in.take('.');
    if (month == 0 || !in.take(' ')) return std::nullopt;
    day = in.number(1, 2);
    if (!day) return std::nullopt;
    in.take(',');
    if (!in.take(' ')) return std::nullopt;
  }
  const auto year = in.number(4, 4);
  if (!year) return std::nullopt;
  return finish(in, *year, month, *day, {});
}

}  // namespace

std::optional<DateCell> parse_date_as(std::string_view cell, DateStyle style) {
  constexpr std::size_t kLongestDate = 48;
  cell = trim(cell);
  if (cell.size() < 6 || cell.size() > kLongestDate) return std::nullopt;
  switch (style) {
    case DateStyle::iso:
      return parse_iso(cell);
    case DateStyle::day_first:
      return parse_numeric(cell, true);
    case DateStyle::month_first:
      return parse_numeric(cell, false);
    case DateStyle::named_month:
      break;
  }
  return parse_named(cell);
}

}  // namespace everyml::csv
