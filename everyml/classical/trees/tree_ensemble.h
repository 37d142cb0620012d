#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>

#include "everyml/classical/trees/tree_parts.h"
#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/features.h"
#include "everyml/foundation/io/archive.h"

namespace everyml {

/// Trees ready to answer. Immutable; copies share; thread-safe.
class TreeEnsemble {
 public:
  static constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

  /// Checks the arrays against each other. Throws DataError "trees.invalid" saying which and where: a child
  /// out of its tree or not in order, a feature beyond `features`, a value that is not finite, a set out of
  /// range.
  explicit TreeEnsemble(TreeParts parts);

  const TreeParts& parts() const;
  std::size_t feature_count() const { return parts().features; }
  std::size_t output_count() const { return parts().outputs; }
  std::size_t tree_count() const { return parts().trees(); }

  /// out: [rows, outputs]: base plus trees [first, last). Any storage of x, NaN allowed.
  void predict(const Features& x, std::span<double> out, const Context& context, std::size_t first = 0,
               std::size_t last = kAll) const;
  /// One row of feature_count() values. out: [outputs]. Allocates nothing, takes no lock, the same bits.
  void predict_row(const double* row, double* out) const noexcept;
  /// out: [rows, trees]: the leaf of each tree that the row ends in.
  void leaves(const Features& x, std::span<std::int32_t> out, const Context& context) const;

  /// Mean decrease of the criterion and other sums over nodes, [features]: gain, cover and number of splits.
  void importance(std::span<double> gain, std::span<double> cover, std::span<double> splits) const;

  void save(ArchiveWriter& archive) const;
  /// Throws FormatError for anything the constructor would refuse.
  static TreeEnsemble load(const ArchiveReader& archive);

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace everyml
