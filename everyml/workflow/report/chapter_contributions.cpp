#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "everyml/foundation/base/text.h"
#include "everyml/workflow/report/chapters_impl.h"
#include "everyml/workflow/report/contributions_impl.h"
#include "everyml/workflow/report/numbers_impl.h"

namespace everyml::report_impl {
namespace {

constexpr std::size_t kMostColumns = 10;
constexpr std::size_t kMostRows = 120;
constexpr std::size_t kMostSteps = 6;

/// Of two classes the second, as everywhere in the report; of several the sum that moves most: one has to be
/// drawn.
std::size_t sum_to_draw(const ColumnContributions& all) {
  if (all.width() == 2) return 1;
  std::vector<double> travel(all.width(), 0);
  for (std::size_t row = 0; row < all.rows.size(); ++row) {
    for (std::size_t s = 0; s < all.width(); ++s) {
      for (std::size_t c = 0; c < all.columns.size(); ++c) travel[s] += std::abs(all.at(row, s, c));
    }
  }
  return static_cast<std::size_t>(std::max_element(travel.begin(), travel.end()) - travel.begin());
}

/// Columns by the mean of what they move, most first.
std::vector<std::size_t> by_weight(const ColumnContributions& all, std::size_t sum) {
  std::vector<double> weight(all.columns.size(), 0);
  for (std::size_t row = 0; row < all.rows.size(); ++row) {
    for (std::size_t c = 0; c < weight.size(); ++c) weight[c] += std::abs(all.at(row, sum, c));
  }
  std::vector<std::size_t> order(weight.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return weight[a] > weight[b]; });
  while (!order.empty() && weight[order.back()] == 0) order.pop_back();
  return order;
}

double sum_of_row(const ColumnContributions& all, std::size_t row, std::size_t sum) {
  double total = all.base[sum];
  double largest = std::abs(total);
  for (std::size_t c = 0; c < all.columns.size(); ++c) {
    total += all.at(row, sum, c);
    largest = std::max(largest, std::abs(all.at(row, sum, c)));
  }
  // What is left of a sum of nothing is rounding.
  return std::abs(total) < 1e-12 * largest ? 0.0 : total;
}

/// Where a point lies within its line, so that equal ones do not hide each other: -0.3 to 0.3, a fixed
/// sequence that fills evenly (the golden section).
double aside(std::size_t i) {
  const double place = static_cast<double>(i) * 0.6180339887498949;
  return 0.6 * (place - std::floor(place)) - 0.3;
}

Markup swarm(const ColumnContributions& all, std::size_t sum, std::span<const std::size_t> order,
             Gallery& gallery) {
  const std::size_t shown = std::min(order.size(), kMostColumns);
  const std::size_t rows = std::min(all.rows.size(), kMostRows);
  Chart chart;
  chart.title = "What each column adds, row by row";
  chart.x = {.title = fmt::format("added to the answer{}", of_class(all, sum)), .low = 0, .high = 0};
  chart.y.scale = Axis::Scale::category;
  Series low{.kind = Series::Kind::points, .name = "low values", .color = 0, .faint = true};
  Series high{.kind = Series::Kind::points, .name = "high values", .color = 1, .faint = true};
  Series other{.kind = Series::Kind::points, .name = "all others", .color = kMuted, .faint = true};
  for (std::size_t i = 0; i < shown; ++i) {
    const std::size_t c = order[i];
    chart.y.labels.push_back(all.columns[c]);
    for (std::size_t row = 0; row < rows; ++row) {
      const double rank = all.rank[row * all.columns.size() + c], x = all.at(row, sum, c);
      Series& series = rank <= 0.25 ? low : rank >= 0.75 ? high : other;
      series.x.push_back(x);
      series.y.push_back(static_cast<double>(i) + aside(row));
      widen(chart.x, x);
    }
  }
  give_room(chart.x);
  chart.width = 560;
  chart.height = 70 + 34 * static_cast<double>(shown);
  chart.description = fmt::format(
      "One line of points per column, one point per row; right of 0 the column raises the answer, left of it "
      "lowers it. {} moves the answers most.",
      printable(all.columns[order[0]]));
  for (Series* series : {&other, &low, &high}) {
    if (!series->x.empty()) chart.series.push_back(std::move(*series));
  }
  return gallery.figure(chart,
                        "Every point is a row. Its place says what the column's value adds to that row's "
                        "answer; colour marks the lowest and the highest quarter of the column's values.");
}

/// One row: from the base to its sum, column by column.
Markup story(const ColumnContributions& all, std::size_t sum, std::size_t row, const std::string& title,
             Gallery& gallery) {
  std::vector<std::size_t> order(all.columns.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::abs(all.at(row, sum, a)) > std::abs(all.at(row, sum, b));
  });
  Chart chart;
  chart.title = title;
  chart.x = {.title = fmt::format("added{}", of_class(all, sum)), .low = 0, .high = 0};
  chart.y.scale = Axis::Scale::category;
  Series up{.kind = Series::Kind::bars, .name = "raises", .color = 1};
  Series down{.kind = Series::Kind::bars, .name = "lowers", .color = 0};
  const auto add = [&](const std::string& name, double value) {
    Series& series = value < 0 ? down : up;
    series.x.push_back(value);
    series.y.push_back(static_cast<double>(chart.y.labels.size()));
    series.notes.push_back(fmt::format("{}: {}", printable(name), figure(value, 3)));
    chart.y.labels.push_back(name);
    widen(chart.x, value);
  };
  const std::size_t steps = std::min(order.size(), kMostSteps);
  double rest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const double value = all.at(row, sum, order[i]);
    if (i < steps) {
      add(all.columns[order[i]], value);
    } else {
      rest += value;
    }
  }
  if (order.size() > steps) add("all others", rest);
  give_room(chart.x);
  chart.width = 400;
  chart.height = 70 + 26 * static_cast<double>(chart.y.labels.size());
  chart.description = fmt::format("Bars of what each column adds to this row, from {} to {}; {} adds most.",
                                  figure(all.base[sum], 3), figure(sum_of_row(all, row, sum), 3),
                                  printable(all.columns[order[0]]));
  for (Series* series : {&up, &down}) {
    if (!series->x.empty()) chart.series.push_back(std::move(*series));
  }
  return gallery.figure(chart, fmt::format("From {} without knowing anything to {}.",
                                           figure(all.base[sum], 3), figure(sum_of_row(all, row, sum), 3)));
}

