#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "everyml/foundation/base/text.h"
#include "everyml/workflow/doctor/examine_impl.h"

namespace everyml::doctor_impl {
namespace {

constexpr double kManyMissing = 0.3;
constexpr double kNearlyConstant = 0.995;
constexpr std::size_t kFewestRowsForIdentifier = 20;
/// How many spans of the middle 99 % a value must lie outside to look like a slip.
constexpr double kFarOut = 5;
/// The same in logarithms, for values that are never negative.
constexpr double kFarOutInLogarithms = 1;

std::string quoted(std::string_view text) { return "\"" + printable(text) + "\""; }
std::string shown(const Column& column) { return quoted(column.name()); }

double present(const Column& column) { return static_cast<double>(column.size() - column.missing_count()); }

std::string percent(double share) { return format_short(100 * share, 3) + " %"; }

std::string value_text(const Column& column, double value) {
  return column.kind() == ColumnKind::date ? format_date(static_cast<std::int64_t>(value), column.has_time())
                                           : format_number(value);
}

/// A quantile lies between two values of the column, so its last digits say nothing.
std::string bound_text(const Column& column, double value) {
  return column.kind() == ColumnKind::date ? value_text(column, value) : format_short(value, 5);
}

void missing_cells(const Patient& patient, std::size_t position, const Report& report) {
  const Column& column = patient.table.column(position);
  const double share = static_cast<double>(patient.missing[position]) /
                       static_cast<double>(std::max<std::size_t>(1, patient.rows));
  if (share >= 1) {
    report({"missing.all", Severity::warning, column.name(),
            fmt::format("{} has no value in any row.", shown(column)),
            fmt::format("{} rows, all missing", patient.rows), "The column is left out.", share});
  } else if (share >= kManyMissing) {
    report({"missing.many", Severity::warning, column.name(),
            fmt::format("{} is missing in {} of the rows.", shown(column), percent(share)),
            fmt::format("{} of {} rows", patient.missing[position], patient.rows),
            "Missing cells are filled and flagged; ask why they are missing before trusting this column.",
            share});
  } else if (share > 0) {
    report({"missing.some", Severity::note, column.name(),
            fmt::format("{} is missing in {} of the rows.", shown(column), percent(share)),
            fmt::format("{} of {} rows", patient.missing[position], patient.rows),
            "Missing cells are filled and flagged.", share});
  }
}

bool constant(const Patient& patient, std::size_t position, const ColumnProfile& profile,
              const Report& report) {
  const Column& column = patient.table.column(position);
  const double rows = present(column);
  if (rows == 0) return false;
  const bool numeric = column.kind() == ColumnKind::number || column.kind() == ColumnKind::date;
  if (profile.distinct == 1) {
    const std::string value = numeric ? value_text(column, profile.minimum) : profile.top.front().first;
    // A constant with holes still tells where the holes are.
    const bool holes = patient.missing[position] > 0;
    report({"constant.column", holes ? Severity::note : Severity::warning, column.name(),
            fmt::format("{} has the same value in every row{}.", shown(column),
                        holes ? " where it is present" : ""),
            fmt::format("always {}", quoted(value)),
            holes ? "Only whether it is missing can tell anything." : "The column is left out.", 1});
    return true;
  }
  if (!profile.top.empty() && static_cast<double>(profile.top.front().second) >= kNearlyConstant * rows) {
    report({"constant.nearly", Severity::note, column.name(),
            fmt::format("{} is {} in nearly every row.", shown(column), quoted(profile.top.front().first)),
            fmt::format("{} of {} rows", profile.top.front().second, static_cast<std::uint64_t>(rows)),
            "It can say something about few rows only.",
            static_cast<double>(profile.top.front().second) / rows});
  }
  return false;
}

/// Years count upwards as row numbers do, but they order the rows and new rows will have theirs.
bool years(const Column& column, const ColumnProfile& profile) {
  return profile.minimum >= 1500 && profile.maximum <= 2200 &&
         to_lower_ascii(column.name()).find("year") != std::string::npos;
}

bool numbered_rows(const Column& column, const ColumnProfile& profile) {
  const double rows = present(column);
  if (column.missing_count() > 0 || static_cast<double>(profile.distinct) != rows) return false;
  if (years(column, profile)) return false;
  if (profile.maximum - profile.minimum + 1 > 1.5 * rows) {
    // Not dense: an identifier still if whole, large and counted upwards row by row.
    double previous = -HUGE_VAL;
    for (std::size_t row = 0; row < column.size(); ++row) {
      const double value = column.number(row);
      if (value != std::floor(value) || value <= previous) return false;
      previous = value;
    }
    return true;
  }
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (column.number(row) != std::floor(column.number(row))) return false;
  }
  return true;
}

bool identifier(const Patient& patient, std::size_t position, const ColumnProfile& profile,
                const Report& report) {
  const Column& column = patient.table.column(position);
  if (column.size() < kFewestRowsForIdentifier || patient.target == position) return false;
  bool found = false;
  std::string evidence;
  if (column.kind() == ColumnKind::number) {
    found = numbered_rows(column, profile);
    evidence = "whole numbers, every one different";
  } else if (column.kind() == ColumnKind::text || column.kind() == ColumnKind::category) {
    std::size_t words = 0, length = 0;
    for (std::size_t row = 0; row < column.size(); ++row) {
      if (column.missing(row)) continue;
      const std::string_view text = column.text(row);
      words += 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), ' '));
      length += text.size();
    }
    const double rows = std::max(1.0, present(column));
    found = static_cast<double>(profile.distinct) >= 0.99 * rows && static_cast<double>(words) / rows < 4 &&
            static_cast<double>(length) / rows < 50;
    evidence = fmt::format("{} different short values in {} rows, for example {}", profile.distinct,
                           static_cast<std::uint64_t>(rows),
                           quoted(profile.top.empty() ? "" : profile.top.front().first));
  }
  if (found) {
    report({"id.column", Severity::warning, column.name(),
            fmt::format("{} looks like an identifier: it names rows and tells nothing of new ones.",
                        shown(column)),
            evidence, "The column is left out.", 1});
  }
  return found;
}

