#include <fmt/format.h>

#include <algorithm>

#include "everyml/foundation/base/text.h"
#include "everyml/workflow/report/chapters_impl.h"
#include "everyml/workflow/report/numbers_impl.h"

namespace everyml::report_impl {
namespace {

std::string verdict_of_algorithms(const LearnResult& result) {
  const Candidate& chosen = result.leaderboard[result.chosen];
  std::size_t judged = 0, tied = 0;
  for (std::size_t i = 0; i < result.leaderboard.size(); ++i) {
    const Candidate& one = result.leaderboard[i];
    judged += one.skipped.empty() && i != result.baseline;
    tied += one.skipped.empty() && one.tied_with_best && i != result.chosen && i != result.baseline;
  }
  std::string words =
      fmt::format("{} was chosen out of {}", chosen.title, several(judged, "algorithm", "algorithms"));
  if (tied > 0)
    words += fmt::format("; {} with it cannot be told apart from the best", several(tied, "other", "others"));
  switch (result.verdict) {
    case Verdict::worth_it:
      return words + ", and it clearly beats the baseline.";
    case Verdict::not_worth_it:
      return words + "; it beats the baseline by less than matters.";
    case Verdict::no_pattern:
      return words + ", but its lead over the baseline may well be chance.";
  }
  return words + ".";
}

/// What the model may be asked, in words that follow from how it was trained.
Markup scope(const LearnResult& result) {
  Markup out;
  out << "<h3>Where it may be used</h3><p>It answers one question, <b>" << text(result.target, 60)
      << "</b>, for rows like those it was trained on. The column table in chapter Data lists the values it "
         "has seen. Inside "
         "that range its score is the one above; outside it guesses, and <code>everyml predict</code> counts "
         "such rows and says so. "
         "It finds what goes together, not what causes what.</p>";
  return out;
}

Markup method(const LearnResult& result, const ReportOptions& options) {
  Markup out;
  const std::uint64_t rows = result.rows - std::min(result.rows, result.rows_without_target);
  out << "<h3>How it was judged</h3><ul class=\"plain\"><li>"
      << text(fmt::format("{} in {}: each row was answered by models that had not seen it. Imputing, coding, "
                          "scaling and the choice "
                          "of settings were learned inside each fold too.",
                          several(rows, "row", "rows"), several(result.folds.size(), "fold", "folds")),
              600)
      << "</li><li>Metric: <b>" << text(result.metric_title, 80) << "</b> (<code>" << text(result.metric, 40)
      << "</code>).</li><li>Seed " << text(std::to_string(result.seed))
      << ": the same data, settings and seed give the same model, byte for byte, on any number of "
         "threads.</li>";
  if (result.time_ran_out) out << "<li>The time given ran out before everything was tried.</li>";
  out << "</ul>";
  if (!options.command.empty()) {
    out << "<p>To repeat it:</p><pre tabindex=\"0\"><code>" << text(options.command, 2000) << "</code></pre>";
  }
  return out;
}

}  // namespace

Markup algorithm_chapter(const LearnResult& result, const ReportOptions& options, Gallery& gallery) {
  Markup out;
  out << "<section id=\"algorithm\" aria-labelledby=\"algorithm-title\"><p class=\"chapter\">Chapter 3</p>"
         "<h2 id=\"algorithm-title\">Algorithm</h2><p class=\"lede\">"
      << text(verdict_of_algorithms(result), 600) << "</p>";
  if (!result.territory.empty()) out << "<p>" << text(result.territory, 600) << ".</p>";
  out << leaderboard(result, gallery);
  if (result.task == Target::Kind::classes) out << class_answers(result, gallery);
  if (result.task == Target::Kind::numbers) out << number_answers(result, gallery);
  out << model_summary(result) << scope(result) << method(result, options) << glossary(result)
      << "</section>";
  return out;
}

}  // namespace everyml::report_impl
