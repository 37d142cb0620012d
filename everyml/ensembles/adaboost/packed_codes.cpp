#include <algorithm>
#include <utility>

#include "everyml/ensembles/adaboost/packed_codes_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {

PackedCodes::PackedCodes(BinnedFeatures binned, std::span<const FeatureInfo> info,
                         std::span<const std::uint32_t> rows, const Context& context)
    : binned_(std::move(binned)), places_(rows.size()), levels_(binned_.columns()) {
  for (std::size_t j = 0; j < levels_.size() && j < info.size(); ++j) levels_[j] = info[j].levels;
  words_.resize((columns() + kColumns - 1) / kColumns);
  for (auto& words : words_) words = Buffer<std::uint64_t>::uninitialized(places_);
  constexpr std::size_t kGrain = 16384;
  for (std::size_t group = 0; group < groups(); ++group) {
    const std::size_t first = group * kColumns, count = width(group);
    std::uint64_t* to = words_[group].data();
    parallel_for(context, places_, kGrain, [&](std::size_t begin, std::size_t end) {
      std::fill(to + begin, to + end, 0);
      for (std::size_t j = 0; j < count; ++j) {
        const std::uint8_t* codes = binned_.codes8(first + j);
        for (std::size_t p = begin; p < end; ++p) to[p] |= std::uint64_t{codes[rows[p]]} << (8 * j);
      }
    });
  }
}

std::size_t PackedCodes::width(std::size_t group) const {
  return std::min(kColumns, columns() - group * kColumns);
}

}  // namespace everyml
