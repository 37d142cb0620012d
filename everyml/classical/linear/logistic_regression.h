#pragma once

#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/io/archive.h"
#include "everyml/foundation/model/attributes.h"
#include "everyml/foundation/model/card.h"
#include "everyml/foundation/model/registry.h"
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
  /// 1 when the target has two classes, else their number.
  std::size_t score_count() const { return state_.classes.size() == 2 ? 1 : state_.classes.size(); }
  /// out: [rows, score_count()]. With two classes the log-odds of the second; else per class the weighted sum
  /// that softmax turns into its probability: 0 for the reference class, and for a class that no row had
  /// std::numeric_limits<double>::lowest().
  void scores(const Features& x, std::span<double> out, const Context& context) const;
  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static LogisticRegressionModel load(const ArchiveReader& archive);

  /// Rows of coefficients are those of scores(): scores = features . coefficients' + intercept. So a
  /// reference class has a row of zeros, and a class that no row had zeros and the lowest finite number as
  /// intercept.
  static constexpr auto attributes() {
    using M = LogisticRegressionModel;
    using Row = Attribute<M>;
    return std::array{
        Row{"coefficients",
            "Change of each score per unit of each feature; [1, features] for two classes, else "
            "[classes, features].",
            [](const M& m) -> std::optional<Figure> { return m.by_score(m.state().coefficients, 0.0); }},
        Row{"intercept", "Each score where every feature is 0; [1] for two classes, else [classes].",
            [](const M& m) -> std::optional<Figure> { return Figure::list(m.score_intercepts()); }},
        Row{"standard_errors",
            "Standard error of each coefficient of a fit without penalty; shaped as coefficients, NaN for a "
            "feature that was left out and for the reference class.",
            [](const M& m) { return m.errors_by_score(); }},
        Row{"intercept_standard_errors",
            "Standard error of each intercept of a fit without penalty; shaped as intercept.",
            [](const M& m) { return m.intercept_errors_by_score(); }},
        Row{"iterations", "Steps that the solver took.",
            [](const M& m) -> std::optional<Figure> {
              return Figure::number(static_cast<double>(m.state().iterations));
            }},
        Row{"converged", "1 when the solver reached the optimum, 0 when it was stopped before.",
            [](const M& m) -> std::optional<Figure> {
              return Figure::number(m.state().converged ? 1.0 : 0.0);
            }},
        Row{"log_loss", "Sum of the weighted losses of the training rows, in nats.",
            [](const M& m) -> std::optional<Figure> { return Figure::number(m.state().log_loss); }},
        Row{"null_log_loss", "The same of a model of intercepts alone.",
            [](const M& m) -> std::optional<Figure> { return Figure::number(m.state().null_loss); }},
        Row{"mcfadden_r2", "1 - log_loss / null_log_loss.",
            [](const M& m) -> std::optional<Figure> { return Figure::number(m.mcfadden_r2()); }}};
  }
  double mcfadden_r2() const;

 private:
  /// Where each row of the state's tables stands among the scores.
  std::vector<std::size_t> score_places() const;
  Figure by_score(std::span<const double> table, double elsewhere) const;
  std::vector<double> score_intercepts() const;
  std::optional<Figure> errors_by_score() const;
  std::optional<Figure> intercept_errors_by_score() const;
  void row_probabilities(const Features& x, std::size_t row, std::span<double> out) const;
  /// out: [classes], the sum of each; `never` for a class that no row had.
  void row_scores(const Features& x, std::size_t row, double never, std::span<double> out) const;
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
  static std::vector<Axis> space();
  /// Throws DataError of Dataset::validate; "data.one_class" when all rows have the same class.
  LogisticRegressionModel fit(const Dataset& data, const Context& context) const;
};

}  // namespace everyml
