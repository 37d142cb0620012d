#include "everyml/ensembles/boosting/gradient_boosting.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "everyml/ensembles/boosting/boosting_train_impl.h"
#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

Card card_of(std::string title, std::string summary, Target::Kind target) {
  return {
      .title = std::move(title),
      .summary = std::move(summary),
      .territory = "ensembles",
      .family = "boosting",
      .target = target,
      .needs = {.missing = InputNeeds::Missing::keep,
                .categories = InputNeeds::Categories::codes,
                .scale = InputNeeds::Scale::none},
      .complexity = 5,
      .references = {"Friedman, \"Greedy Function Approximation: A Gradient Boosting Machine\", Annals of "
                     "Statistics 29, 2001",
                     "Chen and Guestrin, \"XGBoost: A Scalable Tree Boosting System\", KDD 2016",
                     "Ke et al., \"LightGBM: A Highly Efficient Gradient Boosting Decision Tree\", NIPS "
                     "2017",
                     "Shi et al., \"Quantized Training of Gradient Boosting Decision Trees\", NeurIPS "
                     "2022"}};
}

std::vector<Trial> small_search() {
  return {
      {{"rounds", "300"}, {"learning_rate", "0.05"}},
      {{"rounds", "200"}, {"learning_rate", "0.05"}, {"leaves", "15"}, {"min_leaf_rows", "10"}},
      {{"rounds", "200"}, {"learning_rate", "0.05"}, {"leaves", "63"}, {"l2", "1"}, {"column_share", "0.7"}}};
}

std::vector<Axis> boosting_space() {
  return {{.name = "rounds", .low = 40, .high = 1000, .logarithmic = true, .whole = true},
          {.name = "learning_rate", .low = 0.015, .high = 0.3, .logarithmic = true},
          {.name = "leaves", .low = 4, .high = 128, .logarithmic = true, .whole = true},
          {.name = "min_leaf_rows", .low = 2, .high = 100, .logarithmic = true, .whole = true},
          {.name = "l2", .low = 0.01, .high = 30, .logarithmic = true},
          {.name = "row_share", .low = 0.5, .high = 1},
          {.name = "column_share", .low = 0.3, .high = 1},
          {.name = "category_smooth", .low = 1, .high = 100, .logarithmic = true}};
}

BoostedTrees boosted_trees(boosting_detail::Boosted made,
                           std::shared_ptr<const BoostingObjective> objective) {
  return {TreeEnsemble(std::move(made.parts)), std::move(objective), std::move(made.validation)};
}

/// The same trees with other answers; of rows kept back nothing is known any more.
BoostedTrees refitted(const BoostedTrees& earlier, const Dataset& data, const BoostingSettings& settings,
                      double decay, const Context& context) {
  return {TreeEnsemble(boosting_detail::refit(earlier, data, settings, decay, context)),
          BoostingObjective::make(earlier.objective().spec()), ValidationHistory{}};
}

}  // namespace

Card GradientBoostingClassifier::card() {
  return card_of("Gradient boosting", "Trees that each correct the sum of those before",
                 Target::Kind::classes);
}
Card GradientBoostingRegressor::card() {
  return card_of("Gradient boosting", "Trees that each correct the sum of those before",
                 Target::Kind::numbers);
}
std::vector<Trial> GradientBoostingClassifier::search() { return small_search(); }
std::vector<Trial> GradientBoostingRegressor::search() { return small_search(); }
std::vector<Axis> GradientBoostingClassifier::space() { return boosting_space(); }
std::vector<Axis> GradientBoostingRegressor::space() { return boosting_space(); }

GradientBoostingClassifierModel GradientBoostingClassifier::fit(const Dataset& data,
                                                                const Context& context) const {
  validate(*this);
  data.validate(name, {.target = Target::Kind::classes, .missing_allowed = true, .minimum_classes = 2});
  auto made_for = BoostingObjective::make(objective.spec(data.target.class_count()));
  auto made = boosting_detail::boost(data, *made_for, boosting, context);
  const auto names = data.target.names();
  return {boosted_trees(std::move(made), std::move(made_for)), {names.begin(), names.end()}};
}

GradientBoostingRegressorModel GradientBoostingRegressor::fit(const Dataset& data,
                                                              const Context& context) const {
  validate(*this);
  data.validate(name, {.target = Target::Kind::numbers, .missing_allowed = true});
  auto made_for = BoostingObjective::make(objective.spec());
  auto made = boosting_detail::boost(data, *made_for, boosting, context);
  return GradientBoostingRegressorModel(boosted_trees(std::move(made), std::move(made_for)));
}

GradientBoostingClassifierModel GradientBoostingClassifier::fit_from(
    const GradientBoostingClassifierModel& earlier, const Dataset& rows, const Context& context) const {
  validate(*this);
  rows.validate(name, {.target = Target::Kind::classes, .missing_allowed = true});
  const auto names = earlier.class_names();
  boosting_detail::require_continues(earlier.boosted(), objective.spec(names.size()), rows, boosting);
  Dataset data = rows;
  data.target = boosting_detail::matched_target(rows.target, names);
  auto made_for = BoostingObjective::make(objective.spec(names.size()));
  auto made = boosting_detail::boost(data, *made_for, boosting, context, &earlier.boosted());
  return {boosted_trees(std::move(made), std::move(made_for)), {names.begin(), names.end()}};
}

