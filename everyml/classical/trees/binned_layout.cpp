#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

#include "everyml/classical/trees/binned_layout_impl.h"

namespace everyml::binned_detail {
namespace {

using Place = BinnedFeatures::Place;

/// Most codes of an array of each of the narrow kinds.
constexpr std::array<std::uint32_t, 3> kMostCodes{16, 64, 256};
/// Columns of up to so many codes share arrays of up to so many.
constexpr std::uint32_t kSmallColumn = 16, kJointCodes = 256;

void add_array(Layout& layout, std::uint32_t codes, std::vector<std::uint32_t> columns) {
  layout.codes.push_back(codes);
  layout.columns.push_back(std::move(columns));
}

/// Small columns, the ones of most codes first, are multiplied up while they fit.
void share(Layout& layout, std::span<const FeatureBins> bins, std::vector<std::uint32_t> small) {
  std::stable_sort(small.begin(), small.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return bins[a].codes() > bins[b].codes(); });
  for (std::size_t k = 0; k < small.size();) {
    std::vector<std::uint32_t> columns;
    std::uint32_t codes = 1;
    const auto array = static_cast<std::uint32_t>(layout.codes.size());
    for (; k < small.size() && codes * bins[small[k]].codes() <= kJointCodes; ++k) {
      columns.push_back(small[k]);
      layout.places[small[k]] = {.array = array, .step = codes};
      codes *= bins[small[k]].codes();
    }
    if (columns.size() == 1) {
      layout.places[columns[0]].step = 0;
      codes = bins[columns[0]].bins + 1;
    }
    add_array(layout, codes, std::move(columns));
  }
}

std::size_t kind_of(const Layout& layout, std::span<const FeatureBins> bins, std::uint32_t array) {
  const std::vector<std::uint32_t>& columns = layout.columns[array];
  return columns.size() > 1 ? kJointKind : tile_kind(bins[columns[0]].bins + 1);
}

}  // namespace

std::size_t tile_kind(std::uint32_t codes) {
  return static_cast<std::size_t>(std::lower_bound(kMostCodes.begin(), kMostCodes.end(), codes) -
                                  kMostCodes.begin());
}

std::uint32_t tile_row_bytes(std::size_t kind, std::size_t width) {
  if (kind == kWideKind) return static_cast<std::uint32_t>(2 * width);
  return static_cast<std::uint32_t>(std::bit_ceil(std::max<std::size_t>(width, 4)));
}

Layout plain_layout(std::span<const FeatureBins> bins) {
  Layout layout;
  for (std::uint32_t c = 0; c < bins.size(); ++c) add_array(layout, bins[c].bins + 1, {c});
  return layout;
}

bool may_share(const FeatureBins& bins) { return bins.bins <= kSmallColumn; }

Layout dense_layout(std::span<const FeatureBins> bins, std::size_t rows, std::size_t block_columns) {
  std::vector<std::uint32_t> small;
  for (std::uint32_t c = 0; c < bins.size(); ++c)
    if (bins[c].codes() > 1 && bins[c].codes() <= kSmallColumn) small.push_back(c);
  const bool blocks = bins.size() >= block_columns;
  if (rows < kFewestRows || (small.size() < 2 && !blocks)) return plain_layout(bins);
  Layout layout;
  layout.places.resize(bins.size());  // of one code: none
  for (std::uint32_t c = 0; c < bins.size(); ++c) {
    if (bins[c].codes() <= kSmallColumn) continue;
    layout.places[c].array = static_cast<std::uint32_t>(layout.codes.size());
    add_array(layout, bins[c].bins + 1, {c});
  }
  share(layout, bins, std::move(small));
  if (!blocks) return layout;
  std::array<std::vector<std::uint32_t>, kTileKinds> by_kind;
  for (std::uint32_t a = 0; a < layout.codes.size(); ++a) by_kind[kind_of(layout, bins, a)].push_back(a);
  for (const auto& arrays : by_kind)
    for (std::size_t first = 0; first < arrays.size(); first += kTileArrays)
      layout.blocks.emplace_back(
          arrays.begin() + static_cast<std::ptrdiff_t>(first),
          arrays.begin() + static_cast<std::ptrdiff_t>(std::min(first + kTileArrays, arrays.size())));
  return layout;
}

}  // namespace everyml::binned_detail
