#pragma once

#include <string>
#include <vector>

#include "everyml/classical/trees/decision_tree.h"
#include "everyml/classical/trees/decision_tree_grow_impl.h"

namespace everyml {

struct DecisionTreeState {
  std::vector<std::string> classes;                      ///< empty: numbers
  std::vector<std::vector<std::string>> target_classes;  ///< of several targets; empty: one
  TreeEnsemble ensemble;
  std::size_t stat_width = 2;
  std::vector<double> node_stats, leaf_stats;
  std::vector<std::int32_t> surrogate_start;  ///< [inner nodes + 1]; empty: none were asked for
  std::vector<DecisionTreeModel::Surrogate> surrogates;
  std::vector<std::vector<std::uint8_t>> surrogate_sets;
  DecisionTreeModel::Path path;
  double alpha = 0;
};

namespace cart {

/// Grows, cuts and packs. `names`: of the classes.
std::shared_ptr<const DecisionTreeState> fit_tree(const Dataset& data, Aim aim, const CartShape& growth,
                                                  PruneBy prune_by, std::span<const double> class_weight,
                                                  std::string_view learner, const Context& context);

/// Errors of the path's trees on held-out rows; decision_tree_choose.cpp. `prices`: of the whole data's
/// path. Returns the chosen step and fills path.cv_*; errors per row of mass 1.
struct Judged {
  std::vector<double> error, deviation;  ///< [steps] per unit of mass
  std::size_t chosen = 0;
};
Judged judge_path(const Dataset& data, Aim aim, const CartShape& growth, PruneBy prune_by,
                  std::span<const double> class_weight, std::span<const double> prices,
                  std::string_view learner, const Context& context);

}  // namespace cart
}  // namespace everyml
