#include "apps/text/leaderboard.h"

#include <fmt/format.h>

#include "apps/text/findings.h"
#include "everyml/foundation/base/text.h"

namespace everyml::shown {

namespace {

std::string mark_of(const LearnResult& result, std::size_t index) {
  const Candidate& candidate = result.leaderboard[index];
  if (index == result.chosen && index == result.baseline) return "chosen, baseline";
  if (index == result.chosen)
    return candidate.tied_with_best && index != 0 ? "chosen, tied with the best" : "chosen";
  if (index == result.baseline) return "baseline";
  return candidate.tied_with_best ? "tied with the best" : "";
}

std::string table_of(const LearnResult& result, const Terminal& terminal) {
  TextTable table;
  table.alignment = {Align::left, Align::right, Align::right, Align::right, Align::left};
  table.rows.push_back({"algorithm", "mean", "95 % interval", "seconds", ""});
  std::string skipped;
  for (std::size_t i = 0; i < result.leaderboard.size(); ++i) {
    const Candidate& candidate = result.leaderboard[i];
    if (!candidate.skipped.empty()) {
      skipped += "  " +
                 wrapped(fmt::format("Not judged: {}, {}", printable(candidate.title),
                                     printable(candidate.skipped, 300)),
                         terminal.width(), 4, 2) +
                 "\n";
      continue;
    }
    table.rows.push_back({printable(candidate.title), format_short(candidate.score),
                          fmt::format("{} to {}", format_short(candidate.low), format_short(candidate.high)),
                          fmt::format("{:.2f}", candidate.fit_seconds + candidate.predict_seconds),
                          mark_of(result, i)});
  }
  std::string text = table.render(terminal.width());
  // Styles are put on whole lines, so that they cannot be cut.
  std::string out;
  std::size_t line = 0;
  for (const std::string_view row : split(text, '\n')) {
    if (row.empty()) continue;
    const Style style = line == 0 ? Style::faint : line == result.chosen + 1 ? Style::strong : Style::plain;
    out += terminal.styled(row, style) + "\n";
    ++line;
  }
  return out + terminal.styled(skipped, Style::faint);
}

}  // namespace

std::string describe_result(const LearnResult& result, const Terminal& terminal) {
  std::string out;
  const auto paragraph = [&](const std::string& text) { out += wrapped(text, terminal.width()) + "\n"; };
  paragraph(fmt::format("{} rows, {} column{} to learn \"{}\" from. {}", grouped(result.rows),
                        result.columns_used.size(), result.columns_used.size() == 1 ? "" : "s",
                        printable(result.target), printable(result.territory, 600)));
  out += fmt::format("\nData: {}.\n", count_findings(result.doctor));
  for (const Finding& finding : result.doctor.findings) {
    if (finding.severity == Severity::serious) out += finding_lines(finding, false, terminal);
  }
  out += "\n" +
         terminal.styled(
             wrapped(fmt::format("{}, {} is better; mean of {} folds", printable(result.metric_title),
                                 result.greater_is_better ? "more" : "less", result.folds.size()),
                     terminal.width()),
             Style::strong) +
         "\n";
  out += table_of(result, terminal) + "\n";
  for (const std::string& reason : result.reasons) paragraph(printable(reason, 1000));
  if (result.time_ran_out) paragraph("The time given ran out before everything was tried.");
  return out;
}

}  // namespace everyml::shown
