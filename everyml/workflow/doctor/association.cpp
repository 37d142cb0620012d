#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "everyml/foundation/base/text.h"
#include "everyml/workflow/doctor/examine_impl.h"

namespace everyml::doctor_impl {
namespace {

constexpr std::size_t kGroups = 20;
constexpr std::size_t kFewestRowsForLeak = 100;

bool ordered(const Column& column) {
  return column.kind() == ColumnKind::number || column.kind() == ColumnKind::date;
}

bool has_target(const Patient& patient, std::size_t row) {
  return patient.numbers.empty() ? patient.classes[row] >= 0 : !std::isnan(patient.numbers[row]);
}

/// Rows where both the column and the target are present, in the column's order.
std::vector<std::size_t> usable_rows(const Patient& patient, const Column& column) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (!column.missing(row) && has_target(patient, row)) rows.push_back(row);
  }
  if (ordered(column)) {
    std::stable_sort(rows.begin(), rows.end(),
                     [&](std::size_t a, std::size_t b) { return column.number(a) < column.number(b); });
  }
  return rows;
}

/// Ranks with ties averaged; `order` sorts by value.
template <class Value>
std::vector<double> ranks(std::span<const std::size_t> order, std::size_t size, const Value& value) {
  std::vector<double> rank(size, 0);
  for (std::size_t i = 0; i < order.size();) {
    std::size_t j = i;
    while (j < order.size() && value(order[j]) == value(order[i])) ++j;
    for (std::size_t k = i; k < j; ++k) rank[order[k]] = static_cast<double>(i + j - 1) / 2;
    i = j;
  }
  return rank;
}

double auc_strength(const Patient& patient, const Column& column, std::span<const std::size_t> order) {
  const auto rank = ranks(order, column.size(), [&](std::size_t row) { return column.number(row); });
  double sum = 0, positive = 0;
  for (const std::size_t row : order) {
    if (patient.classes[row] == 1) {
      sum += rank[row] + 1;
      ++positive;
    }
  }
  const double negative = static_cast<double>(order.size()) - positive;
  if (positive == 0 || negative == 0) return 0;
  const double auc = (sum - positive * (positive + 1) / 2) / (positive * negative);
  return std::abs(2 * auc - 1);
}

double rank_correlation(const Patient& patient, const Column& column, std::span<const std::size_t> order) {
  std::vector<std::size_t> by_target(order.begin(), order.end());
  std::stable_sort(by_target.begin(), by_target.end(),
                   [&](std::size_t a, std::size_t b) { return patient.numbers[a] < patient.numbers[b]; });
  const auto x = ranks(order, column.size(), [&](std::size_t row) { return column.number(row); });
  const auto y = ranks(by_target, column.size(), [&](std::size_t row) { return patient.numbers[row]; });
  const double middle = static_cast<double>(order.size() - 1) / 2;
  double xy = 0, xx = 0, yy = 0;
  for (const std::size_t row : order) {
    xy += (x[row] - middle) * (y[row] - middle);
    xx += (x[row] - middle) * (x[row] - middle);
    yy += (y[row] - middle) * (y[row] - middle);
  }
  return xx > 0 && yy > 0 ? std::abs(xy) / std::sqrt(xx * yy) : 0;
}

/// Groups of rows: the levels of a label column, or stretches of equal size of an ordered one.
std::vector<std::vector<std::size_t>> groups_of(const Column& column, std::span<const std::size_t> order) {
  std::vector<std::vector<std::size_t>> groups;
  if (ordered(column)) {
    const std::size_t size = std::max<std::size_t>(1, (order.size() + kGroups - 1) / kGroups);
    for (std::size_t i = 0; i < order.size(); i += size) {
      groups.emplace_back(order.begin() + static_cast<std::ptrdiff_t>(i),
                          order.begin() + static_cast<std::ptrdiff_t>(std::min(order.size(), i + size)));
    }
    return groups;
  }
  std::map<std::string, std::vector<std::size_t>> found;
  for (const std::size_t row : order) found[column.cell(row)].push_back(row);
  for (auto& [cell, rows] : found) groups.push_back(std::move(rows));
  return groups;
}

