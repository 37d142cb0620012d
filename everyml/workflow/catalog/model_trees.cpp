#include "everyml/workflow/catalog/model_trees.h"

#include <concepts>
#include <string>
#include <utility>

#include "everyml/classical/trees/c45.h"
#include "everyml/classical/trees/decision_tree.h"
#include "everyml/ensembles/adaboost/adaboost_classifier.h"
#include "everyml/ensembles/adaboost/adaboost_regressor.h"
#include "everyml/ensembles/adaboost/logitboost.h"
#include "everyml/ensembles/boosting/boosting_ranker.h"
#include "everyml/ensembles/boosting/gradient_boosting.h"
#include "everyml/ensembles/forest/forest.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/model/entry.h"

namespace everyml {
namespace {

/// Every algorithm whose models are made of binary trees.
template <class... S>
struct List {};
using TreeAlgorithms =
    List<DecisionTreeClassifier, DecisionTreeRegressor, GradientBoostingClassifier, GradientBoostingRegressor,
         GradientBoostingRanker, AdaBoostClassifier, AdaBoostRegressor, LogitBoost, RandomForestClassifier,
         RandomForestRegressor, ExtraTreesClassifier, ExtraTreesRegressor>;

template <class S>
using ModelOf =
    decltype(std::declval<const S&>().fit(std::declval<const Dataset&>(), std::declval<const Context&>()));

template <class M>
concept Staged = requires(const M& m, const Features& x, std::span<double> out, const Context& context) {
  m.staged(x, std::size_t{1}, out, context);
};

template <class M>
TreeEnsemble ensemble_of(const M& model) {
  if constexpr (requires { model.ensemble(); })
    return model.ensemble();
  else if constexpr (requires { model.forest(); })
    return model.forest().ensemble();
  else if constexpr (requires { model.boosted(); })
    return model.boosted().trees();
  else
    return model.state().trees;
}

/// Calls work(model) with the model's own type; false when it is none of the list.
template <class Work, class... S>
bool visit(const AnyModel& model, Work work, List<S...>) {
  const auto one = [&]<class M>(const M* held) {
    if (held == nullptr) return false;
    work(*held);
    return true;
  };
  return (one(model.as<ModelOf<S>>()) || ...);
}

template <class... S>
bool named(std::string_view algorithm, List<S...>) {
  return ((algorithm == S::name) || ...);
}

template <class... S>
bool staged_named(std::string_view algorithm, List<S...>) {
  return ((algorithm == S::name && Staged<ModelOf<S>>) || ...);
}

void require_width(const AnyModel& model, const Features& x) {
  if (x.columns() == model.feature_count()) return;
  throw DataError("data.feature_count", "the model was fitted on " + std::to_string(model.feature_count()) +
                                            " features, and these rows have " + std::to_string(x.columns()));
}

}  // namespace

bool made_of_trees(std::string_view algorithm) { return named(algorithm, TreeAlgorithms()); }

bool drawn_as_tree(std::string_view algorithm) { return algorithm == C45::name || made_of_trees(algorithm); }

bool answers_in_stages(std::string_view algorithm) { return staged_named(algorithm, TreeAlgorithms()); }

std::optional<TreeEnsemble> trees_of(const AnyModel& model) {
  std::optional<TreeEnsemble> found;
  visit(model, [&](const auto& held) { found = ensemble_of(held); }, TreeAlgorithms());
  return found;
}

void tree_leaves(const AnyModel& model, const Features& x, std::span<std::int32_t> out,
                 const Context& context) {
  require_width(model, x);
  const auto work = [&](const auto& held) {
    // A tree with stand-ins knows a way of its own for missing cells.
    if constexpr (std::derived_from<std::remove_cvref_t<decltype(held)>, DecisionTreeModel>)
      held.leaves(x, out, context);
    else
      ensemble_of(held).leaves(x, out, context);
  };
  if (visit(model, work, TreeAlgorithms())) return;
  // Those of several targets have leaves too, but not one answer that could be drawn or added up.
  if (const auto* tree = model.as<DecisionTreeTargetsModel>()) {
    work(*tree);
  } else if (const auto* forest = model.as<ForestTargetsModel>()) {
    work(*forest);
  } else {
    throw UnsupportedError("model.trees",
                           model.card().name + " is not made of binary trees, so it has no leaves");
  }
}

std::size_t stages_of(const AnyModel& model) {
  std::size_t stages = 0;
  const auto work = [&](const auto& held) {
    if constexpr (Staged<std::remove_cvref_t<decltype(held)>>) stages = held.boosted().rounds();
  };
  visit(model, work, TreeAlgorithms());
  return stages;
}

void staged(const AnyModel& model, const Features& x, std::size_t stages, std::span<double> out,
            const Context& context) {
  require_width(model, x);
  bool done = false;
  const auto work = [&](const auto& held) {
    if constexpr (Staged<std::remove_cvref_t<decltype(held)>>) {
      held.staged(x, stages, out, context);
      done = true;
    }
  };
  visit(model, work, TreeAlgorithms());
  if (!done) {
    throw UnsupportedError("model.stages", model.card().name + " does not answer by a part of its rounds");
  }
}

}  // namespace everyml
