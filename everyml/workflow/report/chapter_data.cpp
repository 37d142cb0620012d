#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "everyml/foundation/base/text.h"
#include "everyml/workflow/report/chapters_impl.h"
#include "everyml/workflow/report/numbers_impl.h"

namespace everyml::report_impl {
namespace {

constexpr std::size_t kMostFindings = 60;
constexpr std::size_t kMostColumns = 150;
constexpr std::size_t kMostExcluded = 100;
/// Findings below this place are folded away.
constexpr std::size_t kOpenFindings = 6;

std::size_t findings_of(const DoctorReport& doctor, Severity severity) {
  return static_cast<std::size_t>(
      std::count_if(doctor.findings.begin(), doctor.findings.end(),
                    [&](const Finding& one) { return one.severity == severity; }));
}

std::string verdict_of_data(const LearnResult& result) {
  const DoctorReport& doctor = result.doctor;
  const std::size_t serious = findings_of(doctor, Severity::serious),
                    warnings = findings_of(doctor, Severity::warning);
  std::string health;
  if (serious > 0) {
    health = fmt::format("{} must be looked at before anyone relies on the answer",
                         several(serious, "serious finding", "serious findings"));
  } else if (warnings > 0) {
    health = fmt::format("nothing serious was found, {} worth reading",
                         warnings == 1 ? "1 warning is" : fmt::format("{} warnings are", warnings));
  } else {
    health = "nothing in them stands in the way of learning";
  }
  return fmt::format("{} and {} were examined: {}.", several(doctor.rows, "row", "rows"),
                     several(doctor.columns.size(), "column", "columns"), health);
}

Markup finding(const Finding& one) {
  Markup out;
  out << "<li class=\"finding ";
  switch (one.severity) {
    case Severity::serious:
      out << "serious\"><span class=\"severity\"><b aria-hidden=\"true\">✕</b> Serious";
      break;
    case Severity::warning:
      out << "warning\"><span class=\"severity\"><b aria-hidden=\"true\">!</b> Warning";
      break;
    case Severity::note:
      out << "note\"><span class=\"severity\"><b aria-hidden=\"true\">i</b> Note";
      break;
  }
  out << " <code>" << text(one.code, 60) << "</code></span><div><p class=\"what\">" << text(one.sentence, 600)
      << "</p>";
  if (!one.evidence.empty())
    out << "<p class=\"evidence\"><span>Evidence</span> " << text(one.evidence, 600) << "</p>";
  if (!one.remedy.empty())
    out << "<p class=\"evidence\"><span>Remedy</span> " << text(one.remedy, 600) << "</p>";
  out << "</div></li>";
  return out;
}

Markup findings(const DoctorReport& doctor) {
  Markup out;
  out << "<h3>Findings</h3>";
  if (doctor.findings.empty()) {
    out << "<p class=\"calm\">None: no fault of the kinds that are looked for.</p>";
    return out;
  }
  const std::size_t shown = std::min(doctor.findings.size(), kMostFindings);
  const std::size_t serious = findings_of(doctor, Severity::serious);
  const std::size_t open = std::min(shown, std::max(serious, kOpenFindings));
  out << "<ul class=\"findings\">";
  for (std::size_t i = 0; i < open; ++i) out << finding(doctor.findings[i]);
  out << "</ul>";
  if (open < shown) {
    out << "<details><summary>" << text(several(shown - open, "more finding", "more findings"))
        << "</summary><ul class=\"findings\">";
    for (std::size_t i = open; i < shown; ++i) out << finding(doctor.findings[i]);
    out << "</ul></details>";
  }
  if (shown < doctor.findings.size()) {
    out << "<p class=\"left-out\">"
        << text(several(doctor.findings.size() - shown, "further finding is", "further findings are"))
        << " left out here; <code>everyml doctor</code> lists all.</p>";
  }
  return out;
}

std::string reason_in_words(const std::string& code) {
  static const std::map<std::string, std::string> kWords = {
      {"id.column", "an identifier: it names rows and tells nothing of new ones"},
      {"constant.column", "the same value in every row"},
      {"missing.all", "no value in any row"},
      {"leak.target", "it gives the answer away"}};
  const auto found = kWords.find(code);
  if (found != kWords.end()) return found->second;
  return code.starts_with("leak") ? "it gives the answer away" : code;
}

Markup excluded(const DoctorReport& doctor) {
  Markup out;
  if (doctor.excluded.empty()) return out;
  out << "<h3>Columns left out</h3><ul class=\"plain\">";
  const std::size_t shown = std::min(doctor.excluded.size(), kMostExcluded);
  for (std::size_t i = 0; i < shown; ++i) {
    out << "<li><b>" << text(doctor.excluded[i].first, 60) << "</b> – "
        << text(reason_in_words(doctor.excluded[i].second)) << "</li>";
  }
  out << "</ul>";
  if (shown < doctor.excluded.size()) {
    out << "<p class=\"left-out\">And " << text(count(doctor.excluded.size() - shown)) << " more.</p>";
  }
  return out;
}

/// The shape of a column's values in a line of text: bars of one colour, no axes.
Markup sparkline(const ColumnProfile& profile) {
  std::vector<std::uint64_t> heights = profile.histogram;
  if (heights.empty()) {
    for (const auto& [label, rows] : profile.top) heights.push_back(rows);
  }
  Markup out;
  if (heights.empty() || profile.kind == ColumnKind::text) return out;
  const double tallest =
      static_cast<double>(std::max<std::uint64_t>(1, *std::max_element(heights.begin(), heights.end())));
  const double width = std::min(24.0, 96.0 / static_cast<double>(heights.size()));
  out << "<svg class=\"spark\" viewBox=\"0 0 96 26\" aria-hidden=\"true\"><path d=\"";
  for (std::size_t i = 0; i < heights.size(); ++i) {
    if (heights[i] == 0) continue;
    const double height = std::max(1.0, 25 * static_cast<double>(heights[i]) / tallest);
    out << "M" << width * static_cast<double>(i) << " 26v" << -height << "h"
        << width - (width > 2 ? 0.8 : 0.0) << "v" << height << "z";
  }
  out << "\"/></svg>";
  return out;
}

std::string typical(const ColumnProfile& profile, std::uint64_t rows) {
  if (profile.kind == ColumnKind::number || profile.kind == ColumnKind::date) {
    if (profile.histogram.empty()) return "–";
    return fmt::format("{} to {}, median {}", value_of(profile.kind, profile.minimum),
                       value_of(profile.kind, profile.maximum), value_of(profile.kind, profile.median));
  }
  const double present = static_cast<double>(rows - std::min(rows, profile.missing));
  if (profile.kind == ColumnKind::text && !profile.top.empty() &&
      static_cast<double>(profile.top.front().second) < 0.01 * present) {
    return "nearly every value differs";
  }
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < std::min<std::size_t>(3, profile.top.size()); ++i) {
    parts.push_back(
        fmt::format("{} {}", printable(profile.top[i].first, 24),
                    percent(static_cast<double>(profile.top[i].second) / std::max(1.0, present))));
  }
  return parts.empty() ? "–" : fmt::format("{}", fmt::join(parts, ", "));
}

Markup meter(double share, Markup::Literal kind, const std::string& words) {
  Markup out;
  out << "<span class=\"meter " << kind << "\"><i style=\"width:" << 100 * std::clamp(share, 0.0, 1.0)
      << "%\"></i></span> " << text(words);
  return out;
}

Markup column_row(const LearnResult& result, const ColumnProfile& profile) {
  const std::uint64_t rows = result.doctor.rows;
  const auto is_named = [&](const auto& pair) { return pair.first == profile.name; };
  const bool left_out = std::find(result.columns_used.begin(), result.columns_used.end(), profile.name) ==
                        result.columns_used.end();
  Markup out;
  out << "<tr><th scope=\"row\"><span class=\"name\">" << text(profile.name, 40) << "</span>";
  if (profile.name == result.target)
    out << chip("target", "target");
  else if (std::any_of(result.doctor.excluded.begin(), result.doctor.excluded.end(), is_named) && left_out) {
    out << chip("out", "left out");
  } else if (left_out) {
    out << chip("out", "not used");
  }
  const double share = rows > 0 ? static_cast<double>(profile.missing) / static_cast<double>(rows) : 0;
  out << "</th><td>" << text(to_string(profile.kind)) << "</td><td class=\"num\">";
  if (profile.missing == 0)
    out << "<span class=\"quiet\">none</span>";
  else
    out << meter(share, "miss", percent(share));
  out << "</td><td class=\"num\">" << text(count(profile.distinct)) << "</td><td>" << sparkline(profile)
      << "</td><td>" << text(typical(profile, rows), 160) << "</td><td class=\"num\">";
  if (profile.name == result.target || std::isnan(profile.target_association))
    out << "<span class=\"quiet\">–</span>";
  else
    out << meter(profile.target_association, "tie", figure(profile.target_association, 2));
  out << "</td></tr>";
  return out;
}

Markup column_table(const LearnResult& result) {
  const DoctorReport& doctor = result.doctor;
  Markup out;
  out << "<h3>Columns</h3>";
  std::vector<const ColumnProfile*> order;
  for (const ColumnProfile& profile : doctor.columns) order.push_back(&profile);
  // Wide tables keep the columns that say most; the target always stays.
  if (order.size() > kMostColumns) {
    const auto weight = [&](const ColumnProfile* one) {
      if (one->name == result.target) return 2.0;
      return std::isnan(one->target_association) ? -1.0 : one->target_association;
    };
    std::stable_sort(order.begin(), order.end(), [&](auto* a, auto* b) { return weight(a) > weight(b); });
    order.resize(kMostColumns);
  }
  out << "<div class=\"scroll tall\" tabindex=\"0\" role=\"region\" aria-label=\"Table of columns\"><table "
         "class=\"columns\"><thead><tr>"
         "<th scope=\"col\">Column</th><th scope=\"col\">Kind</th><th scope=\"col\" "
         "class=\"num\">Missing</th>"
         "<th scope=\"col\" class=\"num\">Distinct</th><th scope=\"col\">Shape</th><th "
         "scope=\"col\">Values</th>"
         "<th scope=\"col\" class=\"num\">Tie to target</th></tr></thead><tbody>";
  for (const ColumnProfile* profile : order) out << column_row(result, *profile);
  out << "</tbody></table></div>";
  if (order.size() < doctor.columns.size()) {
    out << "<p class=\"left-out\">Shown are the " << text(count(order.size()))
        << " columns with the closest tie to the target; "
        << text(count(doctor.columns.size() - order.size())) << " more were examined in the same way.</p>";
  }
  out << "<p class=\"fine\">Shape: how often the values occur, from small to large, or the commonest first. "
         "Tie to target: "
         "from 0, the column alone tells nothing of the target, to 1, it tells all.</p>";
  return out;
}

}  // namespace

Markup data_chapter(const LearnResult& result) {
  Markup out;
  out << "<section id=\"data\" aria-labelledby=\"data-title\"><p class=\"chapter\">Chapter 1</p><h2 "
         "id=\"data-title\">Data</h2>"
         "<p class=\"lede\">"
      << text(verdict_of_data(result), 600) << "</p>";
  if (result.rows_without_target > 0) {
    out << "<p>" << text(several(result.rows_without_target, "row has", "rows have")) << " no value in <b>"
        << text(result.target, 60) << "</b> and could not be learned from.</p>";
  }
  out << findings(result.doctor) << excluded(result.doctor) << column_table(result) << "</section>";
  return out;
}

}  // namespace everyml::report_impl
