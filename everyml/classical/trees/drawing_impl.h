#pragma once

#include <string>
#include <vector>

#include "everyml/classical/trees/drawing.h"

namespace everyml::drawing {

/// Nodes that are shown when only so many leaves fit: nodes with most rows are opened first. [nodes]: 0 not
/// shown, 1 shown as an end, 2 shown with its branches.
std::vector<char> visible(const DrawnTree& tree, std::size_t most_leaves);

/// "is a, b or c", "is not d": whichever is shorter.
std::string set_words(const TreeWords::Feature& feature, const std::vector<char>& in);
std::string rows_words(double rows);
std::string percent(double share);

}  // namespace everyml::drawing
