#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/io/archive.h"
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

  void predict(const Features& x, std::span<double> out, const Context& context) const;
  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static RidgeModel load(const ArchiveReader& archive);

 private:
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
