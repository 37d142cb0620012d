#include "everyml/workflow/report/report.h"

#include <fmt/format.h>

#include <cmath>

#include "everyml/foundation/base/text.h"
#include "everyml/workflow/report/chapters_impl.h"
#include "everyml/workflow/report/numbers_impl.h"

namespace everyml {
namespace report_impl {

namespace {

Markup fact(Markup::Literal label, const std::string& value, const std::string& note) {
  Markup out;
  out << "<div><dt>" << label << "</dt><dd><b>" << text(value, 60) << "</b>";
  if (!note.empty()) out << "<span>" << text(note, 160) << "</span>";
  out << "</dd></div>";
  return out;
}

Markup badge(Verdict verdict) {
  Markup out;
  switch (verdict) {
    case Verdict::worth_it:
      out << "<p class=\"badge yes\"><b aria-hidden=\"true\">✓</b> Worth it</p>";
      break;
    case Verdict::not_worth_it:
      out << "<p class=\"badge hardly\"><b aria-hidden=\"true\">≈</b> Not worth it</p>";
      break;
    case Verdict::no_pattern:
      out << "<p class=\"badge no\"><b aria-hidden=\"true\">∅</b> No pattern</p>";
      break;
  }
  return out;
}

Markup facts(const LearnResult& result) {
  const Candidate& chosen = result.leaderboard[result.chosen];
  const Candidate& baseline = result.leaderboard[result.baseline];
  std::string gain = fmt::format("baseline {}", figure(baseline.score));
  if (std::isfinite(chosen.low) && chosen.low < chosen.high) {
    gain = fmt::format("95 % interval {} to {}; {}", figure(chosen.low), figure(chosen.high), gain);
  }
  Markup out;
  out << "<dl class=\"facts\">"
      << fact("Algorithm", chosen.title,
              result.territory.empty()              ? ""
              : to_string(result.task) == "classes" ? "classification"
                                                    : "regression")
      << "<div><dt>" << text(result.metric_title, 60) << "</dt><dd><b>" << text(figure(chosen.score))
      << "</b><span>" << text(gain) << "</span></dd></div>"
      << fact("Rows", count(result.rows),
              result.rows_without_target == 0
                  ? std::string()
                  : several(result.rows_without_target, "without a target", "without a target"))
      << fact("Columns used", count(result.columns_used.size()),
              fmt::format("of {} in the table", count(result.doctor.columns.size())))
      << fact("Time", seconds(result.seconds), "on this machine") << "</dl>";
  return out;
}

/// Baseline and chosen model on one line, each with its interval: the verdict at a glance.
Markup strip(const LearnResult& result) {
  const Candidate& chosen = result.leaderboard[result.chosen];
  const Candidate& baseline = result.leaderboard[result.baseline];
  Markup out;
  if (!std::isfinite(chosen.score) || !std::isfinite(baseline.score)) return out;
  const auto low_of = [](const Candidate& one) {
    return std::isfinite(one.low) && one.low < one.high ? one.low : one.score;
  };
  const auto high_of = [](const Candidate& one) {
    return std::isfinite(one.high) && one.low < one.high ? one.high : one.score;
  };
  double low = std::min(low_of(chosen), low_of(baseline)),
         high = std::max(high_of(chosen), high_of(baseline));
  if (!(high > low)) low -= 0.5, high += 0.5;
  const auto place = [&](double value) { return 3 + 94 * (value - low) / (high - low); };
  out << "<div class=\"strip\" aria-hidden=\"true\"><div class=\"track\">";
  const auto mark = [&](const Candidate& one, Markup::Literal kind) {
    out << "<i class=\"reach " << kind << "\" style=\"left:" << place(low_of(one))
        << "%;width:" << place(high_of(one)) - place(low_of(one)) << "%\"></i><i class=\"dot " << kind
        << "\" style=\"left:" << place(one.score) << "%\"></i>";
  };
  mark(baseline, "base");
  mark(chosen, "mine");
  out << "</div><p><span class=\"base\"><i></i>baseline " << text(figure(baseline.score))
      << "</span><span class=\"mine\"><i></i>" << text(chosen.title, 40) << " " << text(figure(chosen.score))
      << "</span><span class=\"sense\">";
  if (result.greater_is_better)
    out << "further right is better";
  else
    out << "further left is better";
  out << "</span></p></div>";
  return out;
}

}  // namespace

Markup verdict_block(const LearnResult& result, const ReportOptions& options) {
  Markup out;
  out << "<header class=\"top\"><p class=\"kicker\">Can <b>" << text(result.target, 60)
      << "</b> be predicted?</p><h1>" << text(options.title, 120) << "</h1><div class=\"verdict";
  switch (result.verdict) {
    case Verdict::worth_it:
      out << " yes";
      break;
    case Verdict::not_worth_it:
      out << " hardly";
      break;
    case Verdict::no_pattern:
      out << " no";
      break;
  }
  out << "\">" << badge(result.verdict) << "<p class=\"sentence\">" << text(result.sentence, 1200) << "</p>"
      << strip(result) << "</div>" << facts(result);
  if (!result.reasons.empty()) {
    out << "<h2 class=\"small\">Why</h2><ul class=\"reasons\">";
    for (const std::string& reason : result.reasons) out << "<li>" << text(reason, 800) << "</li>";
    out << "</ul>";
  }
  out << "<nav aria-label=\"Chapters\"><a href=\"#data\">1 Data</a><a href=\"#features\">2 Features</a><a "
         "href=\"#algorithm\">3 "
         "Algorithm</a></nav></header>";
  return out;
}

}  // namespace report_impl

std::string render_report(const LearnResult& result, const ReportOptions& given) {
  using namespace report_impl;
  ReportOptions options = given;
  options.title = file_alone(given.title);
  Gallery gallery;
  Markup body;
  body << verdict_block(result, options) << "<main>" << data_chapter(result)
       << features_chapter(result, gallery) << algorithm_chapter(result, options, gallery) << "</main>";
  return whole_page(options.title, body, fmt::format("seed {}", result.seed), gallery);
}

}  // namespace everyml
