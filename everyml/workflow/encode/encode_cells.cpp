#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <numbers>

#include "everyml/foundation/base/text.h"
#include "everyml/workflow/encode/encoder_impl.h"

namespace everyml::encode_detail {
namespace {

// A table half full that needs more steps was made to; its levels are then found by halving.
constexpr std::size_t kLongestProbe = 64;

std::size_t slot_of(std::string_view text, std::size_t slots) {
  return static_cast<std::size_t>(XXH3_64bits(text.data(), text.size())) & (slots - 1);
}

/// Reads a run of digits of exactly `width`; moves `text` behind it.
std::optional<int> digits(std::string_view& text, std::size_t width) {
  if (text.size() < width) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(width);
  return value;
}

bool skip(std::string_view& text, char wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(1);
  return true;
}

int days_in_month(int year, int month) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return kDays[static_cast<std::size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

/// The part behind the day: " 13:45", "T13:45:00", with fractions of a second and "Z".
bool read_time(std::string_view text, CivilTime& time) {
  if (!skip(text, ' ') && !skip(text, 'T')) return false;
  const auto hour = digits(text, 2);
  if (!hour || !skip(text, ':')) return false;
  const auto minute = digits(text, 2);
  if (!minute || *hour > 23 || *minute > 59) return false;
  time.hour = *hour;
  time.minute = *minute;
  if (skip(text, ':')) {
    const auto second = digits(text, 2);
    if (!second || *second > 59) return false;
    time.second = *second;
    if (skip(text, '.')) {
      int unit = 100'000, read = 0;
      for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), ++read, unit /= 10) {
        time.microsecond += (text[0] - '0') * unit;
      }
      if (read == 0 || read > 9) return false;
    }
  }
  skip(text, 'Z');
  return text.empty();
}

template <int N>
std::array<std::array<double, 2>, N> circle() {
  std::array<std::array<double, 2>, N> points;
  for (int i = 0; i < N; ++i) {
    const double angle = 2 * std::numbers::pi * i / N;
    points[static_cast<std::size_t>(i)] = {std::sin(angle), std::cos(angle)};
  }
  return points;
}

constexpr double kDayMicroseconds = 86'400e6;

/// Features of one date in the order of date_names.
std::size_t date_values(std::int64_t date, std::int64_t earliest, bool parts, bool has_time,
                        std::array<double, 9>& out) {
  static const auto months = circle<12>();
  static const auto weekdays = circle<7>();
  std::size_t n = 0;
  if (parts) {
    const CivilTime time = civil_time(date);
    const auto& month = months[static_cast<std::size_t>(time.month - 1)];
    const auto& weekday = weekdays[static_cast<std::size_t>(time.weekday)];
    out[n++] = time.year;
    out[n++] = month[0];
    out[n++] = month[1];
    out[n++] = time.day;
    out[n++] = weekday[0];
    out[n++] = weekday[1];
    if (has_time) {
      const double seconds = (time.hour * 60 + time.minute) * 60 + time.second + time.microsecond / 1e6;
      const double angle = 2 * std::numbers::pi * seconds / 86'400;
      out[n++] = std::sin(angle);
      out[n++] = std::cos(angle);
    }
  }
  out[n++] = (static_cast<double>(date) - static_cast<double>(earliest)) / kDayMicroseconds;
  return n;
}

void code_numbers(const Plan& plan, std::span<const double> cells, bool keep, const Scale& scale, double* out,
                  std::size_t stride) {
  const double fill = keep ? kMissing : plan.fill;
  const double mean = scale.mean[0], width = scale.scale[0];
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const double value = std::isfinite(cells[i]) ? cells[i] : fill;
    out[i * stride] = (value - mean) / width;
  }
  if (!plan.indicator) return;
  const double off = scale.off[1], on = scale.on[1];
  for (std::size_t i = 0; i < cells.size(); ++i) out[i * stride + 1] = std::isfinite(cells[i]) ? off : on;
}

void code_flags(const Plan& plan, std::span<const std::int32_t> codes, const Scale& scale, double* out,
                std::size_t stride) {
  const std::size_t missing = plan.features - 1;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    double* row = out + i * stride;
    std::copy_n(scale.off.begin(), plan.features, row);
    if (codes[i] >= 0) {
      const auto code = static_cast<std::size_t>(codes[i]);
      const std::size_t flag = plan.way == Way::hashed ? static_cast<std::size_t>(plan.hashed[code]) : code;
      row[flag] = scale.on[flag];
    } else if (plan.indicator) {
      row[missing] = scale.on[missing];
    }
  }
}

void code_dates(const Plan& plan, std::span<const std::int64_t> dates, bool keep, const Scale& scale,
                double* out, std::size_t stride) {
  const std::size_t parts = plan.features - (plan.indicator ? 1 : 0);
  std::array<double, 9> values{};
  for (std::size_t i = 0; i < dates.size(); ++i) {
    double* row = out + i * stride;
    const bool missing = dates[i] == kMissingDate;
    if (missing && keep) {
      std::fill_n(row, parts, kMissing);
    } else {
      date_values(missing ? plan.date_fill : dates[i], plan.earliest, parts > 1, plan.column.has_time,
                  values);
      for (std::size_t p = 0; p < parts; ++p) row[p] = (values[p] - scale.mean[p]) / scale.scale[p];
    }
    if (plan.indicator) row[parts] = missing ? scale.on[parts] : scale.off[parts];
  }
}

}  // namespace

