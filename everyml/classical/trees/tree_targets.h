#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "everyml/classical/trees/tree_parts.h"
#include "everyml/foundation/data/dataset.h"
#include "everyml/foundation/io/archive.h"

// What trees of several targets answer: for each target in order one number, or the share of each of its
// classes. Such a tree's leaves are that wide.

namespace everyml {

/// The class names of each target, none for numbers.
std::vector<std::vector<std::string>> classes_of_targets(const Dataset& data);

/// Values of a leaf.
std::size_t answers_of_targets(std::span<const std::vector<std::string>> classes);

void save_targets(ArchiveWriter& archive, std::span<const std::vector<std::string>> classes);
/// Throws FormatError unless there are two or more targets, all of classes or all of numbers.
std::vector<std::vector<std::string>> load_targets(const ArchiveReader& archive);

/// Throws FormatError unless the shares of each target's classes are at least 0 and sum to `whole` in every
/// leaf. REQUIRES: leaves as wide as answers_of_targets(). Nothing for numbers.
void check_target_shares(const ArchiveReader& archive, const TreeParts& parts,
                         std::span<const std::vector<std::string>> classes, double whole);

}  // namespace everyml
