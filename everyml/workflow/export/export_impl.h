#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "everyml/classical/trees/c45.h"
#include "everyml/classical/trees/tree_ensemble.h"
#include "everyml/ensembles/adaboost/score_map.h"
#include "everyml/workflow/artifact/artifact.h"

namespace everyml::detail {

/// What becomes of the sums of trees.
enum class ExportLink : std::uint8_t {
  identity,
  sigmoid,
  exponential,
  softmax,
  one_versus_all,
  share,        ///< between 0 and 1 but for rounding
  finite,       ///< at most the largest double
  mapped,       ///< softmax of ExportModel::map
  median,       ///< not the sum of the trees, but the median of their answers with ExportModel::votes
  crowdedness,  ///< exp(ExportModel::scale * depth), depths being at least 0
};

/// One tree of classes whose questions have as many branches as they like; a row without an answer goes down
/// all of them in part.
struct ExportBranches {
  C45Tree tree;
  C45Ways ways;

  /// Most ways that one row can have open at a time, and one more.
  std::size_t most_open() const;
};

/// A model of trees as exporters see it.
struct ExportModel {
  TreeEnsemble trees;
  ExportLink link = ExportLink::identity;
  std::size_t classes = 0;  ///< 0: a number; with 2 and one sum that of the second class
  ScoreMap map = {};
  std::vector<double> votes = {};  ///< [trees]
  double scale = 0;
  std::string answer = {};                      ///< what the number is, where it is not the target
  std::optional<ExportBranches> branches = {};  ///< instead of `trees`, which has none then

  /// The one sum is the probability of the second class.
  bool pair() const { return classes == 2 && trees.output_count() == 1 && link != ExportLink::mapped; }
};

/// One column of a table and the features made of it.
struct ExportColumn {
  enum class Kind : std::uint8_t { number, boolean, category };
  std::string name;
  Kind kind = Kind::number;
  std::size_t feature = 0;          ///< its value or the code of its word
  bool indicator = false;           ///< the next feature is 1 when the cell is missing
  double missing = 0;               ///< the feature of a missing cell, NaN or a fill
  std::vector<std::string> levels;  ///< categories
};

/// Throw UnsupportedError as export_c says.
ExportModel export_model(const Artifact& artifact);
std::vector<ExportColumn> export_columns(const Artifact& artifact);

}  // namespace everyml::detail
