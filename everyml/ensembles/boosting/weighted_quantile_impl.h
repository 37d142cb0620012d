#pragma once

#include <span>
#include <vector>

namespace everyml::boosting_detail {

struct Weighted {
  double value = 0, weight = 0;
};

/// Where the weighted pinball loss of `level` is smallest: the value below which that share of the weight
/// lies, midway between two neighbours when it falls between them. So weights of k are k copies. Reorders the
/// items. 0 without items. REQUIRES: weights > 0, values finite.
double weighted_quantile(std::span<Weighted> items, double level);

}  // namespace everyml::boosting_detail
