#include <algorithm>
#include <bit>
#include <climits>
#include <cmath>
#include <map>
#include <type_traits>
#include <utility>

#include "everyml/classical/trees/evaluator_impl.h"

namespace everyml::detail {
namespace {

constexpr std::size_t kNarrowCodes = 256;
constexpr std::size_t kWalkColumns = 65535;
/// Bytes whose bits 32 bits can number.
constexpr std::size_t kWalkSides = std::size_t{1} << 29;
constexpr std::size_t kSymmetricBits = 8;

class Planner {
 public:
  explicit Planner(const TreeParts& parts)
      : p_(parts), plan_(std::make_unique<EvaluatorPlan>()), column_of_(parts) {}

  std::unique_ptr<const EvaluatorPlan> run() {
    if (!make_codes(p_, *plan_, column_of_)) return nullptr;
    for (std::size_t t = 0; t < p_.trees(); ++t) plan_tree(t);
    plan_fixed();
    return std::move(plan_);
  }

 private:
  const std::uint64_t* set_of(std::size_t node, std::size_t& words) const {
    const auto set = static_cast<std::size_t>(p_.threshold[node]);
    words = p_.set_start[set + 1] - p_.set_start[set];
    return p_.set_words.data() + p_.set_start[set];
  }

  void plan_tree(std::size_t t) {
    PlannedTree tree;
    const std::size_t first = p_.first_node[t], nodes = p_.first_node[t + 1] - first;
    if (nodes == 0) {
      tree.kind = PlannedTree::Kind::constant;
      begin_labels(tree, 0);
      set_label(t, tree, 0, 0);
    } else if (nodes + 1 <= kMaskLeaves) {
      if (!plan_symmetric(t, tree)) plan_mask(t, tree);
      plan_->any_mask = true;
    } else {
      plan_walk(t, tree);
    }
    plan_->trees.push_back(tree);
  }

  void begin_labels(PlannedTree& tree, std::size_t bits) {
    tree.bits = static_cast<std::uint8_t>(bits);
    tree.labels = plan_->leaf_of_label.size();
    plan_->leaf_of_label.resize(tree.labels + (std::size_t{1} << bits), 0);
    if (p_.width == 1) plan_->value_of_label.resize(tree.labels + (std::size_t{1} << bits), 0.0);
  }
  void set_label(std::size_t t, const PlannedTree& tree, std::size_t label, std::int32_t leaf) {
    plan_->leaf_of_label[tree.labels + label] = leaf;
    if (p_.width == 1) {
      plan_->value_of_label[tree.labels + label] =
          p_.leaf_value[p_.first_leaf[t] + static_cast<std::size_t>(leaf)];
    }
  }

  void add_question(std::size_t node, PlannedTree& tree) {
    CodeQuestion question;
    question.column = column_of_.at(p_.feature[node], asks_category(p_, node));
    const CodeColumn& column = plan_->columns[question.column];
    if (column.category) {
      question.bound = add_sides(node, column);
    } else {
      question.minus = minus_of(p_, node);
      // Codes of values up to this threshold are 1 .. place + 1.
      question.bound = place_of(p_, node, *plan_, column) + 1 - question.minus;
    }
    tree.simple = tree.simple && !column.category && !column.wide;
    plan_->questions.push_back(question);
  }

  std::uint32_t add_sides(std::size_t node, const CodeColumn& column) {
    const std::size_t at = plan_->sides.size();
    plan_->sides.resize(at + (column.wide ? column.count + 2 : kNarrowCodes / 8), 0);
    const auto set_side = [&](std::size_t code) {
      if (column.wide) {
        plan_->sides[at + code] = 1;
      } else {
        plan_->sides[at + code / 8] |= static_cast<std::uint8_t>(1u << (code % 8));
      }
    };
    for_left_codes(node, set_side);
    return static_cast<std::uint32_t>(at);
  }
  /// Calls visit(code) for the codes that go left at a question about categories.
  template <class Visit>
  void for_left_codes(std::size_t node, const Visit& visit) const {
    if (minus_of(p_, node) == 0) visit(0);
    std::size_t words = 0;
    const std::uint64_t* set = set_of(node, words);
    for (std::size_t c = 0; c < words * 64; ++c) {
      if ((set[c / 64] >> (c % 64)) & 1) visit(c + 1);
    }
  }

