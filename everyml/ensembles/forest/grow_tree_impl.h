#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <queue>
#include <type_traits>

#include "everyml/ensembles/forest/grow_nodes_impl.h"
#include "everyml/ensembles/forest/grow_records_impl.h"

namespace everyml {

/// Grows trees in two stretches. Near the root, where rows are many, codes are read from the columns. Once a
/// node has few enough rows its subtree becomes a task of its own: its rows are copied together so that they
/// stay in the cache until the last leaf. A task has its own random stream, so it does not matter who runs it
/// when.
template <class Stats, class Code>
class TreeGrower final : public ForestGrower<Code> {
 public:
  using Item = typename Stats::Item;
  static constexpr bool kRecords = sizeof(Code) == 1 && requires { Stats::kClasses; };

  TreeGrower(const ForestCodes<Code>& codes, const ForestRows& rows, const GrowRules& rules)
      : codes_(codes), rows_(rows), rules_(rules), stats_(rows, rules.criterion) {
    // Half of a common second-level cache.
    constexpr std::size_t kTileBytes = 512 * 1024;
    most_tile_rows_ =
        codes.row(0) == nullptr
            ? std::size_t{4096}
            : std::clamp<std::size_t>(kTileBytes / (codes.stride() * sizeof(Code)), 1024, 32768);
    if constexpr (kRecords) {
      if (rules.random_cuts && rules.records && rules.max_leaves == 0 && codes.row(0) != nullptr) {
        record_columns_.emplace(codes);
      }
    }
  }

  std::size_t answers() const override { return stats_.answers(); }
  CodeTree grow(std::size_t index, std::span<const std::uint32_t> loads,
                const Context& context) const override;

 private:
  struct Node {  ///< still to be looked at: items [begin, end)
    std::uint32_t begin, end, depth;
    std::size_t constants;
    std::int32_t parent;  ///< in the tree that is growing; -1: the root
    bool is_left;
  };
  /// A part of the tree: a leaf near the root or the subtree of a task.
  struct Part {
    Node root;
    std::vector<std::uint32_t> constants;
    CodeTree tree;
    bool done = false;
  };
  /// What one thread works with.
  struct Desk {
    Desk(const TreeGrower& grower)
        : finder(grower.codes_, grower.rows_, grower.rules_), features(grower.codes_.columns()) {}
    CutFinder<Stats, Code> finder;
    FeatureOrder features;
    std::vector<Code> tile;
    std::vector<std::uint32_t> origin;
    std::vector<Item> spare;
    std::vector<Node> stack;
  };

  /// The cut of a node, or none when it is to be a leaf.
  FoundCut cut_of(std::span<const Item> items, Node& node, const CodeView<Code>& view, Desk& desk,
                  Stream& stream) const;
  /// Moves the items that go left to the front; returns their number and sets where missing ones will go.
  std::size_t part_items(std::span<Item> items, const CodeView<Code>& view, FoundCut& cut, Desk& desk) const;
  void add_leaf(std::span<const Item> items, const CodeView<Code>& view, Desk& desk, Stream& stream,
                CodeTree& tree) const;
  std::int32_t add_node(const Node& from, FoundCut& cut, const typename Stats::Unit* total,
                        CodeTree& tree) const {
    return add_cut(from.parent, from.is_left, cut, stats_, total, tree);
  }
  static void link(const Node& node, std::int32_t child, CodeTree& tree) {
    link_child(node.parent, node.is_left, child, tree);
  }

  void grow_top(std::vector<Item>& items, std::size_t index, Desk& desk, CodeTree& top,
                std::vector<Part>& parts, const Context& context) const;
  void grow_part(std::vector<Item>& items, std::size_t index, std::size_t part_index, Part& part,
                 const Context& context) const;
  CodeTree grow_best_first(std::vector<Item>& items, std::size_t index, const Context& context) const;

