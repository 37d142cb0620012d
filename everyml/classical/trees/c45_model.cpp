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

double sum_of(std::span<const double> values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum;
}

/// A way down with the share of the row that goes it, and the last node above it that rows have reached.
struct Way {
  std::size_t node;
  std::size_t known;
  double share;
};

/// The branch of a row; none when the answer is missing or new.
std::int64_t branch_of(const C45Tree& tree, std::size_t node, const double* row) {
  const double value = row[tree.feature[node]];
  if (std::isnan(value)) return -1;
  if (tree.category[node] == 0) return value <= tree.threshold[node] ? 0 : 1;
  const auto levels = static_cast<double>(tree.children_of(node).size());
  return value >= 0 && value < levels && value == std::floor(value) ? static_cast<std::int64_t>(value) : -1;
}

void add_leaf(const C45State& state, const Way& way, double* out) {
  const auto counts = state.tree.counts_of(way.known);
  const std::size_t classes = counts.size();
  const double extra = state.laplace ? 1 : 0;
  const double sum = sum_of(counts) + extra * static_cast<double>(classes);
  for (std::size_t c = 0; c < classes; ++c)
    out[c] += way.share * (sum > 0 ? (counts[c] + extra) / sum : 1.0 / static_cast<double>(classes));
}

void answer(const C45State& state, const double* row, double* out, std::vector<Way>& stack) {
  const C45Tree& tree = state.tree;
  stack.assign(1, {0, 0, 1.0});
  while (!stack.empty()) {
    Way way = stack.back();
    stack.pop_back();
    while (true) {
      if (sum_of(tree.counts_of(way.node)) > 0) way.known = way.node;
      const auto children = tree.children_of(way.node);
      if (children.empty()) {
        add_leaf(state, way, out);
        break;
      }
      const std::int64_t branch = branch_of(tree, way.node, row);
      if (branch >= 0) {
        way.node = static_cast<std::size_t>(children[static_cast<std::size_t>(branch)]);
        continue;
      }
      double whole = 0;
      for (const std::int32_t child : children)
        whole += sum_of(tree.counts_of(static_cast<std::size_t>(child)));
      for (const std::int32_t child : children) {
        const double weight = sum_of(tree.counts_of(static_cast<std::size_t>(child)));
        const double share = whole > 0 ? weight / whole : 1.0 / static_cast<double>(children.size());
        if (share > 0) stack.push_back({static_cast<std::size_t>(child), way.known, way.share * share});
      }
      break;
    }
  }
  const double sum = sum_of(std::span(out, state.classes.size()));
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

}  // namespace

const C45Tree& C45Model::tree() const { return state_->tree; }
std::span<const std::string> C45Model::class_names() const { return state_->classes; }
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
  return C45Model(std::move(state));
}

}  // namespace everyml
