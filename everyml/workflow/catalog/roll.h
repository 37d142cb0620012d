#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace everyml {

/// One named algorithm of the map of machine learning, whether it works here today or not.
struct MapLeaf {
  std::string_view name;       ///< "Naive Bayes"
  std::string_view line;       ///< what it does, ends without a full stop
  std::string_view direction;  ///< "classical", "ensembles", "neural", "reinforcement"
  std::string_view territory;  ///< "classification", "clustering", ...
  std::string_view algorithm;  ///< its name in catalog(); empty: not yet
  bool works() const { return !algorithm.empty(); }
};

/// Every algorithm that the article "Machine Learning for Everyone" (vas3k, 2018) names or draws, once, and
/// what the catalog holds besides (baselines apart). Territory by territory.
std::span<const MapLeaf> map_roll();

/// The leaves of one territory, those that work first.
std::vector<MapLeaf> leaves_of(std::string_view territory);

}  // namespace everyml
