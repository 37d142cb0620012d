#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "everyml/foundation/base/json.h"
#include "everyml/foundation/model/any_model.h"
#include "everyml/foundation/model/registry.h"
#include "everyml/workflow/encode/encoder.h"

namespace everyml {

/// Maps raw probabilities to calibrated ones; the identity unless fitted. One map per class, rows
/// renormalised (a row whose mapped values are all 0 stays as it is). Sigmoid: p becomes 1 / (1 + exp(-(slope
/// * log(p / (1 - p)) + offset))) with p held in [1e-12, 1 - 1e-12], so slope 1 and offset 0 change nothing.
/// Isotonic: linear between the knots, constant beyond them. Reference: Platt, "Probabilistic Outputs for
/// Support Vector Machines", 1999 (sigmoid); Zadrozny and Elkan, "Transforming Classifier Scores into
/// Accurate Multiclass Probability Estimates", 2002 (isotonic).
struct Calibration {
  enum class Method : std::uint8_t { none, sigmoid, isotonic };
  Method method = Method::none;
  std::size_t classes = 0;
  std::vector<double> slope, offset;               ///< sigmoid: [classes]
  std::vector<std::vector<double>> knots, levels;  ///< isotonic: per class, ascending
  /// In place over [rows, classes].
  void apply(std::span<double> probabilities) const;
};

/// Prediction intervals and sets by split conformal prediction with out-of-fold residuals.
/// Reference: Vovk, Gammerman and Shafer, 2005; Barber et al., "Predictive inference with the jackknife+",
/// 2021.
struct Conformal {
  std::vector<double> scores;  ///< ascending nonconformity scores of out-of-fold rows; empty: not available
  /// Half width (regression) or the bound on 1 - p (classes) for coverage `level`: the ceil((n + 1) level)-th
  /// smallest score; infinity when that is beyond the last. REQUIRES: level in (0, 1).
  double bound(double level) const;
};

/// Everything that answers for new rows, one file: schema, encoder, model, calibration, settings, metrics.
/// Immutable once made; const use is thread-safe.
struct Artifact {
  std::string algorithm;             ///< registry name
  std::string settings_json = "{}";  ///< of the algorithm
  std::string target_name;           ///< empty for clustering
  Target::Kind target_kind = Target::Kind::none;
  ColumnKind label_kind = ColumnKind::category;  ///< what class labels were in the user's table
  std::vector<std::string> class_names;
  Encoder encoder;
  AnyModel model;
  Calibration calibration;
  Conformal conformal;
  double threshold = 0.5;  ///< binary: probability of class_names[1] from which it is answered; just above 1:
                           ///< never
  bool threshold_set = false;  ///< false: the likeliest class is answered
  std::string metadata_json =
      "{}";  ///< made by learn: metrics, data fingerprint, seed, versions; shown by inspect

  std::string bytes() const;
  /// Throws FormatError as ArchiveReader does, "model.unknown_algorithm" when the registry lacks the
  /// algorithm, and "model.value" where the parts do not fit each other.
  static Artifact from_bytes(std::string bytes, const std::string& name, const Registry& registry);
  static Artifact load(const std::string& path, const Registry& registry);
  void save(const std::string& path, bool overwrite) const;
};

struct PredictOptions {
  bool probabilities = false;      ///< one column per class, "p_<class>"
  std::optional<double> interval;  ///< coverage in (0, 1): columns "low", "high" or, for classes, "set"
  bool keep_input = false;         ///< put the input's columns first
};

/// Answers for the rows of a table: a table with the column `<target>` (labels as the user wrote them,
/// numbers, "cluster", or "anomaly" with "unusual"), and what the options ask for besides. A set always holds
/// the class answered. A kept input column of the same name stays; the answer's name then ends in
/// "_predicted". Throws DataError "predict.no_known_column" when the table has rows but none of the columns
/// the model knows, ParameterError "parameter.range" for an interval outside (0, 1), UnsupportedError
/// "predict.no_intervals" when neither the artifact nor the model can give them.
Table predict(const Artifact& artifact, const Table& table, const PredictOptions& options,
              const Context& context, EncodeNotes* notes = nullptr);

/// The numbers behind it. values: [rows]; probabilities: calibrated, [rows, classes].
std::vector<double> predict_values(const Artifact& artifact, const Table& table, const Context& context,
                                   EncodeNotes* notes = nullptr);
std::vector<double> predict_probabilities(const Artifact& artifact, const Table& table,
                                          const Context& context, EncodeNotes* notes = nullptr);
std::vector<std::int32_t> predict_clusters(const Artifact& artifact, const Table& table,
                                           const Context& context, EncodeNotes* notes = nullptr);
/// How unusual each row is, [rows]; see AnyModel::anomaly.
std::vector<double> predict_anomalies(const Artifact& artifact, const Table& table, const Context& context,
                                      EncodeNotes* notes = nullptr);
/// The class answered for each row of [rows, classes], with the artifact's threshold.
std::vector<std::int32_t> decide(const Artifact& artifact, std::span<const double> probabilities);

/// One row at a time without heap allocation, in microseconds. One per thread.
class RowPredictor {
 public:
  explicit RowPredictor(const Artifact& artifact);
  ~RowPredictor();
  RowPredictor(RowPredictor&&) noexcept;
  std::size_t column(std::string_view name) const;
  void clear();
  void set(std::size_t column, double number);
  void set(std::size_t column, std::string_view text);
  double value();                           ///< regression
  std::span<const double> probabilities();  ///< classes, valid until the next call
  std::size_t decide();                     ///< index of the class answered

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace everyml