/// Share of the rows beyond the commonest class that the groups get right, less what as many random groups
/// would.
double class_share(const Patient& patient, const std::vector<std::vector<std::size_t>>& groups,
                   std::size_t rows) {
  std::vector<double> all(patient.class_names.size(), 0);
  double right = 0;
  for (const auto& group : groups) {
    std::vector<double> counts(all.size(), 0);
    for (const std::size_t row : group) ++counts[static_cast<std::size_t>(patient.classes[row])];
    right += *std::max_element(counts.begin(), counts.end());
    for (std::size_t k = 0; k < all.size(); ++k) all[k] += counts[k];
  }
  const double n = static_cast<double>(rows);
  const double commonest = *std::max_element(all.begin(), all.end());
  if (commonest >= n) return 0;
  const double chance = static_cast<double>(groups.size()) / n;  // a group of one is always "right"
  return std::clamp((right - commonest) / (n - commonest) - chance, 0.0, 1.0);
}

double variance_share(const Patient& patient, const std::vector<std::vector<std::size_t>>& groups,
                      std::size_t rows) {
  double mean = 0;
  for (const auto& group : groups) {
    for (const std::size_t row : group) mean += patient.numbers[row];
  }
  mean /= static_cast<double>(rows);
  double total = 0, within = 0;
  for (const auto& group : groups) {
    double own = 0;
    for (const std::size_t row : group) own += patient.numbers[row];
    own /= static_cast<double>(group.size());
    for (const std::size_t row : group) {
      within += (patient.numbers[row] - own) * (patient.numbers[row] - own);
      total += (patient.numbers[row] - mean) * (patient.numbers[row] - mean);
    }
  }
  const double n = static_cast<double>(rows), k = static_cast<double>(groups.size());
  if (total <= 0 || n - k <= 0) return 0;
  return std::sqrt(
      std::clamp(1 - within / total * (n - 1) / (n - k), 0.0, 1.0));  // adjusted for the number of groups
}

bool levels_are_pure(const Patient& patient, const Column& column, std::span<const std::size_t> order,
                     std::string& evidence) {
  const auto groups = groups_of(column, order);
  if (groups.size() * 10 > order.size()) return false;
  std::vector<bool> seen(patient.class_names.size(), false);
  for (const auto& group : groups) {
    const std::int32_t first = patient.classes[group.front()];
    seen[static_cast<std::size_t>(first)] = true;
    for (const std::size_t row : group) {
      if (patient.classes[row] != first) return false;
    }
  }
  evidence = fmt::format("each of its {} values goes with one label only, in all {} rows", groups.size(),
                         order.size());
  return std::count(seen.begin(), seen.end(), true) > 1;
}

bool stretches_are_pure(const Patient& patient, const Column& column, std::span<const std::size_t> order,
                        std::string& evidence) {
  std::vector<bool> seen(patient.class_names.size(), false);
  std::size_t changes = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    seen[static_cast<std::size_t>(patient.classes[order[i]])] = true;
    if (i == 0 || patient.classes[order[i]] == patient.classes[order[i - 1]]) continue;
    if (column.number(order[i]) == column.number(order[i - 1])) return false;  // one value, two labels
    ++changes;
  }
  const auto present = static_cast<std::size_t>(std::count(seen.begin(), seen.end(), true));
  evidence = fmt::format("sorted by it, the labels come in {} unbroken stretches, in all {} rows", present,
                         order.size());
  return present > 1 && changes == present - 1;
}

}  // namespace

double association(const Patient& patient, std::size_t position) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  if (!patient.target || *patient.target == position) return none;
  const Column& column = patient.table.column(position);
  if (column.kind() == ColumnKind::text) return none;
  const auto order = usable_rows(patient, column);
  if (order.size() < 3) return 0;
  if (ordered(column) && patient.class_names.size() == 2) return auc_strength(patient, column, order);
  if (ordered(column) && !patient.numbers.empty()) return rank_correlation(patient, column, order);
  const auto groups = groups_of(column, order);
  return patient.numbers.empty() ? class_share(patient, groups, order.size())
                                 : variance_share(patient, groups, order.size());
}

bool gives_away(const Patient& patient, std::size_t position, std::string& evidence) {
  if (!patient.target || *patient.target == position) return false;
  const Column& column = patient.table.column(position);
  if (column.kind() == ColumnKind::text) return false;
  const auto order = usable_rows(patient, column);
  // In few rows a good honest column separates classes without a fault.
  if (order.size() < kFewestRowsForLeak) return false;
  if (patient.numbers.empty()) {
    return ordered(column) ? stretches_are_pure(patient, column, order, evidence)
                           : levels_are_pure(patient, column, order, evidence);
  }
  if (!ordered(column)) return false;
  const double strength = rank_correlation(patient, column, order);
  evidence = fmt::format("it orders the target's rows almost exactly (rank correlation {})",
                         format_short(strength, 6));
  return strength >= 0.9995;
}

}  // namespace everyml::doctor_impl
