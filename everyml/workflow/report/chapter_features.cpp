#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "everyml/foundation/base/text.h"
#include "everyml/workflow/report/chapters_impl.h"
#include "everyml/workflow/report/numbers_impl.h"

namespace everyml::report_impl {
namespace {

constexpr std::size_t kMostBars = 15;
constexpr std::size_t kMostDependence = 12;
constexpr std::size_t kMostLevels = 8;
constexpr std::size_t kMostClassLines = 5;
constexpr std::size_t kMostFormulas = 200;

bool matters(const ColumnImportance& one) { return one.mean > 0 && one.mean > one.deviation; }

std::string verdict_of_features(const LearnResult& result) {
  if (result.importance.empty()) return "How much each column matters could not be measured on these rows.";
  std::vector<std::string> names;
  std::size_t needed = 0;
  for (const ColumnImportance& one : result.importance) {
    if (!matters(one)) continue;
    ++needed;
    if (names.size() < 3) names.push_back(fmt::format("“{}”", printable(one.column, 40)));
  }
  if (needed == 0)
    return "No single column carries the answer: shuffling any one of them costs nothing that can be told "
           "from chance.";
  const std::size_t rest = result.importance.size() - needed;
  const std::string spare = rest == 0
                                ? std::string("every column used adds something")
                                : fmt::format("{} of the {} used {} nothing that can be told from chance",
                                              rest, result.importance.size(), rest == 1 ? "adds" : "add");
  return fmt::format("The model leans on {}{}; {}.", needed > 3 ? "above all " : "", join_and(names), spare);
}

Markup importance_chart(const LearnResult& result, Gallery& gallery) {
  const std::size_t shown = std::min(result.importance.size(), kMostBars);
  Chart chart;
  chart.title = "What the model needs";
  chart.x.title = fmt::format("score lost ({})", result.metric);
  chart.y.scale = Axis::Scale::category;
  Series bars{.kind = Series::Kind::bars}, whiskers{.kind = Series::Kind::ranges, .color = kMuted};
  double low = 0, high = 0;
  for (std::size_t i = 0; i < shown; ++i) {
    const ColumnImportance& one = result.importance[i];
    chart.y.labels.push_back(one.column);
    bars.x.push_back(one.mean);
    bars.y.push_back(static_cast<double>(i));
    bars.notes.push_back(
        fmt::format("{}: {} ± {}", printable(one.column), figure(one.mean, 3), figure(one.deviation, 2)));
    whiskers.y.push_back(static_cast<double>(i));
    whiskers.low.push_back(one.mean - one.deviation);
    whiskers.high.push_back(one.mean + one.deviation);
    low = std::min(low, one.mean - one.deviation);
    high = std::max(high, one.mean + one.deviation);
  }
  chart.x.low = low;
  chart.x.high = high > low ? high + 0.04 * (high - low) : low + 1;
  chart.width = 560;
  chart.height = 60 + 26 * static_cast<double>(shown);
  chart.description =
      fmt::format("Horizontal bars, one per column, longest first. {} is the most important with {}.",
                  printable(result.importance[0].column), figure(result.importance[0].mean, 3));
  chart.series = {std::move(bars), std::move(whiskers)};
  Markup out = gallery.figure(
      chart,
      "Each column's cells are shuffled among held-out rows, so that it tells nothing any more. "
      "The bar is how much worse the model then gets; the whisker is one standard deviation.");
  if (shown < result.importance.size()) {
    out << "<p class=\"left-out\">"
        << text(several(result.importance.size() - shown, "less important column is",
                        "less important columns are"))
        << " left out.</p>";
  }
  return out;
}

/// The classes to draw: of two the second, of many those whose answer moves most.
std::vector<std::size_t> classes_to_draw(const PartialDependence& one) {
  const std::size_t width = std::max<std::size_t>(1, one.class_names.size());
  if (width == 1) return {0};
  if (width == 2) return {1};
  const std::size_t points = one.mean.size() / width;
  std::vector<double> travel(width, 0);
  for (std::size_t k = 0; k < width; ++k) {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (std::size_t i = 0; i < points; ++i) {
      low = std::min(low, one.mean[i * width + k]);
      high = std::max(high, one.mean[i * width + k]);
    }
    travel[k] = high - low;
  }
  std::vector<std::size_t> order(width);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return travel[a] > travel[b]; });
  order.resize(std::min(width, kMostClassLines));
  std::sort(order.begin(), order.end());
  return order;
}

