#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <queue>
#include <utility>

#include "everyml/classical/trees/decision_tree_grow_impl.h"
#include "everyml/classical/trees/decision_tree_node_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml::cart {
namespace {

/// Nodes above this many rows share their features among threads; what hangs below smaller ones is grown
/// branch by branch.
constexpr std::size_t kBranchRows = 8192;
constexpr std::size_t kFeaturesAtATime = 2;

/// A leaf that may still be split.
struct Open {
  std::size_t node = 0;
  std::vector<std::uint32_t> features;  ///< those that are not constant in it
  Split split;
};

/// Parts a list stably; the marks of new values follow their values.
void part_list(std::uint32_t* entries, std::size_t n, const std::uint8_t* left_of, std::uint32_t* scratch) {
  std::size_t left = 0, right = 0;
  std::uint32_t new_left = 0, new_right = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint32_t entry = entries[i], row = entry & ~kNew, fresh = entry & kNew;
    const std::uint32_t goes_left = left_of[entry & kRow];
    new_left |= fresh;
    new_right |= fresh;
    entries[left] = row | new_left;
    scratch[right] = row | new_right;
    left += goes_left;
    right += 1 - goes_left;
    new_left &= goes_left - 1;
    new_right &= 0U - goes_left;
  }
  std::copy_n(scratch, right, entries + left);
}

class Grower {
 public:
  Grower(const Rows& rows, const CartShape& growth, PruneBy prune_by, std::string_view learner,
         const Context& context)
      : rows_(rows),
        growth_(growth),
        learner_(learner),
        context_(context),
        measure_(rows, prune_by),
        entries_(sorted_columns(rows, context)),
        members_(Buffer<std::uint32_t>::uninitialized(rows.rows)),
        left_of_(rows.rows) {
    for (std::size_t i = 0; i < rows.rows; ++i) members_[i] = static_cast<std::uint32_t>(i);
    limits_ = {.min_leaf = growth.min_leaf, .unit = rows.weight.empty(), .known_only = growth.surrogates > 0};
    tried_ = rows.columns;
    if (growth.max_features) {
      const double wanted = *growth.max_features <= 1
                                ? *growth.max_features * static_cast<double>(rows.columns)
                                : *growth.max_features;
      tried_ =
          static_cast<std::size_t>(std::clamp(std::floor(wanted), 1.0, static_cast<double>(rows.columns)));
    }
  }

  Tree run() {
    Tree tree;
    tree.width = std::max<std::size_t>(rows_.sums(), 1);
    Node root;
    root.end = static_cast<std::uint32_t>(rows_.rows);
    add_node(tree, root);
    root_mass_ = tree.nodes[0].mass;
    Open first{.node = 0};
    for (std::size_t f = 0; f < rows_.columns; ++f) first.features.push_back(static_cast<std::uint32_t>(f));
    if (growth_.max_leaves)
      grow_best_first(tree, std::move(first));
    else
      grow_whole(tree, std::move(first));
    return tree;
  }

 private:
  /// What one thread needs.
  struct Hand {
    Hand(const Rows& rows, Limits limits) : searcher(rows, limits) {}
    Searcher searcher;
    Buffer<std::uint32_t> scratch;
    std::uint32_t* scratch_for(std::size_t n) {
      if (scratch.size() < n) scratch = Buffer<std::uint32_t>::uninitialized(n);
      return scratch.data();
    }
  };

  std::span<std::uint32_t> list(std::size_t feature, const Node& node) {
    return {entries_.data() + feature * rows_.rows + node.begin, node.end - node.begin};
  }
  std::span<std::uint32_t> members(const Node& node) {
    return {members_.data() + node.begin, node.end - node.begin};
  }

  void add_node(Tree& tree, const Node& node) {
    tree.nodes.push_back(node);
    measure_.measure(tree, tree.nodes.size() - 1, members(node));
  }

  bool may_split(const Node& node) const {
    return node.end - node.begin > 1 && node.rows >= growth_.min_split && node.rows >= 2 * growth_.min_leaf &&
           node.impurity > 0 && (!growth_.max_depth || node.depth < *growth_.max_depth);
  }

