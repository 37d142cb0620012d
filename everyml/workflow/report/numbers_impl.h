#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "everyml/foundation/data/column.h"

namespace everyml::report_impl {

// Numbers for people: "12,345", "2024", "0.8714", "3.2 × 10⁻⁵", "−4", and a dash for what is not known.

/// About `digits` significant digits; whole numbers keep all their digits up to 10^15.
std::string figure(double value, int digits = 4);
/// The decimals with which the largest of these has about `digits` significant digits: a column of figures
/// shares them.
int shared_decimals(const std::vector<double>& values, int digits = 4);
std::string figure_with(double value, int decimals);
std::string count(std::uint64_t value);
/// 0.874 is "87.4 %". Shares that round to 0 or to all are "< 0.1 %" and "> 99.9 %".
std::string percent(double share);
/// "p < 0.001" and the like, without the letter p.
std::string probability(double p);
std::string seconds(double value);
/// A date column's microseconds; the day alone when the span of the axis makes hours pointless.
std::string moment(double microseconds, bool with_time);
/// A value of that kind of column.
std::string value_of(ColumnKind kind, double value);

/// About `wanted` round values that cover [low, high] from inside.
std::vector<double> ticks(double low, double high, int wanted);
/// Ticks as text, all with the same number of decimals.
std::vector<std::string> tick_labels(const std::vector<double>& values, bool as_percent);

}  // namespace everyml::report_impl