GradientBoostingClassifierModel GradientBoostingClassifier::refit(
    const GradientBoostingClassifierModel& earlier, const Dataset& rows, double decay,
    const Context& context) const {
  validate(*this);
  rows.validate(name, {.target = Target::Kind::classes, .missing_allowed = true});
  const auto names = earlier.class_names();
  Dataset data = rows;
  data.target = boosting_detail::matched_target(rows.target, names);
  return {refitted(earlier.boosted(), data, boosting, decay, context), {names.begin(), names.end()}};
}

GradientBoostingRegressorModel GradientBoostingRegressor::fit_from(
    const GradientBoostingRegressorModel& earlier, const Dataset& data, const Context& context) const {
  validate(*this);
  data.validate(name, {.target = Target::Kind::numbers, .missing_allowed = true});
  boosting_detail::require_continues(earlier.boosted(), objective.spec(), data, boosting);
  auto made_for = BoostingObjective::make(objective.spec());
  auto made = boosting_detail::boost(data, *made_for, boosting, context, &earlier.boosted());
  return GradientBoostingRegressorModel(boosted_trees(std::move(made), std::move(made_for)));
}

GradientBoostingRegressorModel GradientBoostingRegressor::refit(const GradientBoostingRegressorModel& earlier,
                                                                const Dataset& data, double decay,
                                                                const Context& context) const {
  validate(*this);
  data.validate(name, {.target = Target::Kind::numbers, .missing_allowed = true});
  return GradientBoostingRegressorModel(refitted(earlier.boosted(), data, boosting, decay, context));
}

GradientBoostingClassifierModel::GradientBoostingClassifierModel(BoostedTrees boosted,
                                                                 std::vector<std::string> names)
    : boosted_(std::move(boosted)), names_(std::move(names)) {
  if (boosted_.objective().target_kind() != Target::Kind::classes ||
      boosted_.objective().spec().classes != names_.size())
    throw ParameterError("model.classes", "the objective is not one of as many classes as there are names");
}

void GradientBoostingClassifierModel::staged(const Features& x, std::size_t rounds, std::span<double> out,
                                             const Context& context) const {
  if (boosted_.outputs() == names_.size()) {
    boosted_.answers(x, out, context, rounds);
    return;
  }
  // Two classes and one score: the answers are written to the front and spread from the end.
  const std::size_t n = x.rows();
  boosted_.answers(x, out.first(n), context, rounds);
  for (std::size_t row = n; row-- > 0;) {
    const double second = out[row];
    out[2 * row + 1] = second;
    out[2 * row] = 1 - second;
  }
}

void GradientBoostingClassifierModel::probabilities(const Features& x, std::span<double> out,
                                                    const Context& context) const {
  staged(x, TreeEnsemble::kAll, out, context);
}

void GradientBoostingClassifierModel::scores(const Features& x, std::span<double> out,
                                             const Context& context) const {
  boosted_.scores(x, out, context);
}

Json GradientBoostingClassifierModel::summary() const {
  Json json = boosted_.summary();
  json["classes"] = names_;
  return json;
}

void GradientBoostingClassifierModel::save(ArchiveWriter& archive) const {
  boosted_.save(archive);
  archive.strings("classes", names_);
}

GradientBoostingClassifierModel GradientBoostingClassifierModel::load(const ArchiveReader& archive) {
  BoostedTrees boosted = BoostedTrees::load(archive);
  std::vector<std::string> names = archive.strings("classes");
  if (boosted.objective().target_kind() != Target::Kind::classes ||
      boosted.objective().spec().classes != names.size())
    archive.refuse("classes", "names that are not one for each class of the objective");
  return {std::move(boosted), std::move(names)};
}

void GradientBoostingRegressorModel::levels(const Features& x, std::span<double> out,
                                            const Context& context) const {
  boosted_.answers(x, out, context);
}

void GradientBoostingRegressorModel::staged(const Features& x, std::size_t rounds, std::span<double> out,
                                            const Context& context) const {
  const std::size_t outputs = boosted_.outputs();
  if (outputs == 1) {
    boosted_.answers(x, out, context, rounds);
    return;
  }
  std::vector<double> all(x.rows() * outputs);
  boosted_.answers(x, all, context, rounds);
  for (std::size_t row = 0; row < x.rows(); ++row) out[row] = all[row * outputs + outputs / 2];
}

void GradientBoostingRegressorModel::predict(const Features& x, std::span<double> out,
                                             const Context& context) const {
  staged(x, TreeEnsemble::kAll, out, context);
}

Json GradientBoostingRegressorModel::summary() const { return boosted_.summary(); }
void GradientBoostingRegressorModel::save(ArchiveWriter& archive) const { boosted_.save(archive); }

GradientBoostingRegressorModel GradientBoostingRegressorModel::load(const ArchiveReader& archive) {
  BoostedTrees boosted = BoostedTrees::load(archive);
  if (boosted.objective().target_kind() != Target::Kind::numbers)
    archive.refuse("objective", "an objective that is not of numbers");
  return GradientBoostingRegressorModel(std::move(boosted));
}

}  // namespace everyml