  const ForestCodes<Code>& codes_;
  const ForestRows& rows_;
  GrowRules rules_;
  Stats stats_;
  std::size_t most_tile_rows_;
  std::optional<RecordColumns> record_columns_;
};

template <class Stats, class Code>
FoundCut TreeGrower<Stats, Code>::cut_of(std::span<const Item> items, Node& node, const CodeView<Code>& view,
                                         Desk& desk, Stream& stream) const {
  if (items.size() < 2 || node.depth >= rules_.max_depth) return {};
  const auto* total = desk.finder.total(items);
  const double weight = stats_.weight(total);
  if (weight < rules_.least_split || weight < 2 * rules_.least_leaf) return {};
  if (stats_.pure(total, items, view.origin)) return {};
  FoundCut cut = desk.finder.find(items, view, desk.features, node.constants, stream);
  if (cut && rules_.least_gain > 0 && stats_.gain(cut.score, total) < rules_.least_gain) return {};
  return cut;
}

template <class Stats, class Code>
std::size_t TreeGrower<Stats, Code>::part_items(std::span<Item> items, const CodeView<Code>& view,
                                                FoundCut& cut, Desk& desk) const {
  if (desk.spare.size() < items.size()) desk.spare.resize(items.size());
  const Code* base = view.base(cut.feature);
  Item* left = items.data();
  Item* right = desk.spare.data();
  const auto divide = [&](const auto& goes_left) {
    for (const Item item : items) {
      const bool go = goes_left(base[item.row * view.stride]);
      *left = item;
      *right = item;
      left += go;
      right += !go;
    }
  };
  if (cut.category) {
    divide([&](std::uint32_t code) { return (cut.set[code / 64] >> (code % 64) & 1) != 0; });
  } else {
    divide([&](std::uint32_t code) { return (code <= cut.code) | (code == cut.missing); });
  }
  std::copy(desk.spare.data(), right, left);
  const auto lefts = static_cast<std::size_t>(left - items.data());
  if (!cut.missing_seen) {
    // Without a row to learn from, missing ones follow the larger side.
    double weight = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const double load = static_cast<double>(items[i].load & 0x7fffffffU);
      weight += i < lefts ? load : -load;
    }
    const std::uint32_t missing = codes_.bins(cut.feature).bins;
    if (weight > 0) {
      cut.missing = missing;
      if (cut.category) cut.set[missing / 64] |= std::uint64_t{1} << (missing % 64);
    }
  }
  return lefts;
}

template <class Stats, class Code>
void TreeGrower<Stats, Code>::add_leaf(std::span<const Item> items, const CodeView<Code>& view, Desk& desk,
                                       Stream& stream, CodeTree& tree) const {
  const auto* total = desk.finder.total(items);
  const std::size_t at = tree.values.size();
  tree.values.resize(at + answers());
  stats_.answer(total, items, view.origin, tree.values.data() + at);
  const double weight = stats_.weight(total);
  tree.covers.push_back(weight);
  if (!rules_.keep_samples) return;
  double left = stream.uniform() * weight;
  std::size_t chosen = 0;
  while (chosen + 1 < items.size() && (left -= static_cast<double>(items[chosen].load)) >= 0) ++chosen;
  const std::uint32_t row = items[chosen].row;
  tree.samples.push_back(rows_.value[view.origin != nullptr ? view.origin[row] : row]);
}

