#pragma once

#include <string>
#include <vector>

#include "everyml/workflow/report/chart_impl.h"
#include "everyml/workflow/report/report.h"

namespace everyml::report_impl {

/// Where the file lies is nobody's business who is sent the report.
std::string file_alone(const std::string& path);
/// The page around a body: head with its policy, style, footer ("Made by everyml, `made`"), the gallery's
/// charts and the scripts.
std::string whole_page(const std::string& title, const Markup& body, const std::string& made,
                       const Gallery& gallery);

// The parts of the page. Each returns finished markup and puts its charts into the gallery.

Markup verdict_block(const LearnResult& result, const ReportOptions& options);
Markup data_chapter(const LearnResult& result);
Markup features_chapter(const LearnResult& result, Gallery& gallery);
Markup algorithm_chapter(const LearnResult& result, const ReportOptions& options, Gallery& gallery);

/// What each column adds to single rows; empty for a model that cannot tell.
Markup contribution_charts(const LearnResult& result, Gallery& gallery);

// Parts of the chapter Algorithm.

Markup leaderboard(const LearnResult& result, Gallery& gallery);
/// How the answers for held-out rows compare with the truth. Empty when the result has no such answers.
Markup class_answers(const LearnResult& result, Gallery& gallery);
Markup number_answers(const LearnResult& result, Gallery& gallery);
/// The model's own summary, from its JSON: a table of coefficients when it has them, the rest as keys and
/// values.
Markup model_summary(const LearnResult& result);
/// The drawing of a model that is one tree, and its rules; empty for others.
Markup drawn_tree_part(const LearnResult& result);
Markup glossary(const LearnResult& result);

/// What a metric's figure means, in words for anyone; empty for a metric without an entry.
std::string metric_in_words(const std::string& name);

/// Charts side by side: three in a row when that leaves no hole, else two.
Markup side_by_side(const std::vector<Markup>& charts);
/// Whether that many charts stand three in a row: then each is narrower.
bool three_in_a_row(std::size_t charts);

/// The score of a candidate as text, with its interval in brackets when it has one.
std::string score_text(const Candidate& candidate);
/// "1 row", "2 rows".
std::string several(std::uint64_t number, const std::string& one, const std::string& many);
/// Small words in a box: chosen, baseline, tied, target.
Markup chip(Markup::Literal kind, std::string_view words);

}  // namespace everyml::report_impl
