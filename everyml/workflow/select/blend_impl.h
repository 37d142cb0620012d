#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "everyml/workflow/select/pool_impl.h"

namespace everyml::select_impl {

/// The committee that averages these members with these weights.
AnyEstimator committee_of(const std::vector<std::pair<std::string, double>>& members, Target::Kind target);

/// A weighted mean of pool members.
struct Blend {
  std::vector<std::pair<std::string, double>> members;  ///< as committee_of takes them; weights sum to 1
  std::vector<double> fold_scores;              ///< each of a mean whose weights the other folds chose
  std::vector<double> out_of_fold;              ///< [rows, width], of the same means
  double fit_seconds = 0, predict_seconds = 0;  ///< of all folds, of the members taken
};

/// Greedy selection with replacement from the members' out-of-fold answers: least log loss of the mean for
/// classes, least squares for numbers, whatever the metric. Each fold's answers are blended by what is chosen
/// from the other folds; the weights that are kept are the mean of these choices. None when there are fewer
/// than two members or one takes it all.
/// Reference: Caruana, Niculescu-Mizil, Crew and Ksikes, "Ensemble Selection from Libraries of Models", ICML
/// 2004.
std::optional<Blend> blend(const Problem& problem, std::span<const PoolMember> members,
                           const Context& context);

/// The shares of the members, by `rounds` rounds of greedy selection that starts from the best: probabilities
/// [members][rows] of the true class. Weights may be empty.
std::vector<double> greedy_by_log_loss(const std::vector<std::vector<double>>& probabilities,
                                       std::span<const double> weights, int rounds, const Context& context);

}  // namespace everyml::select_impl
