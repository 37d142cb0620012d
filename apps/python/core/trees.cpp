#include "apps/python/core/trees.h"

#include <nanobind/stl/string.h>

#include <string>
#include <vector>

#include "apps/python/core/row_answers.h"
#include "everyml/foundation/base/error.h"
#include "everyml/workflow/catalog/model_trees.h"

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

}  // namespace

void bind_trees(nb::module_& module) {
  module.def("tree_count", &tree_count);
  module.def("leaves", &leaves);
  module.def("tree_sums", &tree_sums);
  module.def("stages", [](const Fitted& self) { return stages_of(self.artifact->model); });
  module.def("staged", &staged_answers);
}

}  // namespace everyml::python
