#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "everyml/classical/trees/tree_ensemble.h"

namespace everyml {

/// How the sums of trees become what the tool's own predict gives.
enum class ImportLink : std::uint8_t {
  identity,
  sigmoid,        ///< 1 / (1 + exp(-s)) of each score
  softmax,        ///< over the scores of a row
  exponential,    ///< exp(s)
  signed_square,  ///< sign(s) s^2
  log1p_exp,      ///< log(1 + exp(s))
  step,           ///< 1 above 0, else 0
};

/// A model of another tool, read from its file. A plain value.
struct ImportedTrees {
  /// Sums of trees as the tool has them. Features are the tool's columns in their order, NaN is missing;
  /// columns of categories hold the tool's codes.
  TreeEnsemble trees;
  ImportLink link = ImportLink::identity;
  std::string tool;         ///< "LightGBM" or "XGBoost"
  std::string objective;    ///< as the file names it
  std::size_t classes = 0;  ///< 2 or more when it tells classes apart: with 2 and one output that of class 1
  std::vector<std::string> feature_names;  ///< [features], or empty when the file has none
  /// Columns of categories by name: the word of each code; [features], empty entries where there is none.
  std::vector<std::vector<std::string>> levels;

  /// Scores [any rows, outputs] to the tool's answers, in place.
  void answers(std::span<double> scores) const;
};

/// Reads a model that LightGBM wrote as text (versions 2 to 4: gbdt, dart, goss, rf, linear trees), or that
/// XGBoost wrote as JSON or UBJSON (1.0 to 3.x: gbtree and dart). Which of them it is the bytes say. `name`
/// stands in sentences.
///
/// Answers are those of the tool: of LightGBM to the last bits, since both add doubles; of XGBoost to about
/// 1e-6, since it adds floats. XGBoost rounds what it is asked to a float; the thresholds here are the
/// doubles at which that rounding changes sides, so a row takes the same way. Codes of categories must be
/// whole: where the tools cut fractions off, this one takes such a code for unknown.
///
/// Throws FormatError "import.format" for bytes of another kind, "import.syntax", "import.value" or
/// "import.missing" for a file that contradicts itself or lacks a part; UnsupportedError "import.linear"
/// (XGBoost's gblinear), "import.vector_leaves" and "import.objective" for what cannot be expressed;
/// ResourceError "import.size" for a model beyond the limits. Trusts nothing: time and memory are bounded by
/// the size of the file.
ImportedTrees import_trees(std::string_view bytes, const std::string& name);

}  // namespace everyml