template <class Stats, class Code>
void TreeGrower<Stats, Code>::grow_top(std::vector<Item>& items, std::size_t index, Desk& desk, CodeTree& top,
                                       std::vector<Part>& parts, const Context& context) const {
  Stream stream = context.random("forest.top", index);
  CodeView<Code> view{.columns = &codes_};
  desk.stack.assign(1, {0, static_cast<std::uint32_t>(items.size()), 0, 0, -1, false});
  while (!desk.stack.empty()) {
    Node node = desk.stack.back();
    desk.stack.pop_back();
    const std::span<Item> span(items.data() + node.begin, node.end - node.begin);
    const auto hand_on = [&] {
      link(node, ~static_cast<std::int32_t>(parts.size()), top);
      parts.push_back({node,
                       {desk.features.order.begin(),
                        desk.features.order.begin() + static_cast<std::ptrdiff_t>(node.constants)},
                       {},
                       false});
    };
    if (span.size() <= most_tile_rows_) {
      hand_on();
      continue;
    }
    context.check();
    FoundCut cut = cut_of(span, node, view, desk, stream);
    if (!cut) {
      hand_on();
      add_leaf(span, view, desk, stream, parts.back().tree);
      parts.back().done = true;
      continue;
    }
    const auto* total = desk.finder.total(span);
    const auto left = static_cast<std::uint32_t>(part_items(span, view, cut, desk));
    const std::int32_t here = add_node(node, cut, total, top);
    const std::uint32_t middle = node.begin + left;
    desk.stack.push_back({middle, node.end, node.depth + 1, node.constants, here, false});
    desk.stack.push_back({node.begin, middle, node.depth + 1, node.constants, here, true});
  }
}

template <class Stats, class Code>
void TreeGrower<Stats, Code>::grow_part(std::vector<Item>& all, std::size_t index, std::size_t part_index,
                                        Part& part, const Context& context) const {
  Desk desk(*this);
  Stream stream = context.random("forest.part", (static_cast<std::uint64_t>(index) << 32) + part_index);
  const std::span<Item> items(all.data() + part.root.begin, part.root.end - part.root.begin);
  CodeView<Code> view{.columns = &codes_};
  if (codes_.row(0) != nullptr) {
    const std::size_t stride = codes_.stride();
    desk.tile.resize(items.size() * stride);
    desk.origin.resize(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      std::copy_n(codes_.row(items[i].row), stride, desk.tile.data() + i * stride);
      desk.origin[i] = items[i].row;
      items[i].row = static_cast<std::uint32_t>(i);
    }
    view = {.columns = &codes_, .tile = desk.tile.data(), .stride = stride, .origin = desk.origin.data()};
  }
  desk.features.begin_with(part.constants);
  CodeTree& tree = part.tree;
  desk.stack.assign(
      1, {0, static_cast<std::uint32_t>(items.size()), part.root.depth, part.root.constants, -1, false});
  std::size_t steps = 0;
  while (!desk.stack.empty()) {
    Node node = desk.stack.back();
    desk.stack.pop_back();
    if (++steps % 256 == 0) context.check();
    const std::span<Item> span = items.subspan(node.begin, node.end - node.begin);
    FoundCut cut = cut_of(span, node, view, desk, stream);
    if (!cut) {
      link(node, ~static_cast<std::int32_t>(tree.covers.size()), tree);
      add_leaf(span, view, desk, stream, tree);
      continue;
    }
    const auto* total = desk.finder.total(span);
    const auto left = static_cast<std::uint32_t>(part_items(span, view, cut, desk));
    const std::int32_t here = add_node(node, cut, total, tree);
    const std::uint32_t middle = node.begin + left;
    desk.stack.push_back({middle, node.end, node.depth + 1, node.constants, here, false});
    desk.stack.push_back({node.begin, middle, node.depth + 1, node.constants, here, true});
  }
  part.done = true;
}

