#include <fmt/format.h>

#include "everyml/foundation/data/column.h"

namespace everyml {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;
/// Days of 400 Gregorian years, after which the calendar repeats.
constexpr std::int64_t kEraDays = 146'097;
/// Days from 0000-03-01 to 1970-01-01.
constexpr std::int64_t kEpochDays = 719'468;

std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

/// Days since 1970-01-01. Years are counted from March, so that the leap day is the last of its year and the
/// days before each month follow one linear formula (Richards, "Calendars", Explanatory Supplement to the
/// Astronomical Almanac, 2013).
std::int64_t days_from_civil(std::int64_t year, int month, int day) {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = floor_divide(y, 400);
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t month_from_march = (month + 9) % 12;
  const std::int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * kEraDays + day_of_era - kEpochDays;
}

void set_civil_day(std::int64_t days, CivilTime& time) {
  const std::int64_t shifted = days + kEpochDays;
  const std::int64_t era = floor_divide(shifted, kEraDays);
  const std::int64_t day_of_era = shifted - era * kEraDays;
  // Take out the leap days before dividing by 365: one per 1461 days, less one per century, plus one per era.
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  time.day = static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  time.month = static_cast<int>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  time.year = static_cast<int>(year_of_era + era * 400 + (time.month <= 2 ? 1 : 0));
}

}  // namespace

CivilTime civil_time(std::int64_t microseconds) {
  const std::int64_t days = floor_divide(microseconds, kDay);
  // Not days * kDay: near the ends of the range the start of the day itself does not fit.
  std::int64_t rest = microseconds % kDay;
  if (rest < 0) rest += kDay;
  CivilTime time{};
  set_civil_day(days, time);
  time.microsecond = static_cast<int>(rest % kSecond);
  const std::int64_t seconds = rest / kSecond;
  time.hour = static_cast<int>(seconds / 3600);
  time.minute = static_cast<int>(seconds / 60 % 60);
  time.second = static_cast<int>(seconds % 60);
  const std::int64_t weekday = (days + 3) % 7;  // 1970-01-01 was a Thursday
  time.weekday = static_cast<int>(weekday < 0 ? weekday + 7 : weekday);
  time.yearday = static_cast<int>(days - days_from_civil(time.year, 1, 1)) + 1;
  return time;
}

std::int64_t microseconds_of(const CivilTime& time) {
  const std::int64_t days = days_from_civil(time.year, time.month, time.day);
  const std::int64_t seconds = (time.hour * 60 + time.minute) * 60 + time.second;
  return days * kDay + seconds * kSecond + time.microsecond;
}

std::string format_date(std::int64_t microseconds, bool with_time) {
  if (microseconds == kMissingDate) return {};
  const CivilTime time = civil_time(microseconds);
  std::string text = fmt::format("{:04}-{:02}-{:02}", time.year, time.month, time.day);
  if (!with_time) return text;
  text += fmt::format(" {:02}:{:02}:{:02}", time.hour, time.minute, time.second);
  if (time.microsecond == 0) return text;
  text += fmt::format(".{:06}", time.microsecond);
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

}  // namespace everyml
