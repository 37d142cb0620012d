#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/features.h"
#include "everyml/foundation/io/archive.h"

namespace everyml {

/// Isolation trees whose cuts are planes through some columns, in flat arrays. A plain value.
struct IsolationPlanes {
  /// How a column becomes comparable: (x - centre) / spread. Columns of one value have spread 0 and count
  /// for nothing.
  std::vector<double> centre, spread;    ///< [columns]
  std::vector<std::uint8_t> category;    ///< [columns]: each level has a place of its own by chance
  std::size_t terms = 1;                 ///< columns of a plane
  std::vector<std::int32_t> first_node;  ///< [trees + 1]
  std::vector<std::int32_t> column;      ///< [nodes, terms]
  std::vector<double> slope;             ///< [nodes, terms]
  std::vector<double> offset;            ///< [nodes]: sum of slope * value up to it goes left
  /// [nodes]: within the tree and behind their parent; of a leaf both are -1.
  std::vector<std::int32_t> left, right;
  std::vector<double> size;  ///< [nodes]: sample rows that reached it

  std::size_t columns() const { return centre.size(); }
  std::size_t trees() const { return first_node.size() - 1; }
  /// Where a value lies, 0 for a missing one; within 1e6.
  double place(std::size_t j, double value) const;

  /// out: [rows]: mean depth, with the depth of chance below each leaf.
  void depths(const Features& x, std::span<double> out, const Context& context) const;
  /// out: [rows, columns]: see IsolationForestModel::anomaly_reasons.
  void reasons(const Features& x, std::span<double> out, const Context& context) const;
  void save(ArchiveWriter& archive) const;
  static IsolationPlanes load(const ArchiveReader& archive);
};

}  // namespace everyml
