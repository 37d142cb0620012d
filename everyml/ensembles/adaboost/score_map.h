#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "everyml/classical/trees/tree_ensemble.h"
#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/features.h"

namespace everyml {

/// Scores that are sums over trees: score k of a row is
///   offset[k] + factor[k] * (sum of the trees' output output[k] - mean),
/// mean being that of the row's outputs when the map is `centred`, else 0. An output of -1 says that the
/// score never wins: it is std::numeric_limits<double>::lowest().
struct ScoreMap {
  std::vector<std::int32_t> output;    ///< [scores]
  std::vector<double> factor, offset;  ///< [scores]
  bool centred = false;

  std::size_t size() const { return output.size(); }
  /// One more score.
  void add(std::int32_t of_output, double by, double from) {
    output.push_back(of_output);
    factor.push_back(by);
    offset.push_back(from);
  }
};

/// out: [rows, map.size()]. Thread-safe, as are the two below.
void mapped_scores(const TreeEnsemble& trees, const ScoreMap& map, const Features& x, std::span<double> out,
                   const Context& context);
/// out: [rows, map.size()]: the softmax of the scores; 0 for those that never win.
void mapped_probabilities(const TreeEnsemble& trees, const ScoreMap& map, const Features& x,
                          std::span<double> out, const Context& context);
/// out: [rows, map.size(), features + 1]: SHAP values of each score (shap.h), the last is the base. A score
/// that never wins is all base.
void mapped_contributions(const TreeEnsemble& trees, const ScoreMap& map, const Features& x,
                          std::span<double> out, const Context& context);

}  // namespace everyml
