#pragma once

#include <span>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/features.h"
#include "everyml/foundation/optim/objective.h"

namespace everyml {

/// Loss of a logistic regression over all rows, one fused pass for value and gradient. A parameter vector is
/// one group per score: its coefficients [columns], then its intercept. The same bits for any number of
/// threads.
struct LogisticProblem {
  const Features& x;
  std::span<const double> weights;  ///< one per row
  double penalty = 0.0;             ///< penalty / 2 * |coefficients|^2 is added
  bool intercept = true;            ///< false keeps the intercepts at 0
  bool exact = false;               ///< Hessian in double whatever the storage
  const Context& context;

  std::size_t group() const { return x.columns() + 1; }
};

/// Two classes, one score: the log-odds of target 1.
class BinaryObjective final : public CurvedObjective {
 public:
  /// `target`: 0 or 1 per row.
  BinaryObjective(LogisticProblem problem, std::span<const double> target) : p_(problem), target_(target) {}
  std::size_t size() const override { return p_.group(); }
  double evaluate(std::span<const double> x, std::span<double> gradient) override;
  double evaluate_with_hessian(std::span<const double> x, std::span<double> gradient,
                               Matrix& hessian) override;

 private:
  double run(std::span<const double> x, std::span<double> gradient, Matrix* hessian);
  LogisticProblem p_;
  std::span<const double> target_;
};

/// Several classes, one score for each; when `reference` the first class has score 0 and no parameters.
class MultinomialObjective final : public CurvedObjective {
 public:
  /// `codes`: 0..classes-1 per row.
  MultinomialObjective(LogisticProblem problem, std::span<const std::int32_t> codes, std::size_t classes,
                       bool reference)
      : p_(problem), codes_(codes), classes_(classes), reference_(reference) {}
  std::size_t size() const override { return (classes_ - (reference_ ? 1 : 0)) * p_.group(); }
  double evaluate(std::span<const double> x, std::span<double> gradient) override;
  /// Cost: columns^2 for each pair of classes and row.
  double evaluate_with_hessian(std::span<const double> x, std::span<double> gradient,
                               Matrix& hessian) override;

 private:
  double run(std::span<const double> x, std::span<double> gradient, Matrix* hessian);
  LogisticProblem p_;
  std::span<const std::int32_t> codes_;
  std::size_t classes_;
  bool reference_;
};

}  // namespace everyml
