#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "everyml/classical/trees/drawing.h"
#include "everyml/classical/trees/drawing_impl.h"
#include "everyml/foundation/base/text.h"

namespace everyml {
namespace {

/// All that a way asks of one feature.
struct Bounds {
  double above = -std::numeric_limits<double>::infinity(), at_most = std::numeric_limits<double>::infinity();
  std::vector<char> levels;
  std::string last;  ///< the words of its last question
  std::size_t questions = 0;
};

std::string condition(const TreeWords::Feature& feature, const Bounds& bounds) {
  if (bounds.questions == 1) return bounds.last;
  const std::string name = printable(feature.name, 40);
  if (!bounds.levels.empty()) return name + " " + drawing::set_words(feature, bounds.levels);
  const bool low = std::isfinite(bounds.above), high = std::isfinite(bounds.at_most);
  constexpr double kKnown = std::numeric_limits<double>::max();
  if (feature.flag || bounds.above == kKnown || bounds.at_most == kKnown) return bounds.last;
  if (low && high)
    return fmt::format("{} above {} and at most {}", name, short_number(bounds.above),
                       short_number(bounds.at_most));
  if (low) return fmt::format("{} above {}", name, short_number(bounds.above));
  return fmt::format("{} at most {}", name, short_number(bounds.at_most));
}

std::vector<std::string> conditions_of(const DrawnTree& tree, std::size_t leaf) {
  std::vector<std::size_t> way;
  for (auto at = static_cast<std::int32_t>(leaf); at >= 0;
       at = tree.nodes[static_cast<std::size_t>(at)].parent)
    way.push_back(static_cast<std::size_t>(at));
  std::reverse(way.begin(), way.end());
  std::map<std::int32_t, Bounds> all;
  std::vector<std::int32_t> order;
  for (std::size_t i = 0; i + 1 < way.size(); ++i) {
    const DrawnTree::Node& node = tree.nodes[way[i]];
    const auto child = static_cast<std::size_t>(
        std::find(node.children.begin(), node.children.end(), way[i + 1]) - node.children.begin());
    if (!all.contains(node.feature)) order.push_back(node.feature);
    Bounds& bounds = all[node.feature];
    ++bounds.questions;
    bounds.last = tree.nodes[way[i + 1]].branch;
    if (!node.of_level.empty()) {
      if (bounds.levels.empty()) bounds.levels.assign(node.of_level.size(), 1);
      for (std::size_t code = 0; code < node.of_level.size(); ++code)
        bounds.levels[code] = bounds.levels[code] != 0 && node.of_level[code] == child ? 1 : 0;
    } else if (child == 0) {
      bounds.at_most = std::min(bounds.at_most, node.threshold);
    } else {
      bounds.above = std::max(bounds.above, node.threshold);
    }
  }
  std::vector<std::string> out;
  for (const std::int32_t feature : order)
    out.push_back(condition(tree.words.features[static_cast<std::size_t>(feature)], all[feature]));
  return out;
}

std::string cell(const TreeWords::Feature& feature, double value) {
  if (std::isnan(value)) return "missing";
  if (feature.flag) return value == 0 ? "no" : "yes";
  if (!feature.levels.empty()) {
    const bool known = value >= 0 && value < static_cast<double>(feature.levels.size());
    return known ? printable(feature.levels[static_cast<std::size_t>(value)], 40) : "never seen";
  }
  return short_number(value);
}

}  // namespace

std::vector<TreeRule> tree_rules(const DrawnTree& tree) {
  std::vector<TreeRule> rules;
  for (std::size_t at = 0; at < tree.nodes.size(); ++at) {
    if (!tree.nodes[at].children.empty()) continue;
    TreeRule rule{.conditions = conditions_of(tree, at), .leaf = at, .sentence = {}};
    const std::string answer =
        fmt::format("{} is {}", printable(tree.words.target.empty() ? "the answer" : tree.words.target, 40),
                    tree.answer(at));
    const std::string rows = drawing::rows_words(tree.nodes[at].rows);
    rule.sentence = rule.conditions.empty()
                        ? fmt::format("always: {} ({})", answer, rows)
                        : fmt::format("if {}: {} ({})", fmt::join(rule.conditions, " and "), answer, rows);
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::vector<std::size_t> tree_way(const DrawnTree& tree, std::span<const double> row) {
  std::vector<std::size_t> way{0};
  while (!tree.nodes[way.back()].children.empty()) {
    const DrawnTree::Node& node = tree.nodes[way.back()];
    const double value = row[static_cast<std::size_t>(node.feature)];
    std::size_t child = node.missing;
    if (!std::isnan(value)) {
      if (node.of_level.empty()) {
        child = value <= node.threshold ? 0 : 1;
      } else if (value >= 0 && value < static_cast<double>(node.of_level.size()) &&
                 value == std::floor(value)) {
        child = node.of_level[static_cast<std::size_t>(value)];
      } else if (node.missing != DrawnTree::kAllBranches) {
        child = 1;  // as TreeParts says of codes beyond all sets
      }
    }
    if (child == DrawnTree::kAllBranches) {
      const auto most = std::max_element(
          node.children.begin(), node.children.end(),
          [&](std::size_t a, std::size_t b) { return tree.nodes[a].rows < tree.nodes[b].rows; });
      child = static_cast<std::size_t>(most - node.children.begin());
    }
    way.push_back(node.children[child]);
  }
  return way;
}

std::vector<std::string> explain_way(const DrawnTree& tree, std::span<const double> row) {
  const std::vector<std::size_t> way = tree_way(tree, row);
  std::vector<std::string> lines{
      fmt::format("all: {} ({})", tree.answer(0), drawing::rows_words(tree.nodes[0].rows))};
  for (std::size_t i = 1; i < way.size(); ++i) {
    const auto feature = static_cast<std::size_t>(tree.nodes[way[i - 1]].feature);
    lines.push_back(fmt::format("{} (here {}): {} ({})", tree.nodes[way[i]].branch,
                                cell(tree.words.features[feature], row[feature]), tree.answer(way[i]),
                                drawing::rows_words(tree.nodes[way[i]].rows)));
  }
  return lines;
}

}  // namespace everyml
