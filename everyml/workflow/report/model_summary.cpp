#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "everyml/foundation/base/error.h"
#include "everyml/workflow/report/chapters_impl.h"
#include "everyml/workflow/report/numbers_impl.h"

namespace everyml::report_impl {
namespace {

constexpr std::size_t kMostCoefficients = 25;
constexpr std::size_t kMostItems = 24;
constexpr int kDeepest = 5;

double number_of(const Json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_number() ? found->get<double>() : std::nan("");
}

std::string words_of(const Json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool any_has(const std::vector<const Json*>& rows, const char* key) {
  return std::any_of(rows.begin(), rows.end(),
                     [&](const Json* row) { return row->contains(key) && !(*row)[key].is_null(); });
}

/// Rows of coefficients, those of the intercepts first, then the largest in standard errors, or in size
/// without these.
std::vector<const Json*> coefficient_rows(const Json& summary) {
  std::vector<const Json*> rows;
  for (const Json& row : summary["coefficients"]) {
    if (row.is_object()) rows.push_back(&row);
  }
  const auto weight = [](const Json* row) {
    for (const char* key : {"t", "z", "estimate"}) {
      const double value = number_of(*row, key);
      if (std::isfinite(value)) return std::abs(value);
    }
    return 0.0;
  };
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const Json* a, const Json* b) { return weight(a) > weight(b); });
  std::vector<const Json*> all;
  const auto intercept = summary.find("intercept");
  if (intercept != summary.end() && intercept->is_object()) all.push_back(&*intercept);
  if (intercept != summary.end() && intercept->is_array()) {
    for (const Json& row : *intercept) {
      if (row.is_object()) all.push_back(&row);
    }
  }
  all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

Markup coefficient_table(const Json& summary) {
  const std::vector<const Json*> rows = coefficient_rows(summary);
  std::set<std::string> names;
  for (const Json* row : rows) names.insert(words_of(*row, "class"));
  const bool classes = names.size() > 1, errors = any_has(rows, "standard_error"),
             bounds = any_has(rows, "low");
  const char* ratio = any_has(rows, "t") ? "t" : any_has(rows, "z") ? "z" : nullptr;
  Markup out;
  out << "<h4>Coefficients</h4><div class=\"scroll";
  if (!errors) out << " slim";
  out << "\" tabindex=\"0\" role=\"region\" aria-label=\"Table of "
         "coefficients\"><table><thead>"
         "<tr><th scope=\"col\">Feature</th>";
  if (classes) out << "<th scope=\"col\">Class</th>";
  out << "<th scope=\"col\" class=\"num\">Coefficient</th>";
  if (errors) out << "<th scope=\"col\" class=\"num\">Standard error</th>";
  if (ratio)
    out << "<th scope=\"col\" class=\"num\">" << text(ratio) << "</th><th scope=\"col\" class=\"num\">p</th>";
  if (bounds) out << "<th scope=\"col\" class=\"num\">95 % interval</th>";
  out << "</tr></thead><tbody>";
  const std::size_t shown = std::min(rows.size(), kMostCoefficients);
  for (std::size_t i = 0; i < shown; ++i) {
    const Json& row = *rows[i];
    const std::string feature = words_of(row, "feature");
    out << "<tr><th scope=\"row\">";
    if (feature.empty())
      out << "<i>intercept</i>";
    else
      out << text(feature, 60);
    out << "</th>";
    if (classes) out << "<td>" << text(words_of(row, "class"), 40) << "</td>";
    out << "<td class=\"num\"><b>" << text(figure(number_of(row, "estimate"))) << "</b></td>";
    if (errors) out << "<td class=\"num\">" << text(figure(number_of(row, "standard_error"), 3)) << "</td>";
    if (ratio) {
      out << "<td class=\"num\">" << text(figure(number_of(row, ratio), 3)) << "</td><td class=\"num\">"
          << text(probability(number_of(row, "p"))) << "</td>";
    }
    if (bounds) {
      out << "<td class=\"num\">" << text(figure(number_of(row, "low"), 3)) << " to "
          << text(figure(number_of(row, "high"), 3)) << "</td>";
    }
    out << "</tr>";
  }
  out << "</tbody></table></div>";
  if (shown < rows.size()) {
    out << "<p class=\"left-out\">"
        << text(several(rows.size() - shown, "smaller coefficient is", "smaller coefficients are"))
        << " left out; <code>everyml inspect</code> shows all.</p>";
  }
  return out;
}

std::string plain(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number_unsigned()) return count(value.get<std::uint64_t>());
  if (value.is_number()) return figure(value.get<double>());
  return "–";
}

std::string spaced(std::string key) {
  std::replace(key.begin(), key.end(), '_', ' ');
  return key;
}

Markup tree(const Json& value, int depth);

/// Objects that share their keys are rows of a table.
bool is_table(const Json& list) {
  if (list.size() < 2 || !list[0].is_object() || list[0].empty() || list[0].size() > 8) return false;
  for (const Json& row : list) {
    if (!row.is_object() || row.size() != list[0].size()) return false;
    for (const auto& [key, cell] : row.items()) {
      if (!list[0].contains(key) || cell.is_structured()) return false;
    }
  }
  return true;
}

Markup table(const Json& list) {
  Markup out;
  out << "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table\"><table><thead><tr>";
  for (const auto& [key, cell] : list[0].items()) {
    if (cell.is_number())
      out << "<th scope=\"col\" class=\"num\">";
    else
      out << "<th scope=\"col\">";
    out << text(spaced(key), 60) << "</th>";
  }
  out << "</tr></thead><tbody>";
  for (std::size_t i = 0; i < std::min(list.size(), kMostItems); ++i) {
    out << "<tr>";
    for (const auto& [key, cell] : list[0].items()) {
      if (cell.is_number())
        out << "<td class=\"num\">";
      else
        out << "<td>";
      out << text(plain(list[i][key]), 80) << "</td>";
    }
    out << "</tr>";
  }
  out << "</tbody></table></div>";
  return out;
}

Markup list_items(const Json& list, int depth) {
  Markup out;
  if (is_table(list)) {
    out << table(list);
  } else if (std::none_of(list.begin(), list.end(), [](const Json& one) { return one.is_structured(); })) {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < std::min(list.size(), kMostItems); ++i) words.push_back(plain(list[i]));
    out << text(fmt::format("{}", fmt::join(words, ", ")), 600);
  } else {
    out << "<ul class=\"plain\">";
    for (std::size_t i = 0; i < std::min(list.size(), kMostItems); ++i)
      out << "<li>" << tree(list[i], depth + 1) << "</li>";
    out << "</ul>";
  }
  if (list.size() > kMostItems)
    out << " <span class=\"left-out\">and " << text(count(list.size() - kMostItems)) << " more</span>";
  return out;
}