  bool worth(const Split& split, const Node& node) const {
    return split.feature >= 0 && split.gain > kTie * node.impurity &&
           (growth_.min_gain <= 0 ||
            std::ldexp(split.gain / root_mass_, measure_.unit_exponent()) >= growth_.min_gain);
  }

  /// Finds the node's split; features that are constant in it are dropped from `open`.
  void search(const Tree& tree, Open& open, std::vector<std::unique_ptr<Hand>>& hands, bool parallel) {
    const Node& node = tree.nodes[open.node];
    const NodeTotals totals = measure_.totals(tree, open.node);
    std::optional<Stream> stream;
    std::vector<std::uint32_t> order = open.features;
    const bool drawn = tried_ < rows_.columns;
    if (drawn || growth_.splitter == Splitter::random) stream.emplace(context_.seed(), learner_, node.path);
    if (drawn) {
      for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[stream->below(i)]);
    }
    std::vector<Split> splits(order.size());
    const auto try_one = [&](Hand& hand, std::size_t i) {
      std::optional<Stream> own;
      if (growth_.splitter == Splitter::random)
        own.emplace(context_.seed(), "tree.place", node.path ^ (order[i] * kOdd));
      splits[i] = hand.searcher.best(order[i], list(order[i], node), own ? &*own : nullptr);
    };
    if (parallel && !drawn) {
      parallel_for(context_, order.size(), kFeaturesAtATime, [&](std::size_t begin, std::size_t end) {
        Hand hand(rows_, limits_);
        hand.searcher.node(members(node), totals);
        for (std::size_t i = begin; i < end; ++i) try_one(hand, i);
      });
    } else {
      hands[0]->searcher.node(members(node), totals);
      std::size_t useful = 0;
      for (std::size_t i = 0; i < order.size(); ++i) {
        if (useful == tried_) {
          order.resize(i);
          splits.resize(i);
          break;
        }
        try_one(*hands[0], i);
        useful += !splits[i].constant;
      }
    }
    choose(open, order, splits, node);
  }

  void choose(Open& open, const std::vector<std::uint32_t>& order, std::vector<Split>& splits,
              const Node& node) const {
    std::vector<std::uint32_t> constant;
    Split* best = nullptr;
    const double tie = kTie * node.impurity;
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (splits[i].constant) constant.push_back(order[i]);
      if (splits[i].feature < 0) continue;
      // Of equally good splits the one on the first feature.
      if (best == nullptr || splits[i].gain > best->gain + tie ||
          (splits[i].gain > best->gain - tie && splits[i].feature < best->feature))
        best = &splits[i];
    }
    if (best != nullptr) open.split = std::move(*best);
    // Stand-ins look at all features, so with them every list is kept in step.
    if (constant.empty() || growth_.surrogates > 0) return;
    std::sort(constant.begin(), constant.end());
    std::erase_if(open.features,
                  [&](std::uint32_t f) { return std::binary_search(constant.begin(), constant.end(), f); });
  }

  /// Fills the question of a node from its split.
  void ask(Tree& tree, const Open& open) {
    Node& node = tree.nodes[open.node];
    const Split& split = open.split;
    node.feature = split.feature;
    node.gain = split.gain;
    node.missing_left = split.missing_left;
    const auto feature = static_cast<std::size_t>(split.feature);
    const auto entries = list(feature, node);
    if (!split.set.empty()) {
      node.set = static_cast<std::int32_t>(tree.sets.size());
      tree.sets.push_back(split.set);
    } else if (split.gap_split) {
      node.threshold = std::numeric_limits<double>::max();
    } else {
      node.threshold = between_values(rows_.value(entries[split.left_values - 1] & kRow, feature),
                                      rows_.value(entries[split.left_values] & kRow, feature));
    }
  }

  /// Sets left_of_ for the node's rows; true when some value was missing.
  bool mark_sides(const Tree& tree, const Open& open) {
    const Node& node = tree.nodes[open.node];
    const auto feature = static_cast<std::size_t>(node.feature);
    const auto entries = list(feature, node);
    bool missing = false;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const std::uint32_t row = entries[i] & kRow;
      if ((entries[i] & kGap) != 0) {
        left_of_[row] = node.missing_left ? 1 : 0;
        missing = true;
      } else if (node.set < 0) {
        left_of_[row] = i < open.split.left_values ? 1 : 0;
      }
    }
    if (node.set < 0) return missing;
    const auto& set = tree.sets[static_cast<std::size_t>(node.set)];
    bool left = false;
    for (const std::uint32_t entry : entries) {
      const std::uint32_t row = entry & kRow;
      if ((entry & kGap) != 0) continue;
      if ((entry & kNew) != 0) {
        const auto code = static_cast<std::size_t>(rows_.value(row, feature));
        left = ((set[code / 64] >> (code % 64)) & 1) != 0;
      }
      left_of_[row] = left ? 1 : 0;
    }
    return missing;
  }

  /// Where rows go whose value is missing and of which training has none, and levels the node has not seen:
  /// to the larger side.
  void settle_unseen(Tree& tree, const Open& open, double left_rows, bool learned) {
    Node& node = tree.nodes[open.node];
    if (!learned) node.missing_left = left_rows * 2 >= node.rows;
    if (node.set < 0 || !node.missing_left) return;
    const auto feature = static_cast<std::size_t>(node.feature);
    auto& set = tree.sets[static_cast<std::size_t>(node.set)];
    std::vector<std::uint64_t> seen(set.size());
    for (const std::uint32_t entry : list(feature, node)) {
      if ((entry & kGap) != 0 || (entry & kNew) == 0) continue;
      const auto code = static_cast<std::size_t>(rows_.value(entry & kRow, feature));
      seen[code / 64] |= std::uint64_t{1} << (code % 64);
    }
    for (std::size_t code = 0; code < rows_.levels[feature]; ++code) {
      const std::uint64_t bit = std::uint64_t{1} << (code % 64);
      if ((seen[code / 64] & bit) == 0) set[code / 64] |= bit;
    }
  }

  double left_rows_of(const Node& node, bool known_only) {
    double sum = 0;
    for (const std::uint32_t entry : list(static_cast<std::size_t>(node.feature), node)) {
      if (known_only && (entry & kGap) != 0) continue;
      if (left_of_[entry & kRow] == 1) sum += rows_.weight_at(entry & kRow);
    }
    return sum;
  }

  /// With surrogates: finds them and sends the rows with a missing answer by them.
  void use_surrogates(Tree& tree, const Open& open) {
    Node& node = tree.nodes[open.node];
    const auto entries = list(static_cast<std::size_t>(node.feature), node);
    double known = 0, left = 0;
    for (const std::uint32_t entry : entries) {
      const std::uint32_t row = entry & kRow;
      if ((entry & kGap) != 0) {
        left_of_[row] = 2;
        continue;
      }
      known += rows_.weight_at(row);
      if (left_of_[row] == 1) left += rows_.weight_at(row);
    }
    node.missing_left = left * 2 >= known;
    std::vector<Surrogate> found;
    find_surrogates(rows_, entries_, node, left_of_, growth_.surrogates, tree, found);
    node.surrogates = static_cast<std::uint32_t>(tree.surrogates.size());
    node.surrogate_count = static_cast<std::uint32_t>(found.size());
    tree.surrogates.insert(tree.surrogates.end(), found.begin(), found.end());
    for (const std::uint32_t entry : entries) {
      if ((entry & kGap) == 0) continue;
      const std::uint32_t row = entry & kRow;
      std::uint8_t side = 2;
      for (const Surrogate& one : found) {
        side =
            surrogate_side(one, tree.surrogate_sets, rows_.value(row, static_cast<std::size_t>(one.feature)));
        if (side != 2) break;
      }
      left_of_[row] = side != 2 ? side : node.missing_left ? 1 : 0;
    }
  }

  /// Splits an open leaf: two new nodes, all lists parted. Returns those that may be split further.
  std::vector<Open> split(Tree& tree, Open& open, std::vector<std::unique_ptr<Hand>>& hands, bool parallel) {
    ask(tree, open);
    const bool gaps = mark_sides(tree, open);
    if (growth_.surrogates > 0) use_surrogates(tree, open);
    Node node = tree.nodes[open.node];
    settle_unseen(tree, open, left_rows_of(node, growth_.surrogates > 0), growth_.surrogates > 0 || gaps);
    const std::size_t n = node.end - node.begin;
    const auto rows = members(node);
    const auto middle = part_members(rows, hands[0]->scratch_for(n));
    const auto make_child = [&](std::uint32_t begin, std::uint32_t end, std::uint64_t side) {
      Node child;
      child.depth = node.depth + 1;
      child.begin = begin;
      child.end = end;
      child.path = node.path * kOdd + side;
      add_node(tree, child);
      return tree.nodes.size() - 1;
    };
    const auto cut = node.begin + static_cast<std::uint32_t>(middle);
    const std::size_t left = make_child(node.begin, cut, 1), right = make_child(cut, node.end, 2);
    tree.nodes[open.node].left = static_cast<std::int32_t>(left);
    tree.nodes[open.node].right = static_cast<std::int32_t>(right);
    std::vector<Open> next;
    if (may_split(tree.nodes[left])) next.push_back({.node = left, .features = open.features});
    if (may_split(tree.nodes[right])) next.push_back({.node = right, .features = open.features});
    if (next.empty()) return next;
    const auto part = [&](std::size_t f, std::uint32_t* scratch) {
      part_list(list(f, node).data(), n, left_of_.data(), scratch);
    };
    if (parallel) {
      parallel_for(context_, open.features.size(), kFeaturesAtATime, [&](std::size_t begin, std::size_t end) {
        auto scratch = Buffer<std::uint32_t>::uninitialized(n);
        for (std::size_t i = begin; i < end; ++i) part(open.features[i], scratch.data());
      });
    } else {
      for (const std::uint32_t f : open.features) part(f, hands[0]->scratch_for(n));
    }
    return next;
  }

  std::size_t part_members(std::span<std::uint32_t> rows, std::uint32_t* scratch) const {
    std::size_t left = 0, right = 0;
    for (const std::uint32_t row : rows) {
      const std::size_t goes_left = left_of_[row];
      rows[left] = row;
      scratch[right] = row;
      left += goes_left;
      right += 1 - goes_left;
    }
    std::copy_n(scratch, right, rows.data() + left);
    return left;
  }

  std::vector<std::unique_ptr<Hand>> hands() {
    std::vector<std::unique_ptr<Hand>> made;
    made.push_back(std::make_unique<Hand>(rows_, limits_));
    return made;
  }

  void grow_best_first(Tree& tree, Open first) {
    auto mine = hands();
    std::vector<Open> waiting;
    const auto later = [&](std::size_t a, std::size_t b) {
      const Open &x = waiting[a], &y = waiting[b];
      return x.split.gain < y.split.gain || (x.split.gain == y.split.gain && x.node > y.node);
    };
    std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(later)> queue(later);
    const auto offer = [&](Open open) {
      const Node& node = tree.nodes[open.node];
      search(tree, open, mine, node.end - node.begin > kBranchRows);
      if (!worth(open.split, node)) return;
      waiting.push_back(std::move(open));
      queue.push(waiting.size() - 1);
    };
    if (may_split(tree.nodes[0]) && *growth_.max_leaves > 1) offer(std::move(first));
    std::size_t leaves = 1;
    while (!queue.empty() && leaves < static_cast<std::size_t>(*growth_.max_leaves)) {
      context_.check();
      Open open = std::move(waiting[queue.top()]);
      queue.pop();
      const Node& node = tree.nodes[open.node];
      auto next = split(tree, open, mine, node.end - node.begin > kBranchRows);
      ++leaves;
      for (Open& one : next) offer(std::move(one));
    }
  }

  /// Grows all below `first` on this thread.
  void grow_branch(Tree& tree, Open first, std::vector<Open>* large, bool parallel) {
    auto mine = hands();
    std::vector<Open> stack;
    stack.push_back(std::move(first));
    std::size_t work = 0;
    while (!stack.empty()) {
      Open open = std::move(stack.back());
      stack.pop_back();
      const Node& node = tree.nodes[open.node];
      const std::size_t n = node.end - node.begin;
      if (large != nullptr && n <= kBranchRows) {
        large->push_back(std::move(open));
        continue;
      }
      work += n * open.features.size();
      if (work > (std::size_t{1} << 20)) {
        context_.check();
        work = 0;
      }
      search(tree, open, mine, parallel);
      if (!worth(open.split, tree.nodes[open.node])) continue;
      auto next = split(tree, open, mine, parallel);
      for (auto one = next.rbegin(); one != next.rend(); ++one) stack.push_back(std::move(*one));
    }
  }

  void grow_whole(Tree& tree, Open first) {
    context_.check();
    if (!may_split(tree.nodes[0])) return;
    std::vector<Open> branches;
    grow_branch(tree, std::move(first), &branches, true);
    std::vector<Tree> grown(branches.size());
    std::vector<std::size_t> places;
    for (const Open& one : branches) places.push_back(one.node);
    parallel_for(context_, branches.size(), 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        Tree& branch = grown[i];
        branch.width = tree.width;
        add_node(branch, tree.nodes[branches[i].node]);
        branches[i].node = 0;
        grow_branch(branch, std::move(branches[i]), nullptr, false);
      }
    });
    for (std::size_t i = 0; i < grown.size(); ++i) graft(tree, grown[i], places[i]);
  }

  /// Puts a branch in the place of the leaf it grew from.
  static void graft(Tree& tree, Tree& branch, std::size_t place) {
    const auto shift_nodes = static_cast<std::int32_t>(tree.nodes.size()) - 1;
    const auto shift_sets = static_cast<std::int32_t>(tree.sets.size());
    const auto shift_surrogates = static_cast<std::uint32_t>(tree.surrogates.size());
    const auto shift_surrogate_sets = static_cast<std::int32_t>(tree.surrogate_sets.size());
    for (Node& node : branch.nodes) {
      if (node.left >= 0) {
        node.left += shift_nodes;
        node.right += shift_nodes;
      }
      if (node.set >= 0) node.set += shift_sets;
      node.surrogates += shift_surrogates;
    }
    for (Surrogate& one : branch.surrogates) {
      if (one.set >= 0) one.set += shift_surrogate_sets;
    }
    tree.nodes[place] = branch.nodes[0];
    const auto append = [](auto& into, auto& from, std::size_t skip) {
      into.insert(into.end(), std::make_move_iterator(from.begin() + static_cast<std::ptrdiff_t>(skip)),
                  std::make_move_iterator(from.end()));
    };
    append(tree.nodes, branch.nodes, 1);
    append(tree.values, branch.values, tree.width);
    append(tree.counts, branch.counts, branch.counts.empty() ? 0 : tree.width);
    append(tree.sets, branch.sets, 0);
    append(tree.surrogates, branch.surrogates, 0);
    append(tree.surrogate_sets, branch.surrogate_sets, 0);
  }

  static constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15ULL;

  const Rows& rows_;
  const CartShape& growth_;
  std::string_view learner_;
  const Context& context_;
  NodeMeasure measure_;
  Buffer<std::uint32_t> entries_, members_;
  Buffer<std::uint8_t> left_of_;
  Limits limits_;
  std::size_t tried_ = 0;
  double root_mass_ = 1;
};

}  // namespace

Tree grow(const Rows& rows, const CartShape& growth, PruneBy prune_by, std::string_view learner,
          const Context& context) {
  return Grower(rows, growth, prune_by, learner, context).run();
}

Order order_of(const Tree& tree) {
  Order order;
  std::vector<std::uint32_t> stack{0};
  while (!stack.empty()) {
    const std::uint32_t at = stack.back();
    stack.pop_back();
    const Node& node = tree.nodes[at];
    if (node.left < 0) {
      order.leaves.push_back(at);
      continue;
    }
    order.inner.push_back(at);
    stack.push_back(static_cast<std::uint32_t>(node.right));
    stack.push_back(static_cast<std::uint32_t>(node.left));
  }
  return order;
}

}  // namespace everyml::cart
