#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "everyml/classical/trees/tree_parts.h"

namespace everyml::detail {

/// True when the code of this value is in the set; REQUIRES: not NaN.
inline bool in_set(const TreeParts& parts, std::size_t set, double value) {
  const std::uint32_t begin = parts.set_start[set];
  const std::size_t words = parts.set_start[set + 1] - begin;
  if (!(value >= 0 && value < 64.0 * static_cast<double>(words))) return false;
  const auto code = static_cast<std::uint64_t>(value);
  if (static_cast<double>(code) != value) return false;
  return (parts.set_words[begin + code / 64] >> (code % 64)) & 1;
}

/// Whether a value goes left at a node (numbered over all trees).
inline bool goes_left(const TreeParts& parts, std::size_t node, double value) {
  const std::uint8_t flags = parts.flags[node];
  if (std::isnan(value)) return flags & TreeParts::kMissingLeft;
  if (flags & TreeParts::kCategories) {
    return in_set(parts, static_cast<std::size_t>(parts.threshold[node]), value);
  }
  return value <= parts.threshold[node];
}

/// The leaf of a tree that a row ends in, numbered within the tree: the definition that every evaluator is
/// held against.
inline std::int32_t walk(const TreeParts& parts, std::size_t tree, const double* row) {
  const std::size_t first = parts.first_node[tree];
  if (parts.first_node[tree + 1] == first) return 0;
  std::int32_t at = 0;
  while (at >= 0) {
    const std::size_t node = first + static_cast<std::size_t>(at);
    at = goes_left(parts, node, row[parts.feature[node]]) ? parts.left[node] : parts.right[node];
  }
  return ~at;
}

/// The value of a leaf (numbered over all trees) of width 1, its linear terms counted.
inline double leaf_answer(const TreeParts& parts, std::size_t leaf, const double* row) {
  const double answer = parts.leaf_value[leaf];
  if (parts.linear_start.empty() || parts.linear_start[leaf] == parts.linear_start[leaf + 1]) return answer;
  double sum = parts.linear_offset.empty() ? answer : answer + parts.linear_offset[leaf];
  for (std::uint64_t k = parts.linear_start[leaf]; k < parts.linear_start[leaf + 1]; ++k) {
    sum += parts.linear_coefficient[k] * row[parts.linear_feature[k]];
    if (std::isnan(row[parts.linear_feature[k]])) return answer;
  }
  return sum;
}

/// Adds trees [first, last) to out [outputs].
inline void add_row(const TreeParts& parts, std::size_t first, std::size_t last, const double* row,
                    double* out) {
  for (std::size_t t = first; t < last; ++t) {
    const std::size_t leaf = parts.first_leaf[t] + static_cast<std::size_t>(walk(parts, t, row));
    if (parts.width == 1) {
      out[parts.tree_output[t]] += leaf_answer(parts, leaf, row);
    } else {
      for (std::size_t o = 0; o < parts.width; ++o) out[o] += parts.leaf_value[leaf * parts.width + o];
    }
  }
}

}  // namespace everyml::detail
