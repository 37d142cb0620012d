#include "everyml/workflow/select/fit_one.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/workflow/catalog/catalog.h"
#include "everyml/workflow/select/learn.h"
#include "everyml/workflow/select/roles_impl.h"

namespace everyml {
namespace {

std::string_view task_name(Target::Kind kind) {
  return kind == Target::Kind::classes ? "classes" : "numbers";
}

/// The target over `rows`, the rows that have one.
Target target_for(const Table& table, const Card& card, const FitOptions& options,
                  std::vector<std::size_t>& rows) {
  const Column& column = table.column(options.target);
  std::optional<bool> classification = options.classification;
  // The algorithm itself says which task is meant when the column would allow either.
  const TaskGuess guess = guess_task(column, classification);
  Target::Kind kind = guess.kind;
  if (kind != card.target && !classification) {
    kind = guess_task(column, card.target == Target::Kind::classes).kind;
  }
  if (kind == Target::Kind::none) throw DataError("learn.target_kind", guess.reason);
  if (kind != card.target) {
    throw ParameterError(
        "fit.target", fmt::format("{} learns {}, but \"{}\" asks for {}", card.name, task_name(card.target),
                                  printable(options.target), task_name(kind)));
  }
  Target target = make_target(column, kind, rows);
  if (kind == Target::Kind::classes && target.class_count() < 2 && !rows.empty()) {
    throw DataError("learn.one_class",
                    fmt::format("every row has the same \"{}\"; there is nothing to tell apart",
                                printable(options.target)));
  }
  return target;
}

}  // namespace

Artifact fit_one(const Table& whole, const FitOptions& options, const Context& context) {
  const Entry& entry = catalog().find(options.algorithm);
  const Card& card = entry.card();
  AnyEstimator estimator = entry.make();
  for (const auto& [name, text] : options.settings) estimator.set(name, text);
  if (options.target.empty() != (card.target == Target::Kind::none)) {
    throw ParameterError("fit.target",
                         options.target.empty()
                             ? fmt::format("{} learns {} from a target; name its column with --target",
                                           card.name, task_name(card.target))
                             : fmt::format("{} learns without a target; leave it out", card.name));
  }

  std::vector<std::size_t> rows(whole.rows());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  Dataset data;
  if (!options.target.empty()) data.target = target_for(whole, card, options, rows);
  if (rows.empty()) throw DataError("fit.no_rows", "there are no rows to learn from");
  const Table table = rows.size() == whole.rows() ? whole : whole.select_rows(rows);
  if (!options.weights.empty()) data.weights = select_impl::row_weights(whole, options.weights, rows);

  std::set<std::string> left_out = {options.target, options.weights};
  for (const std::string& name : options.ignore) left_out.insert(table.column(name).name());
  std::vector<std::string> columns;
  for (const Column& column : table.all()) {
    if (!left_out.count(column.name())) columns.push_back(column.name());
  }

  Artifact artifact;
  artifact.encoder = Encoder::fit(table, columns, data.target, data.weights, card.needs, {}, context);
  data.features = artifact.encoder.transform_training(table, data.target, data.weights, context);
  data.info.assign(artifact.encoder.info().begin(), artifact.encoder.info().end());
  artifact.model = estimator.fit(data, context);
  artifact.algorithm = card.name;
  artifact.settings_json = write_json(estimator.settings_json());
  artifact.target_name = options.target;
  artifact.target_kind = data.target.kind();
  if (data.target.kind() == Target::Kind::classes) {
    artifact.label_kind = data.target.label_kind();
    artifact.class_names.assign(data.target.names().begin(), data.target.names().end());
  }
  artifact.calibration.classes = artifact.class_names.size();
  artifact.metadata_json =
      write_json(Json{{"made_by", "fit"}, {"rows", rows.size()}, {"seed", context.seed()}});
  return artifact;
}

}  // namespace everyml
