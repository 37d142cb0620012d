#include "everyml/ensembles/forest/forest.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "everyml/classical/trees/tree_targets.h"
#include "everyml/ensembles/forest/forest_fit_impl.h"
#include "everyml/ensembles/forest/grow_impl.h"
#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

constexpr const char* kBreiman = "Breiman, \"Random Forests\", Machine Learning 45, 2001";
constexpr const char* kGeurts =
    "Geurts, Ernst and Wehenkel, \"Extremely Randomized Trees\", Machine Learning 63, 2006";

Card card_of(std::string title, std::string summary, Target::Kind target, const char* reference) {
  return {.title = std::move(title),
          .summary = std::move(summary),
          .territory = "ensembles",
          .family = "forest",
          .target = target,
          .needs = {.missing = InputNeeds::Missing::keep,
                    .categories = InputNeeds::Categories::codes,
                    .scale = InputNeeds::Scale::none},
          .complexity = 4,
          .references = {reference}};
}

/// R squared of each of several targets, their mean.
double score_of_targets(const Dataset& data, const GrownForest& grown) {
  const std::size_t targets = data.target_count();
  double scores = 0;
  for (std::size_t t = 0; t < targets; ++t) {
    const auto values = data.target_at(t).values();
    double sum = 0, weight = 0, spread = 0, error = 0;
    const auto each = [&](const auto& look) {
      for (std::size_t i = 0; i < data.rows(); ++i) {
        const double answer = grown.out_of_bag[i * targets + t];
        if (data.weight(i) > 0 && !std::isnan(answer)) look(data.weight(i), values[i], answer);
      }
    };
    each([&](double w, double y, double) {
      sum += w * y;
      weight += w;
    });
    each([&](double w, double y, double answer) {
      spread += w * (y - sum / weight) * (y - sum / weight);
      error += w * (y - answer) * (y - answer);
    });
    scores += spread > 0 ? 1 - error / spread : std::numeric_limits<double>::quiet_NaN();
  }
  return scores / static_cast<double>(targets);
}

/// Accuracy, or R squared, of the rows that have an out-of-bag answer.
double score_of(const Dataset& data, const GrownForest& grown) {
  if (grown.curve.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double last = grown.curve.back();
  if (data.target.kind() == Target::Kind::classes) return 1 - last;
  if (!data.further.empty()) return score_of_targets(data, grown);
  double sum = 0, weight = 0, spread = 0;
  const auto answered = [&](std::size_t i) { return data.weight(i) > 0 && !std::isnan(grown.out_of_bag[i]); };
  for (std::size_t i = 0; i < data.rows(); ++i) {
    if (!answered(i)) continue;
    sum += data.weight(i) * data.target.values()[i];
    weight += data.weight(i);
  }
  for (std::size_t i = 0; i < data.rows(); ++i) {
    if (!answered(i)) continue;
    const double apart = data.target.values()[i] - sum / weight;
    spread += data.weight(i) * apart * apart;
  }
  return spread > 0 ? 1 - last * last * weight / spread : std::numeric_limits<double>::quiet_NaN();
}

ForestTrees fitted(std::string_view name, const Dataset& data, const ForestSettings& settings,
                   ForestCriterion criterion, bool random_cuts, ForestClassWeights balance,
                   const Context& context, std::vector<double>& samples) {
  context.check();
  if (data.rows() > 0x7fffffffU) {
    throw ResourceError("forest.rows", fmt::format("{}: {} rows are more than the 2147483647 it can number",
                                                   name, data.rows()));
  }
  GrownForest grown = grow_forest(data, settings, criterion, random_cuts, balance, context);
  ForestFacts facts;
  facts.out_of_bag_score = score_of(data, grown);
  facts.impurity = std::move(grown.impurity);
  facts.permutation = std::move(grown.permutation);
  facts.corrected = std::move(grown.corrected);
  facts.out_of_bag = std::move(grown.out_of_bag);
  facts.curve = std::move(grown.curve);
  facts.seed = context.seed();
  bool ones = true;
  for (const double weight : data.weights) ones = ones && weight == 1;
  facts.copies = ones ? data.rows() : 0;
  facts.sampling = settings.sampling;
  facts.share = settings.share.value_or(settings.sampling == ForestSampling::subsample ? 0.632 : 1.0);
  samples = std::move(grown.samples);
  return {TreeEnsemble(std::move(grown.parts)), std::move(facts)};
}

template <class S>
ForestClassifierModel fit_classes(const S& settings, bool random_cuts, const Dataset& data,
                                  const Context& context) {
  validate(settings);
  data.validate(S::name, {.target = Target::Kind::classes, .missing_allowed = true});
  std::vector<double> samples;
  ForestTrees trees = fitted(
      S::name, data, settings.forest,
      settings.criterion == ForestClassCriterion::entropy ? ForestCriterion::entropy : ForestCriterion::gini,
      random_cuts, settings.class_weights, context, samples);
  return {std::move(trees), {data.target.names().begin(), data.target.names().end()}};
}

void require_counts(std::string_view name, const Target& target) {
  for (std::size_t i = 0; i < target.size(); ++i) {
    if (target.values()[i] >= 0) continue;
    throw DataError("forest.negative_target",
                    fmt::format("{}: the poisson criterion is for counts, but the target of row {} is {}; "
                                "use criterion squared",
                                name, i, target.values()[i]));
  }
}

template <class S>
ForestTargetsModel fit_target_classes(const S& settings, bool random_cuts, const Dataset& data,
                                      const Context& context) {
  validate(settings);
  data.validate(S::name, {.target = Target::Kind::classes, .missing_allowed = true, .several = true});
  if (settings.class_weights != ForestClassWeights::none) {
    throw UnsupportedError("forest.targets",
                           fmt::format("{}: class weights are those of one target; with several give row "
                                       "weights instead",
                                       S::name));
  }
  std::vector<double> samples;
  ForestTrees trees = fitted(
      S::name, data, settings.forest,
      settings.criterion == ForestClassCriterion::entropy ? ForestCriterion::entropy : ForestCriterion::gini,
      random_cuts, ForestClassWeights::none, context, samples);
  return {std::move(trees), classes_of_targets(data)};
}

template <class S>
ForestTargetsModel fit_target_numbers(const S& settings, bool random_cuts, const Dataset& data,
                                      const Context& context) {
  validate(settings);
  data.validate(S::name, {.target = Target::Kind::numbers, .missing_allowed = true, .several = true});
  if (settings.criterion == ForestNumberCriterion::absolute) {
    throw UnsupportedError(
        "forest.targets", fmt::format("{}: criterion absolute is for one target; several targets are learned "
                                      "by squared or poisson",
                                      S::name));
  }
  const bool poisson = settings.criterion == ForestNumberCriterion::poisson;
  for (std::size_t t = 0; poisson && t < data.target_count(); ++t) require_counts(S::name, data.target_at(t));
  std::vector<double> samples;
  ForestTrees trees =
      fitted(S::name, data, settings.forest, poisson ? ForestCriterion::poisson : ForestCriterion::squared,
             random_cuts, ForestClassWeights::none, context, samples);
  return {std::move(trees), classes_of_targets(data)};
}

template <class S>
ForestRegressorModel fit_numbers(const S& settings, bool random_cuts, const Dataset& data,
                                 const Context& context) {
  validate(settings);
  data.validate(S::name, {.target = Target::Kind::numbers, .missing_allowed = true});
  const bool poisson = settings.criterion == ForestNumberCriterion::poisson;
  if (poisson) require_counts(S::name, data.target);
  std::vector<double> samples;
  const ForestCriterion criterion = poisson ? ForestCriterion::poisson
                                    : settings.criterion == ForestNumberCriterion::absolute
                                        ? ForestCriterion::absolute
                                        : ForestCriterion::squared;
  ForestTrees trees = fitted(S::name, data, settings.forest, criterion, random_cuts, ForestClassWeights::none,
                             context, samples);
  return {std::move(trees), std::move(samples)};
}

std::vector<Trial> class_search() {
  return {{{"min_leaf", "5"}}, {{"feature_share", "0.5"}}, {{"feature_share", "0.5"}, {"min_leaf", "5"}}};
}
std::vector<Trial> number_search() {
  return {{{"features", "third"}}, {{"features", "third"}, {"min_leaf", "3"}}, {{"min_leaf", "5"}}};
}

}  // namespace

