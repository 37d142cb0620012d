#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/io/archive.h"
#include "everyml/foundation/model/card.h"
#include "everyml/foundation/params/field.h"

namespace everyml {

enum class ClassWeights { none, balanced };
constexpr auto choices_of(ClassWeights) {
  return std::array{Choice{ClassWeights::none, "none"}, Choice{ClassWeights::balanced, "balanced"}};
}

/// Linear scores that become probabilities. Immutable, thread-safe.
///
/// With two classes present there is one score, the log-odds of the second. With more there is one score per
/// class; unpenalised, the first present class is the reference whose score is 0. A class of the target that
/// no row had gets probability 0.
class LogisticRegressionModel {
 public:
  struct State {
    std::vector<std::string> features;
    std::vector<std::string> classes;  ///< all of the target, in code order
    std::vector<std::int32_t> scored;  ///< codes of the classes that have a score, ascending
    std::int32_t reference = -1;       ///< code of the class whose score is 0, or -1
    std::vector<double> coefficients;  ///< [scored, features]
    std::vector<double> intercepts;    ///< [scored]
    /// As the two above, of unpenalised fits; empty otherwise. NaN where there is none (aliased).
    std::vector<double> standard_errors;
    std::vector<double> intercept_errors;
    std::vector<std::int32_t>
        aliased;             ///< features that are combinations of earlier ones; unpenalised fits only
    bool separated = false;  ///< some line tells classes apart without error: no finite optimum
    std::vector<std::int32_t> separators;  ///< single features that separate
    std::optional<double> c;               ///< inverse strength of the penalty
    double log_loss = 0.0;                 ///< sum of row losses at the end, weights included
    double null_loss = 0.0;                ///< the same with intercepts alone
    double weight = 0.0;                   ///< sum of row weights
    std::int64_t iterations = 0;
    bool converged = true;
    bool has_intercept = true;
  };

  explicit LogisticRegressionModel(State state) : state_(std::move(state)) {}

  std::size_t feature_count() const { return state_.features.size(); }
  std::span<const std::string> class_names() const { return state_.classes; }
  const State& state() const { return state_; }

  void probabilities(const Features& x, std::span<double> out, const Context& context) const;
  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static LogisticRegressionModel load(const ArchiveReader& archive);

 private:
  void row_probabilities(const Features& x, std::size_t row, std::span<double> out) const;
  State state_;
};

/// Class probabilities from a line: min sum w loss + |b|^2 / (2 c), intercepts not penalised. See
/// docs/algorithms/logistic-regression.md.
/// References: Cox, "The Regression Analysis of Binary Sequences", JRSS B 20 (1958); Hastie, Tibshirani and
/// Friedman, "The Elements of Statistical Learning", 2nd ed., section 4.4.
struct LogisticRegression {
  std::optional<double> c = 1.0;
  ClassWeights class_weights = ClassWeights::none;
  bool intercept = true;
  int iterations = 1000;

  static constexpr std::string_view name = "logistic-regression";
  static constexpr auto fields() {
    return std::tuple{
        Field{&LogisticRegression::c, "c",
              "Inverse strength of the penalty: smaller keeps coefficients smaller; none switches the "
              "penalty off and "
              "gives standard errors, p-values and odds ratios.",
              between(1e-12, 1e12)},
        Field{&LogisticRegression::class_weights, "class_weights",
              "balanced gives every class the same total weight."},
        Field{&LogisticRegression::intercept, "intercept", "Learn an intercept; it is not penalised."},
        Field{&LogisticRegression::iterations, "iterations", "Steps of the solver at most.",
              between(1, 1000000)}};
  }
  static Card card();
  static std::vector<std::map<std::string, std::string>> search();
  /// Throws DataError of Dataset::validate; "data.one_class" when all rows have the same class.
  LogisticRegressionModel fit(const Dataset& data, const Context& context) const;
};

}  // namespace everyml
