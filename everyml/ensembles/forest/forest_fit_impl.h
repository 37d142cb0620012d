#pragma once

#include <cstdint>
#include <vector>

#include "everyml/classical/trees/tree_parts.h"
#include "everyml/ensembles/forest/forest_settings.h"
#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/dataset.h"

namespace everyml {

enum class ForestCriterion : std::uint8_t;

/// What a forest that has grown is made of, before it becomes a model.
struct GrownForest {
  TreeParts parts;                             ///< leaves are divided by the number of trees
  std::vector<double> samples;                 ///< numbers: the target of one training row of each leaf
  std::vector<double> impurity;                ///< [features], sums to 1 unless nothing was cut
  std::vector<double> permutation, corrected;  ///< [features], or empty
  /// [rows, answers]: the mean of the trees that did not see the row; NaN where all did. Empty: not asked
  /// for.
  std::vector<double> out_of_bag;
  std::vector<double> curve;  ///< [trees]: error of the out-of-bag answers of the first trees; NaN: none yet
};

/// Grows the trees, joins them, and takes all figures.
GrownForest grow_forest(const Dataset& data, const ForestSettings& settings, ForestCriterion criterion,
                        bool random_cuts, ForestClassWeights balance, const Context& context);

}  // namespace everyml
