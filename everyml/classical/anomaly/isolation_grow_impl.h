#pragma once

#include <cstddef>
#include <vector>

#include "everyml/classical/anomaly/isolation_planes.h"
#include "everyml/classical/trees/tree_parts.h"
#include "everyml/foundation/data/dataset.h"

namespace everyml {

/// Rows as they are drawn for trees: copies where weights are whole numbers.
class IsolationDraw {
 public:
  explicit IsolationDraw(const Dataset& data);
  /// Rows of positive weight, copies counted, or just rows.
  std::size_t size() const { return static_cast<std::size_t>(total_); }
  /// `count` rows, ascending; with copies a row may come more than once.
  std::vector<std::size_t> rows(Stream& stream, std::size_t count) const;

 private:
  std::vector<std::size_t> present_;
  std::vector<std::uint64_t> before_;  ///< [present + 1] where copies are not one each
  std::vector<double> weight_;         ///< [present] where weights are no whole numbers
  std::uint64_t total_ = 0;
};

/// The rows of a sample, one after the other: [rows, columns].
std::vector<double> isolation_rows(const Features& x, std::span<const std::size_t> rows);

/// A tree of cuts along single columns; leaves hold the depth.
GrownTree grow_isolation_tree(std::vector<double> sample, std::span<const FeatureInfo> info,
                              std::size_t columns, Stream& stream);
/// Appends a tree of planes; the scales of the columns stand already.
void grow_isolation_planes(const std::vector<double>& sample, Stream& stream, IsolationPlanes& planes);

/// Three standard deviations above the median, the deviation taken from the rows just above the median: the
/// median absolute deviation of the upper side. Up to a quarter of unusual rows do not move it. `sorted`
/// ascending, not empty.
double upper_line(std::span<const double> sorted);

}  // namespace everyml
