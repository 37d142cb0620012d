#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "everyml/classical/bayes/bayes_state_impl.h"
#include "everyml/foundation/data/features.h"

namespace everyml {

/// Calls body(rows, n, stride, first) for stretches of rows [begin, end) of a dense matrix such that each row
/// can be read for padded(columns) values: in place while a later row lies behind it, from a copy at the end
/// of the matrix.
template <class T, class Body>
void padded_rows(const T* matrix, const Features& x, std::size_t begin, std::size_t end, Body&& body) {
  const std::size_t columns = x.columns(), stride = x.stride();
  const std::size_t size = x.rows() == 0 ? 0 : (x.rows() - 1) * stride + columns;
  const std::size_t safe_rows = size < padded(columns) ? 0 : (size - padded(columns)) / stride + 1;
  const std::size_t safe = std::clamp(safe_rows, begin, end);
  if (safe > begin) body(matrix + begin * stride, safe - begin, stride, begin);
  if (safe == end) return;
  std::vector<T> copy((end - safe) * padded(columns));
  for (std::size_t r = safe; r < end; ++r) {
    std::copy_n(matrix + r * stride, columns, copy.data() + (r - safe) * padded(columns));
  }
  body(static_cast<const T*>(copy.data()), end - safe, padded(columns), safe);
}

/// The same for the columns named, of any storage, as double in tiles of at most 64 rows, and fewer when rows
/// are wide: sparse ones become dense here.
template <class Body>
void gathered_rows(const Features& x, std::span<const std::size_t> columns, std::size_t begin,
                   std::size_t end, Body&& body) {
  constexpr std::size_t kTileValues = std::size_t{1} << 20;
  const std::size_t most =
      std::clamp<std::size_t>(kTileValues / std::max<std::size_t>(x.columns(), 1), 1, 64);
  std::vector<double> scratch, tile(std::min(most, end - begin) * padded(columns.size()));
  for (std::size_t at = begin; at < end; at += most) {
    const std::size_t n = std::min(most, end - at);
    const double* source = x.tile64(at, at + n, scratch);
    for (std::size_t r = 0; r < n; ++r) {
      double* row = tile.data() + r * padded(columns.size());
      for (std::size_t k = 0; k < columns.size(); ++k) row[k] = source[r * x.columns() + columns[k]];
    }
    body(static_cast<const double*>(tile.data()), n, padded(columns.size()), at);
  }
}

/// The Gaussian columns of rows [begin, end), without a copy when they are all columns of a dense matrix.
template <class Body>
void gaussian_rows(const Features& x, const BayesLayout& layout, std::size_t begin, std::size_t end,
                   Body&& body) {
  if (layout.only_gaussian() && x.dense32() != nullptr) return padded_rows(x.dense32(), x, begin, end, body);
  if (layout.only_gaussian() && x.dense64() != nullptr) return padded_rows(x.dense64(), x, begin, end, body);
  gathered_rows(x, layout.gaussian, begin, end, body);
}

}  // namespace everyml
