#include <array>

#include "checks.h"

namespace everyml::checks {

std::span<const Exception> exceptions() {
  // A row here is a promise of the whole house that one algorithm does not keep. Take rows away, do not add
  // them lightly.
  static const std::vector<Exception> rows = {
      {"knn-classifier", "weights",
       "k copies of a row take k of the places among the nearest; a weight multiplies the vote of one"},
      {"knn-regressor", "weights",
       "k copies of a row take k of the places among the nearest; a weight multiplies the share of one"},
      {"k-means", "weights",
       "the number of clusters is chosen against random sets of as many rows, and copies are more rows",
       "clusters", "3"}};
  return rows;
}

}  // namespace everyml::checks
