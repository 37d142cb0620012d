#pragma once

#include <cstddef>
#include <vector>

#include "everyml/foundation/data/column.h"

namespace everyml::explain_impl {

/// Quantiles of the column's finite values, so that the grid is dense where the data is; at most `points`,
/// ascending, distinct.
std::vector<double> grid_of(const Column& column, std::size_t points);

}  // namespace everyml::explain_impl
