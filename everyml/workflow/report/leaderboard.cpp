#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "everyml/foundation/base/text.h"
#include "everyml/workflow/report/chapters_impl.h"
#include "everyml/workflow/report/numbers_impl.h"

namespace everyml::report_impl {
namespace {

constexpr std::size_t kMostMetrics = 3;

/// "log_loss" as words.
std::string spaced(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

std::size_t judged_count(const LearnResult& result) {
  std::size_t judged = 0;
  while (judged < result.leaderboard.size() && result.leaderboard[judged].skipped.empty()) ++judged;
  return judged;
}

Markup scores_chart(const LearnResult& result, std::size_t judged, Gallery& gallery) {
  Chart chart;
  chart.title = "Scores on rows the models had not seen";
  chart.x.title =
      fmt::format("{} – {} is better", spaced(result.metric), result.greater_is_better ? "more" : "less");
  chart.y.scale = Axis::Scale::category;
  Series folds{.kind = Series::Kind::points, .name = "single folds", .color = kMuted, .faint = true};
  Series whiskers{.kind = Series::Kind::ranges};
  Series means{.kind = Series::Kind::points, .name = "mean and its 95 % interval"};
  Series winner{.kind = Series::Kind::points, .name = "chosen", .color = 1};
  double low = std::numeric_limits<double>::infinity(), high = -low;
  const auto reach = [&](double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  };
  for (std::size_t i = 0; i < judged; ++i) {
    const Candidate& one = result.leaderboard[i];
    const double row = static_cast<double>(i);
    chart.y.labels.push_back(one.title);
    for (const double score : one.fold_scores) {
      if (!std::isfinite(score)) continue;
      folds.x.push_back(score);
      folds.y.push_back(row);
      reach(score);
    }
    if (std::isfinite(one.low) && std::isfinite(one.high)) {
      whiskers.y.push_back(row);
      whiskers.low.push_back(one.low);
      whiskers.high.push_back(one.high);
      reach(one.low);
      reach(one.high);
    }
    Series& mine = i == result.chosen ? winner : means;
    mine.x.push_back(one.score);
    mine.y.push_back(row);
    mine.notes.push_back(fmt::format("{}: {}", one.title, score_text(one)));
    reach(one.score);
  }
  if (!(high >= low)) low = 0, high = 1;
  const double room = high > low ? 0.05 * (high - low) : 0.5;
  chart.x.low = low - room;
  chart.x.high = high + room;
  chart.width = 560;
  chart.height = 60 + 34 * static_cast<double>(judged);
  chart.references.push_back(
      {.vertical = true, .at = result.leaderboard[result.baseline].score, .label = "baseline"});
  chart.description =
      fmt::format("One row per algorithm, best first. {} scores {}, the baseline {}.",
                  result.leaderboard[result.chosen].title, score_text(result.leaderboard[result.chosen]),
                  figure(result.leaderboard[result.baseline].score));
  chart.series = {std::move(folds), std::move(whiskers), std::move(means), std::move(winner)};
  return gallery.figure(chart);
}

/// The chosen one's other metrics, those first that say most to most people.
std::vector<std::string> other_metrics(const LearnResult& result) {
  const auto& metrics = result.leaderboard[result.chosen].metrics;
  std::vector<std::string> names;
  const auto take = [&](const std::string& name) {
    const bool known = std::find(names.begin(), names.end(), name) != names.end();
    if (name != result.metric && !known && names.size() < kMostMetrics) names.push_back(name);
  };
  for (const char* first : {"accuracy", "log_loss", "f1", "balanced_accuracy", "mae", "r2"}) {
    if (metrics.count(first)) take(first);
  }
  for (const auto& [name, value] : metrics) take(name);
  return names;
}

/// A column of the table: a figure per candidate, all with the same decimals.
struct Figures {
  std::string name;
  std::vector<double> values;
  int decimals() const { return shared_decimals(values); }
};

std::vector<Figures> columns_of(const LearnResult& result, std::size_t judged) {
  std::vector<Figures> columns = {{result.metric, {}}};
  for (const std::string& name : other_metrics(result)) columns.push_back({name, {}});
  for (std::size_t i = 0; i < judged; ++i) {
    const Candidate& one = result.leaderboard[i];
    columns[0].values.push_back(one.score);
    for (std::size_t c = 1; c < columns.size(); ++c) {
      const auto found = one.metrics.find(columns[c].name);
      columns[c].values.push_back(found == one.metrics.end() ? std::nan("") : found->second);
    }
  }
  return columns;
}

Markup row(const LearnResult& result, std::size_t place, const std::vector<Figures>& columns) {
  const Candidate& one = result.leaderboard[place];
  const int decimals = columns[0].decimals();
  Markup out;
  out << "<tr";
  if (place == result.chosen) out << " class=\"chosen\"";
  out << "><th scope=\"row\"><span class=\"place\">" << place + 1 << "</span><span class=\"name\">"
      << text(one.title, 60) << "</span>";
  if (place == result.chosen) out << chip("pick", "chosen");
  if (place == result.baseline) out << chip("out", "baseline");
  if (one.tied_with_best && place != 0) out << chip("tied", "tied with the best");
  out << "</th><td class=\"num\"><b>" << text(figure_with(one.score, decimals))
      << "</b></td><td class=\"num\">";
  if (std::isfinite(one.low) && one.low < one.high) {
    out << text(figure_with(one.low, decimals)) << " to " << text(figure_with(one.high, decimals));
  } else {
    out << "<span class=\"quiet\">–</span>";
  }
  out << "</td><td class=\"num\">";
  if (place == 0) {
    out << "<span class=\"quiet\">best</span>";
  } else {
    out << text(probability(one.p_versus_best));
  }
  out << "</td>";
  for (std::size_t c = 1; c < columns.size(); ++c) {
    out << "<td class=\"num\">" << text(figure_with(columns[c].values[place], columns[c].decimals()))
        << "</td>";
  }
  out << "<td class=\"num\">" << text(seconds(one.fit_seconds)) << "</td><td class=\"num\">"
      << text(count(one.trials)) << "</td></tr>";
  return out;
}

}  // namespace

Markup leaderboard(const LearnResult& result, Gallery& gallery) {
  const std::size_t judged = judged_count(result);
  const std::vector<Figures> columns = columns_of(result, judged);
  Markup out;
  out << "<h3>The algorithms that were tried</h3>" << scores_chart(result, judged, gallery)
      << "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of algorithms\"><table "
         "class=\"board\"><thead><tr><th scope=\"col\">Algorithm</th><th scope=\"col\" class=\"num\">"
      << text(spaced(result.metric), 40)
      << "</th><th scope=\"col\" class=\"num\">95 % interval</th><th scope=\"col\" class=\"num\">p against "
         "best</th>";
  for (std::size_t c = 1; c < columns.size(); ++c) {
    out << "<th scope=\"col\" class=\"num\">" << text(spaced(columns[c].name), 40) << "</th>";
  }
  out << "<th scope=\"col\" class=\"num\">Training</th><th scope=\"col\" class=\"num\">Settings "
         "tried</th></tr></thead><tbody>";
  for (std::size_t i = 0; i < judged; ++i) out << row(result, i, columns);
  out << "</tbody></table></div>";
  if (judged < result.leaderboard.size()) {
    out << "<p>Not judged:</p><ul class=\"plain\">";
    for (std::size_t i = judged; i < result.leaderboard.size(); ++i) {
      out << "<li><b>" << text(result.leaderboard[i].title, 60) << "</b> – "
          << text(result.leaderboard[i].skipped, 400) << "</li>";
    }
    out << "</ul>";
  }
  const std::string words = metric_in_words(result.metric);
  out << "<p class=\"fine\">";
  if (!words.empty()) out << "<b>" << text(result.metric_title, 80) << "</b>: " << text(words, 600) << " ";
  out << "Algorithms whose difference from the best could well be chance are marked as tied; of those the "
         "plainest one that "
         "keeps the gain is chosen.</p>";
  return out;
}

}  // namespace everyml::report_impl