  bool same_question(std::size_t a, std::size_t b) const {
    return p_.feature[a] == p_.feature[b] && p_.flags[a] == p_.flags[b] && p_.threshold[a] == p_.threshold[b];
  }

  /// All nodes of a level ask the same, and all leaves are equally deep.
  bool plan_symmetric(std::size_t t, PlannedTree& tree) {
    const std::size_t first = p_.first_node[t], leaves = p_.first_node[t + 1] - first + 1;
    const auto bits = static_cast<std::size_t>(std::bit_width(leaves) - 1);
    if (leaves != std::size_t{1} << bits || bits > kSymmetricBits) return false;
    std::vector<std::int32_t> level{0}, next;
    std::vector<std::size_t> asks;
    for (std::size_t l = 0; l < bits; ++l) {
      next.clear();
      for (const std::int32_t node : level) {
        const std::size_t at = first + static_cast<std::size_t>(node);
        if (!same_question(at, first + static_cast<std::size_t>(level[0]))) return false;
        for (const std::int32_t child : {p_.left[at], p_.right[at]}) {
          if ((child < 0) != (l + 1 == bits)) return false;
          next.push_back(child);
        }
      }
      asks.push_back(first + static_cast<std::size_t>(level[0]));
      std::swap(level, next);
    }
    tree.kind = PlannedTree::Kind::symmetric;
    tree.first = static_cast<std::uint32_t>(plan_->questions.size());
    tree.questions = static_cast<std::uint32_t>(bits);
    for (const std::size_t node : asks) add_question(node, tree);
    plan_->places.resize(plan_->questions.size());
    begin_labels(tree, bits);
    // Leaf i, from the left, is reached by going right at level l when bit bits - 1 - l of i is set.
    for (std::size_t leaf = 0; leaf < leaves; ++leaf) {
      std::size_t label = 0;
      for (std::size_t l = 0; l < bits; ++l) {
        if ((leaf >> (bits - 1 - l)) & 1) label |= std::size_t{1} << l;
      }
      set_label(t, tree, label, static_cast<std::int32_t>(leaf));
    }
    return true;
  }

  /// Questions level by level, so that what one writes is not read by the next. A leaf's label is the Gray
  /// code of its number: from each leaf to the next one bit turns.
  void plan_mask(std::size_t t, PlannedTree& tree) {
    struct Place {
      std::int32_t node;
      std::size_t low, high;
    };
    const std::size_t first = p_.first_node[t], nodes = p_.first_node[t + 1] - first;
    tree.kind = PlannedTree::Kind::mask;
    tree.first = static_cast<std::uint32_t>(plan_->questions.size());
    tree.questions = static_cast<std::uint32_t>(nodes);
    begin_labels(tree, static_cast<std::size_t>(std::bit_width(nodes)));
    for (std::size_t leaf = 0; leaf <= nodes; ++leaf) {
      set_label(t, tree, leaf ^ (leaf >> 1), static_cast<std::int32_t>(leaf));
    }
    std::vector<Place> order{{0, 0, nodes + 1}};
    for (std::size_t i = 0; i < order.size(); ++i) {
      const auto [node, low, high] = order[i];
      const std::size_t at = first + static_cast<std::size_t>(node);
      const std::int32_t left = p_.left[at], right = p_.right[at];
      const std::size_t middle = first_leaf_of(first, right);
      add_question(at, tree);
      plan_->places.push_back({static_cast<std::uint16_t>(low), static_cast<std::uint16_t>(high),
                               static_cast<std::uint16_t>(middle)});
      if (left >= 0) order.push_back({left, low, middle});
      if (right >= 0) order.push_back({right, middle, high});
    }
  }

