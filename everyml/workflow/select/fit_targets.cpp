#include "everyml/workflow/select/fit_targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "everyml/classical/trees/decision_tree.h"
#include "everyml/ensembles/forest/forest.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/model/entry.h"
#include "everyml/workflow/artifact/targets.h"
#include "everyml/workflow/catalog/catalog.h"
#include "everyml/workflow/select/learn.h"
#include "everyml/workflow/select/roles_impl.h"

namespace everyml {
namespace {

Dataset with_targets(const std::vector<NamedTarget>& targets, const Encoder& encoder, Features features,
                     std::vector<double> weights) {
  Dataset data{.features = std::move(features),
               .info = {encoder.info().begin(), encoder.info().end()},
               .weights = std::move(weights)};
  for (std::size_t t = 0; t < targets.size(); ++t) {
    if (t == 0)
      data.target = targets[t].target;
    else
      data.further.push_back(targets[t].target);
  }
  return data;
}

Artifact finished(const AnyEstimator& estimator, Encoder encoder, const Dataset& data,
                  const std::vector<NamedTarget>& targets, const Context& context) {
  Artifact artifact{.algorithm = estimator.card().name,
                    .settings_json = write_json(estimator.settings_json()),
                    .target_kind = data.target.kind()};
  artifact.model = estimator.fit(data, context);
  artifact.encoder = std::move(encoder);
  artifact.metadata_json =
      write_json(Json{{"made_by", "fit"}, {"rows", data.rows()}, {"seed", context.seed()}});
  std::vector<AnsweredTarget> answered;
  for (const NamedTarget& one : targets)
    answered.push_back({.name = one.name, .label_kind = one.target.label_kind()});
  set_targets(artifact, answered);
  return artifact;
}

/// Before anything is read: at least two, and an algorithm that can.
void require_several(const AnyEstimator& estimator, std::size_t targets) {
  if (targets >= 2) return;
  throw DataError("data.targets", fmt::format("{}: learns two or more targets together here, got {}",
                                              estimator.card().name, targets));
}

/// The rows in which every one of these columns has a cell.
std::vector<std::size_t> rows_with_all(const Table& table, const std::vector<std::string>& names) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    if (std::none_of(names.begin(), names.end(),
                     [&](const std::string& name) { return table.column(name).missing(i); }))
      rows.push_back(i);
  }
  return rows;
}

/// Those whose settings have fit_targets().
template <class... S>
bool learned_by(std::string_view algorithm) {
  static_assert((entry_detail::LearnsTargets<S> && ...));
  return ((algorithm == S::name) || ...);
}

}  // namespace

bool learns_targets(std::string_view algorithm) {
  return learned_by<DecisionTreeClassifier, DecisionTreeRegressor, RandomForestClassifier,
                    RandomForestRegressor, ExtraTreesClassifier, ExtraTreesRegressor>(algorithm);
}

Artifact fit_targets(const AnyEstimator& estimator, const Features& x, std::span<const std::string> names,
                     const std::vector<NamedTarget>& targets, std::vector<double> weights,
                     const Context& context) {
  require_several(estimator, targets.size());
  // Those that learn several targets take missing cells as they are.
  Encoder encoder = Encoder::of_numbers(x, names, weights, Encoder::Fills::none, context);
  const Dataset data = with_targets(targets, encoder, x, std::move(weights));
  return finished(estimator, std::move(encoder), data, targets, context);
}

Artifact fit_targets(const AnyEstimator& estimator, const Table& table, std::span<const std::string> columns,
                     const std::vector<NamedTarget>& targets, std::vector<double> weights,
                     const Context& context) {
  require_several(estimator, targets.size());
  if (table.rows() == 0) throw DataError("fit.no_rows", "there are no rows to learn from");
  Encoder encoder =
      Encoder::fit(table, columns, Target(), weights, estimator.card().needs, EncoderSettings{}, context);
  Features features = encoder.transform(table, context);
  const Dataset data = with_targets(targets, encoder, std::move(features), std::move(weights));
  return finished(estimator, std::move(encoder), data, targets, context);
}

Artifact fit_targets(const Table& whole, const FitOptions& options, const std::vector<std::string>& names,
                     const Context& context) {
  AnyEstimator estimator = catalog().find(options.algorithm).make();
  for (const auto& [name, text] : options.settings) estimator.set(name, text);
  const Target::Kind kind = estimator.card().target;
  if (kind == Target::Kind::none) {
    throw ParameterError("fit.target",
                         fmt::format("{} learns without a target; leave it out", estimator.card().name));
  }
  std::set<std::string> left_out = {options.weights, options.group};
  for (const std::string& name : names) {
    if (!left_out.insert(whole.column(name).name()).second)
      throw ParameterError("fit.target",
                           fmt::format("the target \"{}\" is named twice, or is also the column of "
                                       "weights or groups",
                                       printable(name)));
  }
  for (const std::string& name : options.ignore) left_out.insert(whole.column(name).name());
  const std::vector<std::size_t> rows = rows_with_all(whole, names);
  const Table table = rows.size() == whole.rows() ? whole : whole.select_rows(rows);
  std::vector<NamedTarget> targets;
  for (const std::string& name : names) {
    const Column& column = table.column(name);
    const TaskGuess guess = guess_task(column, kind == Target::Kind::classes);
    if (guess.kind != kind) {
      throw ParameterError(
          "fit.target",
          fmt::format("{} learns {}, and \"{}\" is something else: {}", estimator.card().name,
                      kind == Target::Kind::classes ? "classes" : "numbers", printable(name), guess.reason));
    }
    std::vector<std::size_t> all(table.rows());
    std::iota(all.begin(), all.end(), std::size_t{0});
    targets.push_back({column.name(), make_target(column, kind, all)});
  }
  std::vector<double> weights;
  if (!options.weights.empty()) weights = select_impl::row_weights(whole, options.weights, rows);
  std::vector<std::string> columns;
  for (const Column& column : table.all()) {
    if (!left_out.count(column.name())) columns.push_back(column.name());
  }
  return fit_targets(estimator, table, columns, targets, std::move(weights), context);
}

}  // namespace everyml
