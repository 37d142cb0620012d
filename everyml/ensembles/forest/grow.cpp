#include "everyml/ensembles/forest/grow_makers_impl.h"

namespace everyml {

CodeTree join_parts(const CodeTree& top, std::vector<CodeTree> parts) {
  if (parts.size() == 1) return std::move(parts[0]);
  CodeTree tree;
  std::size_t nodes = top.nodes.size(), leaves = 0;
  std::size_t values = 0;
  for (const CodeTree& part : parts) {
    nodes += part.nodes.size();
    leaves += part.covers.size();
    values += part.values.size();
  }
  tree.nodes.reserve(nodes);
  tree.covers.reserve(leaves);
  tree.values.reserve(values);
  struct Visit {
    std::int32_t child, parent;
    bool is_left;
  };
  std::vector<Visit> stack = {{0, -1, false}};
  const auto copy_set = [&](CodeNode& node, const CodeTree& from) {
    if (node.set < 0) return;
    tree.sets.push_back(from.sets[static_cast<std::size_t>(node.set)]);
    node.set = static_cast<std::int32_t>(tree.sets.size() - 1);
  };
  while (!stack.empty()) {
    const Visit visit = stack.back();
    stack.pop_back();
    const auto hang = [&](std::int32_t child) {
      if (visit.parent < 0) return;
      CodeNode& parent = tree.nodes[static_cast<std::size_t>(visit.parent)];
      (visit.is_left ? parent.left : parent.right) = child;
    };
    const auto here = static_cast<std::int32_t>(tree.nodes.size());
    if (visit.child >= 0) {
      CodeNode node = top.nodes[static_cast<std::size_t>(visit.child)];
      copy_set(node, top);
      hang(here);
      stack.push_back({node.right, here, false});
      stack.push_back({node.left, here, true});
      tree.nodes.push_back(node);
      continue;
    }
    CodeTree& part = parts[static_cast<std::size_t>(~visit.child)];
    const auto leaf = static_cast<std::int32_t>(tree.covers.size());
    hang(part.nodes.empty() ? ~leaf : here);
    for (CodeNode node : part.nodes) {
      node.left = node.left >= 0 ? node.left + here : node.left - leaf;
      node.right = node.right >= 0 ? node.right + here : node.right - leaf;
      copy_set(node, part);
      tree.nodes.push_back(node);
    }
    tree.values.insert(tree.values.end(), part.values.begin(), part.values.end());
    tree.covers.insert(tree.covers.end(), part.covers.begin(), part.covers.end());
    tree.samples.insert(tree.samples.end(), part.samples.begin(), part.samples.end());
    part = {};
  }
  return tree;
}

CutTable CutTable::of(const FeatureBins& bins) {
  CutTable table;
  std::fill(std::begin(table.edges), std::end(table.edges), std::numeric_limits<double>::infinity());
  std::copy(bins.threshold.begin(), bins.threshold.end(), table.edges);
  table.edges[bins.threshold.size()] = bins.threshold.back();
  std::fill(std::begin(table.before), std::end(table.before), bins.threshold[0]);
  for (std::size_t i = 0; i < kStep; ++i) table.steps[i] = table.edges[kStep * i + kStep - 1];
  return table;
}

template <class Code>
std::unique_ptr<ForestGrower<Code>> make_grower(const ForestCodes<Code>& codes, const ForestRows& rows,
                                                const GrowRules& rules) {
  if (rows.several.count > 0) {
    return rows.numbers() ? make_target_number_grower(codes, rows, rules)
                          : make_target_class_grower(codes, rows, rules);
  }
  if (rules.criterion == ForestCriterion::absolute) return make_median_grower(codes, rows, rules);
  if (rows.classes == 0) return make_number_grower(codes, rows, rules);
  // Draws of copies weigh the same each time; other weights may come together by chance, and need room.
  double heaviest = 0;
  for (const std::uint32_t row : rows.present) heaviest = std::max(heaviest, 1.0 * rows.weight[row]);
  const double most = heaviest * static_cast<double>(rows.copy_count) * (rows.balance_draws ? 4 : 1);
  const bool fits = most < 2147483648.0;
  if (rows.classes == 2 && rules.criterion == ForestCriterion::gini && fits)
    return make_pair_grower(codes, rows, rules);
  return make_class_grower(codes, rows, rules);
}

template std::unique_ptr<ForestGrower<std::uint8_t>> make_grower(const ForestCodes<std::uint8_t>&,
                                                                 const ForestRows&, const GrowRules&);
template std::unique_ptr<ForestGrower<std::uint16_t>> make_grower(const ForestCodes<std::uint16_t>&,
                                                                  const ForestRows&, const GrowRules&);

}  // namespace everyml