/// Marks that people type for "unknown" in number columns.
void sentinels(const Column& column, std::span<const double> values, const Report& report) {
  static constexpr std::array kMarks = {-1.0, -9.0,  -99.0,  -999.0,  -9999.0, -99999.0,
                                        99.0, 999.0, 9999.0, 99999.0, 999999.0};
  for (const double mark : kMarks) {
    const auto [from, to] = std::equal_range(values.begin(), values.end(), mark);
    const auto count = static_cast<std::size_t>(to - from);
    const bool smallest = from == values.begin(), largest = to == values.end();
    if (count < 2 || count == values.size() || (!smallest && !largest)) continue;
    const std::span<const double> rest =
        smallest ? std::span(to, values.end()) : std::span(values.begin(), from);
    const double low = rest.front(), high = rest.back(), spread = high - low;
    const bool outside = smallest ? mark < 0 && low >= 0 : mark > high + std::max(spread, 1.0) * 0.5;
    // A value between -1 and 0 of columns around zero, or a count of 99 among 0..98, is a value like others.
    if (!outside || (smallest && mark == -1 && spread < 3)) continue;
    report({"missing.disguised", Severity::warning, column.name(),
            fmt::format(
                "{} holds {} {} times, far from its other values: it looks like a mark for a missing cell.",
                shown(column), format_number(mark), count),
            fmt::format("the others run from {} to {}", format_number(low), format_number(high)),
            fmt::format("If it means unknown, read it so: --missing {}", format_number(mark)),
            static_cast<double>(count) / static_cast<double>(values.size())});
    return;
  }
}

/// Zeros with an empty stretch above them, as in measurements where zero cannot be.
void impossible_zeros(const Column& column, std::span<const double> values, const Report& report) {
  if (values.front() != 0) return;
  const auto first = std::upper_bound(values.begin(), values.end(), 0.0);
  const auto zeros = static_cast<std::size_t>(first - values.begin());
  const std::span<const double> rest(first, values.end());
  if (rest.size() < 30 || zeros < 2 || zeros > values.size() / 2) return;
  std::size_t distinct = 1;
  double q = quantile(rest, 0.1);
  for (std::size_t i = 1; i < rest.size() && rest[i] <= q; ++i) distinct += rest[i] != rest[i - 1];
  if (distinct < 4) return;
  const double spacing = (q - rest.front()) / static_cast<double>(distinct - 1);
  if (rest.front() < 0.2 * quantile(rest, 0.5) || rest.front() < 8 * spacing) return;
  report({"zero.suspicious", Severity::note, column.name(),
          fmt::format("{} is exactly 0 in {} rows and never between 0 and {}.", shown(column), zeros,
                      format_number(rest.front())),
          fmt::format("{} zeros among {} values", zeros, values.size()),
          "If 0 stands for \"not measured\", make those cells empty.",
          static_cast<double>(zeros) / static_cast<double>(values.size())});
}

