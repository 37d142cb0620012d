#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "everyml/foundation/base/text.h"
#include "everyml/workflow/report/chapters_impl.h"
#include "everyml/workflow/report/numbers_impl.h"
#include "everyml/workflow/report/report.h"

namespace everyml {
namespace report_impl {
namespace {

constexpr std::size_t kBins = 40;
constexpr std::size_t kMostColumns = 12;
constexpr std::size_t kMostRows = 200;

std::string sentence(const Anomalies& found) {
  const std::size_t rows = found.scores.size();
  if (found.unusual == 0) {
    return fmt::format("None of the {} rows stands apart from the others.", count(rows));
  }
  return fmt::format("{} of {} rows stand{} apart from the others.", count(found.unusual), count(rows),
                     found.unusual == 1 ? "s" : "");
}

Markup head(const Anomalies& found, const Artifact& artifact, const ReportOptions& options) {
  const Json summary = parse_json(write_json(artifact.model.summary()), "summary");
  Markup out;
  out << "<header class=\"top\"><p class=\"kicker\">Which rows are unlike the others?</p><h1>"
      << text(options.title, 120) << "</h1><div class=\"verdict";
  if (found.unusual == 0)
    out << " no";
  else
    out << " hardly";
  out << "\"><p class=\"sentence\">" << text(sentence(found), 400) << "</p></div><ul class=\"reasons\"><li>"
      << text(fmt::format("The line is at {}, {}.", figure(found.threshold, 3),
                          summary.value("threshold_reason", std::string("from the scores"))),
              400)
      << "</li></ul><nav aria-label=\"Chapters\"><a href=\"#scores\">1 Scores</a><a href=\"#rows\">2 Rows</a>"
         "</nav></header>";
  return out;
}

Markup histogram(const Anomalies& found, Gallery& gallery) {
  const auto [least, most] = std::minmax_element(found.scores.begin(), found.scores.end());
  const double low = *least, high = std::max(*most, low + 1e-6);
  std::vector<double> bins(kBins, 0.0);
  for (const double score : found.scores) {
    const auto bin = static_cast<std::size_t>((score - low) / (high - low) * static_cast<double>(kBins));
    ++bins[std::min(bin, kBins - 1)];
  }
  Chart chart;
  chart.title = "How unusual the rows are";
  chart.x = {.title = "score", .low = low, .high = high};
  // Few rows among many must be seen, so the height is a logarithm.
  chart.y = {.title = "rows (logarithmic)", .low = 0, .high = 0, .hidden = true};
  Series columns{.kind = Series::Kind::columns};
  for (std::size_t b = 0; b < kBins; ++b) {
    const double width = (high - low) / static_cast<double>(kBins);
    columns.low.push_back(low + width * static_cast<double>(b));
    columns.high.push_back(low + width * static_cast<double>(b + 1));
    columns.y.push_back(std::log1p(bins[b]));
    columns.notes.push_back(fmt::format("{} to {}: {}", figure(columns.low.back(), 3),
                                        figure(columns.high.back(), 3),
                                        several(static_cast<std::uint64_t>(bins[b]), "row", "rows")));
    chart.y.high = std::max(chart.y.high, 1.05 * columns.y.back());
  }
  if (found.threshold > low && found.threshold < high)
    chart.references.push_back({.vertical = true, .at = found.threshold, .label = "stands apart"});
  chart.width = 560;
  chart.description = fmt::format("Histogram of the scores from {} to {}; rows right of {} stand apart.",
                                  figure(low, 3), figure(high, 3), figure(found.threshold, 3));
  chart.series = {std::move(columns)};
  return gallery.figure(
      chart,
      "A score near 1 is a row that is soon alone when the table is cut at random; near 0.5 and "
      "below it is one among many. The height counts rows on a logarithmic scale.");
}

/// The columns that make the most unusual rows so, by what they say in sum.
Markup blame(const Anomalies& found, Gallery& gallery) {
  std::map<std::string, double> worth;
  for (const UnusualRow& row : found.first) {
    for (const AnomalyReason& reason : row.reasons) worth[reason.column] += reason.worth;
  }
  Markup out;
  if (worth.empty()) return out;
  std::vector<std::pair<std::string, double>> order(worth.begin(), worth.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  if (order.size() > kMostColumns) order.resize(kMostColumns);
  Chart chart;
  chart.title = "Which columns make rows unusual";
  chart.x = {.title = "steps sooner alone, summed over the rows below",
             .low = 0,
             .high = 1.05 * order.front().second};
  chart.y.scale = Axis::Scale::category;
  Series bars{.kind = Series::Kind::bars, .color = 0};
  for (const auto& [name, value] : order) {
    bars.x.push_back(value);
    bars.y.push_back(static_cast<double>(chart.y.labels.size()));
    bars.notes.push_back(fmt::format("{}: {}", printable(name), figure(value, 3)));
    chart.y.labels.push_back(name);
  }
  chart.width = 560;
  chart.height = 60 + 26 * static_cast<double>(order.size());
  chart.description = fmt::format("Bars per column; {} does most.", printable(order.front().first));
  chart.series = {std::move(bars)};
  return gallery.figure(chart);
}

Markup rows_table(const Anomalies& found) {
  const std::size_t shown = std::min(found.first.size(), kMostRows);
  Markup out;
  out << "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of "
         "rows\"><table><thead><tr><th scope=\"col\" class=\"num\">row</th><th scope=\"col\" "
         "class=\"num\">score</th><th scope=\"col\">why</th></tr></thead><tbody>";
  for (std::size_t i = 0; i < shown; ++i) {
    const UnusualRow& row = found.first[i];
    out << "<tr";
    if (row.score >= found.threshold) out << " class=\"chosen\"";
    out << "><th scope=\"row\" class=\"num\">" << text(count(row.row + 1)) << "</th><td class=\"num\">"
        << text(figure_with(row.score, 3)) << "</td><td>";
    for (std::size_t r = 0; r < row.reasons.size(); ++r) {
      if (r > 0) out << "<br>";
      out << text(reason_text(row.reasons[r]), 200);
    }
    if (row.reasons.empty()) out << "no column by itself";
    out << "</td></tr>";
  }
  out << "</tbody></table></div>";
  if (shown < found.first.size()) {
    out << "<p class=\"left-out\">"
        << text(several(found.first.size() - shown, "row that scores less is", "rows that score less are"))
        << " left out.</p>";
  }
  return out;
}

}  // namespace
}  // namespace report_impl

std::string render_anomaly_report(const Anomalies& found, const Artifact& artifact,
                                  const ReportOptions& given) {
  using namespace report_impl;
  ReportOptions options = given;
  options.title = file_alone(given.title);
  Gallery gallery;
  Markup body;
  body << head(found, artifact, options) << "<main>";
  if (!found.scores.empty()) {
    body << "<section id=\"scores\"><h2>Scores</h2>" << histogram(found, gallery) << blame(found, gallery)
         << "</section><section id=\"rows\"><h2>Rows</h2><p>The most unusual rows first, and what makes them "
            "so; "
            "marked are those that stand apart. “Others” is where nine tenths of the other rows lie.</p>"
         << rows_table(found) << "</section>";
  }
  if (!options.command.empty())
    body << "<p>To repeat it:</p><pre tabindex=\"0\"><code>" << text(options.command, 2000)
         << "</code></pre>";
  body << "</main>";
  return whole_page(options.title, body, artifact.algorithm, gallery);
}

}  // namespace everyml
