#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "everyml/foundation/data/table.h"

namespace everyml {

/// What sets the rows of one group apart from all rows.
struct GroupTrait {
  std::string column;
  ColumnKind kind = ColumnKind::number;
  std::string level;   ///< of a category or boolean: the value whose share is given
  double inside = 0;   ///< mean in the group (dates: microseconds), or share of the level there, 0 to 1
  double overall = 0;  ///< the same over all rows
  double effect = 0;   ///< (inside - overall) / standard deviation over all rows
};

/// For each of `groups` groups the traits with the largest |effect|, at most `most` of them and at most one
/// for a column, none below 0.25 standard deviations. `group`: [rows], 0 to groups - 1, other values belong
/// to none; missing cells are left out; text columns say nothing. One pass over the table; thread-safe.
/// Reference: the standardised difference of Lebart, Morineau and Warwick, "Multivariate Descriptive
/// Statistical Analysis" (1984), chapter on the description of classes, without its factor for the size of
/// the group.
std::vector<std::vector<GroupTrait>> group_traits(const Table& table, std::span<const std::int32_t> group,
                                                  std::size_t groups, std::size_t most = 3);

}  // namespace everyml
