#pragma once

#include <span>

#include "everyml/classical/trees/tree_parts.h"

namespace everyml::boosting_detail {

/// The answers of symmetric trees are whole multiples of one power of two, so that their sums are exact in
/// any order and a model answers by whole numbers. The first tree sets the unit: the 2^-35th part of its
/// largest answer, or the 2^-50th of the base where that is more. That moves an answer by less than 2e-11 of
/// what the first tree says, and leaves room for trees 8,000 times as wide and for 130,000 trees as large as
/// the first. The unit can be read from a model again, so that later rounds go on with it.

/// Rounds what the leaves of a first tree answer, and the base, to multiples of the unit that these set.
/// Returns the unit; 0, and nothing is rounded: a tree without a split, with answers of 0, or beside a base
/// that is 10^8 times as large.
double set_unit(GrownTree& first, double& base);

/// Rounds to the nearest multiples of a unit > 0.
void round_answers(double unit, std::span<double> answers);

/// The unit of a model of one output; 0: its answers are not multiples of one.
double unit_of(const TreeParts& parts);

}  // namespace everyml::boosting_detail
