#pragma once

#include <string>

#include "everyml/workflow/artifact/artifact.h"

namespace everyml {

/// A model of trees and its encoder as an ONNX model: the operator TreeEnsemble of ai.onnx.ml 5 in doubles,
/// sets of categories included. One input per column, named as the column and of shape [rows, 1]: doubles for
/// numbers and booleans (NaN is missing), strings for categories (a word that the model does not know is
/// missing). One output: "probabilities", doubles [rows, classes], or "values", [rows, 1]. Leaves of several
/// values are looked up in a table by the number of the leaf that the operator gives. Runtimes add trees
/// in an order of their own, so answers agree to about 1e-12 and not to the bit; infinite thresholds become
/// the largest double. Throws as export_c does, UnsupportedError "export.linear" for trees with linear leaves
/// and "export.calibration" for a calibrated model.
std::string export_onnx(const Artifact& artifact);

}  // namespace everyml
