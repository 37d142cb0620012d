#include "apps/python/core/trees.h"

#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "apps/python/core/row_answers.h"
#include "everyml/ensembles/boosting/gradient_boosting.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/model/entry.h"
#include "everyml/workflow/catalog/model_trees.h"
#include "everyml/workflow/explain/drawn_model.h"

namespace everyml::python {
namespace {

TreeEnsemble trees(const Fitted& self) {
  std::optional<TreeEnsemble> found = trees_of(self.artifact->model);
  if (!found)
    throw UnsupportedError("model.trees", self.artifact->algorithm + " is not made of binary trees");
  return *std::move(found);
}

std::size_t tree_count(const Fitted& self) {
  const auto found = trees_of(self.artifact->model);
  return found ? found->tree_count() : 0;
}

/// [rows, trees]
nb::object leaves(const Fitted& self, const Features& x, const Run& run) {
  return answers<std::int32_t>(self, x, trees(self).tree_count(), false, run,
                               [&](const Features& rows, auto out, const Context& context) {
                                 tree_leaves(self.artifact->model, rows, out, context);
                               });
}

/// The ways to the leaves of a tree: for each leaf, left to right, how many nodes lie on its way, and these
/// nodes one after the other, root first and leaf last. Nodes are numbered in pre-order, leaves among them.
std::pair<std::vector<std::int64_t>, std::vector<std::int64_t>> tree_ways(const Fitted& self,
                                                                          std::size_t tree) {
  const TreeEnsemble found = trees(self);
  if (tree >= found.tree_count()) {
    throw ParameterError("parameter.trees", "tree must be below the " + std::to_string(found.tree_count()) +
                                                " that there are, got " + std::to_string(tree));
  }
  const TreeParts& parts = found.parts();
  const std::size_t first = parts.first_node[tree];
  struct Pending {
    std::int32_t child;
    std::size_t depth;
  };
  const bool leaf_alone = parts.first_node[tree + 1] == first;
  std::vector<Pending> stack = {{leaf_alone ? ~0 : 0, 0}};
  std::vector<std::int64_t> lengths, nodes, way;
  for (std::int64_t number = 0; !stack.empty(); ++number) {
    const Pending pending = stack.back();
    stack.pop_back();
    way.resize(pending.depth);
    way.push_back(number);
    if (pending.child < 0) {
      lengths.push_back(static_cast<std::int64_t>(way.size()));
      nodes.insert(nodes.end(), way.begin(), way.end());
      continue;
    }
    const std::size_t at = first + static_cast<std::size_t>(pending.child);
    stack.push_back({parts.right[at], pending.depth + 1});
    stack.push_back({parts.left[at], pending.depth + 1});
  }
  return {std::move(lengths), std::move(nodes)};
}

/// [rows, outputs]: the base and the trees [first, last).
nb::object tree_sums(const Fitted& self, const Features& x, std::size_t first, std::size_t last,
                     const Run& run) {
  const TreeEnsemble found = trees(self);
  if (first > last || last > found.tree_count()) {
    throw ParameterError("parameter.trees", "trees must be a range within the " +
                                                std::to_string(found.tree_count()) + " that there are");
  }
  return answers<double>(self, x, found.output_count(), false, run,
                         [&](const Features& rows, auto out, const Context& context) {
                           found.predict(rows, out, context, first, last);
                         });
}

/// Answers of the first rounds: [rows] or [rows, classes].
nb::object staged_answers(const Fitted& self, const Features& x, std::size_t stages, const Run& run) {
  const AnyModel& model = self.artifact->model;
  if (stages < 1 || stages > stages_of(model)) {
    throw ParameterError("parameter.stages", "stages must be between 1 and " +
                                                 std::to_string(stages_of(model)) + ", got " +
                                                 std::to_string(stages));
  }
  const std::size_t classes = model.class_names().size();
  return answers<double>(self, x, std::max<std::size_t>(1, classes), classes == 0, run,
                         [&](const Features& rows, auto out, const Context& context) {
                           staged(model, rows, stages, out, context);
                         });
}

/// Answers of all levels: [rows, levels].
nb::object level_answers(const Fitted& self, const Features& x, const Run& run) {
  const auto* model = self.artifact->model.as<GradientBoostingRegressorModel>();
  if (model == nullptr)
    throw UnsupportedError("model.levels", self.artifact->algorithm + " does not answer levels");
  return answers<double>(self, x, model->boosted().outputs(), false, run,
                         [&](const Features& rows, auto out, const Context& context) {
                           if (rows.columns() != model->feature_count())
                             throw DataError("data.feature_count", "the rows have another number of columns");
                           model->levels(rows, out, context);
                         });
}

/// A single tree as it is, or one of many with its leaves' values as numbers.
DrawnTree drawn(const Fitted& self, std::size_t tree) {
  std::optional<DrawnTree> single = drawn_model(*self.artifact);
  const std::size_t count = single ? 1 : trees(self).tree_count();
  if (tree >= count) {
    throw ParameterError("parameter.trees", "tree must be below the " + std::to_string(count) +
                                                " that there are, got " + std::to_string(tree));
  }
  if (single) return *std::move(single);
  TreeWords words = tree_words(*self.artifact);
  words.classes.clear();
  return draw_tree(trees(self), tree, std::move(words));
}

std::vector<std::string> rules(const Fitted& self, std::size_t tree) {
  std::vector<std::string> sentences;
  for (TreeRule& rule : tree_rules(drawn(self, tree))) sentences.push_back(std::move(rule.sentence));
  return sentences;
}

}  // namespace

void bind_trees(nb::module_& module) {
  module.def("tree_count", &tree_count);
  module.def("leaves", &leaves);
  module.def("tree_ways", &tree_ways);
  module.def("tree_sums", &tree_sums);
  module.def("stages", [](const Fitted& self) { return stages_of(self.artifact->model); });
  module.def("staged", &staged_answers);
  module.def("levels", &level_answers);
  module.def("tree_text", [](const Fitted& self, std::size_t tree, std::size_t most_lines) {
    return tree_text(drawn(self, tree), most_lines);
  });
  module.def("tree_svg", [](const Fitted& self, std::size_t tree, std::size_t most_leaves) {
    return tree_svg(drawn(self, tree), most_leaves);
  });
  module.def("tree_rules", &rules);
}

}  // namespace everyml::python