Card RandomForestClassifier::card() {
  return card_of("Random forest", "Many trees on random rows and features, one vote each",
                 Target::Kind::classes, kBreiman);
}
Card RandomForestRegressor::card() {
  return card_of("Random forest", "The mean of many trees on random rows", Target::Kind::numbers, kBreiman);
}
Card ExtraTreesClassifier::card() {
  Card card =
      card_of("Extra trees", "Many trees with random cuts, one vote each", Target::Kind::classes, kGeurts);
  card.by_request = true;
  return card;
}
Card ExtraTreesRegressor::card() {
  Card card =
      card_of("Extra trees", "The mean of many trees with random cuts", Target::Kind::numbers, kGeurts);
  card.by_request = true;
  return card;
}
std::vector<Trial> RandomForestClassifier::search() { return class_search(); }
std::vector<Trial> RandomForestRegressor::search() { return number_search(); }
std::vector<Trial> ExtraTreesClassifier::search() { return class_search(); }
std::vector<Trial> ExtraTreesRegressor::search() { return number_search(); }

ForestClassifierModel RandomForestClassifier::fit(const Dataset& data, const Context& context) const {
  return fit_classes(*this, false, data, context);
}
ForestRegressorModel RandomForestRegressor::fit(const Dataset& data, const Context& context) const {
  return fit_numbers(*this, false, data, context);
}
ForestClassifierModel ExtraTreesClassifier::fit(const Dataset& data, const Context& context) const {
  return fit_classes(*this, true, data, context);
}
ForestTargetsModel RandomForestClassifier::fit_targets(const Dataset& data, const Context& context) const {
  return fit_target_classes(*this, false, data, context);
}
ForestTargetsModel RandomForestRegressor::fit_targets(const Dataset& data, const Context& context) const {
  return fit_target_numbers(*this, false, data, context);
}
ForestTargetsModel ExtraTreesClassifier::fit_targets(const Dataset& data, const Context& context) const {
  return fit_target_classes(*this, true, data, context);
}
ForestTargetsModel ExtraTreesRegressor::fit_targets(const Dataset& data, const Context& context) const {
  return fit_target_numbers(*this, true, data, context);
}
ForestRegressorModel ExtraTreesRegressor::fit(const Dataset& data, const Context& context) const {
  return fit_numbers(*this, true, data, context);
}

}  // namespace everyml
