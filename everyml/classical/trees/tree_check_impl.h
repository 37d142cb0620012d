#pragma once

#include "everyml/classical/trees/tree_parts.h"

namespace everyml::detail {

/// Throws DataError "trees.invalid" unless the arrays describe trees as tree_parts.h says; afterwards every
/// index in them may be followed without looking, and every way down ends in a leaf.
void check_parts(const TreeParts& parts);

}  // namespace everyml::detail
