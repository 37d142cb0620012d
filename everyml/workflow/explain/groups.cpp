#include "everyml/workflow/explain/groups.h"

#include <algorithm>
#include <cmath>

namespace everyml {
namespace {

constexpr double kLeastEffect = 0.25;

bool grouped_row(std::int32_t group, std::size_t groups) {
  return group >= 0 && static_cast<std::size_t>(group) < groups;
}

/// Numbers and dates: the mean of each group against that of all.
void number_traits(const Column& column, std::span<const std::int32_t> group, std::vector<GroupTrait>& best) {
  const std::size_t groups = best.size();
  std::vector<double> sum(groups), count(groups);
  double mean = 0.0, square = 0.0, rows = 0.0;
  for (std::size_t row = 0; row < group.size(); ++row) {
    const double value = column.number(row);
    if (column.missing(row) || !std::isfinite(value)) continue;
    rows += 1.0;
    const double step = value - mean;
    mean += step / rows;
    square += step * (value - mean);
    if (!grouped_row(group[row], groups)) continue;
    sum[static_cast<std::size_t>(group[row])] += value;
    count[static_cast<std::size_t>(group[row])] += 1.0;
  }
  const double deviation = rows > 0.0 ? std::sqrt(square / rows) : 0.0;
  if (!(deviation > 0.0)) return;
  for (std::size_t g = 0; g < groups; ++g) {
    if (count[g] == 0.0) continue;
    const double inside = sum[g] / count[g];
    best[g] = {column.name(), column.kind(), "", inside, mean, (inside - mean) / deviation};
  }
}

/// Categories and booleans: the level whose share differs most.
void level_traits(const Column& column, std::span<const std::int32_t> group, std::vector<GroupTrait>& best) {
  const bool boolean = column.kind() == ColumnKind::boolean;
  const std::size_t groups = best.size(), levels = boolean ? 2 : column.levels().size();
  std::vector<double> count(groups * levels), rows(groups), all(levels);
  double total = 0.0;
  for (std::size_t row = 0; row < group.size(); ++row) {
    if (column.missing(row)) continue;
    const auto level = static_cast<std::size_t>(column.number(row));
    all[level] += 1.0;
    total += 1.0;
    if (!grouped_row(group[row], groups)) continue;
    count[static_cast<std::size_t>(group[row]) * levels + level] += 1.0;
    rows[static_cast<std::size_t>(group[row])] += 1.0;
  }
  for (std::size_t g = 0; g < groups; ++g) {
    for (std::size_t level = 0; level < levels && rows[g] > 0.0; ++level) {
      const double overall = all[level] / total, inside = count[g * levels + level] / rows[g];
      const double deviation = std::sqrt(overall * (1.0 - overall));
      if (!(deviation > 0.0)) continue;
      const double effect = (inside - overall) / deviation;
      // Of a level that is rarer here and one that is commoner by as much, the one that is there says more.
      if (std::abs(effect) < std::abs(best[g].effect) + (effect > 0.0 ? -1e-12 : 1e-12)) continue;
      const std::string name = boolean ? (level == 1 ? "true" : "false") : column.levels()[level];
      best[g] = {column.name(), column.kind(), name, inside, overall, effect};
    }
  }
}

}  // namespace

std::vector<std::vector<GroupTrait>> group_traits(const Table& table, std::span<const std::int32_t> group,
                                                  std::size_t groups, std::size_t most) {
  std::vector<std::vector<GroupTrait>> traits(groups);
  for (const Column& column : table.all()) {
    std::vector<GroupTrait> best(groups);
    if (column.kind() == ColumnKind::number || column.kind() == ColumnKind::date) {
      number_traits(column, group, best);
    } else if (column.kind() != ColumnKind::text) {
      level_traits(column, group, best);
    }
    for (std::size_t g = 0; g < groups; ++g) {
      if (std::abs(best[g].effect) >= kLeastEffect) traits[g].push_back(std::move(best[g]));
    }
  }
  for (std::vector<GroupTrait>& one : traits) {
    std::stable_sort(one.begin(), one.end(), [](const GroupTrait& a, const GroupTrait& b) {
      return std::abs(a.effect) > std::abs(b.effect);
    });
    if (one.size() > most) one.resize(most);
  }
  return traits;
}

}  // namespace everyml
