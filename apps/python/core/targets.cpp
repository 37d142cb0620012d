#include "apps/python/core/targets.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "apps/python/core/features.h"
#include "apps/python/core/model.h"
#include "apps/python/core/row_answers.h"
#include "apps/python/core/run.h"
#include "apps/python/core/values.h"
#include "everyml/workflow/catalog/catalog.h"
#include "everyml/workflow/select/fit_targets.h"

namespace everyml::python {
namespace {

using Weights64 = std::optional<Vector<double>>;

AnyEstimator estimator_of(const std::string& name, const nb::dict& settings) {
  AnyEstimator estimator = catalog().find(name).make();
  if (settings.size() > 0) estimator.set_json(json_of(settings));
  return estimator;
}

std::vector<NamedTarget> named(const std::vector<Target>& targets, const std::vector<std::string>& names) {
  std::vector<NamedTarget> all;
  for (std::size_t t = 0; t < targets.size(); ++t) all.push_back({names.at(t), targets[t]});
  return all;
}

/// Trees of a forest times cells: what it costs.
constexpr std::size_t kTrees = 100;

Fitted fit_targets_features(const std::string& name, const nb::dict& settings, const Features& x,
                            const std::vector<std::string>& names, const std::vector<Target>& targets,
                            const std::vector<std::string>& target_names, const Weights64& weights,
                            const Run& run) {
  const AnyEstimator estimator = estimator_of(name, settings);
  std::vector<double> row_weights = doubles_of(weights);
  std::optional<Artifact> made;
  run_released(run, cells_of(x) * kTrees, [&](const Context& context) {
    made = fit_targets(estimator, x, names, named(targets, target_names), std::move(row_weights), context);
  });
  return {std::make_shared<const Artifact>(std::move(*made))};
}

Fitted fit_targets_table(const std::string& name, const nb::dict& settings, const Table& table,
                         const std::vector<Target>& targets, const std::vector<std::string>& target_names,
                         const Weights64& weights, const Run& run) {
  const AnyEstimator estimator = estimator_of(name, settings);
  std::vector<double> row_weights = doubles_of(weights);
  std::optional<Artifact> made;
  run_released(run, table.rows() * table.columns() * kTrees, [&](const Context& context) {
    made = fit_targets(estimator, table, table.names(), named(targets, target_names), std::move(row_weights),
                       context);
  });
  return {std::make_shared<const Artifact>(std::move(*made))};
}

/// [rows, answers of all targets].
nb::object answers_of(const Fitted& self, const Features& x, const Run& run) {
  const AnyModel& model = self.artifact->model;
  return answers<double>(
      self, x, model.answer_count(), false, run,
      [&](const Features& rows, auto out, const Context& context) { model.answers(rows, out, context); });
}

}  // namespace

void bind_targets(nb::module_& module) {
  module.def("fit_targets_features", &fit_targets_features, nb::arg("name"), nb::arg("settings"),
             nb::arg("features"), nb::arg("names"), nb::arg("targets"), nb::arg("target_names"),
             nb::arg("weights").none(), nb::arg("run"));
  module.def("fit_targets_table", &fit_targets_table, nb::arg("name"), nb::arg("settings"), nb::arg("table"),
             nb::arg("targets"), nb::arg("target_names"), nb::arg("weights").none(), nb::arg("run"));
  module.def("answers", &answers_of, nb::arg("fitted"), nb::arg("features"), nb::arg("run"));
}

}  // namespace everyml::python
