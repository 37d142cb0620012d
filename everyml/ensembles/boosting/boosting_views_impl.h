#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "everyml/classical/trees/grower.h"
#include "everyml/ensembles/boosting/boosting_train_impl.h"
#include "everyml/ensembles/boosting/ordered_columns_impl.h"

namespace everyml::boosting_detail {

/// The columns that trees grow on.
struct View {
  std::optional<OrderedColumns> ordered;  ///< none: the data's own
  BinnedFeatures training;
  std::optional<BinnedFeatures> validation;
  Grower grower;
  std::vector<Grower> beside;         ///< for trees of several outputs at once
  std::vector<std::int32_t> numbers;  ///< by column: the data's column of numbers that it is, or -1
};

/// One, or with ordered categories one for each order of the rows.
std::vector<View> make_views(const Dataset& data, const RowParts& parts, const BoostingSettings& settings,
                             const Context& context);

}  // namespace everyml::boosting_detail
