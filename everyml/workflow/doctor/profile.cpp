#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

#include "everyml/workflow/doctor/examine_impl.h"

namespace everyml::doctor_impl {
namespace {

constexpr std::size_t kTop = 12;
constexpr std::size_t kMostBins = 24;

void profile_numbers(const Column& column, ColumnProfile& profile) {
  std::vector<double> values = sorted_values(column);
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  if (values.empty()) return;
  double mean = 0, squares = 0;
  std::size_t seen = 0;
  for (const double value : values) {  // Welford: no cancellation for dates in microseconds
    const double delta = value - mean;
    mean += delta / static_cast<double>(++seen);
    squares += delta * (value - mean);
  }
  profile.mean = mean;
  profile.deviation = seen > 1 ? std::sqrt(squares / static_cast<double>(seen - 1)) : 0;
  profile.minimum = values.front();
  profile.maximum = values.back();
  profile.median = quantile(values, 0.5);
  profile.distinct = 1;
  for (std::size_t i = 1; i < values.size(); ++i) profile.distinct += values[i] != values[i - 1];

  const double spread = profile.maximum - profile.minimum;
  std::size_t bins = std::min<std::size_t>(kMostBins, profile.distinct);
  if (!(spread > 0) || !std::isfinite(spread)) bins = 1;
  profile.histogram.assign(bins, 0);
  for (std::size_t i = 0; i <= bins; ++i) {
    profile.histogram_edges.push_back(profile.minimum +
                                      spread * static_cast<double>(i) / static_cast<double>(bins));
  }
  for (const double value : values) {
    const double place = spread > 0 ? (value - profile.minimum) / spread * static_cast<double>(bins) : 0;
    ++profile.histogram[std::min(bins - 1, static_cast<std::size_t>(std::max(0.0, place)))];
  }
}

void profile_labels(const Column& column, ColumnProfile& profile) {
  std::vector<std::pair<std::string, std::uint64_t>> counts;
  if (column.kind() == ColumnKind::category) {
    std::vector<std::uint64_t> of_level(column.levels().size(), 0);
    for (const std::int32_t code : column.codes()) {
      if (code >= 0) ++of_level[static_cast<std::size_t>(code)];
    }
    for (std::size_t level = 0; level < of_level.size(); ++level) {
      if (of_level[level] > 0) counts.emplace_back(column.levels()[level], of_level[level]);
    }
  } else {
    std::map<std::string, std::uint64_t> found;
    for (std::size_t row = 0; row < column.size(); ++row) {
      if (!column.missing(row)) ++found[column.cell(row)];
    }
    counts.assign(found.begin(), found.end());
  }
  profile.distinct = counts.size();
  std::stable_sort(counts.begin(), counts.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  if (counts.size() > kTop) counts.resize(kTop);
  profile.top = std::move(counts);
}

}  // namespace

std::vector<double> sorted_values(const Column& column) {
  std::vector<double> values;
  values.reserve(column.size());
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (!column.missing(row)) values.push_back(column.number(row));
  }
  std::sort(values.begin(), values.end());
  return values;
}

double quantile(std::span<const double> ascending, double share) {
  const double place = share * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  if (below + 1 >= ascending.size()) return ascending.back();
  const double part = place - static_cast<double>(below);
  return ascending[below] * (1 - part) + ascending[below + 1] * part;
}

ColumnProfile profile_column(const Patient& patient, std::size_t position) {
  const Column& column = patient.table.column(position);
  ColumnProfile profile;
  profile.name = column.name();
  profile.kind = column.kind();
  profile.missing = patient.missing[position];
  if (column.kind() == ColumnKind::number || column.kind() == ColumnKind::date)
    profile_numbers(column, profile);
  else
    profile_labels(column, profile);
  profile.target_association = association(patient, position);
  return profile;
}

}  // namespace everyml::doctor_impl