Markup stories(const ColumnContributions& all, std::size_t sum, Gallery& gallery) {
  std::vector<std::size_t> order(all.rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return sum_of_row(all, a, sum) > sum_of_row(all, b, sum);
  });
  std::vector<Markup> charts;
  charts.push_back(story(all, sum, order.front(), "The row with the highest answer", gallery));
  if (order.size() > 2)
    charts.push_back(story(all, sum, order[order.size() / 2], "A row in the middle", gallery));
  if (order.size() > 1)
    charts.push_back(story(all, sum, order.back(), "The row with the lowest answer", gallery));
  return side_by_side(charts);
}

}  // namespace

std::string of_class(const ColumnContributions& all, std::size_t sum) {
  return sum < all.sums.size() ? fmt::format(" for “{}”", printable(all.sums[sum], 30)) : std::string();
}

void widen(Axis& axis, double value) {
  axis.low = std::min(axis.low, value);
  axis.high = std::max(axis.high, value);
}

void give_room(Axis& axis) {
  if (!(axis.high > axis.low)) axis.high = axis.low + 1;
  const double room = 0.04 * (axis.high - axis.low);
  axis.low -= room;
  axis.high += room;
}

Markup contribution_charts(const LearnResult& result, Gallery& gallery) {
  Markup out;
  if (!result.contributions || result.contributions->rows.empty()) return out;
  const ColumnContributions& all = *result.contributions;
  const std::size_t sum = sum_to_draw(all);
  const std::vector<std::size_t> order = by_weight(all, sum);
  if (order.empty()) return out;
  out << "<h3>Why single rows get their answer</h3><p>The chosen model can say exactly what each column adds "
         "to "
         "the answer for a row (SHAP values). Together with the answer for a row that nothing is known of, "
         "they "
         "sum to what the model adds up";
  if (result.task == Target::Kind::classes)
    out << ", which may be a score that only then becomes a probability";
  out << ".</p>" << swarm(all, sum, order, gallery);
  if (order.size() > kMostColumns) {
    out << "<p class=\"left-out\">"
        << text(several(order.size() - kMostColumns, "column that adds less is", "columns that add less are"))
        << " left out.</p>";
  }
  out << dependence_of_contributions(result, sum, order, gallery);
  out << "<h3>Three rows</h3>" << stories(all, sum, gallery);
  return out;
}

}  // namespace everyml::report_impl
