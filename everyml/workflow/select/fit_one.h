#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
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
  std::string group;                            ///< column that says which rows belong to one list
  std::optional<bool> classification;           ///< force the task when the target is numeric
  /// A model to go on from (continued.h): it brings the encoder, `ignore` is passed over, and settings that
  /// are not given are those it was fitted with. Borrowed.
  const Artifact* earlier = nullptr;
};

/// A model that is worked on further (continued.h) with rows that its own encoder reads.
struct Further {
  const Artifact& earlier;
  std::optional<double> refit;  ///< decay: new answers for the leaves there are, else more rounds
};

/// One algorithm with the settings given on all rows that have a target, and nothing else: no search, no
/// folds, no judgement, no columns left out but those named. Throws ParameterError for settings,
/// "parameter.algorithm", "fit.target" (missing, not wanted, or of the other task); DataError
/// "data.column_missing", "data.weight", "learn.column_kind", "learn.column_missing_cells",
/// "learn.target_kind", "learn.one_class", "fit.no_rows" and what the algorithm throws.
Artifact fit_one(const Table& table, const FitOptions& options, const Context& context);

/// The same for an algorithm whose settings stand already: those of `options` and its algorithm are passed
/// over.
Artifact fit_one(const AnyEstimator& estimator, const Table& table, const FitOptions& options,
                 const Context& context);

/// What `fit_one` ends in, for callers who have the target by itself: `target` and `weights` (may be empty)
/// belong to the rows of `table`, as `groups` (may be empty) do; `columns` are those to learn from. Throws
/// DataError "learn.one_class", "fit.no_rows" and what the encoder and the algorithm throw.
Artifact fit_rows(const AnyEstimator& estimator, const Table& table, std::span<const std::string> columns,
                  const Target& target, std::vector<double> weights, std::string_view target_name,
                  const Context& context, std::vector<std::int32_t> groups = {});

/// The same going on from a model: its encoder stays, and what was calibrated on it is left out. Throws what
/// fit_from and refit throw.
Artifact fit_further(const AnyEstimator& estimator, const Further& further, const Table& table,
                     const Target& target, std::vector<double> weights, const Context& context,
                     std::vector<std::int32_t> groups = {});
/// The same for features as the earlier model takes them.
Artifact fit_further(const AnyEstimator& estimator, const Further& further, const Features& x,
                     const Target& target, std::vector<double> weights, const Context& context,
                     std::vector<std::int32_t> groups = {});

/// The same for features that come as numbers, one name per column. They are taken as they are, nothing is
/// scaled; where the algorithm cannot take missing cells, those of dense features get the weighted median of
/// their column. Whether one class is too few is the algorithm's to say. Throws as fit_rows does, but not
/// "learn.one_class".
Artifact fit_numbers(const AnyEstimator& estimator, const Features& x, std::span<const std::string> names,
                     const Target& target, std::vector<double> weights, std::string_view target_name,
                     const Context& context);

}  // namespace everyml
