#include "everyml/workflow/select/fit_one.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "everyml/ensembles/boosting/continued.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/workflow/catalog/catalog.h"
#include "everyml/workflow/explain/scoring.h"
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
  return make_target(column, kind, rows);
}

void require_rows(std::size_t rows) {
  if (rows == 0) throw DataError("fit.no_rows", "there are no rows to learn from");
}

void require_learnable(const Target& target, std::size_t rows, std::string_view target_name) {
  require_rows(rows);
  if (target.kind() == Target::Kind::classes && target.class_count() < 2) {
    throw DataError("learn.one_class",
                    fmt::format("all rows have one class of \"{}\", the same; there is nothing to tell apart",
                                printable(target_name)));
  }
}

Artifact finished(const AnyEstimator& estimator, Encoder encoder, AnyModel model, const Dataset& data,
                  std::string_view target_name, const Context& context) {
  Artifact artifact;
  artifact.encoder = std::move(encoder);
  artifact.model = std::move(model);
  artifact.algorithm = estimator.card().name;
  artifact.settings_json = write_json(estimator.settings_json());
  artifact.target_name = std::string(target_name);
  artifact.target_kind = data.target.kind();
  if (data.target.kind() == Target::Kind::classes) {
    artifact.label_kind = data.target.label_kind();
    artifact.class_names.assign(data.target.names().begin(), data.target.names().end());
  }
  artifact.calibration.classes = artifact.class_names.size();
  artifact.metadata_json =
      write_json(Json{{"made_by", "fit"}, {"rows", data.rows()}, {"seed", context.seed()}});
  return artifact;
}

}  // namespace

Artifact fit_one(const Table& table, const FitOptions& options, const Context& context) {
  AnyEstimator estimator = catalog().find(options.algorithm).make();
  if (options.earlier != nullptr) {
    if (options.earlier->algorithm != options.algorithm)
      throw ParameterError("fit.continue",
                           fmt::format("the model to go on from is one of {}, not of {}",
                                       printable(options.earlier->algorithm), options.algorithm));
    estimator.set_json(parse_json(options.earlier->settings_json, "the settings of the model"));
  }
  for (const auto& [name, text] : options.settings) estimator.set(name, text);
  return fit_one(estimator, table, options, context);
}

Artifact fit_one(const AnyEstimator& estimator, const Table& whole, const FitOptions& options,
                 const Context& context) {
  const Card& card = estimator.card();
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
  const Table table = rows.size() == whole.rows() ? whole : whole.select_rows(rows);
  if (!options.weights.empty()) data.weights = select_impl::row_weights(whole, options.weights, rows);
  if (!options.group.empty()) data.groups = row_groups(whole.column(options.group), rows);

  if (options.earlier != nullptr) {
    if (options.target != options.earlier->target_name)
      throw ParameterError("fit.continue",
                           fmt::format("the model to go on from learned \"{}\"; name that column with "
                                       "--target",
                                       printable(options.earlier->target_name)));
    return fit_further(estimator, {.earlier = *options.earlier, .refit = {}}, table, data.target,
                       std::move(data.weights), context, std::move(data.groups));
  }

  std::set<std::string> left_out = {options.target, options.weights, options.group};
  for (const std::string& name : options.ignore) left_out.insert(table.column(name).name());
  std::vector<std::string> columns;
  for (const Column& column : table.all()) {
    if (!left_out.count(column.name())) columns.push_back(column.name());
  }

  return fit_rows(estimator, table, columns, data.target, std::move(data.weights), options.target, context,
                  std::move(data.groups));
}

Artifact fit_rows(const AnyEstimator& estimator, const Table& table, std::span<const std::string> columns,
                  const Target& target, std::vector<double> weights, std::string_view target_name,
                  const Context& context, std::vector<std::int32_t> groups) {
  require_learnable(target, table.rows(), target_name);
  Encoder encoder =
      Encoder::fit(table, columns, target, weights, estimator.card().needs, EncoderSettings{}, context);
  Dataset data{.features = encoder.transform_training(table, target, weights, context),
               .target = target,
               .info = {encoder.info().begin(), encoder.info().end()},
               .weights = std::move(weights),
               .groups = std::move(groups)};
  AnyModel model = estimator.fit(data, context);
  return finished(estimator, std::move(encoder), std::move(model), data, target_name, context);
}

Artifact fit_further(const AnyEstimator& estimator, const Further& further, const Features& x,
                     const Target& target, std::vector<double> weights, const Context& context,
                     std::vector<std::int32_t> groups) {
  require_rows(x.rows());
  const Artifact& earlier = further.earlier;
  Dataset data{.features = x,
               .target = target,
               .info = {earlier.encoder.info().begin(), earlier.encoder.info().end()},
               .weights = std::move(weights),
               .groups = std::move(groups)};
  AnyModel model = further.refit ? refit(estimator, earlier.model, data, *further.refit, context)
                                 : fit_from(estimator, earlier.model, data, context);
  Artifact made = finished(estimator, earlier.encoder, std::move(model), data, earlier.target_name, context);
  // The rows may lack a class, or have them in another order.
  made.label_kind = earlier.label_kind;
  made.class_names = earlier.class_names;
  made.calibration.classes = made.class_names.size();
  return made;
}

Artifact fit_further(const AnyEstimator& estimator, const Further& further, const Table& table,
                     const Target& target, std::vector<double> weights, const Context& context,
                     std::vector<std::int32_t> groups) {
  require_rows(table.rows());
  return fit_further(estimator, further, further.earlier.encoder.transform(table, context), target,
                     std::move(weights), context, std::move(groups));
}

Artifact fit_numbers(const AnyEstimator& estimator, const Features& x, std::span<const std::string> names,
                     const Target& target, std::vector<double> weights, std::string_view target_name,
                     const Context& context) {
  require_rows(x.rows());
  const auto attempt = [&](Encoder::Fills fills) {
    Encoder encoder = Encoder::of_numbers(x, names, weights, fills, context);
    const bool exact = fills == Encoder::Fills::exact;
    Dataset data{.features = exact ? encoder.fill_numbers(x, context) : x,
                 .target = target,
                 .info = {encoder.info().begin(), encoder.info().end()},
                 .weights = weights};
    AnyModel model = estimator.fit(data, context);
    return finished(estimator, std::move(encoder), std::move(model), data, target_name, context);
  };
  if (estimator.card().needs.missing == InputNeeds::Missing::keep) return attempt(Encoder::Fills::none);
  // Most tables have no missing cells, and the learner finds out in a pass that it makes anyway. Rows asked
  // about later may have some all the same.
  try {
    return attempt(Encoder::Fills::sampled);
  } catch (const DataError& error) {
    if (error.code() != "data.missing" || x.storage() == Features::Storage::sparse32) throw;
  }
  return attempt(Encoder::Fills::exact);
}

}  // namespace everyml
