#include <nlohmann/json.hpp>
#include <utility>

#include "everyml/ensembles/committee/bag_impl.h"

namespace everyml {
namespace {

Card bagging_card() {
  Card card;
  card.summary = "One learner on many drawn samples of the rows; the answers are averaged";
  card.territory = "ensembles";
  card.family = "committee";
  card.needs = general_needs();
  card.complexity = 6;
  card.by_request = true;
  card.weights = Card::Weights::votes;
  card.references = {"Breiman, \"Bagging Predictors\", Machine Learning 24, 1996",
                     "Ho, \"The Random Subspace Method for Constructing Decision Forests\", IEEE Trans. "
                     "Pattern Analysis and "
                     "Machine Intelligence 20, 1998"};
  return card;
}

}  // namespace

BaggingClassifierModel::BaggingClassifierModel(Bag bag) : bag_(std::make_shared<const Bag>(std::move(bag))) {}
BaggingRegressorModel::BaggingRegressorModel(Bag bag) : bag_(std::make_shared<const Bag>(std::move(bag))) {}

void BaggingClassifierModel::probabilities(const Features& x, std::span<double> out,
                                           const Context& context) const {
  answer_bag(*bag_, x, out, context);
}
void BaggingRegressorModel::predict(const Features& x, std::span<double> out, const Context& context) const {
  answer_bag(*bag_, x, out, context);
}

void BaggingClassifierModel::contributions(const Features& x, std::span<double> out,
                                           const Context& context) const {
  bag_contributions(*bag_, x, out, context);
}
void BaggingRegressorModel::contributions(const Features& x, std::span<double> out,
                                          const Context& context) const {
  bag_contributions(*bag_, x, out, context);
}
std::size_t BaggingClassifierModel::contribution_count() const { return bag_contribution_count(*bag_); }
std::size_t BaggingRegressorModel::contribution_count() const { return bag_contribution_count(*bag_); }

Json BaggingClassifierModel::summary() const { return bag_summary(*bag_); }
Json BaggingRegressorModel::summary() const { return bag_summary(*bag_); }
void BaggingClassifierModel::save(ArchiveWriter& archive) const { save_bag(*bag_, archive); }
void BaggingRegressorModel::save(ArchiveWriter& archive) const { save_bag(*bag_, archive); }
BaggingClassifierModel BaggingClassifierModel::load(const ArchiveReader& archive) {
  return BaggingClassifierModel(load_bag(archive, Target::Kind::classes));
}
BaggingRegressorModel BaggingRegressorModel::load(const ArchiveReader& archive) {
  return BaggingRegressorModel(load_bag(archive, Target::Kind::numbers));
}

Card BaggingClassifier::card() {
  Card card = bagging_card();
  card.title = "Bagging";
  card.target = Target::Kind::classes;
  return card;
}

Card BaggingRegressor::card() {
  Card card = bagging_card();
  card.title = "Bagging for numbers";
  card.target = Target::Kind::numbers;
  return card;
}

BaggingClassifierModel BaggingClassifier::fit(const Dataset& data, const Context& context) const {
  everyml::validate(*this);
  data.validate(name, {.target = Target::Kind::classes, .missing_allowed = true, .minimum_classes = 2});
  return BaggingClassifierModel(fill_bag(name, learner, bag, data, context));
}

BaggingRegressorModel BaggingRegressor::fit(const Dataset& data, const Context& context) const {
  everyml::validate(*this);
  data.validate(name, {.target = Target::Kind::numbers, .missing_allowed = true});
  return BaggingRegressorModel(fill_bag(name, learner, bag, data, context));
}

}  // namespace everyml
