#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "everyml/classical/trees/binned_bundles_impl.h"
#include "everyml/classical/trees/binned_layout_impl.h"

namespace everyml::binned_detail {

/// The dense values of either width.
template <class T>
struct DenseView {
  const T* values;
  std::size_t stride;
  const T* at(std::size_t row, std::size_t column) const { return values + row * stride + column; }
};

/// Codes all rows of all columns into `arrays`, which have room as `layout` says (sparse features: each
/// column alone). By column: whether it met a value that is missing.
std::vector<std::uint8_t> encode_rows(const Features& x, std::span<const FeatureBins> bins,
                                      const Layout& layout, CodeArrays& arrays, const Context& context);

/// Of dense features, by column: whether a small one (may_share) has missing rows. Others: 0.
std::vector<std::uint8_t> missing_of_small(const Features& x, std::span<const FeatureBins> bins,
                                           const Context& context);

}  // namespace everyml::binned_detail