  std::size_t first_leaf_of(std::size_t first, std::int32_t node) const {
    while (node >= 0) node = p_.left[first + static_cast<std::size_t>(node)];
    return static_cast<std::size_t>(~node);
  }

  void plan_walk(std::size_t t, PlannedTree& tree) {
    const std::size_t first = p_.first_node[t], last = p_.first_node[t + 1];
    std::size_t bytes = 0;
    for (std::size_t i = first; i < last; ++i) {
      if (asks_category(p_, i)) bytes += side_bytes(i);
    }
    const bool sets = bytes > 0;
    const std::size_t nodes = sets ? plan_->set_walk_nodes.size() : plan_->walk_nodes.size();
    if (nodes + 2 * (last - first) + 1 >= (std::uint64_t{1} << 32) ||
        plan_->columns.size() * 2 > kWalkColumns || plan_->walk_sides.size() + bytes >= kWalkSides) {
      plan_->any_plain = true;
      return;
    }
    plan_->any_walk = true;
    if (sets) {
      if (plan_->walk_sides.empty()) plan_->walk_sides.push_back(1);
      tree.kind = PlannedTree::Kind::set_walk;
      lay_out(t, tree, plan_->set_walk_nodes, plan_->set_walk_leaf);
    } else {
      tree.kind = PlannedTree::Kind::walk;
      lay_out(t, tree, plan_->walk_nodes, plan_->walk_leaf);
    }
  }

  /// Level by level, children side by side.
  template <class Node>
  void lay_out(std::size_t t, PlannedTree& tree, std::vector<Node>& nodes, std::vector<std::int32_t>& leaf) {
    const std::size_t first = p_.first_node[t], root = nodes.size();
    tree.first = static_cast<std::uint32_t>(root);
    nodes.push_back({});
    leaf.push_back(0);
    std::vector<std::pair<std::int32_t, std::size_t>> level{{0, root}}, next;
    for (; !level.empty(); std::swap(level, next), ++tree.questions) {
      next.clear();
      for (const auto& [child, place] : level) {
        if (child < 0) {
          nodes[place] = {0, 65535, static_cast<std::uint32_t>(place)};
          leaf[place] = ~child;
          continue;
        }
        const std::size_t at = first + static_cast<std::size_t>(child), pair = nodes.size();
        if constexpr (std::is_same_v<Node, SetWalkNode>) {
          if (asks_category(p_, at)) {
            nodes[place] = {walk_column(at), 65535, static_cast<std::uint32_t>(pair), add_walk_sides(at),
                            65535};
          } else {
            nodes[place] = {walk_column(at), walk_bound(at), static_cast<std::uint32_t>(pair), 0, 0};
          }
        } else {
          nodes[place] = {walk_column(at), walk_bound(at), static_cast<std::uint32_t>(pair)};
        }
        leaf[place] = -1;
        nodes.resize(pair + 2);
        leaf.resize(pair + 2, 0);
        next.push_back({p_.left[at], pair});
        next.push_back({p_.right[at], pair + 1});
      }
    }
  }

  /// A bit for each code of the column that a question about categories asks.
  std::size_t side_bytes(std::size_t node) const {
    return (std::size_t{plan_->columns[column_of_.at(p_.feature[node], true)].count} + 2 + 7) / 8;
  }
  /// Where these bits begin.
  std::uint32_t add_walk_sides(std::size_t node) {
    const std::size_t at = plan_->walk_sides.size();
    plan_->walk_sides.resize(at + side_bytes(node), 0);
    for_left_codes(node, [&](std::size_t code) {
      plan_->walk_sides[at + code / 8] |= static_cast<std::uint8_t>(1u << (code % 8));
    });
    return static_cast<std::uint32_t>(8 * at);
  }

  /// The exponent of the last bit of a finite number that is not 0.
  static int last_bit(double value) {
    int exponent = 0;
    const auto whole = static_cast<std::int64_t>(std::ldexp(std::frexp(value, &exponent), 53));
    return exponent - 53 + std::countr_zero(static_cast<std::uint64_t>(whole));
  }

