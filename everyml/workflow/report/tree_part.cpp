#include <fmt/format.h>

#include <algorithm>

#include "everyml/workflow/explain/drawn_model.h"
#include "everyml/workflow/report/chapters_impl.h"
#include "everyml/workflow/report/numbers_impl.h"

namespace everyml::report_impl {

Markup drawn_tree_part(const LearnResult& result) {
  constexpr std::size_t kRules = 40, kLeaves = 16;
  Markup out;
  const std::optional<DrawnTree> tree = drawn_model(result.artifact);
  if (!tree) return out;
  out << "<h4>The tree</h4><p>Read it from left to right: each row of the table follows the conditions that "
         "hold for it. "
         "The bar shows ";
  if (tree->words.classes.empty())
    out << "where the answer lies between the smallest and the largest";
  else
    out << "the share of each class";
  out << " among the training rows that come there.";
  if (tree->leaves() > kLeaves)
    out << " Where … stands the tree goes on; the branches with fewer rows are left out here.";
  out << "</p><div class=\"scroll\" tabindex=\"0\" role=\"region\" "
         "aria-label=\"Drawing of the tree\">";
  out.embed(tree_svg(*tree, kLeaves));
  out << "</div><details><summary>The same as rules</summary><ol>";
  std::vector<TreeRule> rules = tree_rules(*tree);
  std::stable_sort(rules.begin(), rules.end(), [&](const TreeRule& a, const TreeRule& b) {
    return tree->nodes[a.leaf].rows > tree->nodes[b.leaf].rows;
  });
  for (std::size_t i = 0; i < std::min(rules.size(), kRules); ++i)
    out << "<li>" << text(rules[i].sentence, 1200) << "</li>";
  out << "</ol>";
  if (rules.size() > kRules)
    out << "<p class=\"left-out\">" << text(several(rules.size() - kRules, "rule is", "rules are"))
        << " left out, those with the fewest rows.</p>";
  out << "</details>";
  return out;
}

}  // namespace everyml::report_impl
