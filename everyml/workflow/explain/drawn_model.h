#pragma once

#include <optional>

#include "everyml/classical/trees/drawing.h"
#include "everyml/workflow/artifact/artifact.h"

namespace everyml {

/// Names of features, levels and classes as the artifact's table had them.
TreeWords tree_words(const Artifact& artifact);

/// The artifact's model as a tree to draw, print or turn into rules; none when it is no single tree.
std::optional<DrawnTree> drawn_model(const Artifact& artifact);

}  // namespace everyml
