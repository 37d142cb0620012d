#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "everyml/classical/trees/tree_parts.h"

namespace everyml::detail {

/// How the values of one feature become codes: 0 is missing, 1 .. the rest. A feature that is asked as a
/// number and as a category has two columns.
struct CodeColumn {
  std::int32_t feature = 0;
  bool category = false;
  bool wide = false;        ///< codes need 16 bits
  std::uint32_t cuts = 0;   ///< where its sorted thresholds begin in EvaluatorPlan::cuts
  std::uint32_t count = 0;  ///< of thresholds, or of levels
  /// Where its search trees begin in steps64 and steps32, and how many steps these take; 0: it has none.
  std::uint32_t steps64 = 0, steps32 = 0;
  std::uint8_t levels64 = 0, levels32 = 0;
};

/// Thresholds that one comparison of a search tree looks at: 64 bytes of them.
template <class T>
inline constexpr std::size_t kFan = 64 / sizeof(T);

/// The codes that tell apart what the questions of a model can tell apart.
struct CodeTable {
  std::vector<CodeColumn> columns;
  std::vector<double> cuts;  ///< sorted, of all columns
  /// Search trees over the thresholds, level by level: entry j of a level is the last threshold below child j
  /// of what it parts, infinity beyond the end. Those of float32 are rounded down, which float32 values
  /// cannot tell from the threshold itself.
  std::vector<double> steps64;
  std::vector<float> steps32;
};

/// The column of a feature, asked as a category or not. Only features that are asked take room.
class ColumnOf {
 public:
  explicit ColumnOf(const TreeParts& parts);
  std::size_t size() const { return features_.size(); }
  std::int32_t feature(std::size_t place) const { return features_[place]; }
  std::size_t place_of(std::int32_t feature) const {
    return static_cast<std::size_t>(std::lower_bound(features_.begin(), features_.end(), feature) -
                                    features_.begin());
  }
  std::uint32_t at(std::int32_t feature, bool category) const {
    return columns_[2 * place_of(feature) + (category ? 1 : 0)];
  }
  std::uint32_t& at(std::int32_t feature, bool category) {
    return columns_[2 * place_of(feature) + (category ? 1 : 0)];
  }

 private:
  std::vector<std::int32_t> features_;  ///< ascending
  std::vector<std::uint32_t> columns_;
};

/// Fills the table. False when some column needs more than 16 bits.
bool make_codes(const TreeParts& parts, CodeTable& table, ColumnOf& column_of);

/// The place of a node's threshold among those of its column: values up to it have the codes 1 .. place + 1.
std::uint32_t place_of(const TreeParts& parts, std::size_t node, const CodeTable& table,
                       const CodeColumn& column);

/// What is taken from a code at this node, so that a missing value, code 0, comes out on its side: 0 keeps it
/// least, 1 makes it the greatest.
inline std::uint8_t minus_of(const TreeParts& parts, std::size_t node) {
  return parts.flags[node] & TreeParts::kMissingLeft ? std::uint8_t{0} : std::uint8_t{1};
}
inline bool asks_category(const TreeParts& parts, std::size_t node) {
  return (parts.flags[node] & TreeParts::kCategories) != 0;
}

}  // namespace everyml::detail
