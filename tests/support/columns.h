#pragma once

// Columns of tables that tests make up.

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "everyml/foundation/data/column.h"

namespace everyml {

inline Column numbers(std::string name, const std::vector<double>& cells) {
  Buffer<double> values(cells.size());
  std::copy(cells.begin(), cells.end(), values.begin());
  return Column::numbers(std::move(name), std::move(values));
}

/// The cell of each row by a function.
inline Column numbers(std::string name, std::size_t rows, const std::function<double(std::size_t)>& cell) {
  Buffer<double> values(rows);
  for (std::size_t row = 0; row < rows; ++row) values[row] = cell(row);
  return Column::numbers(std::move(name), std::move(values));
}

}  // namespace everyml