LevelIndex::LevelIndex(std::span<const std::string> levels) {
  slots_.assign(std::bit_ceil(levels.size() * 2 + 1), -1);
  std::vector<std::pair<std::pair<double, bool>, std::int32_t>> found;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    std::size_t slot = slot_of(levels[i], slots_.size());
    std::size_t steps = 0;
    while (slots_[slot] >= 0 && ++steps <= kLongestProbe) slot = (slot + 1) & (slots_.size() - 1);
    if (steps > kLongestProbe) {
      slots_.clear();
      break;
    }
    slots_[slot] = static_cast<std::int32_t>(i);
  }
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (const auto number = number_of(levels[i])) {
      // "7" is nearer to the number 7 than "7.0" or "007" is.
      found.push_back({{*number, format_number(*number) != levels[i]}, static_cast<std::int32_t>(i)});
    }
  }
  std::sort(found.begin(), found.end());
  for (const auto& [key, code] : found) {
    if (numbers_.empty() || numbers_.back().first != key.first) numbers_.emplace_back(key.first, code);
  }
}

std::int32_t LevelIndex::find(std::string_view text, std::span<const std::string> levels) const {
  if (slots_.empty()) {
    const auto at = std::lower_bound(levels.begin(), levels.end(), text);
    return at != levels.end() && *at == text ? static_cast<std::int32_t>(at - levels.begin()) : kMissingCode;
  }
  for (std::size_t slot = slot_of(text, slots_.size()); slots_[slot] >= 0;
       slot = (slot + 1) & (slots_.size() - 1)) {
    if (levels[static_cast<std::size_t>(slots_[slot])] == text) return slots_[slot];
  }
  return kMissingCode;
}

std::int32_t LevelIndex::find(double number) const {
  const auto at = std::lower_bound(numbers_.begin(), numbers_.end(), number,
                                   [](const auto& entry, double value) { return entry.first < value; });
  return at != numbers_.end() && at->first == number ? at->second : kMissingCode;
}

void code_cells(const Plan& plan, const Cells& cells, bool keep_missing, const Scale& scale, double* out,
                std::size_t stride) {
  switch (plan.way) {
    case Way::number:
    case Way::boolean:
      return code_numbers(plan, cells.numbers, keep_missing, scale, out, stride);
    case Way::flags:
    case Way::hashed:
      return code_flags(plan, cells.codes, scale, out, stride);
    case Way::targets:
      return code_targets(plan, cells.codes, {}, plan.codes, keep_missing, scale, out, stride);
    case Way::codes:
      for (std::size_t i = 0; i < cells.codes.size(); ++i) {
        out[i * stride] = cells.codes[i] < 0 ? kMissing : cells.codes[i];
      }
      return;
    case Way::date:
      return code_dates(plan, cells.dates, keep_missing, scale, out, stride);
    case Way::text:
      return;
  }
}

void code_targets(const Plan& plan, std::span<const std::int32_t> codes, std::span<const std::int32_t> fold,
                  std::span<const double> tables, bool keep_missing, const Scale& scale, double* out,
                  std::size_t stride) {
  const std::size_t outputs = plan.features - (plan.indicator ? 1 : 0);
  const std::size_t levels = plan.column.levels.size();
  for (std::size_t i = 0; i < codes.size(); ++i) {
    double* row = out + i * stride;
    const bool missing = codes[i] < 0;
    const std::size_t level = missing ? levels : static_cast<std::size_t>(codes[i]);
    const std::size_t table = fold.empty() ? 0 : static_cast<std::size_t>(fold[i]);
    const double* code = tables.data() + (table * (levels + 1) + level) * outputs;
    for (std::size_t k = 0; k < outputs; ++k) {
      row[k] = missing && keep_missing ? kMissing : (code[k] - scale.mean[k]) / scale.scale[k];
    }
    if (plan.indicator) row[outputs] = missing ? scale.on[outputs] : scale.off[outputs];
  }
}

std::size_t date_features(const ColumnSchema& column, bool parts) {
  return parts ? (column.has_time ? 9 : 7) : 1;
}

std::vector<std::string> date_names(const ColumnSchema& column, bool parts) {
  std::vector<std::string> names;
  const auto add = [&](const char* part) { names.push_back(column.name + "." + part); };
  if (parts) {
    for (const char* part : {"year", "month (sin)", "month (cos)", "day", "weekday (sin)", "weekday (cos)"})
      add(part);
    if (column.has_time) {
      add("hour (sin)");
      add("hour (cos)");
    }
  }
  add("days");
  return names;
}

std::optional<double> number_of(std::string_view text) {
  const auto number = parse_number(trim(text));
  return number && std::isfinite(*number) ? number : std::nullopt;
}

std::optional<double> boolean_of(std::string_view text) {
  text = trim(text);
  const auto is = [&](std::string_view word) {
    return text.size() == word.size() &&
           std::equal(text.begin(), text.end(), word.begin(),
                      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
  };
  for (const std::string_view word : {"true", "yes", "t", "y", "1"}) {
    if (is(word)) return 1.0;
  }
  for (const std::string_view word : {"false", "no", "f", "n", "0"}) {
    if (is(word)) return 0.0;
  }
  return std::nullopt;
}

std::optional<std::int64_t> date_of(std::string_view text) {
  text = trim(text);
  CivilTime time{};
  const auto year = digits(text, 4);
  if (!year || !skip(text, '-')) return std::nullopt;
  const auto month = digits(text, 2);
  if (!month || *month < 1 || *month > 12 || !skip(text, '-')) return std::nullopt;
  const auto day = digits(text, 2);
  if (!day || *day < 1 || *day > days_in_month(*year, *month)) return std::nullopt;
  time.year = *year;
  time.month = *month;
  time.day = *day;
  if (!text.empty() && !read_time(text, time)) return std::nullopt;
  return microseconds_of(time);
}

}  // namespace everyml::encode_detail
