#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "everyml/foundation/base/text.h"
#include "everyml/foundation/metrics/classification.h"
#include "everyml/workflow/report/chapters_impl.h"
#include "everyml/workflow/report/numbers_impl.h"

namespace everyml::report_impl {
namespace {

constexpr std::size_t kMostClasses = 12;  ///< of the confusion matrix
constexpr std::size_t kMostCurves = 5;    ///< of the ROC chart
constexpr std::size_t kMostPoints = 160;  ///< of one curve
constexpr std::size_t kGroups = 10;       ///< of the calibration chart
constexpr double kCoverage = 0.9;

/// Rows that were held out in some fold.
struct HeldOut {
  std::size_t classes = 0;
  std::vector<std::int32_t> truth;
  std::vector<double> probabilities;  ///< [rows, classes]
  std::vector<double> of(std::size_t k) const {
    std::vector<double> one(truth.size());
    for (std::size_t i = 0; i < one.size(); ++i) one[i] = probabilities[i * classes + k];
    return one;
  }
};

HeldOut held_out(const LearnResult& result) {
  HeldOut rows;
  rows.classes = result.class_names.size();
  if (rows.classes < 2 || result.out_of_fold.size() != result.truth.size() * rows.classes) return rows;
  for (std::size_t i = 0; i < result.truth.size(); ++i) {
    const auto begin = result.out_of_fold.begin() + static_cast<std::ptrdiff_t>(i * rows.classes);
    const auto end = begin + static_cast<std::ptrdiff_t>(rows.classes);
    if (!std::all_of(begin, end, [](double p) { return std::isfinite(p); })) continue;
    rows.truth.push_back(static_cast<std::int32_t>(result.truth[i]));
    rows.probabilities.insert(rows.probabilities.end(), begin, end);
  }
  return rows;
}

/// Ordinary numbers of classes as they are; of many the commonest, with the rest in one.
struct Matrix {
  std::vector<std::string> names;
  std::vector<double> cells;  ///< [truth, answered]
  std::size_t width() const { return names.size(); }
};

Matrix shown_matrix(const LearnResult& result) {
  const std::size_t classes = result.class_names.size();
  std::vector<std::size_t> order(classes);
  std::iota(order.begin(), order.end(), std::size_t{0});
  Matrix matrix;
  std::vector<std::size_t> place(classes);
  if (classes > kMostClasses) {
    std::vector<double> rows(classes, 0);
    for (std::size_t i = 0; i < result.confusion.size(); ++i)
      rows[i / classes] += static_cast<double>(result.confusion[i]);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return rows[a] > rows[b]; });
  }
  const std::size_t own = classes > kMostClasses ? kMostClasses - 1 : classes;
  for (std::size_t i = 0; i < classes; ++i) {
    place[order[i]] = std::min(i, own);
    if (i < own) matrix.names.push_back(result.class_names[order[i]]);
  }
  if (own < classes) matrix.names.push_back(fmt::format("{} others", classes - own));
  matrix.cells.assign(matrix.width() * matrix.width(), 0);
  for (std::size_t t = 0; t < classes; ++t) {
    for (std::size_t a = 0; a < classes; ++a) {
      matrix.cells[place[t] * matrix.width() + place[a]] +=
          static_cast<double>(result.confusion[t * classes + a]);
    }
  }
  return matrix;
}

Markup confusion_chart(const LearnResult& result, Gallery& gallery) {
  const Matrix matrix = shown_matrix(result);
  const std::size_t width = matrix.width();
  Chart chart;
  chart.title = "Right and wrong answers";
  chart.x.scale = chart.y.scale = Axis::Scale::category;
  chart.x.labels = chart.y.labels = matrix.names;
  chart.x.title = "answered";
  chart.y.title = "truth";
  Series cells{.kind = Series::Kind::cells};
  double right = 0, all = 0;
  for (std::size_t t = 0; t < width; ++t) {
    double row = 0;
    for (std::size_t a = 0; a < width; ++a) row += matrix.cells[t * width + a];
    for (std::size_t a = 0; a < width; ++a) {
      const double cell = matrix.cells[t * width + a];
      cells.x.push_back(static_cast<double>(a));
      cells.y.push_back(static_cast<double>(t));
      cells.high.push_back(row > 0 ? cell / row : 0);
      cells.notes.push_back(count(static_cast<std::uint64_t>(cell)));
      all += cell;
      if (t == a && matrix.names[t] == matrix.names[a]) right += cell;
    }
  }
  chart.width = chart.height = width > 5 ? 520 : 400;
  chart.description = fmt::format(
      "A table of {} by {} classes, truth against answer. {} of {} answers lie on the diagonal, "
      "which is right.",
      width, width, count(static_cast<std::uint64_t>(right)), count(static_cast<std::uint64_t>(all)));
  chart.series = {std::move(cells)};
  return gallery.figure(
      chart, "Held-out rows by what they are and what the model said. Darker: a larger part of the row.");
}

