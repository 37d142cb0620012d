#include "everyml/classical/trees/c45.h"

#include <algorithm>
#include <iterator>

#include "everyml/classical/trees/c45_impl.h"

namespace everyml {
namespace c45 {
namespace {

Table table_of(const cart::Rows& rows, const Context& context) {
  Table table{.rows = &rows, .classes = rows.classes};
  table.rank.resize(rows.columns);
  table.values.resize(rows.columns);
  const Buffer<std::uint32_t> entries = cart::sorted_columns(rows, context);
  for (std::size_t f = 0; f < rows.columns; ++f) {
    context.check();
    auto& rank = table.rank[f];
    auto& values = table.values[f];
    rank.assign(rows.rows, Table::kMissing);
    for (std::size_t i = 0; i < rows.rows; ++i) {
      const std::uint32_t entry = entries[f * rows.rows + i], row = entry & cart::kRow;
      if ((entry & cart::kGap) != 0) break;
      if ((entry & cart::kNew) != 0) values.push_back(rows.value(row, f));
      rank[row] = static_cast<std::uint32_t>(values.size() - 1);
    }
    if (rows.levels[f] == 0) continue;
    for (auto& one : rank) {  // categories: the code itself
      if (one != Table::kMissing) one = static_cast<std::uint32_t>(values[one]);
    }
    values.resize(rows.levels[f]);
    for (std::size_t code = 0; code < values.size(); ++code) values[code] = static_cast<double>(code);
  }
  return table;
}

std::int64_t count_nodes(const Node& root) {
  std::int64_t nodes = 0;
  std::vector<const Node*> stack{&root};
  while (!stack.empty()) {
    const Node& node = *stack.back();
    stack.pop_back();
    ++nodes;
    for (const auto& child : node.children) stack.push_back(child.get());
  }
  return nodes;
}

/// The largest value of any training row that is at most the middle between the two that were parted, as
/// Quinlan takes it: people then read a value that occurs.
double threshold_of(const Table& table, const Node& node) {
  const auto& values = table.values[static_cast<std::size_t>(node.feature)];
  const double middle = cart::between_values(values[node.cut], values[node.above]);
  return *std::prev(std::upper_bound(values.begin(), values.end(), middle));
}

C45Tree packed(const Table& table, const Node& root) {
  C45Tree tree{.features = table.rows->columns, .classes = table.classes};
  struct Pending {
    const Node* node;
    std::int32_t place;  ///< in children; -1: the root
  };
  std::vector<Pending> stack{{&root, -1}};
  while (!stack.empty()) {
    const Pending pending = stack.back();
    stack.pop_back();
    const Node& node = *pending.node;
    const auto at = static_cast<std::int32_t>(tree.nodes());
    if (pending.place >= 0) tree.children[static_cast<std::size_t>(pending.place)] = at;
    tree.feature.push_back(node.feature);
    tree.threshold.push_back(node.feature >= 0 && !node.category ? threshold_of(table, node) : 0);
    tree.category.push_back(node.category ? 1 : 0);
    tree.first_child.push_back(static_cast<std::int32_t>(tree.children.size()));
    tree.first_level.push_back(static_cast<std::int32_t>(tree.branch.size()));
    if (!node.children.empty()) tree.branch.insert(tree.branch.end(), node.branch.begin(), node.branch.end());
    tree.counts.insert(tree.counts.end(), node.counts.begin(), node.counts.end());
    const std::size_t first = tree.children.size();
    tree.children.resize(first + node.children.size());
    for (std::size_t b = node.children.size(); b-- > 0;)
      stack.push_back({node.children[b].get(), static_cast<std::int32_t>(first + b)});
  }
  tree.first_child.push_back(static_cast<std::int32_t>(tree.children.size()));
  tree.first_level.push_back(static_cast<std::int32_t>(tree.branch.size()));
  return tree;
}

}  // namespace
}  // namespace c45

Card C45::card() {
  return {.title = "C4.5",
          .summary = "Questions with as many answers as a category has levels, cut by an error bound",
          .territory = "classical",
          .family = "trees",
          .target = Target::Kind::classes,
          .needs = {InputNeeds::Missing::keep, InputNeeds::Categories::codes, InputNeeds::Scale::none},
          .complexity = 2,
          .by_request = true,
          .references = {"Quinlan, \"C4.5: Programs for Machine Learning\", Morgan Kaufmann, 1993",
                         "Quinlan, \"Improved Use of Continuous Attributes in C4.5\", Journal of Artificial "
                         "Intelligence Research 4, 1996"}};
}

std::vector<Trial> C45::search() {
  return {{{"confidence", "0.1"}, {"laplace", "true"}}, {{"min_leaf", "10"}, {"laplace", "true"}}};
}

C45Model C45::fit(const Dataset& data, const Context& context) const {
  everyml::validate(*this);
  data.validate(name, {.target = Target::Kind::classes, .missing_allowed = true});
  context.check();
  const cart::Rows rows = cart::make_rows(data, cart::Aim::entropy, {}, name, context);
  const c45::Table table = c45::table_of(rows, context);
  c45::Parts parts;
  for (std::size_t i = 0; i < rows.rows; ++i)
    parts.push_back({static_cast<std::uint32_t>(i), rows.weight_at(i)});
  std::unique_ptr<c45::Node> root = c45::grow(table, *this, parts, context);
  auto state = std::make_shared<C45State>();
  state->nodes_grown = c45::count_nodes(*root);
  if (prune) {
    c45::collapse(*root);
    c45::prune(table, *this, root, parts, context);
  }
  state->tree = c45::packed(table, *root);
  state->classes.assign(data.target.names().begin(), data.target.names().end());
  state->laplace = laplace;
  state->grouped = group_levels;
  context.progress(name, 1.0);
  return C45Model(std::move(state));
}

}  // namespace everyml