/// The values without their commonest one when that fills half the column, as the 0 of "none" does: what is
/// far is judged among the rest.
std::vector<double> without_filler(std::span<const double> ascending) {
  const double filler = quantile(ascending, 0.5);
  const auto [from, to] = std::equal_range(ascending.begin(), ascending.end(), filler);
  if (2 * static_cast<std::size_t>(to - from) < ascending.size()) return {ascending.begin(), ascending.end()};
  std::vector<double> rest(ascending.begin(), from);
  rest.insert(rest.end(), to, ascending.end());
  return rest;
}

/// From where on a high value is far. Sums of money, sizes and counts have a long tail to the right that no
/// slip made, so where nothing is negative a value must be far in logarithms too.
double far_above(std::span<const double> ascending, double low, double high) {
  const double linear = high + kFarOut * (high - low);
  if (ascending.front() < 0 || !(high > 0)) return linear;
  const std::span<const double> positive(std::upper_bound(ascending.begin(), ascending.end(), 0.0),
                                         ascending.end());
  const double bottom = quantile(positive, 0.005);
  return std::max(linear, high * std::pow(high / bottom, kFarOutInLogarithms));
}

void extremes(const Column& column, std::span<const double> every, const Report& report) {
  const std::vector<double> values = without_filler(every);
  if (values.size() < 50) return;
  const double low = quantile(values, 0.005), high = quantile(values, 0.995), spread = high - low;
  if (!(spread > 0)) return;
  const auto from = std::lower_bound(values.begin(), values.end(), low - kFarOut * spread);
  const auto to = std::upper_bound(values.begin(), values.end(), far_above(values, low, high));
  const auto far = static_cast<std::size_t>((from - values.begin()) + (values.end() - to));
  if (far == 0) return;
  const double extreme = to != values.end() ? values.back() : values.front();
  report({"value.extreme", Severity::warning, column.name(),
          fmt::format("{} has {} value{} far outside all others, such as {}.", shown(column), far,
                      far == 1 ? "" : "s", value_text(column, extreme)),
          fmt::format("99 of 100 values lie between {} and {}", bound_text(column, low),
                      bound_text(column, high)),
          "Check for slips of the keyboard or of the unit; one such row can bend a line.",
          static_cast<double>(far) / static_cast<double>(values.size())});
}

void infinities(const Column& column, const Report& report) {
  std::size_t count = 0;
  for (std::size_t row = 0; row < column.size(); ++row) count += std::isinf(column.number(row));
  if (count == 0) return;
  report({"value.infinite", Severity::warning, column.name(),
          fmt::format("{} is infinite in {} row{}.", shown(column), count, count == 1 ? "" : "s"),
          "usually a division by zero upstream", "Infinite cells are treated as missing.",
          static_cast<double>(count) / static_cast<double>(column.size())});
}

void odd_dates(const Column& column, std::span<const double> values, const Report& report) {
  static const double kEarly = static_cast<double>(microseconds_of({1900, 1, 2, 0, 0, 0, 0, 0, 0}));
  static const double kLate = static_cast<double>(microseconds_of({2100, 1, 1, 0, 0, 0, 0, 0, 0}));
  const auto early =
      static_cast<std::size_t>(std::lower_bound(values.begin(), values.end(), kEarly) - values.begin());
  const auto late =
      static_cast<std::size_t>(values.end() - std::lower_bound(values.begin(), values.end(), kLate));
  const auto [from, to] = std::equal_range(values.begin(), values.end(), 0.0);
  const bool epoch = to - from >= 2 && from == values.begin() && to != values.end() && *to > 365.0 * 86400e6;
  const std::size_t count = early + late + (epoch ? static_cast<std::size_t>(to - from) : 0);
  if (count == 0 || count * 2 > values.size()) return;
  report({"date.suspicious", Severity::warning, column.name(),
          fmt::format("{} has {} date{} that cannot be meant, such as {}.", shown(column), count,
                      count == 1 ? "" : "s",
                      value_text(column, early > 0 || epoch ? values.front() : values.back())),
          "1900-01-01 and 1970-01-01 are what programs write for a missing date", "Make those cells empty.",
          static_cast<double>(count) / static_cast<double>(values.size())});
}

