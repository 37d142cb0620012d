#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "everyml/workflow/export/export_onnx_impl.h"

namespace everyml::detail {
namespace {

using namespace onnx;

/// Questions of many branches by operators on whole columns, since ONNX has no such trees.
class BranchGraph {
 public:
  BranchGraph(Message& graph, std::size_t classes) : graph_(graph), classes_(classes) {}

  /// A tree of many branches: products along the way to each leaf, and the leaves' answers by these.
  void run(const ExportBranches& model) {
    taken_branches(model.tree);
    const auto ways = parts_that_follow(model);
    const auto last = static_cast<std::int64_t>(model.tree.children.size());
    std::size_t depth = 0;
    for (const auto& way : ways) depth = std::max(depth, way.size());
    std::string reached;
    for (std::size_t d = 0; d < depth; ++d) {
      const std::string own = fmt::format("everyml_step_{}", d);
      std::vector<std::int64_t> step;
      for (const auto& way : ways) step.push_back(d < way.size() ? way[d] : last);
      whole_constants(own + "_of", step);
      add(Node("Gather", {"everyml_follows", own + "_of"}, own).whole("axis", 1));
      if (d > 0) add(Node("Mul", {reached, own}, own + "_reached"));
      reached = d > 0 ? own + "_reached" : own;
    }
    std::vector<double> answers;
    for (std::size_t node = 0; node < model.tree.nodes(); ++node) {
      if (model.tree.feature[node] >= 0) continue;
      const auto own = model.ways.answer.begin() + static_cast<std::ptrdiff_t>(node * classes_);
      answers.insert(answers.end(), own, own + static_cast<std::ptrdiff_t>(classes_));
    }
    graph_.part(5, tensor("everyml_answers", answers, {ways.size(), classes_}));
    add(Node("MatMul", {reached, "everyml_answers"}, "everyml_told"));
    graph_.part(5, tensor("everyml_axis", 1, true));
    add(Node("ReduceSum", {"everyml_told", "everyml_axis"}, "everyml_whole"));
    add(Node("Div", {"everyml_told", "everyml_whole"}, "probabilities"));
    graph_.part(12, value_info("probabilities", kDouble, classes_));
  }

 private:
  void add(const Node& node) { graph_.part(1, node.message()); }
  void constant(const std::string& name, const std::vector<double>& values) {
    graph_.part(5, tensor(name, values));
  }
  void whole_constants(const std::string& name, const std::vector<std::int64_t>& values) {
    graph_.part(5, tensor(name, std::span<const std::int64_t>(values)));
  }

