#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/base/json.h"
#include "everyml/foundation/data/table.h"
#include "everyml/workflow/artifact/artifact.h"

namespace everyml {

/// How much worse the score gets when a column's cells are shuffled among the rows: the mean over repeats and
/// its standard deviation, in the metric's own unit, positive = the model needs the column. Reference:
/// Breiman, "Random Forests", Machine Learning 45 (2001); Fisher, Rudin and Dominici, JMLR 20 (2019).
struct ColumnImportance {
  std::string column;
  double mean = 0;
  double deviation = 0;
};

struct ImportanceOptions {
  std::string metric;  ///< as in metric_list(); empty: the task's default
  std::size_t repeats = 5;
  std::size_t max_rows = 5000;  ///< a random part of the table when it is larger
  /// Table columns to shuffle; empty: all that the artifact reads. Those it does not read are left out.
  std::vector<std::string> columns;
};

/// Permutation importance of table columns (not of encoded features) on the rows of `table`, most important
/// first. REQUIRES: the artifact predicts a target and `table` has it. Throws DataError "data.column_missing"
/// otherwise.
std::vector<ColumnImportance> permutation_importance(const Artifact& artifact, const Table& table,
                                                     const ImportanceOptions& options,
                                                     const Context& context);

/// The mean answer when one column is set to a value for every row, over a grid of that column's values.
/// Reference: Friedman, "Greedy Function Approximation", Annals of Statistics 29 (2001).
struct PartialDependence {
  std::string column;
  ColumnKind kind = ColumnKind::number;
  std::vector<double> grid;              ///< numbers and dates
  std::vector<std::string> levels;       ///< categories and booleans
  std::vector<std::string> class_names;  ///< empty in regression
  std::vector<double> mean;              ///< [grid points, max(1, classes)]
  std::vector<double> low, high;         ///< 10th and 90th percentile of single rows, same shape
};
/// All of it, under the names above; what is empty is left out.
Json to_json(const PartialDependence& dependence);

struct DependenceOptions {
  std::size_t points = 24;
  std::size_t max_rows = 1000;
};
/// Throws DataError "data.column_missing", "explain.no_rows", UnsupportedError "explain.text_column",
/// ParameterError "parameter.range".
PartialDependence partial_dependence(const Artifact& artifact, const Table& table, std::string_view column,
                                     const DependenceOptions& options, const Context& context);

/// How the mean answer changes along a column of numbers or dates when the others stay as they are in the
/// rows that are there: the changes within each step of the grid, averaged over its rows and added up, with
/// mean 0 over all rows. Unlike partial dependence it never asks the model about combinations that do not
/// occur. Reference: Apley and Zhu, "Visualizing the Effects of Predictor Variables in Black Box Supervised
/// Learning Models", Journal of the Royal Statistical Society B 82 (2020).
struct AccumulatedEffects {
  std::string column;
  ColumnKind kind = ColumnKind::number;
  std::vector<double> grid;
  std::vector<std::string> class_names;  ///< empty in regression
  std::vector<double> effect;            ///< [grid points, max(1, classes)]
  std::vector<std::uint64_t> rows;       ///< [grid points - 1]: rows in each step
};
/// All of it, under the names above.
Json to_json(const AccumulatedEffects& effects);
/// Throws DataError "data.column_missing", "explain.no_rows" (fewer than two different values),
/// UnsupportedError "explain.ale_column" (categories, true and false, texts), ParameterError
/// "parameter.range".
AccumulatedEffects accumulated_effects(const Artifact& artifact, const Table& table, std::string_view column,
                                       const DependenceOptions& options, const Context& context);

/// What each table column adds to single answers, exactly: SHAP values of the encoded features, added up by
/// the column that they come from.
struct ColumnContributions {
  std::vector<std::string> columns;  ///< those that the model reads
  std::vector<std::string> sums;     ///< the classes that a row's sums are of; empty: there is one sum
  std::vector<std::size_t> rows;     ///< of the table, ascending
  std::vector<double> base;          ///< [sums]: what is said of a row nothing is known of
  std::vector<double> added;         ///< [rows, sums, columns]
  /// [rows, columns]: where a number stands among those of these rows, from 0 for the least to 1 for the
  /// greatest, equal ones in the middle of their places; NaN for other kinds of columns and missing cells.
  std::vector<double> rank;
  /// [rows, columns]: numbers as they are and dates in microseconds; NaN as above.
  std::vector<double> value;

  std::size_t width() const { return base.size(); }
  double at(std::size_t row, std::size_t sum, std::size_t column) const {
    return added[(row * width() + sum) * columns.size() + column];
  }
};

/// For at most `max_rows` rows of the table, chosen at random. A row's base and contributions sum to what the
/// model adds up before it answers (AnyModel::contributions). Throws UnsupportedError "model.capability" for
/// a model that cannot tell, DataError "explain.no_rows".
ColumnContributions column_contributions(const Artifact& artifact, const Table& table, std::size_t max_rows,
                                         const Context& context);

/// Learns a map from raw to calibrated probabilities on out-of-fold rows. `method` none tries both and keeps
/// the best by cross-validated log loss, or none when neither helps. probabilities: [rows, classes]; codes:
/// [rows].
Calibration fit_calibration(std::span<const double> probabilities, std::span<const std::int32_t> codes,
                            std::size_t classes, std::span<const double> weights,
                            std::optional<Calibration::Method> method, const Context& context);

/// Calibrates out-of-fold answers in place: those of each fold by a map of that method learned from the rows
/// of the other folds, so that no row takes part in its own calibration. What is then judged on them is not
/// flattered. probabilities: [rows, classes]; codes, fold: [rows], folds numbered from 0; weights: [rows] or
/// empty. A fold beside which there are no rows is calibrated by itself. Throws ParameterError
/// "parameter.output_size".
void calibrate_across_folds(std::span<double> probabilities, std::span<const std::int32_t> codes,
                            std::size_t classes, std::span<const double> weights,
                            std::span<const std::size_t> fold, Calibration::Method method,
                            const Context& context);

/// Nonconformity scores of out-of-fold rows: |y - prediction|, or 1 - p(true class).
Conformal conformal_of_values(std::span<const double> predicted, std::span<const double> truth);
Conformal conformal_of_probabilities(std::span<const double> probabilities,
                                     std::span<const std::int32_t> codes, std::size_t classes);

}  // namespace everyml