void line_chart(const PartialDependence& one, std::span<const std::size_t> classes, Chart& chart) {
  const std::size_t width = std::max<std::size_t>(1, one.class_names.size()), points = one.grid.size();
  chart.x.title = one.column;
  chart.x.scale = one.kind == ColumnKind::date ? Axis::Scale::date : Axis::Scale::linear;
  chart.x.low = one.grid.front();
  chart.x.high = one.grid.back();
  if (classes.size() == 1 && one.low.size() == one.mean.size()) {
    Series band{.kind = Series::Kind::band, .name = "8 of 10 rows"};
    for (std::size_t i = 0; i < points; ++i) {
      band.x.push_back(one.grid[i]);
      band.low.push_back(one.low[i * width + classes[0]]);
      band.high.push_back(one.high[i * width + classes[0]]);
    }
    chart.series.push_back(std::move(band));
  }
  for (std::size_t n = 0; n < classes.size(); ++n) {
    Series line{.kind = Series::Kind::line,
                .name = classes.size() == 1 ? "mean" : one.class_names[classes[n]],
                .color = n};
    for (std::size_t i = 0; i < points; ++i) {
      line.x.push_back(one.grid[i]);
      line.y.push_back(one.mean[i * width + classes[n]]);
    }
    chart.series.push_back(std::move(line));
  }
}

/// Levels lie one under another, so that long names have room.
void level_chart(const PartialDependence& one, std::span<const std::size_t> classes, Chart& chart) {
  const std::size_t width = std::max<std::size_t>(1, one.class_names.size());
  const std::size_t levels = std::min(one.levels.size(), kMostLevels);
  std::swap(chart.x, chart.y);
  chart.y.scale = Axis::Scale::category;
  chart.y.labels.assign(one.levels.begin(), one.levels.begin() + static_cast<std::ptrdiff_t>(levels));
  chart.height = std::max(190.0, 66 + 32 * static_cast<double>(levels));
  if (classes.size() == 1 && one.low.size() == one.mean.size()) {
    Series range{.kind = Series::Kind::ranges, .name = "8 of 10 rows", .faint = true};
    for (std::size_t i = 0; i < levels; ++i) {
      range.y.push_back(static_cast<double>(i));
      range.low.push_back(one.low[i * width + classes[0]]);
      range.high.push_back(one.high[i * width + classes[0]]);
    }
    chart.series.push_back(std::move(range));
  }
  for (std::size_t n = 0; n < classes.size(); ++n) {
    Series dots{.kind = Series::Kind::points,
                .name = classes.size() == 1 ? "mean" : one.class_names[classes[n]],
                .color = n};
    for (std::size_t i = 0; i < levels; ++i) {
      const double value = one.mean[i * width + classes[n]];
      dots.x.push_back(value);
      dots.y.push_back(static_cast<double>(i));
      dots.notes.push_back(fmt::format("{}: {}", printable(one.levels[i]), figure(value, 3)));
    }
    chart.series.push_back(std::move(dots));
  }
}

/// What the charts of a task have in common.
struct DependenceFrame {
  bool classes = false, two = false;
  std::string answer;  ///< in a sentence: "probability of “yes”"
  std::string axis;
  double low = 0, high = 1;
  std::size_t charts = 0;
};

/// One scale for all, so that steep and flat can be compared between columns.
void find_range(const LearnResult& result, DependenceFrame& frame) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (std::size_t d = 0; d < frame.charts; ++d) {
    const PartialDependence& one = result.dependence[d];
    const std::size_t width = std::max<std::size_t>(1, one.class_names.size());
    const bool band = width <= 2 && one.low.size() == one.mean.size();
    for (const std::size_t k : classes_to_draw(one)) {
      for (std::size_t i = k; i < one.mean.size(); i += width) {
        low = std::min(low, band ? one.low[i] : one.mean[i]);
        high = std::max(high, band ? one.high[i] : one.mean[i]);
      }
    }
  }
  if (!(high > low)) low -= 0.5, high += 0.5;
  const double room = 0.05 * (high - low);
  frame.low = frame.classes ? std::max(0.0, low - room) : low - room;
  frame.high = frame.classes ? std::min(1.0, high + room) : high + room;
}

