#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "everyml/ensembles/adaboost/packed_codes_impl.h"
#include "everyml/foundation/base/json.h"
#include "everyml/foundation/data/dataset.h"
#include "everyml/foundation/io/archive.h"

namespace everyml {

/// The training rows of positive weight, in the order of their places.
struct BoostedRows {
  std::vector<std::uint32_t> row_of;  ///< [places]
  std::vector<double> weight;         ///< [places]; all 1 when the data have no weights
  double weight_sum = 0;
  /// Classes only: the places of class c are [starts[c], starts[c + 1]), in row order; [classes + 1].
  std::vector<std::size_t> starts;
};
/// Throws DataError "data.rows" beyond 2^31 - 1 rows.
BoostedRows boosted_rows(const Dataset& data, std::string_view learner);
PackedCodes packed_codes(const Dataset& data, const BoostedRows& rows, int max_bins, const Context& context);

/// Names of the columns of `data`.
std::vector<std::string> column_names(const Dataset& data);
/// The ten largest, as [{"feature": ..., "importance": ...}], largest first.
Json top_importances(std::span<const std::string> names, std::span<const double> importances);
/// [features]: how much the trees' splits on each feature were worth, each tree's splits summing to 1, trees
/// weighted by `votes` ([trees]); the whole sums to 1, or is 0 where no tree splits.
std::vector<double> vote_importances(const class TreeEnsemble& trees, std::span<const double> votes);

/// Names that are as many as the trees have features.
std::vector<std::string> load_names(const ArchiveReader& archive, std::size_t features);

}  // namespace everyml