/// Letters and digits in lower case: what is left when case, blanks and punctuation are taken away.
std::string bare(std::string_view text) {
  std::string kept;
  for (const char c : to_lower_ascii(text)) {
    if (static_cast<unsigned char>(c) >= 0x80 || std::isalnum(static_cast<unsigned char>(c))) kept += c;
  }
  return kept;
}

void twin_levels(const Column& column, const Report& report) {
  std::map<std::string, std::set<std::string>> families;
  std::size_t rows = 0;
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (!column.missing(row)) families[bare(column.text(row))].emplace(column.text(row));
  }
  std::vector<std::string> examples;
  for (const auto& [key, members] : families) {
    // "+" and "-" or "<5" and ">5" are bare of letters and mean different things; so do "1.5" and "15".
    if (members.size() < 2 || key.empty() || std::isdigit(static_cast<unsigned char>(key[0]))) continue;
    ++rows;
    if (examples.size() < 3)
      examples.push_back(quoted(*members.begin()) + " and " + quoted(*members.rbegin()));
  }
  if (rows == 0) return;
  report({"category.twins", Severity::warning, column.name(),
          fmt::format("{} writes the same thing in several ways: {}.", shown(column), join_and(examples)),
          fmt::format("{} label{} differ only by case, blanks or punctuation", rows, rows == 1 ? "" : "s"),
          "Write each label in one way.", 0});
}

void mixed_types(const Column& column, const Report& report) {
  std::size_t numbers = 0, others = 0;
  std::vector<std::string> examples;
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (column.missing(row)) continue;
    const std::string_view text = column.text(row);
    if (parse_number(text)) {
      // Codes such as 007 were kept on purpose.
      if (text.size() > 1 && text[0] == '0' && text[1] != '.' && text[1] != ',') return;
      ++numbers;
    } else {
      ++others;
      if (examples.size() < 3) examples.push_back(quoted(text));
    }
  }
  if (others == 0 || static_cast<double>(numbers) < 0.6 * static_cast<double>(numbers + others)) return;
  report(
      {"types.mixed", Severity::warning, column.name(),
       fmt::format("{} would be numbers but for {} cell{}, such as {}.", shown(column), others,
                   others == 1 ? "" : "s", join_and(examples)),
       fmt::format("{} cells are numbers", numbers),
       fmt::format("Mend those cells, or read them as missing: --types {}=number", printable(column.name())),
       static_cast<double>(others) / static_cast<double>(numbers + others)});
}

}  // namespace

void examine_column(const Patient& patient, std::size_t position, const ColumnProfile& profile,
                    const Report& report) {
  const Column& column = patient.table.column(position);
  missing_cells(patient, position, report);
  if (column.size() == 0 || column.missing_count() == column.size()) return;
  if (constant(patient, position, profile, report)) return;
  if (identifier(patient, position, profile, report)) return;
  switch (column.kind()) {
    case ColumnKind::number: {
      infinities(column, report);
      std::vector<double> values = sorted_values(column);
      std::erase_if(values, [](double value) { return std::isinf(value); });
      if (values.empty()) break;
      sentinels(column, values, report);
      impossible_zeros(column, values, report);
      extremes(column, values, report);
      break;
    }
    case ColumnKind::date:
      odd_dates(column, sorted_values(column), report);
      break;
    case ColumnKind::category:
      twin_levels(column, report);
      mixed_types(column, report);
      if (profile.distinct > 50 && 2 * profile.distinct > column.size()) {
        report({"category.many", Severity::note, column.name(),
                fmt::format("{} has {} labels in {} rows: most are seen once.", shown(column),
                            profile.distinct, column.size()),
                "a label seen once teaches nothing about new rows",
                "Group rare labels, or use a coarser column.", 0});
      }
      break;
    case ColumnKind::text:
      mixed_types(column, report);
      break;
    case ColumnKind::boolean:
      break;
  }
}

}  // namespace everyml::doctor_impl
