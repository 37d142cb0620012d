#include <array>

#include "checks.h"

namespace everyml::checks {

std::span<const Exception> exceptions() {
  constexpr std::string_view kFewTrees =
      "each bit of the file is flipped, and a hundred trees only repeat what a few hold";
  // A row here is a promise of the whole house that one algorithm does not keep. Take rows away, do not add
  // them lightly.
  static const std::vector<Exception> rows = {
      {"knn-classifier", "weights",
       "k copies of a row take k of the places among the nearest; a weight multiplies the vote of one"},
      {"knn-regressor", "weights",
       "k copies of a row take k of the places among the nearest; a weight multiplies the share of one"},
      {"k-means", "weights",
       "the number of clusters is chosen against random sets of as many rows, and copies are more rows",
       "clusters", "3"},
      {"random-forest-classifier", "files", kFewTrees, "trees", "4"},
      {"random-forest-regressor", "files", kFewTrees, "trees", "4"},
      {"extra-trees-classifier", "files", kFewTrees, "trees", "4"},
      {"extra-trees-regressor", "files", kFewTrees, "trees", "4"},
      {"isolation-forest", "files", kFewTrees, "trees", "4"},
      {"bagging-classifier", "weights", "a sample draws rows; copies are drawn each for itself"},
      {"bagging-regressor", "weights", "a sample draws rows; copies are drawn each for itself"},
      {"voting-regressor", "weights", "holds only where each member keeps it, and one of the defaults is kNN",
       "members", "ridge,adaboost-regressor"},
      {"stacking-classifier", "weights", "folds divide rows; copies of one may stand on both sides"},
      {"stacking-regressor", "weights", "folds divide rows; copies of one may stand on both sides"},
      {"gradient-boosting-ranker", "weights",
       "copies of a row take places of their own in its list; a list weighs as the mean of its rows"},
      {"bagging-classifier", "files", "each bit of the file is flipped, and thirty members only repeat two",
       "count", "2"},
      {"bagging-regressor", "files", "each bit of the file is flipped, and thirty members only repeat two",
       "count", "2"}};
  return rows;
}

}  // namespace everyml::checks