  /// The branch that each row takes at each question, [rows, questions]; -1: all of them in part.
  void taken_branches(const C45Tree& tree) {
    std::vector<std::int64_t> feature;
    std::vector<double> threshold, levels, first, branch(tree.branch.begin(), tree.branch.end());
    for (std::size_t node = 0; node < tree.nodes(); ++node) {
      if (tree.feature[node] < 0) continue;
      feature.push_back(tree.feature[node]);
      threshold.push_back(tree.threshold[node]);
      levels.push_back(static_cast<double>(tree.branches_of(node).size()));
      first.push_back(tree.first_level[node]);
    }
    if (feature.empty()) {  // a question whose answer does not matter
      feature.push_back(0);
      for (auto* one : {&threshold, &levels, &first}) one->push_back(0);
    }
    constant("everyml_nowhere", {static_cast<double>(branch.size())});
    branch.push_back(-1);
    whole_constants("everyml_asked", feature);
    constant("everyml_thresholds", threshold);
    constant("everyml_levels", levels);
    constant("everyml_first", first);
    constant("everyml_branches", branch);
    constant("everyml_none", {-1.0});
    constant("everyml_zero", {0.0});
    constant("everyml_one", {1.0});
    add(Node("Gather", {"everyml_features", "everyml_asked"}, "everyml_x").whole("axis", 1));
    add(Node("IsNaN", {"everyml_x"}, "everyml_unknown"));
    add(Node("LessOrEqual", {"everyml_x", "everyml_thresholds"}, "everyml_low"));
    add(Node("Where", {"everyml_low", "everyml_zero", "everyml_one"}, "everyml_side"));
    add(Node("Where", {"everyml_unknown", "everyml_none", "everyml_side"}, "everyml_by_number"));
    add(Node("Where", {"everyml_unknown", "everyml_none", "everyml_x"}, "everyml_code"));
    add(Node("GreaterOrEqual", {"everyml_code", "everyml_zero"}, "everyml_not_below"));
    add(Node("Less", {"everyml_code", "everyml_levels"}, "everyml_below"));
    add(Node("And", {"everyml_not_below", "everyml_below"}, "everyml_known"));
    add(Node("Add", {"everyml_code", "everyml_first"}, "everyml_placed"));
    add(Node("Where", {"everyml_known", "everyml_placed", "everyml_nowhere"}, "everyml_at"));
    add(Node("Cast", {"everyml_at"}, "everyml_at_whole").whole("to", kWhole));
    add(Node("Gather", {"everyml_branches", "everyml_at_whole"}, "everyml_by_level").whole("axis", 0));
    add(Node("Greater", {"everyml_levels", "everyml_zero"}, "everyml_of_levels"));
    add(Node("Where", {"everyml_of_levels", "everyml_by_level", "everyml_by_number"}, "everyml_taken"));
  }

  /// The part of each row that follows each branch where the row comes there, [rows, branches + 1]; the last
  /// is 1 and lengthens ways that are shorter than others. Returns the branches that lead to each leaf.
  std::vector<std::vector<std::int64_t>> parts_that_follow(const ExportBranches& model) {
    const C45Tree& tree = model.tree;
    std::vector<std::vector<std::int64_t>> way(tree.nodes()), to_leaf;
    std::vector<std::int64_t> question;
    std::vector<double> number, share, other;
    std::int64_t asked = 0;
    for (std::size_t node = 0; node < tree.nodes(); ++node) {
      const auto children = tree.children_of(node);
      if (children.empty()) to_leaf.push_back(way[node]);
      for (std::size_t k = 0; k < children.size(); ++k) {
        const auto child = static_cast<std::size_t>(children[k]);
        way[child] = way[node];
        way[child].push_back(static_cast<std::int64_t>(question.size()));
        question.push_back(asked);
        number.push_back(static_cast<double>(k));
        share.push_back(model.ways.share[static_cast<std::size_t>(tree.first_child[node]) + k]);
        other.push_back(0);
      }
      asked += children.empty() ? 0 : 1;
    }
    question.push_back(0);
    for (auto* last : {&number, &share, &other}) last->push_back(1);
    whole_constants("everyml_question", question);
    constant("everyml_number", number);
    constant("everyml_share", share);
    constant("everyml_other", other);
    add(Node("Gather", {"everyml_taken", "everyml_question"}, "everyml_of_branch").whole("axis", 1));
    add(Node("Equal", {"everyml_of_branch", "everyml_number"}, "everyml_same"));
    add(Node("Less", {"everyml_of_branch", "everyml_zero"}, "everyml_all"));
    add(Node("Where", {"everyml_all", "everyml_share", "everyml_other"}, "everyml_part"));
    add(Node("Where", {"everyml_same", "everyml_one", "everyml_part"}, "everyml_follows"));
    // A tree that asks nothing has one way, and that is as long as one step.
    for (auto& path : to_leaf)
      if (path.empty()) path.push_back(static_cast<std::int64_t>(tree.children.size()));
    return to_leaf;
  }

  Message& graph_;
  std::size_t classes_;
};

}  // namespace

void add_branches(Message& graph, const ExportBranches& model, std::size_t classes) {
  BranchGraph(graph, classes).run(model);
}

}  // namespace everyml::detail
