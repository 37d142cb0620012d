#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "everyml/classical/trees/tree_ensemble.h"
#include "everyml/workflow/artifact/artifact.h"

namespace everyml::detail {

/// What becomes of the sums of trees.
enum class ExportLink : std::uint8_t { identity, sigmoid, exponential, softmax, one_versus_all };

/// A model of trees as exporters see it.
struct ExportModel {
  TreeEnsemble trees;
  ExportLink link = ExportLink::identity;
  std::size_t classes = 0;  ///< 0: a number; with 2 and one sum that of the second class
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