Series roc_curve(const HeldOut& rows, std::size_t k, double& area) {
  std::vector<std::int32_t> is(rows.truth.size());
  for (std::size_t i = 0; i < is.size(); ++i) is[i] = rows.truth[i] == static_cast<std::int32_t>(k);
  const std::vector<double> scores = rows.of(k);
  Series line;
  area = roc_auc(is, scores);
  if (!std::isfinite(area)) return line;
  const ThresholdCurve curve = threshold_curve(is, scores);
  const std::size_t points = curve.threshold.size();
  const std::size_t step = std::max<std::size_t>(1, points / kMostPoints);
  for (std::size_t i = 0; i < points; ++i) {
    if (i % step != 0 && i + 1 != points) continue;
    line.x.push_back(curve.false_positive_rate[i]);
    line.y.push_back(curve.true_positive_rate[i]);
  }
  return line;
}

Markup roc_chart(const LearnResult& result, const HeldOut& rows, Gallery& gallery) {
  Chart chart;
  chart.title = "Found against false alarms";
  chart.x.title = "share of others called so (false alarms)";
  chart.y.title = "share found";
  chart.x.percent = chart.y.percent = true;
  chart.diagonal = true;
  chart.width = chart.height = 400;
  std::vector<std::size_t> drawn = {1};
  if (rows.classes > 2) {
    drawn.resize(std::min(rows.classes, kMostCurves));
    std::iota(drawn.begin(), drawn.end(), std::size_t{0});
  }
  std::vector<std::string> areas;
  for (const std::size_t k : drawn) {
    double area = 0;
    Series line = roc_curve(rows, k, area);
    if (line.x.empty()) continue;
    line.color = chart.series.size();
    areas.push_back(fmt::format("{} {}", printable(result.class_names[k], 40), figure(area, 3)));
    line.name = rows.classes == 2
                    ? std::string()
                    : fmt::format("{} ({})", printable(result.class_names[k], 40), figure(area, 3));
    chart.series.push_back(std::move(line));
  }
  if (chart.series.empty()) return {};
  chart.description = fmt::format("ROC curve. Area under the curve: {}.", join_and(areas));
  const std::string caption =
      rows.classes == 2
          ? fmt::format(
                "For every threshold: how many of “{}” are found, and how many of the others are called so "
                "by mistake. "
                "Area under the curve: {}; the dotted line is guessing, 0.5.",
                printable(result.class_names[1], 40), areas[0].substr(areas[0].rfind(' ') + 1))
          : fmt::format(
                "Each class against the rest, with the area under its curve; the dotted line is guessing.{}",
                drawn.size() < rows.classes
                    ? fmt::format(" The first {} of {} classes.", drawn.size(), rows.classes)
                    : "");
  return gallery.figure(chart, caption);
}

