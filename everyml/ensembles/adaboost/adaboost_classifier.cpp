#include "everyml/ensembles/adaboost/adaboost_classifier.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "everyml/ensembles/adaboost/boosted_rows_impl.h"

namespace everyml {
namespace {

constexpr std::size_t kQuantiles = 21;

/// Every row has the votes of all trees, so that a share of the vote is a sum over trees.
ScoreMap score_map(const AdaBoostClassifierState& state, bool logits) {
  const double all = std::accumulate(state.votes.begin(), state.votes.end(), 0.0);
  const auto others = static_cast<double>(state.present() - 1);
  const double factor = (1 + 1 / others) / all, offset = -1 / others;
  ScoreMap map;
  if (!logits && state.classes.size() == 2) {
    map.add(1, factor, offset);
    return map;
  }
  for (std::size_t c = 0; c < state.classes.size(); ++c) {
    const std::int32_t output = state.priors[c] > 0 ? static_cast<std::int32_t>(c) : -1;
    if (logits)
      map.add(output, factor / others, 0);
    else
      map.add(output, factor, offset);
  }
  return map;
}

std::vector<double> importances_of(const AdaBoostClassifierState& state) {
  return vote_importances(state.trees, state.votes);
}

}  // namespace

AdaBoostClassifierModel::AdaBoostClassifierModel(State state)
    : SmallTreesClassifierModel(state, importances_of(state), score_map(state, false),
                                score_map(state, true)) {}

Json AdaBoostClassifierModel::summary() const {
  return {{"kind", "adaboost"},
          {"trees", state_.votes.size()},
          {"train_error", state_.train_errors.back()},
          {"least_margin", state_.margins.front()},
          {"median_margin", state_.margins[kQuantiles / 2]},
          {"classes", state_.shares()},
          {"importances", top_importances(state_.features, importances_)}};
}

void AdaBoostClassifierModel::save(ArchiveWriter& archive) const {
  state_.save(archive);
  archive.array("votes", state_.votes);
  archive.array("errors", state_.errors);
  archive.array("train_errors", state_.train_errors);
  archive.array("margins", state_.margins);
  ArchiveWriter trees = archive.scope("trees");
  state_.trees.save(trees);
}

AdaBoostClassifierModel AdaBoostClassifierModel::load(const ArchiveReader& archive) {
  State state(TreeEnsemble::load(archive.scope("trees")));
  state.load(archive);
  const std::size_t k = state.classes.size(), trees = state.trees.tree_count();
  const TreeParts& parts = state.trees.parts();
  if (parts.outputs != k || parts.width != k) archive.refuse("trees", "each leaf must vote on every class");
  if (trees == 0) archive.refuse("trees", "there must be at least one tree");
  for (const double vote : parts.leaf_value)
    if (!(vote >= 0 && vote <= 1e6)) archive.refuse("trees", "a vote must lie between 0 and 1e6");
  for (const double base : parts.base)
    if (base != 0) archive.refuse("trees", "votes begin at 0");
  if (!parts.linear_start.empty()) archive.refuse("trees", "leaves vote, they have no slopes");
  state.votes = archive.finite_doubles("votes", trees);
  for (const double vote : state.votes)
    if (!(vote > 0 && vote <= 1e6)) archive.refuse("votes", "a vote must lie above 0 and at most at 1e6");
  state.errors = archive.finite_doubles("errors", trees);
  state.train_errors = archive.finite_doubles("train_errors", trees);
  state.margins = archive.finite_doubles("margins", kQuantiles);
  return AdaBoostClassifierModel(std::move(state));
}

Card AdaBoostClassifier::card() {
  Card card;
  card.title = "AdaBoost";
  card.summary = "Small trees that vote, each taught with more weight on what the ones before got wrong";
  card.territory = "ensembles";
  card.family = "adaboost";
  card.target = Target::Kind::classes;
  card.needs = {InputNeeds::Missing::keep, InputNeeds::Categories::codes, InputNeeds::Scale::none};
  card.complexity = 4;
  card.by_request = true;
  card.references = {
      "Freund and Schapire, \"A Decision-Theoretic Generalization of On-Line Learning and an Application to "
      "Boosting\", J. Computer and System Sciences 55, 1997",
      "Zhu, Zou, Rosset and Hastie, \"Multi-class AdaBoost\", Statistics and Its Interface 2, 2009"};
  return card;
}

std::vector<Trial> AdaBoostClassifier::search() {
  return {{{"rounds", "200"}, {"learning_rate", "0.5"}},
          {{"rounds", "100"}, {"depth", "3"}, {"learning_rate", "0.5"}}};
}

}  // namespace everyml
