#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "everyml/ensembles/boosting/boosting_settings.h"
#include "everyml/foundation/base/context.h"

namespace everyml::boosting_detail {

/// Rows that a tree learns from, and those it does not; both ascending, and empty when it learns from all.
struct RowSample {
  bool all = false;
  std::vector<std::uint32_t> chosen, others;
};
/// Gradient sampling multiplies the gradients and hessians of the rows it draws from the rest, so that they
/// stand for all of these.
RowSample sample_rows(const BoostingSettings& settings, std::uint64_t tree, std::span<float> gradient,
                      std::span<float> hessian, const Context& context);

/// By column: whether the tree may ask about it. Empty: all.
std::vector<std::uint8_t> sample_columns(const BoostingSettings& settings, std::uint64_t tree,
                                         std::size_t columns, const Context& context);

}  // namespace everyml::boosting_detail
