#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "everyml/classical/trees/c45_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace {

constexpr std::size_t kRowsAtATime = 256;

/// A way down with the share of the row that goes it, and the last node above it that rows have reached.
struct Way {
  std::size_t node;
  std::size_t known;
  double share;
};

void answer(const C45State& state, const double* row, double* out, std::vector<Way>& stack) {
  const C45Tree& tree = state.tree;
  stack.assign(1, {0, 0, 1.0});
  while (!stack.empty()) {
    Way way = stack.back();
    stack.pop_back();
    while (true) {
      if (c45::sum_of(tree.counts_of(way.node)) > 0) way.known = way.node;
      const auto children = tree.children_of(way.node);
      if (children.empty()) {
        c45::add_leaf(state, way.known, way.share, out);
        break;
      }
      const std::int64_t branch = c45::branch_of(tree, way.node, row);
      if (branch >= 0) {
        way.node = static_cast<std::size_t>(children[static_cast<std::size_t>(branch)]);
        continue;
      }
      const std::vector<double> shares = c45::branch_shares(tree, way.node);
      for (std::size_t k = 0; k < children.size(); ++k) {
        if (shares[k] > 0)
          stack.push_back({static_cast<std::size_t>(children[k]), way.known, way.share * shares[k]});
      }
      break;
    }
  }
  const double sum = c45::sum_of(std::span(out, state.classes.size()));
  for (std::size_t c = 0; c < state.classes.size(); ++c) out[c] /= sum;
}

void check_children(const ArchiveReader& archive, const C45Tree& tree) {
  const auto nodes = static_cast<std::int64_t>(tree.nodes());
  if (tree.first_child.front() != 0 ||
      static_cast<std::size_t>(tree.first_child.back()) != tree.children.size() ||
      !std::is_sorted(tree.first_child.begin(), tree.first_child.end()))
    archive.refuse("first_child", "it does not count the children of each node");
  std::vector<char> seen(tree.nodes(), 0);
  for (std::size_t node = 0; node < tree.nodes(); ++node) {
    const auto children = tree.children_of(node);
    if ((tree.feature[node] < 0) != children.empty())
      archive.refuse("children", "a question has none, or a leaf has some");
    if (tree.feature[node] >= 0 && tree.category[node] == 0 && children.size() != 2)
      archive.refuse("children", "a question about a number has two");
    for (const std::int32_t child : children) {
      if (child <= static_cast<std::int64_t>(node) || child >= nodes ||
          seen[static_cast<std::size_t>(child)] != 0)
        archive.refuse("children", "a child is not behind its parent, or has two");
      seen[static_cast<std::size_t>(child)] = 1;
    }
  }
  if (std::count(seen.begin(), seen.end(), 1) != nodes - 1)
    archive.refuse("children", "a node has no parent");
}

void check_branches(const ArchiveReader& archive, const C45Tree& tree) {
  if (tree.first_level.front() != 0 ||
      static_cast<std::size_t>(tree.first_level.back()) != tree.branch.size() ||
      !std::is_sorted(tree.first_level.begin(), tree.first_level.end()))
    archive.refuse("first_level", "it does not count the levels of each question");
  for (std::size_t node = 0; node < tree.nodes(); ++node) {
    const auto branches = tree.branches_of(node);
    const auto children = static_cast<std::int32_t>(tree.children_of(node).size());
    if (branches.empty() != (tree.category[node] == 0 || tree.feature[node] < 0))
      archive.refuse("branch", "questions about categories have levels, others have none");
    for (const std::int32_t branch : branches)
      if (branch < -1 || branch >= children) archive.refuse("branch", "a level goes to no child");
  }
}

void load_branches(const ArchiveReader& archive, C45State& state) {
  C45Tree& tree = state.tree;
  state.grouped = archive.has("branch");
  if (state.grouped) {
    tree.first_level = archive.integers32("first_level", tree.nodes() + 1);
    tree.branch = archive.integers32("branch");
    return check_branches(archive, tree);
  }
  tree.first_level.push_back(0);
  for (std::size_t node = 0; node < tree.nodes(); ++node) {
    const auto children = static_cast<std::int32_t>(tree.children_of(node).size());
    for (std::int32_t k = 0; tree.category[node] != 0 && k < children; ++k) tree.branch.push_back(k);
    tree.first_level.push_back(static_cast<std::int32_t>(tree.branch.size()));
  }
}

}  // namespace

namespace c45 {

double sum_of(std::span<const double> values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum;
}

std::int64_t branch_of(const C45Tree& tree, std::size_t node, const double* row) {
  const double value = row[tree.feature[node]];
  if (std::isnan(value)) return -1;
  if (tree.category[node] == 0) return value <= tree.threshold[node] ? 0 : 1;
  const auto branches = tree.branches_of(node);
  if (!(value >= 0 && value < static_cast<double>(branches.size()) && value == std::floor(value))) return -1;
  return branches[static_cast<std::size_t>(value)];
}

std::vector<double> branch_shares(const C45Tree& tree, std::size_t node) {
  const auto children = tree.children_of(node);
  std::vector<double> shares;
  for (const std::int32_t child : children)
    shares.push_back(sum_of(tree.counts_of(static_cast<std::size_t>(child))));
  const double whole = sum_of(shares);
  for (double& share : shares) share = whole > 0 ? share / whole : 1.0 / static_cast<double>(children.size());
  return shares;
}

void add_leaf(const C45State& state, std::size_t known, double share, double* out) {
  const auto counts = state.tree.counts_of(known);
  const std::size_t classes = counts.size();
  const double extra = state.laplace ? 1 : 0;
  const double sum = sum_of(counts) + extra * static_cast<double>(classes);
  for (std::size_t c = 0; c < classes; ++c)
    out[c] += share * (sum > 0 ? (counts[c] + extra) / sum : 1.0 / static_cast<double>(classes));
}

}  // namespace c45

