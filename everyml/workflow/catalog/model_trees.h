#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "everyml/classical/trees/tree_ensemble.h"
#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/features.h"
#include "everyml/foundation/model/any_model.h"

namespace everyml {

/// What models made of binary trees show besides their answers. Thread-safe.

/// Whether models of this algorithm are made of binary trees, so that trees_of() finds them.
bool made_of_trees(std::string_view algorithm);
/// Whether models of this algorithm are trees of any kind, to draw and to print as questions.
bool drawn_as_tree(std::string_view algorithm);
/// Whether models of this algorithm answer by the first of their rounds alone, so that staged() works.
bool answers_in_stages(std::string_view algorithm);

/// The trees of a model (a cheap copy); none for other models.
std::optional<TreeEnsemble> trees_of(const AnyModel& model);

/// out: [rows, trees]: the leaf of each tree that a row ends in, from 0, left to right in its tree. Throws
/// UnsupportedError "model.trees" for a model that is not made of trees, DataError "data.feature_count" for
/// features of another width.
void tree_leaves(const AnyModel& model, const Features& x, std::span<std::int32_t> out,
                 const Context& context);

/// Rounds that staged() takes; 0 for a model without.
std::size_t stages_of(const AnyModel& model);
/// The answers of the first `stages` rounds: probabilities, [rows, classes], or values, [rows]. REQUIRES:
/// 1 <= stages <= stages_of(model). Throws as tree_leaves, "model.stages".
void staged(const AnyModel& model, const Features& x, std::size_t stages, std::span<double> out,
            const Context& context);

}  // namespace everyml
