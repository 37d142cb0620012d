#pragma once

#include <string>

#include "everyml/workflow/artifact/artifact.h"

namespace everyml {

/// A model of trees and its encoder as one file of C99 that needs nothing but the standard library. It holds
///
///   typedef struct { double number; const char* word; } PREFIX_cell;
///   enum { PREFIX_columns = ..., PREFIX_answers = ... };
///   void PREFIX_predict(const PREFIX_cell* cells, double* answers);
///
/// Cells stand in the order that the head of the file lists: a column of numbers takes `number` (NAN is
/// missing), a column of booleans 0 or 1, a column of categories its `word` (NULL or a word that the model
/// does not know is missing). Answers are the probabilities of the classes in the listed order, calibrated
/// like those of `predict`, or one number: of an isolation forest how unusual the row is. They have the bits
/// of everyml's own, compiled for IEEE doubles without contraction (-std=c99, or -ffp-contract=off);
/// calibration by sigmoid uses the exp and log of the C library, and has its bits; the probabilities of
/// AdaBoost and LogitBoost agree to the last digits. The function is thread-safe and allocates nothing.
///
/// `prefix` begins every name; it must be a name in C. Throws UnsupportedError "export.model" for a model
/// that is not made of trees (or, of gradient boosting, of several levels or with an answer formula;
/// of a decision tree, with stand-in questions; of an isolation forest, with cuts along planes),
/// "export.column" for columns of dates or texts and others that are not taken as they are, ParameterError
/// "export.prefix".
std::string export_c(const Artifact& artifact, const std::string& prefix);

}  // namespace everyml