DependenceFrame frame_of(const LearnResult& result) {
  DependenceFrame frame;
  frame.classes = result.task == Target::Kind::classes;
  frame.two = frame.classes && result.class_names.size() == 2;
  frame.charts = std::min(result.dependence.size(), kMostDependence);
  if (frame.two) {
    frame.answer = fmt::format("probability of “{}”", printable(result.class_names[1], 40));
    frame.axis = fmt::format("P({})", printable(result.class_names[1], 30));
  } else if (frame.classes) {
    frame.answer = "probability of each class";
    frame.axis = "probability";
  } else {
    frame.answer = fmt::format("answer for “{}”", printable(result.target, 40));
    frame.axis = printable(result.target, 30);
  }
  find_range(result, frame);
  return frame;
}

Markup dependence_chart(const PartialDependence& one, const DependenceFrame& frame, Gallery& gallery) {
  const std::vector<std::size_t> drawn = classes_to_draw(one);
  Chart chart;
  chart.title = one.column;
  chart.y.title = frame.axis;
  chart.y.low = frame.low;
  chart.y.high = frame.high;
  chart.y.percent = frame.classes;
  chart.width = three_in_a_row(frame.charts) ? 400 : 480;
  chart.height = 260;
  if (one.levels.empty()) {
    line_chart(one, drawn, chart);
  } else {
    level_chart(one, drawn, chart);
  }
  double least = std::numeric_limits<double>::infinity(), most = -least;
  const std::size_t width = std::max<std::size_t>(1, one.class_names.size());
  for (const std::size_t k : drawn) {
    for (std::size_t i = k; i < one.mean.size(); i += width) {
      least = std::min(least, one.mean[i]);
      most = std::max(most, one.mean[i]);
    }
  }
  chart.description = fmt::format("The mean {} over the values of {}; it stays between {} and {}.",
                                  frame.answer, printable(one.column), figure(least, 3), figure(most, 3));
  std::string caption;
  if (drawn.size() > 1 && drawn.size() < one.class_names.size()) {
    caption = fmt::format("The {} of {} classes that move most. ", drawn.size(), one.class_names.size());
  }
  if (one.levels.size() > kMostLevels) {
    caption += fmt::format("The {} commonest of {} values.", kMostLevels, one.levels.size());
  }
  return gallery.figure(chart, caption);
}

Markup dependence_charts(const LearnResult& result, Gallery& gallery) {
  Markup out;
  if (result.dependence.empty()) return out;
  const DependenceFrame frame = frame_of(result);
  std::vector<Markup> charts;
  for (std::size_t d = 0; d < frame.charts; ++d) {
    const PartialDependence& one = result.dependence[d];
    if (!one.grid.empty() || !one.levels.empty()) charts.push_back(dependence_chart(one, frame, gallery));
  }
  out << "<h3>How the answer follows a column</h3><p>The mean " << text(frame.answer, 120)
      << " when one column is set to a value in every row and all else stays as it is.";
  if (!frame.classes || frame.two) out << " The band holds the answers of 8 in 10 rows.";
  out << " Only values that occur in the data are drawn: beyond them the model would be guessing.</p>"
      << side_by_side(charts);
  return out;
}

Markup formula_list(const LearnResult& result) {
  Markup out;
  if (result.formulas.empty()) return out;
  const std::size_t shown = std::min(result.formulas.size(), kMostFormulas);
  out << "<details><summary>How columns become the "
      << text(several(result.formulas.size(), "number", "numbers"))
      << " the algorithm sees</summary><ol class=\"formulas\">";
  for (std::size_t i = 0; i < shown; ++i)
    out << "<li><code>" << text(result.formulas[i], 300) << "</code></li>";
  out << "</ol>";
  if (shown < result.formulas.size()) {
    out << "<p class=\"left-out\">"
        << text(several(result.formulas.size() - shown, "more formula is", "more formulas are"))
        << " left out.</p>";
  }
  out << "</details>";
  return out;
}

}  // namespace

Markup features_chapter(const LearnResult& result, Gallery& gallery) {
  Markup out;
  out << "<section id=\"features\" aria-labelledby=\"features-title\"><p class=\"chapter\">Chapter 2</p>"
         "<h2 id=\"features-title\">Features</h2><p class=\"lede\">"
      << text(verdict_of_features(result), 600) << "</p>";
  if (!result.importance.empty()) out << importance_chart(result, gallery);
  out << dependence_charts(result, gallery) << contribution_charts(result, gallery) << formula_list(result)
      << "</section>";
  return out;
}

}  // namespace everyml::report_impl