/// Said and found shares in groups of equally many rows, by ascending probability.
Markup calibration_chart(const LearnResult& result, const HeldOut& rows, Gallery& gallery) {
  const bool two = rows.classes == 2;
  std::vector<std::pair<double, double>> said;  // probability said, 1 when it came true
  for (std::size_t i = 0; i < rows.truth.size(); ++i) {
    const auto begin = rows.probabilities.begin() + static_cast<std::ptrdiff_t>(i * rows.classes);
    const std::size_t k =
        two ? 1
            : static_cast<std::size_t>(
                  std::max_element(begin, begin + static_cast<std::ptrdiff_t>(rows.classes)) - begin);
    said.emplace_back(begin[static_cast<std::ptrdiff_t>(k)],
                      rows.truth[i] == static_cast<std::int32_t>(k) ? 1.0 : 0.0);
  }
  std::stable_sort(said.begin(), said.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  const std::size_t groups = std::min(kGroups, said.size() / 5);
  if (groups < 2) return {};
  Chart chart;
  chart.title = "Can the probabilities be believed?";
  chart.x.title = "probability the model said";
  chart.y.title = "how often it came true";
  chart.x.percent = chart.y.percent = true;
  chart.diagonal = true;
  chart.width = chart.height = 400;
  Series line{.kind = Series::Kind::line}, dots{.kind = Series::Kind::points};
  double gap = 0;
  for (std::size_t g = 0; g < groups; ++g) {
    const std::size_t from = g * said.size() / groups, to = (g + 1) * said.size() / groups;
    double x = 0, y = 0;
    for (std::size_t i = from; i < to; ++i) x += said[i].first, y += said[i].second;
    x /= static_cast<double>(to - from);
    y /= static_cast<double>(to - from);
    gap += std::abs(x - y) / static_cast<double>(groups);
    line.x.push_back(x), line.y.push_back(y);
    dots.x.push_back(x), dots.y.push_back(y);
    dots.notes.push_back(fmt::format("said {}, came true {} of {}", percent(x), percent(y),
                                     several(to - from, "row", "rows")));
  }
  chart.description =
      fmt::format("Calibration curve of {} groups of rows; said and true shares differ by {} on average.",
                  groups, percent(gap));
  chart.series = {std::move(line), std::move(dots)};
  return gallery.figure(
      chart, fmt::format("{} in {} groups of equally many held-out rows. On the dotted line, what was said "
                         "is what came true; on "
                         "average the two differ by {}.",
                         two ? fmt::format("Probability of “{}”", printable(result.class_names[1], 40))
                             : std::string("Probability of the answer given"),
                         groups, percent(gap)));
}

Markup cost_chart(const LearnResult& result, const HeldOut& rows, Gallery& gallery) {
  if (result.costs.size() != 4 || rows.classes != 2) return {};
  Chart chart;
  chart.width = chart.height = 400;
  chart.title = "What a row costs at each threshold";
  chart.x.title = fmt::format("answer “{}” from this probability on", printable(result.class_names[1], 30));
  chart.x.percent = true;
  chart.y.title = "mean cost of a row";
  const std::vector<double> scores = rows.of(1);
  Series line{.kind = Series::Kind::line};
  double most = std::max(result.baseline_cost, result.expected_cost);
  for (int step = 0; step <= 100; ++step) {
    const double threshold = step / 100.0;
    double cost = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      cost += result.costs[static_cast<std::size_t>(rows.truth[i]) * 2 + (scores[i] >= threshold ? 1 : 0)];
    }
    cost /= static_cast<double>(scores.size());
    line.x.push_back(threshold);
    line.y.push_back(cost);
    most = std::max(most, cost);
  }
  chart.y.high = most > 0 ? 1.05 * most : 1;
  chart.references = {{.vertical = true,
                       .at = result.threshold,
                       .label = fmt::format("chosen: {}", figure(result.threshold, 3))},
                      {.vertical = false, .at = result.baseline_cost, .label = "always the same answer"}};
  chart.description = fmt::format(
      "Mean cost of a row against the threshold; the chosen threshold {} costs {}, always giving "
      "the same answer costs {}.",
      figure(result.threshold, 3), figure(result.expected_cost, 3), figure(result.baseline_cost, 3));
  chart.series = {std::move(line)};
  return gallery.figure(
      chart, fmt::format("With the costs given, the threshold {} costs least: {} a row instead of {}.",
                         figure(result.threshold, 3), figure(result.expected_cost, 3),
                         figure(result.baseline_cost, 3)));
}

/// What the prediction sets of the model look like on the held-out rows.
Markup set_sentence(const LearnResult& result, const HeldOut& rows) {
  Markup out;
  if (result.artifact.conformal.scores.empty() || rows.truth.empty()) return out;
  const double bound = result.artifact.conformal.bound(kCoverage);
  std::size_t labels = 0, single = 0, covered = 0;
  for (std::size_t i = 0; i < rows.truth.size(); ++i) {
    std::size_t size = 0;
    for (std::size_t k = 0; k < rows.classes; ++k)
      size += 1 - rows.probabilities[i * rows.classes + k] <= bound;
    covered += 1 - rows.probabilities[i * rows.classes + static_cast<std::size_t>(rows.truth[i])] <= bound;
    labels += size;
    single += size == 1;
  }
  const double all = static_cast<double>(rows.truth.size());
  out << "<p class=\"statement\"><b>How sure is a single answer?</b> Asked with <code>--interval 0.9</code>, "
         "the model answers with a "
         "set of classes that holds the true one in 9 of 10 new rows (here in "
      << text(percent(static_cast<double>(covered) / all)) << "). The set has "
      << text(figure(static_cast<double>(labels) / all, 3)) << " classes on average and is a single class in "
      << text(percent(static_cast<double>(single) / all)) << " of the rows.</p>";
  return out;
}

}  // namespace

Markup class_answers(const LearnResult& result, Gallery& gallery) {
  const std::size_t classes = result.class_names.size();
  const HeldOut rows = held_out(result);
  std::vector<Markup> charts;
  if (result.confusion.size() == classes * classes && classes > 1) {
    charts.push_back(confusion_chart(result, gallery));
  }
  if (!rows.truth.empty()) {
    for (const auto& chart : {roc_chart, calibration_chart, cost_chart}) {
      Markup drawn = chart(result, rows, gallery);
      if (!drawn.empty()) charts.push_back(std::move(drawn));
    }
  }
  Markup section;
  if (charts.empty()) return section;
  section << "<h3>How its answers turn out</h3>" << side_by_side(charts) << set_sentence(result, rows);
  return section;
}

}  // namespace everyml::report_impl
