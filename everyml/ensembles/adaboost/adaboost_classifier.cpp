#include "everyml/ensembles/adaboost/adaboost_classifier.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "everyml/ensembles/adaboost/boosted_rows_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace {

constexpr std::size_t kQuantiles = 21;
constexpr std::size_t kGrain = 2048;

}  // namespace

AdaBoostClassifierModel::AdaBoostClassifierModel(State state)
    : state_(std::move(state)), importances_(vote_importances(state_.trees, state_.votes)) {}

void AdaBoostClassifierModel::standing(const Features& x, std::span<double> out,
                                       const Context& context) const {
  state_.trees.predict(x, out, context);
  const std::size_t k = state_.classes.size();
  const auto present = static_cast<double>(
      std::count_if(state_.priors.begin(), state_.priors.end(), [](double prior) { return prior > 0; }));
  parallel_for(context, x.rows(), kGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      double* votes = out.data() + row * k;
      const double all = std::accumulate(votes, votes + k, 0.0);
      for (std::size_t c = 0; c < k; ++c) {
        const double share = all > 0 ? votes[c] / all : 1 / present;
        votes[c] = state_.priors[c] > 0 ? share - (1 - share) / std::max(present - 1, 1.0)
                                        : std::numeric_limits<double>::lowest();
      }
    }
  });
}

void AdaBoostClassifierModel::probabilities(const Features& x, std::span<double> out,
                                            const Context& context) const {
  standing(x, out, context);
  const std::size_t k = state_.classes.size();
  const auto present = static_cast<double>(
      std::count_if(state_.priors.begin(), state_.priors.end(), [](double prior) { return prior > 0; }));
  parallel_for(context, x.rows(), kGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      double* p = out.data() + row * k;
      const double most = *std::max_element(p, p + k);
      double sum = 0;
      for (std::size_t c = 0; c < k; ++c) {
        p[c] = state_.priors[c] > 0 ? std::exp((p[c] - most) / std::max(present - 1, 1.0)) : 0.0;
        sum += p[c];
      }
      for (std::size_t c = 0; c < k; ++c) p[c] /= sum;
    }
  });
}

void AdaBoostClassifierModel::scores(const Features& x, std::span<double> out, const Context& context) const {
  if (state_.classes.size() != 2) return standing(x, out, context);
  std::vector<double> both(x.rows() * 2);
  standing(x, both, context);
  // A second class without rows never wins.
  for (std::size_t row = 0; row < x.rows(); ++row) out[row] = std::max(both[2 * row + 1], -1.0);
}

Json AdaBoostClassifierModel::summary() const {
  Json classes = Json::array();
  for (std::size_t c = 0; c < state_.classes.size(); ++c)
    classes.push_back({{"name", state_.classes[c]}, {"share", state_.priors[c]}});
  return {{"kind", "adaboost"},
          {"trees", state_.votes.size()},
          {"train_error", state_.train_errors.back()},
          {"least_margin", state_.margins.front()},
          {"median_margin", state_.margins[kQuantiles / 2]},
          {"classes", classes},
          {"importances", top_importances(state_.features, importances_)}};
}

void AdaBoostClassifierModel::save(ArchiveWriter& archive) const {
  archive.strings("features", state_.features);
  archive.strings("classes", state_.classes);
  archive.array("priors", state_.priors);
  archive.array("votes", state_.votes);
  archive.array("errors", state_.errors);
  archive.array("train_errors", state_.train_errors);
  archive.array("margins", state_.margins);
  ArchiveWriter trees = archive.scope("trees");
  state_.trees.save(trees);
}

AdaBoostClassifierModel AdaBoostClassifierModel::load(const ArchiveReader& archive) {
  State state(TreeEnsemble::load(archive.scope("trees")));
  state.features = load_names(archive, state.trees.feature_count());
  state.classes = load_classes(archive);
  const std::size_t k = state.classes.size(), trees = state.trees.tree_count();
  const TreeParts& parts = state.trees.parts();
  if (parts.outputs != k || parts.width != k) archive.refuse("trees", "each leaf must vote on every class");
  if (trees == 0) archive.refuse("trees", "there must be at least one tree");
  for (const double vote : parts.leaf_value)
    if (!(vote >= 0 && vote <= 1e6)) archive.refuse("trees", "a vote must lie between 0 and 1e6");
  for (const double base : parts.base)
    if (base != 0) archive.refuse("trees", "votes begin at 0");
  if (!parts.linear_start.empty()) archive.refuse("trees", "leaves vote, they have no slopes");
  state.priors = archive.finite_doubles("priors", k);
  for (const double prior : state.priors)
    if (prior < 0) archive.refuse("priors", "a share is negative");
  if (std::count_if(state.priors.begin(), state.priors.end(), [](double p) { return p > 0; }) < 2)
    archive.refuse("priors", "at least two classes have rows");
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