  void plan_fixed() {
    constexpr int kBits = FixedSums::kPlanes * FixedSums::kPlaneBits;
    if (p_.width != 1 || p_.outputs != 1 || !p_.linear_start.empty() || p_.trees() == 0) return;
    for (const PlannedTree& tree : plan_->trees) {
      const bool fits = tree.kind == PlannedTree::Kind::constant ||
                        (tree.kind == PlannedTree::Kind::symmetric && tree.simple &&
                         tree.bits <= std::bit_width(FixedSums::kLabels - 1));
      if (!fits) return;
    }
    // A sum that is all zeros of the other sign would not be a whole number's.
    if (p_.base[0] == 0 && std::signbit(p_.base[0])) return;
    int exponent = p_.base[0] == 0 ? INT_MAX : last_bit(p_.base[0]);
    for (const double value : p_.leaf_value) {
      if (value != 0) exponent = std::min(exponent, last_bit(value));
    }
    if (exponent == INT_MAX) exponent = 0;
    const double largest = std::ldexp(1.0, 52 + exponent);
    double sum = std::abs(p_.base[0]), widest = 0;
    for (std::size_t t = 0; t < p_.trees(); ++t) {
      const auto [least, most] = ends_of(t);
      sum += std::max(std::abs(least), std::abs(most));
      widest = std::max(widest, most - least);
    }
    if (exponent < -1000 || !(sum <= largest) || !(widest < std::ldexp(1.0, kBits + exponent))) return;
    const auto whole = [&](double value) { return static_cast<std::int64_t>(std::ldexp(value, -exponent)); };
    FixedSums& fixed = plan_->fixed;
    fixed.unit = std::ldexp(1.0, exponent);
    fixed.base = whole(p_.base[0]);
    fixed.least_before.assign(1, 0);
    fixed.planes.assign(p_.trees() * FixedSums::kPlanes * FixedSums::kLabels, 0);
    for (std::size_t t = 0; t < p_.trees(); ++t) {
      const std::int64_t least = whole(ends_of(t).first);
      fixed.least_before.push_back(fixed.least_before.back() + least);
      const PlannedTree& tree = plan_->trees[t];
      for (std::size_t label = 0; label < std::size_t{1} << tree.bits; ++label) {
        std::int64_t rest = whole(plan_->value_of_label[tree.labels + label]) - least;
        for (std::size_t p = 0; p < FixedSums::kPlanes; ++p, rest >>= FixedSums::kPlaneBits) {
          fixed.planes[(t * FixedSums::kPlanes + p) * FixedSums::kLabels + label] = rest & 63;
        }
      }
    }
  }
  std::pair<double, double> ends_of(std::size_t t) const {
    const auto [least, most] = std::minmax_element(p_.leaf_value.begin() + p_.first_leaf[t],
                                                   p_.leaf_value.begin() + p_.first_leaf[t + 1]);
    return {*least, *most};
  }

  /// Codes of categories stay as they are.
  std::uint16_t walk_column(std::size_t node) {
    const bool category = asks_category(p_, node);
    const std::uint32_t column = column_of_.at(p_.feature[node], category);
    const std::uint8_t minus = category ? 0 : minus_of(p_, node);
    const auto [at, added] =
        walk_column_of_.try_emplace({column, minus}, static_cast<std::uint16_t>(plan_->walk_columns.size()));
    if (added) plan_->walk_columns.push_back({column, minus});
    return at->second;
  }
  std::uint16_t walk_bound(std::size_t node) const {
    const CodeColumn& column = plan_->columns[column_of_.at(p_.feature[node], false)];
    return static_cast<std::uint16_t>(place_of(p_, node, *plan_, column) + 1 - minus_of(p_, node));
  }

  const TreeParts& p_;
  std::unique_ptr<EvaluatorPlan> plan_;
  ColumnOf column_of_;
  std::map<std::pair<std::uint32_t, std::uint8_t>, std::uint16_t> walk_column_of_;
};

}  // namespace

std::unique_ptr<const EvaluatorPlan> plan_evaluator(const TreeParts& parts) { return Planner(parts).run(); }

}  // namespace everyml::detail