const C45Tree& C45Model::tree() const { return state_->tree; }
std::span<const std::string> C45Model::class_names() const { return state_->classes; }

C45Ways C45Model::ways() const {
  C45Ways ways;
  std::vector<std::size_t> known(tree().nodes(), 0);
  ways.answer.resize(tree().nodes() * tree().classes);
  for (std::size_t node = 0; node < tree().nodes(); ++node) {
    if (c45::sum_of(tree().counts_of(node)) > 0) known[node] = node;
    c45::add_leaf(*state_, known[node], 1, ways.answer.data() + node * tree().classes);
    for (const std::int32_t child : tree().children_of(node))
      known[static_cast<std::size_t>(child)] = known[node];
    const std::vector<double> shares = c45::branch_shares(tree(), node);
    ways.share.insert(ways.share.end(), shares.begin(), shares.end());
  }
  return ways;
}

std::size_t C45Model::nodes_grown() const { return static_cast<std::size_t>(state_->nodes_grown); }

std::size_t C45Model::leaf_count() const {
  return static_cast<std::size_t>(std::count(tree().feature.begin(), tree().feature.end(), -1));
}

std::size_t C45Model::depth() const {
  std::vector<std::size_t> depth(tree().nodes(), 0);
  std::size_t deepest = 0;
  for (std::size_t node = 0; node < tree().nodes(); ++node) {
    deepest = std::max(deepest, depth[node]);
    for (const std::int32_t child : tree().children_of(node))
      depth[static_cast<std::size_t>(child)] = depth[node] + 1;
  }
  return deepest;
}

void C45Model::probabilities(const Features& x, std::span<double> out, const Context& context) const {
  const std::size_t classes = state_->classes.size();
  std::fill(out.begin(), out.end(), 0.0);
  parallel_for(context, x.rows(), kRowsAtATime, [&](std::size_t begin, std::size_t end) {
    std::vector<double> scratch;
    std::vector<Way> stack;
    const double* rows = x.tile64(begin, end, scratch);
    for (std::size_t i = begin; i < end; ++i)
      answer(*state_, rows + (i - begin) * x.columns(), out.data() + i * classes, stack);
  });
}

Json C45Model::summary() const {
  return {{"classes", state_->classes},
          {"leaves", leaf_count()},
          {"depth", depth()},
          {"nodes", tree().nodes()},
          {"nodes_grown", nodes_grown()}};
}

void C45Model::save(ArchiveWriter& archive) const {
  archive.strings("classes", state_->classes);
  archive.integer("features", static_cast<std::int64_t>(tree().features));
  archive.integer("nodes_grown", state_->nodes_grown);
  archive.boolean("laplace", state_->laplace);
  archive.array("feature", std::span(tree().feature));
  archive.array("threshold", std::span(tree().threshold));
  archive.array("category", std::span(tree().category));
  archive.array("first_child", std::span(tree().first_child));
  archive.array("children", std::span(tree().children));
  archive.array("counts", std::span(tree().counts));
  // Without groups every level has a child of its own.
  if (!state_->grouped) return;
  archive.array("first_level", std::span(tree().first_level));
  archive.array("branch", std::span(tree().branch));
}

C45Model C45Model::load(const ArchiveReader& archive) {
  auto state = std::make_shared<C45State>();
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  state->classes = archive.strings("classes");
  if (state->classes.empty()) archive.refuse("classes", "there is none");
  state->nodes_grown = archive.integer("nodes_grown", 1, kMost);
  state->laplace = archive.boolean("laplace");
  C45Tree& tree = state->tree;
  tree.features = static_cast<std::size_t>(archive.integer("features", 1, kMost));
  tree.classes = state->classes.size();
  tree.feature = archive.integers32("feature");
  const std::size_t nodes = tree.feature.size();
  if (nodes == 0) archive.refuse("feature", "a tree has a root");
  tree.threshold = archive.finite_doubles("threshold", nodes);
  tree.category = archive.bytes8("category");
  if (tree.category.size() != nodes) archive.refuse("category", "every node needs one entry");
  tree.first_child = archive.integers32("first_child", nodes + 1);
  tree.children = archive.integers32("children");
  tree.counts = archive.finite_doubles("counts", nodes * tree.classes);
  for (std::size_t node = 0; node < nodes; ++node) {
    if (tree.feature[node] < -1 || tree.feature[node] >= static_cast<std::int64_t>(tree.features))
      archive.refuse("feature", "a feature the model has not");
    if (tree.category[node] > 1) archive.refuse("category", "neither yes nor no");
  }
  if (std::any_of(tree.counts.begin(), tree.counts.end(), [](double c) { return c < 0; }))
    archive.refuse("counts", "a number of rows below 0");
  check_children(archive, tree);
  load_branches(archive, *state);
  return C45Model(std::move(state));
}

}  // namespace everyml
