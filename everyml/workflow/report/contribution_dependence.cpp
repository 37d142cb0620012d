#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "everyml/foundation/base/text.h"
#include "everyml/workflow/report/chapters_impl.h"
#include "everyml/workflow/report/contributions_impl.h"

namespace everyml::report_impl {
namespace {

constexpr std::size_t kMostCharts = 6;
constexpr std::size_t kFewestValues = 5, kFewestRows = 20;
/// Neighbours on each side whose mean is taken away.
constexpr std::size_t kNeighbors = 4;
/// The chance at which noise alone may look like a companion.
constexpr double kChance = 0.05;

double value_at(const ColumnContributions& all, std::size_t row, std::size_t column) {
  return all.value[row * all.columns.size() + column];
}

/// Rows with a value, in its order.
std::vector<std::size_t> rows_by_value(const ColumnContributions& all, std::size_t column) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < all.rows.size(); ++row) {
    if (!std::isnan(value_at(all, row, column))) rows.push_back(row);
  }
  std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
    return value_at(all, a, column) < value_at(all, b, column);
  });
  return rows;
}

/// 0 where one of them does not vary.
double correlation(std::span<const double> a, std::span<const double> b) {
  const double n = static_cast<double>(a.size());
  const double mean_a = std::accumulate(a.begin(), a.end(), 0.0) / n;
  const double mean_b = std::accumulate(b.begin(), b.end(), 0.0) / n;
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean_a) * (b[i] - mean_b);
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

/// What each row is moved by beyond the mean of its neighbours in value.
std::vector<double> beyond_neighbors(const ColumnContributions& all, std::size_t sum, std::size_t column,
                                     std::span<const std::size_t> rows) {
  std::vector<double> left;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::size_t begin = i < kNeighbors ? 0 : i - kNeighbors;
    const std::size_t end = std::min(i + kNeighbors + 1, rows.size());
    double mean = 0;
    for (std::size_t j = begin; j < end; ++j) {
      if (j != i) mean += all.at(rows[j], sum, column) / static_cast<double>(end - begin - 1);
    }
    left.push_back(all.at(rows[i], sum, column) - mean);
  }
  return left;
}

bool is_date(const LearnResult& result, const std::string& column) {
  for (const auto& one : result.artifact.encoder.schema().columns) {
    if (one.name == column) return one.kind == ColumnKind::date;
  }
  return false;
}

Markup one_chart(const LearnResult& result, std::size_t sum, std::size_t column,
                 std::span<const std::size_t> rows, Gallery& gallery) {
  const ColumnContributions& all = *result.contributions;
  const std::string name = printable(all.columns[column], 60);
  const std::optional<std::size_t> companion = companion_of(all, sum, column);
  const std::string other = companion ? printable(all.columns[*companion], 40) : std::string();
  Chart chart;
  chart.title = all.columns[column];
  chart.x = {.title = all.columns[column], .low = value_at(all, rows.front(), column), .high = 0};
  chart.x.high = chart.x.low;
  if (is_date(result, all.columns[column])) chart.x.scale = Axis::Scale::date;
  chart.y = {.title = fmt::format("added{}", of_class(all, sum)), .low = 0, .high = 0};
  Series low{.kind = Series::Kind::points, .name = fmt::format("low {}", other), .color = 0, .faint = true};
  Series high{.kind = Series::Kind::points, .name = fmt::format("high {}", other), .color = 1, .faint = true};
  Series rest{.kind = Series::Kind::points, .name = {}, .color = companion ? kMuted : 0, .faint = true};
  if (companion) rest.name = "all others";
  for (const std::size_t row : rows) {
    const double rank = companion ? all.rank[row * all.columns.size() + *companion] : 0.5;
    Series& series = rank <= 0.25 ? low : rank >= 0.75 ? high : rest;
    const double x = value_at(all, row, column), y = all.at(row, sum, column);
    series.x.push_back(x);
    series.y.push_back(y);
    widen(chart.x, x);
    widen(chart.y, y);
  }
  give_room(chart.x);
  give_room(chart.y);
  chart.references.push_back({.vertical = false, .at = 0, .label = {}});
  chart.width = 400;
  chart.height = 260;
  chart.description =
      fmt::format("One point per row: across the value of {}, up what it adds to the answer.{}", name,
                  companion ? fmt::format(" Colour says whether {} is low or high.", other) : "");
  for (Series* series : {&rest, &low, &high}) {
    if (!series->x.empty()) chart.series.push_back(std::move(*series));
  }
  return gallery.figure(chart, companion ? fmt::format("What {} adds depends most on {}.", name, other)
                                         : fmt::format("No other column says much of what {} adds.", name));
}

}  // namespace

std::optional<std::size_t> companion_of(const ColumnContributions& all, std::size_t sum, std::size_t column) {
  const std::vector<std::size_t> rows = rows_by_value(all, column);
  if (rows.size() < kFewestRows) return std::nullopt;
  const std::vector<double> left = beyond_neighbors(all, sum, column, rows);
  std::optional<std::size_t> best;
  // The largest of as many correlations of noise is below this but for that chance.
  double most = std::sqrt(2 * std::log(static_cast<double>(all.columns.size()) / kChance) /
                          static_cast<double>(rows.size()));
  for (std::size_t other = 0; other < all.columns.size(); ++other) {
    if (other == column) continue;
    std::vector<double> ranks, own;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const double rank = all.rank[rows[i] * all.columns.size() + other];
      if (std::isnan(rank)) continue;
      ranks.push_back(rank);
      own.push_back(left[i]);
    }
    if (ranks.size() < kFewestRows) continue;
    const double strength = std::abs(correlation(own, ranks));
    if (strength > most) {
      most = strength;
      best = other;
    }
  }
  return best;
}

Markup dependence_of_contributions(const LearnResult& result, std::size_t sum,
                                   std::span<const std::size_t> order, Gallery& gallery) {
  const ColumnContributions& all = *result.contributions;
  std::vector<Markup> charts;
  for (const std::size_t column : order) {
    if (charts.size() == kMostCharts) break;
    const std::vector<std::size_t> rows = rows_by_value(all, column);
    std::set<double> values;
    for (const std::size_t row : rows) values.insert(value_at(all, row, column));
    if (rows.size() < kFewestRows || values.size() < kFewestValues) continue;
    charts.push_back(one_chart(result, sum, column, rows, gallery));
  }
  Markup out;
  if (charts.empty()) return out;
  out << "<h3>What a column adds, by its value</h3><p>The same points, each against the value that the row "
         "has "
         "in the column. Where points of one value lie apart, what the column adds depends on another one; "
         "the "
         "colour is that of the column that says most of it.</p>"
      << side_by_side(charts);
  return out;
}

}  // namespace everyml::report_impl
