#pragma once

#include <cstddef>
#include <span>

#include "everyml/classical/trees/tree_ensemble.h"
#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/features.h"

// What each feature adds to an answer of trees: SHAP values, exact (Lundberg, Erion, Lee, "Consistent
// Individualized Feature Attribution for Tree Ensembles", 2018; Lundberg et al., "From local explanations to
// global understanding with explainable AI for trees", Nature Machine Intelligence 2, 2020).
//
// A row's values and the base add up to the row's answer, for each output on its own, in the unit of the
// answer (of the raw score where an ensemble adds up scores).
//
// Path-dependent values ask what the trees would answer when some features are unknown; at a question about
// one of these both ways are taken, each with the share of training rows (cover) that went there, or one half
// each where none came by.
// Interventional values put the feature's values of background rows in place of the unknown ones.
//
// All are thread-safe and give the same bits with any number of threads and on any CPU. They throw DataError
// "data.feature_count" for features of another width, ParameterError "trees.output_size" for a wrong room and
// UnsupportedError "trees.linear_leaves" for trees with linear leaves, whose answers are not constant within
// a leaf.

namespace everyml {

/// What the trees answer when nothing of a row is known. out: [outputs].
void shap_base(const TreeEnsemble& trees, std::span<double> out);

/// out: [rows, outputs, features + 1], the last is the base. Path-dependent.
void shap_values(const TreeEnsemble& trees, const Features& x, std::span<double> out, const Context& context);

/// out: [rows, outputs, features, features], path-dependent, symmetric: what two features do together, half
/// of it on each side; on the diagonal what a feature does alone. A row of the matrix sums to the SHAP value
/// of its feature.
void shap_interactions(const TreeEnsemble& trees, const Features& x, std::span<double> out,
                       const Context& context);

/// out: [rows, outputs, features + 1], the last is the base: the mean answer of the background rows.
/// Interventional. Takes time in proportion to rows x background rows; some hundred of the latter do. Throws
/// DataError "data.rows" for no background rows.
void shap_values(const TreeEnsemble& trees, const Features& x, const Features& background,
                 std::span<double> out, const Context& context);

}  // namespace everyml