Markup tree(const Json& value, int depth) {
  Markup out;
  if (depth > kDeepest) {
    out << "…";
  } else if (value.is_object()) {
    out << "<dl class=\"keys\">";
    std::size_t items = 0;
    for (const auto& [key, inner] : value.items()) {
      const bool nothing = inner.is_null() || (inner.is_structured() && inner.empty()) || inner == "";
      if (nothing) continue;
      if (++items > 2 * kMostItems) break;
      out << "<div><dt>" << text(spaced(key), 60) << "</dt><dd>" << tree(inner, depth + 1) << "</dd></div>";
    }
    out << "</dl>";
  } else if (value.is_array()) {
    out << list_items(value, depth);
  } else {
    out << text(plain(value), 400);
  }
  return out;
}

Json parsed(const std::string& json) {
  if (json.empty()) return {};
  try {
    return parse_json(json, "model summary");
  } catch (const FormatError&) {  // a summary is an ornament; the page stands without it
    return {};
  }
}

}  // namespace

Markup model_summary(const LearnResult& result) {
  Json summary = parsed(result.artifact_summary_json);
  const Json settings = parsed(result.leaderboard[result.chosen].settings_json);
  Markup out = drawn_tree_part(result);
  if (summary.is_object() && summary.contains("coefficients") && summary["coefficients"].is_array()) {
    out << coefficient_table(summary);
    for (const char* key : {"coefficients", "intercept", "kind", "level"}) summary.erase(key);
  }
  if (summary.is_object() && !summary.empty()) {
    out << "<details><summary>More about this model</summary>" << tree(summary, 0) << "</details>";
  }
  if (settings.is_object() && !settings.empty()) {
    out << "<details><summary>Its settings</summary>" << tree(settings, 0) << "</details>";
  }
  if (out.empty()) return out;
  Markup section;
  section << "<h3>What it has learned</h3>" << out;
  return section;
}

}  // namespace everyml::report_impl
