#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "everyml/workflow/report/numbers_impl.h"

namespace everyml::report_impl {
namespace {

constexpr const char* kDash = "–";
constexpr double kDayMicroseconds = 86400e6;
/// Beyond the years 1 to 9999 a number is no date.
constexpr double kEarliest = -62135596800e6, kLatest = 253402300799e6;

/// Commas between thousands, the typographic minus. Four digits stay together: they are often years.
std::string dressed(const std::string& plain) {
  const std::size_t begin = plain.starts_with('-') ? 1 : 0;
  const std::size_t end = std::min(plain.find('.'), plain.size());
  std::string out = begin ? "−" : "";
  const bool grouped = end - begin > 4;
  for (std::size_t i = begin; i < plain.size(); ++i) {
    if (grouped && i > begin && i < end && (end - i) % 3 == 0) out += ',';
    out += plain[i];
  }
  return out;
}

std::string without_trailing_zeros(std::string digits) {
  if (digits.find('.') == std::string::npos) return digits;
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.ends_with('.')) digits.pop_back();
  return digits;
}

std::string raised(int exponent) {
  static constexpr const char* kRaised[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string out = exponent < 0 ? "⁻" : "";
  for (const char digit : std::to_string(std::abs(exponent))) out += kRaised[digit - '0'];
  return out;
}

int exponent_of(double value) { return static_cast<int>(std::floor(std::log10(std::abs(value)))); }

}  // namespace

std::string figure(double value, int digits) {
  if (std::isnan(value)) return kDash;
  if (std::isinf(value)) return value > 0 ? "∞" : "−∞";
  if (value == 0) return "0";
  const int exponent = exponent_of(value);
  if (exponent < -4 || exponent >= 15) {
    const std::string scientific = fmt::format("{:.{}e}", value, digits - 1);
    const std::size_t e = scientific.find('e');
    return dressed(without_trailing_zeros(scientific.substr(0, e))) + " × 10" +
           raised(std::stoi(scientific.substr(e + 1)));
  }
  const bool whole = value == std::floor(value);
  const int decimals = whole ? 0 : std::max(0, digits - 1 - exponent);
  return dressed(without_trailing_zeros(fmt::format("{:.{}f}", value, decimals)));
}

int shared_decimals(const std::vector<double>& values, int digits) {
  double largest = 0;
  for (const double value : values) {
    if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
  }
  return largest > 0 ? std::clamp(digits - 1 - exponent_of(largest), 0, 8) : 0;
}

std::string figure_with(double value, int decimals) {
  if (std::isnan(value)) return kDash;
  return std::abs(value) < 1e15 ? dressed(fmt::format("{:.{}f}", value, decimals)) : figure(value);
}

std::string count(std::uint64_t value) { return dressed(std::to_string(value)); }

std::string percent(double share) {
  if (!std::isfinite(share)) return kDash;
  const double hundred = 100 * share;
  if (hundred > 0 && hundred < 0.05) return "<\u00a00.1\u00a0%";
  if (hundred < 100 && hundred >= 99.95) return ">\u00a099.9\u00a0%";
  return dressed(without_trailing_zeros(fmt::format("{:.1f}", hundred))) + "\u00a0%";
}

std::string probability(double p) {
  if (!std::isfinite(p)) return kDash;
  return p < 0.001 ? "< 0.001" : fmt::format("{:.3f}", p);
}

std::string seconds(double value) {
  if (!std::isfinite(value)) return kDash;
  if (value < 0.001) return "< 1 ms";
  if (value < 1) return fmt::format("{:.0f} ms", 1000 * value);
  if (value < 100) return without_trailing_zeros(fmt::format("{:.1f}", value)) + " s";
  return fmt::format("{:.0f} min", value / 60);
}

std::string moment(double microseconds, bool with_time) {
  if (!(microseconds >= kEarliest && microseconds <= kLatest)) return kDash;
  return format_date(static_cast<std::int64_t>(microseconds), with_time);
}

std::string value_of(ColumnKind kind, double value) {
  if (kind != ColumnKind::date) return figure(value);
  return moment(value, std::fmod(value, kDayMicroseconds) != 0);
}

std::vector<double> ticks(double low, double high, int wanted) {
  const double span = high - low;
  if (!(span > 0) || !std::isfinite(span)) return {low};
  const double rough = span / wanted;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = power;
  for (const double factor : {2.0, 2.5, 5.0, 10.0}) {
    if (std::abs(std::log(factor * power / rough)) < std::abs(std::log(step / rough))) step = factor * power;
  }
  std::vector<double> values;
  const double first = std::ceil(low / step - 1e-9), last = std::floor(high / step + 1e-9);
  for (double i = first; i <= last && values.size() < 20; ++i) values.push_back(i == 0 ? 0 : i * step);
  return values;
}

std::vector<std::string> tick_labels(const std::vector<double>& values, bool as_percent) {
  double largest = 0, step = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  if (values.size() > 1) step = std::abs(values[1] - values[0]);
  std::vector<std::string> labels;
  const double scale = as_percent ? 100 : 1;
  const bool plain = largest * scale < 1e7 && (step == 0 || step * scale >= 1e-5);
  for (const double value : values) {
    if (!plain || step == 0) {
      labels.push_back(figure(value * scale, 3) + (as_percent ? " %" : ""));
      continue;
    }
    int decimals = 0;
    for (double one = step * scale; decimals < 6 && std::abs(one - std::round(one)) > 1e-6 * one; ++decimals)
      one *= 10;
    labels.push_back(dressed(fmt::format("{:.{}f}", value * scale, decimals)) + (as_percent ? " %" : ""));
  }
  return labels;
}

}  // namespace everyml::report_impl
