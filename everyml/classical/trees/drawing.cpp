#include "everyml/classical/trees/drawing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <queue>

#include "everyml/classical/trees/drawing_impl.h"
#include "everyml/foundation/base/text.h"

namespace everyml {
namespace drawing {

std::string percent(double share) {
  const double hundred = 100 * share;
  if (hundred > 0 && hundred < 1) return "under 1 %";
  if (hundred < 100 && hundred > 99) return "over 99 %";
  return fmt::format("{:.0f} %", hundred);
}

std::string rows_words(double rows) {
  const std::string number =
      rows == std::floor(rows) && rows < 1e15 ? fmt::format("{:.0f}", rows) : format_short(rows);
  return number + (rows == 1 ? " row" : " rows");
}

std::string set_words(const TreeWords::Feature& feature, const std::vector<char>& in) {
  constexpr std::size_t kNamed = 4;
  const auto inside = static_cast<std::size_t>(std::count(in.begin(), in.end(), 1));
  const bool inverted = in.size() - inside < inside;
  std::vector<std::string> names;
  for (std::size_t code = 0; code < in.size(); ++code) {
    if ((in[code] != 0) != inverted)
      names.push_back(code < feature.levels.size() ? printable(feature.levels[code], 24)
                                                   : fmt::format("#{}", code));
  }
  if (names.empty()) return inverted ? "is any known level" : "is no known level";
  if (names.size() > kNamed + 1) {
    const std::size_t more = names.size() - kNamed;
    names.resize(kNamed);
    names.push_back(fmt::format("{} others", more));
  }
  std::string words = inverted ? "is not " : "is ";
  for (std::size_t i = 0; i < names.size(); ++i)
    words += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
  return words;
}

std::vector<char> visible(const DrawnTree& tree, std::size_t most_leaves) {
  std::vector<char> shown(tree.nodes.size(), 0);
  const auto later = [&](std::size_t a, std::size_t b) {
    return tree.nodes[a].rows < tree.nodes[b].rows || (tree.nodes[a].rows == tree.nodes[b].rows && a > b);
  };
  std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(later)> open(later);
  shown[0] = 1;
  open.push(0);
  std::size_t leaves = 1;
  while (!open.empty()) {
    const std::size_t at = open.top();
    open.pop();
    const auto& children = tree.nodes[at].children;
    if (children.empty() || leaves - 1 + children.size() > most_leaves) continue;
    leaves += children.size() - 1;
    shown[at] = 2;
    for (const std::size_t child : children) {
      shown[child] = 1;
      open.push(child);
    }
  }
  return shown;
}

}  // namespace drawing

namespace {

std::string name_of(const TreeWords& words, std::int32_t feature) {
  return printable(words.features[static_cast<std::size_t>(feature)].name, 40);
}

std::string number_branch(const TreeWords& words, std::int32_t feature, double threshold, bool below) {
  const std::string name = name_of(words, feature);
  if (threshold == std::numeric_limits<double>::max()) return name + (below ? " is known" : " is missing");
  if (words.features[static_cast<std::size_t>(feature)].flag && threshold >= 0 && threshold < 1)
    return name + (below ? " is no" : " is yes");
  return fmt::format("{} {} {}", name, below ? "at most" : "above", short_number(threshold));
}

std::string level_branch(const TreeWords& words, const DrawnTree::Node& node, std::size_t child) {
  std::vector<char> in(node.of_level.size());
  for (std::size_t code = 0; code < in.size(); ++code) in[code] = node.of_level[code] == child ? 1 : 0;
  return name_of(words, node.feature) + " " +
         drawing::set_words(words.features[static_cast<std::size_t>(node.feature)], in);
}

void name_branches(DrawnTree& tree) {
  for (DrawnTree::Node& node : tree.nodes) {
    for (std::size_t b = 0; b < node.children.size(); ++b) {
      tree.nodes[node.children[b]].branch =
          node.of_level.empty() ? number_branch(tree.words, node.feature, node.threshold, b == 0)
                                : level_branch(tree.words, node, b);
    }
  }
}

void count_shares(DrawnTree::Node& node, std::span<const double> counts) {
  double sum = 0;
  for (const double c : counts) sum += c;
  node.rows = sum;
  for (const double c : counts) node.shares.push_back(sum > 0 ? c / sum : 0);
}

/// Nodes and questions of a binary tree of the ensemble; `fill(node, inner or leaf number, is leaf)`.
template <class Fill>
DrawnTree binary(const TreeParts& parts, std::size_t which, TreeWords words, const Fill& fill) {
  DrawnTree tree;
  tree.words = std::move(words);
  const std::size_t first_node = parts.first_node[which], first_leaf = parts.first_leaf[which];
  struct Pending {
    std::int32_t at;
    std::int32_t parent;
  };
  const bool one_leaf = parts.first_node[which + 1] == first_node;
  std::vector<Pending> stack{{one_leaf ? -1 : 0, -1}};
  while (!stack.empty()) {
    const Pending pending = stack.back();
    stack.pop_back();
    const std::size_t here = tree.nodes.size();
    tree.nodes.emplace_back();
    DrawnTree::Node& node = tree.nodes.back();
    node.parent = pending.parent;
    if (pending.parent >= 0) tree.nodes[static_cast<std::size_t>(pending.parent)].children.push_back(here);
    if (pending.at < 0) {
      fill(node, first_leaf + static_cast<std::size_t>(~pending.at), true);
      continue;
    }
    const std::size_t at = first_node + static_cast<std::size_t>(pending.at);
    fill(node, at, false);
    node.feature = parts.feature[at];
    node.missing = (parts.flags[at] & TreeParts::kMissingLeft) != 0 ? 0 : 1;
    if ((parts.flags[at] & TreeParts::kCategories) != 0) {
      const auto set = static_cast<std::size_t>(parts.threshold[at]);
      const std::uint64_t* bits = parts.set_words.data() + parts.set_start[set];
      const std::size_t known =
          std::max<std::size_t>(tree.words.features[static_cast<std::size_t>(node.feature)].levels.size(), 1);
      const std::size_t held = 64 * (parts.set_start[set + 1] - parts.set_start[set]);
      for (std::size_t code = 0; code < known; ++code)
        node.of_level.push_back(code < held && ((bits[code / 64] >> (code % 64)) & 1) != 0 ? 0 : 1);
    } else {
      node.threshold = parts.threshold[at];
    }
    stack.push_back({parts.right[at], static_cast<std::int32_t>(here)});
    stack.push_back({parts.left[at], static_cast<std::int32_t>(here)});
  }
  name_branches(tree);
  return tree;
}

}  // namespace

std::string short_number(double value) {
  for (int digits = 4; digits < 17; ++digits) {
    const std::string text = format_short(value, digits);
    const auto read = parse_number(text);
    if (read && std::abs(*read - value) <= 5e-6 * std::abs(value)) return text;
  }
  return format_number(value);
}

std::size_t DrawnTree::leaves() const {
  return static_cast<std::size_t>(
      std::count_if(nodes.begin(), nodes.end(), [](const Node& node) { return node.children.empty(); }));
}

std::string DrawnTree::answer(std::size_t node) const {
  const Node& one = nodes[node];
  if (one.shares.empty()) return format_short(one.value);
  if (!(one.rows > 0)) return "no rows";
  const auto best = std::max_element(one.shares.begin(), one.shares.end());
  return fmt::format("{}, {}",
                     printable(words.classes[static_cast<std::size_t>(best - one.shares.begin())], 30),
                     drawing::percent(*best));
}

DrawnTree draw_tree(const DecisionTreeModel& model, TreeWords words) {
  const std::size_t width = model.stat_width();
  const bool classes = !model.classes().empty();
  const TreeParts& parts = model.ensemble().parts();
  return binary(parts, 0, std::move(words), [&](DrawnTree::Node& node, std::size_t at, bool leaf) {
    const auto stats = (leaf ? model.leaf_stats() : model.node_stats()).subspan(at * width, width);
    if (classes) {
      count_shares(node, stats);
    } else {
      node.value = stats[0];
      node.rows = leaf ? parts.leaf_cover[at] : parts.cover[at];
    }
  });
}

DrawnTree draw_tree(const TreeEnsemble& ensemble, std::size_t which, TreeWords words) {
  words.classes.clear();
  const TreeParts& parts = ensemble.parts();
  return binary(parts, which, std::move(words), [&](DrawnTree::Node& node, std::size_t at, bool leaf) {
    node.rows = leaf ? parts.leaf_cover[at] : parts.cover[at];
    if (leaf) node.value = parts.leaf_value[at * parts.width];
  });
}

DrawnTree draw_tree(const C45Model& model, TreeWords words) {
  const C45Tree& from = model.tree();
  DrawnTree tree;
  tree.words = std::move(words);
  tree.nodes.resize(from.nodes());
  for (std::size_t at = 0; at < from.nodes(); ++at) {
    DrawnTree::Node& node = tree.nodes[at];
    count_shares(node, from.counts_of(at));
    node.feature = from.feature[at];
    node.threshold = from.threshold[at];
    for (const std::int32_t branch : from.branches_of(at))
      node.of_level.push_back(branch < 0 ? DrawnTree::kAllBranches : static_cast<std::size_t>(branch));
    for (const std::int32_t child : from.children_of(at)) {
      node.children.push_back(static_cast<std::size_t>(child));
      tree.nodes[static_cast<std::size_t>(child)].parent = static_cast<std::int32_t>(at);
    }
  }
  name_branches(tree);
  return tree;
}

std::string tree_text(const DrawnTree& tree, std::size_t most_lines) {
  const std::vector<char> shown = drawing::visible(tree, std::max<std::size_t>(most_lines / 2, 2));
  struct Pending {
    std::size_t node;
    std::string lead;
    bool last;
  };
  std::string out;
  std::vector<Pending> stack{{0, "", true}};
  while (!stack.empty()) {
    const Pending pending = stack.back();
    stack.pop_back();
    const DrawnTree::Node& node = tree.nodes[pending.node];
    const bool root = node.parent < 0;
    out += pending.lead + (root ? "" : pending.last ? "└─ " : "├─ ");
    out += fmt::format("{}: {} ({})", root ? "all" : node.branch, tree.answer(pending.node),
                       drawing::rows_words(node.rows));
    if (shown[pending.node] == 1 && !node.children.empty()) out += " …";
    out += "\n";
    if (shown[pending.node] != 2) continue;
    const std::string lead = pending.lead + (root ? "" : pending.last ? "   " : "│  ");
    for (std::size_t b = node.children.size(); b-- > 0;)
      stack.push_back({node.children[b], lead, b + 1 == node.children.size()});
  }
  const auto left_out = static_cast<std::size_t>(std::count(shown.begin(), shown.end(), 0));
  if (left_out > 0) out += fmt::format("… and {} more branches with fewer rows\n", left_out);
  return out;
}

}  // namespace everyml
