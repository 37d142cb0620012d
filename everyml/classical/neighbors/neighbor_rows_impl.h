#pragma once

#include <vector>

#include "everyml/classical/neighbors/knn.h"

namespace everyml {

/// A copy of the rows that no caller can change: float64 as float64, float32 and sparse rows as dense
/// float32.
Features owned_rows(const Features& x);

/// The rows of a training set that may vote; `voting` takes their numbers, ascending.
NeighborRows neighbor_rows_of(NeighborRows::Settings settings, const Dataset& data,
                              std::vector<std::size_t>& voting, const Context& context);

}  // namespace everyml
