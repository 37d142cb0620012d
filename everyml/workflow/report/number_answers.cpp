#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "everyml/foundation/base/text.h"
#include "everyml/workflow/report/chapters_impl.h"
#include "everyml/workflow/report/numbers_impl.h"

namespace everyml::report_impl {
namespace {

constexpr std::size_t kMostDots = 1500;
constexpr std::size_t kMostBins = 31;

struct HeldOut {
  std::vector<double> truth, answer;
};

HeldOut held_out(const LearnResult& result) {
  HeldOut rows;
  if (result.out_of_fold.size() != result.truth.size()) return rows;
  for (std::size_t i = 0; i < result.truth.size(); ++i) {
    if (!std::isfinite(result.out_of_fold[i]) || !std::isfinite(result.truth[i])) continue;
    rows.truth.push_back(result.truth[i]);
    rows.answer.push_back(result.out_of_fold[i]);
  }
  return rows;
}

Markup scatter_chart(const LearnResult& result, const HeldOut& rows, Gallery& gallery) {
  Chart chart;
  chart.title = "Answer against truth";
  chart.x.title = fmt::format("true {}", printable(result.target, 40));
  chart.y.title = fmt::format("answered {}", printable(result.target, 40));
  chart.diagonal = true;
  chart.width = chart.height = 400;
  const auto [least, most] = std::minmax_element(rows.truth.begin(), rows.truth.end());
  const auto [low, high] = std::minmax_element(rows.answer.begin(), rows.answer.end());
  chart.x.low = chart.y.low = std::min(*least, *low);
  chart.x.high = chart.y.high = std::max(*most, *high);
  Series dots{.kind = Series::Kind::points, .faint = true};
  // Every n-th row: the rows of a file are rarely sorted by their error.
  const std::size_t step = (rows.truth.size() + kMostDots - 1) / kMostDots;
  for (std::size_t i = 0; i < rows.truth.size(); i += step) {
    dots.x.push_back(rows.truth[i]);
    dots.y.push_back(rows.answer[i]);
  }
  const std::size_t shown = dots.x.size();
  chart.description = fmt::format(
      "A cloud of {} dots, one per held-out row; true values run from {} to {}, answers from {} to {}.",
      shown, figure(*least), figure(*most), figure(*low), figure(*high));
  chart.series = {std::move(dots)};
  std::string caption = "One dot per held-out row. On the dotted line the answer is right.";
  if (step > 1) caption += fmt::format(" {} of {} rows are drawn.", count(shown), count(rows.truth.size()));
  return gallery.figure(chart, caption);
}

Markup residual_chart(const HeldOut& rows, Gallery& gallery) {
  std::vector<double> errors(rows.truth.size());
  for (std::size_t i = 0; i < errors.size(); ++i) errors[i] = rows.truth[i] - rows.answer[i];
  std::vector<double> sorted = errors;
  std::sort(sorted.begin(), sorted.end());
  // The outermost hundredth would squeeze the rest into one column; it goes into the end columns.
  const std::size_t cut = sorted.size() / 200;
  const double reach = std::max(std::abs(sorted[cut]), std::abs(sorted[sorted.size() - 1 - cut]));
  if (!(reach > 0)) return {};
  // Twice the cube root of the rows (Rice's rule); an odd number, so that one column stands for "about
  // right".
  const auto wanted = static_cast<std::size_t>(2 * std::cbrt(static_cast<double>(errors.size())));
  const std::size_t count_of_bins = std::clamp<std::size_t>(wanted, 5, kMostBins) | 1;
  std::vector<double> bins(count_of_bins, 0);
  for (const double error : errors) {
    const double place = (error + reach) / (2 * reach) * static_cast<double>(count_of_bins);
    ++bins[static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(count_of_bins - 1)))];
  }
  Chart chart;
  chart.title = "By how much it errs";
  chart.x.title = "truth minus answer";
  chart.y.title = "rows";
  chart.x.low = -reach;
  chart.x.high = reach;
  chart.width = chart.height = 400;
  Series columns{.kind = Series::Kind::columns};
  for (std::size_t b = 0; b < count_of_bins; ++b) {
    const double from = -reach + 2 * reach * static_cast<double>(b) / static_cast<double>(count_of_bins);
    columns.low.push_back(from);
    columns.high.push_back(from + 2 * reach / static_cast<double>(count_of_bins));
    columns.y.push_back(bins[b]);
    columns.notes.push_back(fmt::format("{} to {}: {}", figure(columns.low.back(), 3),
                                        figure(columns.high.back(), 3),
                                        several(static_cast<std::uint64_t>(bins[b]), "row", "rows")));
  }
  chart.y.high = 1.05 * *std::max_element(bins.begin(), bins.end());
  chart.references.push_back({.vertical = true, .at = 0, .label = "right"});
  const double middle = sorted[sorted.size() / 2];
  chart.description =
      fmt::format("Histogram of the errors on held-out rows; their median is {}.", figure(middle, 3));
  chart.series = {std::move(columns)};
  return gallery.figure(
      chart,
      fmt::format("How often an error of that size occurs; right of the line the answer was too low. {}",
                  cut > 0 ? "The end columns hold all errors beyond them." : ""));
}

Markup interval_sentence(const LearnResult& result) {
  Markup out;
  if (result.artifact.conformal.scores.empty()) return out;
  const double half = result.artifact.conformal.bound(0.5), nine = result.artifact.conformal.bound(0.9);
  out << "<p class=\"statement\"><b>How sure is a single answer?</b> ";
  if (std::isfinite(nine)) {
    out << "For 9 of 10 new rows like these the truth lies within <b>± " << text(figure(nine, 3))
        << "</b> of the answer, for half of them within ± " << text(figure(half, 3))
        << ". <code>--interval 0.9</code> writes these bounds beside each answer.";
  } else {
    out << "There are too few rows to say how far the truth may lie from an answer.";
  }
  out << "</p>";
  return out;
}

}  // namespace

Markup number_answers(const LearnResult& result, Gallery& gallery) {
  Markup out;
  const HeldOut rows = held_out(result);
  if (rows.truth.size() < 2) return out;
  out << "<h3>How its answers turn out</h3>"
      << side_by_side({scatter_chart(result, rows, gallery), residual_chart(rows, gallery)})
      << interval_sentence(result);
  return out;
}

}  // namespace everyml::report_impl