/// The leaf whose cut is worth most is cut first, until there are max_leaves.
template <class Stats, class Code>
CodeTree TreeGrower<Stats, Code>::grow_best_first(std::vector<Item>& items, std::size_t index,
                                                  const Context& context) const {
  Desk desk(*this);
  Stream stream = context.random("forest.best", index);
  const CodeView<Code> view{.columns = &codes_};
  struct Open {
    Node node;
    FoundCut cut;
    double gain = -1;
    std::vector<std::uint32_t> order;
  };
  std::vector<Open> all;
  std::priority_queue<std::pair<double, std::size_t>> queue;
  // Nodes by the order of their making; a child >= 0 is one of `all`.
  struct Link {
    std::int32_t left = -1, right = -1;
  };
  std::vector<Link> links;
  const auto open = [&](Node node, const std::vector<std::uint32_t>& order) {
    desk.features.order = order;
    const std::span<Item> span(items.data() + node.begin, node.end - node.begin);
    Open one{node, {}, -1, {}};
    one.cut = cut_of(span, one.node, view, desk, stream);
    if (one.cut) {
      one.gain = stats_.gain(one.cut.score, desk.finder.total(span));
      // Of equal gains the one made first; a priority queue hands out the largest.
      queue.emplace(one.gain, SIZE_MAX - all.size());
      one.order = desk.features.order;
    }
    all.push_back(std::move(one));
    links.push_back({});
    return static_cast<std::int32_t>(all.size() - 1);
  };
  open({0, static_cast<std::uint32_t>(items.size()), 0, 0, -1, false}, desk.features.order);
  for (std::size_t leaves = 1; leaves < rules_.max_leaves && !queue.empty(); ++leaves) {
    context.check();
    const std::size_t at = SIZE_MAX - queue.top().second;
    queue.pop();
    const Node node = all[at].node;
    const std::vector<std::uint32_t> order = std::move(all[at].order);
    const std::span<Item> span(items.data() + node.begin, node.end - node.begin);
    const std::uint32_t middle =
        node.begin + static_cast<std::uint32_t>(part_items(span, view, all[at].cut, desk));
    const auto left = open({node.begin, middle, node.depth + 1, node.constants, -1, true}, order);
    const auto right = open({middle, node.end, node.depth + 1, node.constants, -1, false}, order);
    links[at] = {left, right};
  }
  // Once more from the root, to hand out numbers in pre-order.
  CodeTree tree;
  std::vector<Node> stack = {{0, 0, 0, 0, -1, false}};
  while (!stack.empty()) {
    const Node visit = stack.back();
    stack.pop_back();
    const auto at = static_cast<std::size_t>(visit.begin);
    const Node& node = all[at].node;
    const std::span<Item> span(items.data() + node.begin, node.end - node.begin);
    if (links[at].left < 0) {
      link(visit, ~static_cast<std::int32_t>(tree.covers.size()), tree);
      add_leaf(span, view, desk, stream, tree);
      continue;
    }
    const std::int32_t here = add_node(visit, all[at].cut, desk.finder.total(span), tree);
    stack.push_back({static_cast<std::uint32_t>(links[at].right), 0, 0, 0, here, false});
    stack.push_back({static_cast<std::uint32_t>(links[at].left), 0, 0, 0, here, true});
  }
  return tree;
}

template <class Stats, class Code>
CodeTree TreeGrower<Stats, Code>::grow(std::size_t index, std::span<const std::uint32_t> loads,
                                       const Context& context) const {
  if constexpr (kRecords) {
    if (record_columns_.has_value()) {
      RecordTree<Stats> records(codes_, rows_, rules_, *record_columns_, most_tile_rows_);
      if (records.read(loads)) return records.grow(index, context);
    }
  }
  std::vector<Item> items;
  items.resize(rows_.present.size());
  std::size_t count = 0;
  for (const std::uint32_t row : rows_.present) {
    items[count] = stats_.item(row, loads[row]);
    count += loads[row] > 0;
  }
  items.resize(count);
  if (rules_.max_leaves > 0) return grow_best_first(items, index, context);
  CodeTree top;
  std::vector<Part> parts;
  {
    Desk desk(*this);
    grow_top(items, index, desk, top, parts, context);
  }
  parallel_for(context, parts.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      if (!parts[i].done) grow_part(items, index, i, parts[i], context);
    }
  });
  std::vector<CodeTree> trees;
  for (Part& part : parts) trees.push_back(std::move(part.tree));
  return join_parts(top, std::move(trees));
}

}  // namespace everyml
