#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/table.h"
#include "everyml/workflow/artifact/artifact.h"

namespace everyml {

struct FitOptions {
  std::string algorithm;                        ///< registry name
  std::map<std::string, std::string> settings;  ///< name -> text; the rest keep their defaults
  std::string target;                           ///< empty for algorithms that learn without one
  std::vector<std::string> ignore;              ///< columns to leave out
  std::string weights;                          ///< column of row weights
  std::optional<bool> classification;           ///< force the task when the target is numeric
};

/// One algorithm with the settings given on all rows that have a target, and nothing else: no search, no
/// folds, no judgement, no columns left out but those named. Throws ParameterError for settings,
/// "parameter.algorithm", "fit.target" (missing, not wanted, or of the other task); DataError
/// "data.column_missing", "data.weight", "learn.column_kind", "learn.column_missing_cells",
/// "learn.target_kind", "learn.one_class", "fit.no_rows" and what the algorithm throws.
Artifact fit_one(const Table& table, const FitOptions& options, const Context& context);

}  // namespace everyml
