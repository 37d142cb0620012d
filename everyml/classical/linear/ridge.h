#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/io/archive.h"
#include "everyml/foundation/model/attributes.h"
#include "everyml/foundation/model/card.h"
#include "everyml/foundation/params/field.h"

namespace everyml {

/// One penalty that was tried and its exact leave-one-out error.
struct RidgeTrial {
  double alpha = 0.0;
  double error = 0.0;  ///< weighted mean squared error of rows left out one at a time
};

/// A penalised line. Immutable, thread-safe.
class RidgeModel {
 public:
  struct State {
    std::vector<std::string> features;
    std::vector<double> coefficients;  ///< [features]
    double intercept = 0.0;
    bool has_intercept = true;
    double alpha = 0.0;               ///< the penalty used
    double degrees_of_freedom = 0.0;  ///< trace of the hat matrix, the intercept included
    double residual_square = 0.0;     ///< sum w (y - prediction)^2 on the training rows
    double total_square = 0.0;        ///< sum w (y - mean)^2, or sum w y^2 without an intercept
    double weight = 0.0;              ///< sum of row weights
    std::vector<RidgeTrial> trials;   ///< empty when alpha was given
  };

  explicit RidgeModel(State state) : state_(std::move(state)) {}

  std::size_t feature_count() const { return state_.coefficients.size(); }
  std::span<const std::string> features() const { return state_.features; }
  std::span<const double> coefficients() const { return state_.coefficients; }
  double intercept() const { return state_.intercept; }
  double alpha() const { return state_.alpha; }
  std::span<const RidgeTrial> trials() const { return state_.trials; }
  const State& state() const { return state_; }
  /// Share of the sum of squares explained: about the mean, or about 0 without an intercept.
  double r2() const;

  void predict(const Features& x, std::span<double> out, const Context& context) const;
  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static RidgeModel load(const ArchiveReader& archive);

  static constexpr auto attributes() {
    using M = RidgeModel;
    using Row = Attribute<M>;
    return std::array{
        Row{"coefficients", "Slope of each feature, in units of the target per unit; [features].",
            [](const M& m) -> std::optional<Figure> { return Figure::list(m.coefficients()); }},
        Row{"intercept",
            "The answer where every feature is 0, in units of the target; 0 when none is learned.",
            [](const M& m) -> std::optional<Figure> { return Figure::number(m.intercept()); }},
        Row{"alpha", "The penalty that was given or chosen.",
            [](const M& m) -> std::optional<Figure> { return Figure::number(m.alpha()); }},
        Row{"degrees_of_freedom", "Trace of the hat matrix, the intercept included.",
            [](const M& m) -> std::optional<Figure> { return Figure::number(m.state().degrees_of_freedom); }},
        Row{"r2", "Share of the sum of squares of the target explained on the training rows.",
            [](const M& m) -> std::optional<Figure> { return Figure::number(m.r2()); }},
        Row{"trial_alphas", "The penalties that were tried; [trials].",
            [](const M& m) { return m.trial_column(&RidgeTrial::alpha); }},
        Row{"trial_errors",
            "Mean squared error, each row left out once, of each penalty of trial_alphas; [trials].",
            [](const M& m) { return m.trial_column(&RidgeTrial::error); }}};
  }

 private:
  /// None when the penalty was given.
  std::optional<Figure> trial_column(double RidgeTrial::* column) const;
  State state_;
};

/// Least squares with an L2 penalty on the coefficients: min sum w (y - b0 - x . b)^2 + alpha |b|^2. The
/// intercept is not penalised. See docs/algorithms/ridge.md. References: Hoerl and Kennard, "Ridge
/// Regression", Technometrics 12 (1970); Golub, Heath and Wahba, "Generalized Cross-Validation as a Method
/// for Choosing a Good Ridge Parameter", Technometrics 21 (1979).
struct Ridge {
  std::optional<double> alpha;
  std::vector<double> alphas = {0.001, 0.003, 0.01, 0.03, 0.1,  0.3,   1,     3,     10,
                                30,    100,   300,  1000, 3000, 10000, 30000, 100000};
  bool intercept = true;

  static constexpr std::string_view name = "ridge";
  static constexpr auto fields() {
    return std::tuple{Field{&Ridge::alpha, "alpha",
                            "Strength of the penalty, 0 is least squares; none chooses from alphas by "
                            "leaving each row out once.",
                            between(0.0, 1e300)},
                      Field{&Ridge::alphas, "alphas", "Penalties to choose from when alpha is none.",
                            between(1e-300, 1e300)},
                      Field{&Ridge::intercept, "intercept", "Learn an intercept; it is not penalised."}};
  }
  static constexpr auto rules() {
    return std::array{Rule<Ridge>{[](const Ridge& s) { return s.alpha.has_value() || !s.alphas.empty(); },
                                  "alphas must hold at least one value when alpha is none"}};
  }
  static Card card();
  /// Throws DataError of Dataset::validate, and ResourceError "ridge.size" when both rows and columns exceed
  /// what an eigendecomposition can hold (20000).
  RidgeModel fit(const Dataset& data, const Context& context) const;
};

}  // namespace everyml
