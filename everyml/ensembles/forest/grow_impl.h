#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "everyml/ensembles/forest/forest_codes_impl.h"
#include "everyml/ensembles/forest/forest_rows_impl.h"

namespace everyml {

/// What a cut lowers; the first two for classes.
enum class ForestCriterion : std::uint8_t { gini, entropy, squared, poisson, absolute };

/// How the trees of a forest are grown.
struct GrowRules {
  ForestCriterion criterion = ForestCriterion::gini;
  bool random_cuts = false;  ///< extra trees: one random cut per feature
  bool records = true;       ///< random cuts may be looked at without tables; the same trees
  std::size_t features = 1;  ///< looked at in each node
  double least_leaf = 0;     ///< weight in units
  double least_split = 0;    ///< weight in units
  double least_gain = 0;     ///< decrease of the impurity as a part of all weight
  std::size_t max_depth = SIZE_MAX;
  std::size_t max_leaves = 0;  ///< 0: any
  bool keep_samples = false;   ///< remember the target of one row of each leaf
};

/// A node on codes: what a training row's way down asks.
struct CodeNode {
  std::int32_t feature = 0;
  /// Numbers: codes up to it go left.
  std::uint32_t code = 0;
  /// Goes left besides; kNone when missing ones go right.
  std::uint32_t missing = kNone;
  std::int32_t set = -1;  ///< categories: index into `sets`
  std::int32_t left = 0, right = 0;
  float gain = 0;
  double cover = 0;
  static constexpr std::uint32_t kNone = 0xffffffffU;
};

/// A tree, or a part of one: inner nodes in pre-order, leaves from left to right; children as in TreeParts.
struct CodeTree {
  std::vector<CodeNode> nodes;
  std::vector<double> values;  ///< [leaves, answers]
  std::vector<double> covers;  ///< [leaves], weight in units
  std::vector<double> samples;
  std::vector<std::vector<std::uint64_t>> sets;  ///< of codes

  bool goes_left(const CodeNode& node, std::uint32_t code) const {
    if (node.set < 0) return code <= node.code || code == node.missing;
    return sets[static_cast<std::size_t>(node.set)][code / 64] >> (code % 64) & 1;
  }
};

/// A tree whose leaves ~i, numbered from 0, are the roots of parts[i].
CodeTree join_parts(const CodeTree& top, std::vector<CodeTree> parts);

/// Grows trees of one forest. Thread-safe.
template <class Code>
class ForestGrower {
 public:
  virtual ~ForestGrower() = default;
  /// Doubles per leaf.
  virtual std::size_t answers() const = 0;
  /// Tree `index` on rows that weigh `loads` [rows], in units; 0: not drawn. What it is depends on the seed,
  /// the index and the loads alone.
  virtual CodeTree grow(std::size_t index, std::span<const std::uint32_t> loads,
                        const Context& context) const = 0;
};

/// `pair`: two classes whose weights fit a word. The codes and rows must outlive the grower.
template <class Code>
std::unique_ptr<ForestGrower<Code>> make_grower(const ForestCodes<Code>& codes, const ForestRows& rows,
                                                const GrowRules& rules);

}  // namespace everyml
