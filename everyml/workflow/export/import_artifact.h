#pragma once

#include <string>

#include "everyml/workflow/artifact/artifact.h"
#include "everyml/workflow/export/imported_trees.h"

namespace everyml {

/// A model of another tool as one of ours: a model of gradient boosting with everything that such a model can
/// do, saved, explained and asked like one learned here. Its encoder takes the tool's columns by name (f0,
/// f1, ... when the file names none): numbers as they are, and words of categories where the file tells them,
/// else their codes. Classes are called "0", "1", ... as the tools number them; `target` names the column of
/// answers. One-versus-all probabilities are divided by their sum.
///
/// Throws UnsupportedError "import.answers" for a model whose answers gradient boosting does not give here
/// (several numbers per row, LightGBM's reg_sqrt and cross_entropy_lambda, XGBoost's hinge), DataError
/// "data.column_twice" and ParameterError "import.target" for names that contradict each other.
Artifact artifact_of(const ImportedTrees& model, const std::string& target);

}  // namespace everyml
