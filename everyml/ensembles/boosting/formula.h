#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace everyml {

/// A formula given as text, such as "r = y - f; if(abs(r) < 2, 0.5*r^2, 2*abs(r) - 2)", turned into a short
/// list of steps that are run over rows, with first and second derivatives by one variable (forward mode).
/// Immutable; thread-safe.
///
/// Text: names set by `name = formula;` and at the end one formula. In the order of their strength:
/// ^ (from the right), unary - and +, * and /, + and -, comparisons < <= > >= == != (1 or 0). Numbers as 2,
/// 0.5, 1e-3; the constants pi and e. Functions exp, log, log1p, sqrt, abs, sign, tanh, sigmoid,
/// softplus(x) = log(1 + e^x), min(a, b), max(a, b), pow(a, b) which is a^b, and if(condition, a, b), which
/// is a where the condition is not 0 and looks at nothing else there.
///
/// Where a function has a kink (abs, min, max, if) its derivative is that of the side it takes, 0 for abs at
/// 0. Values have the same bits on every CPU.
class Formula {
 public:
  static constexpr std::size_t kMostCharacters = 4096, kMostDepth = 64, kMostSteps = 256, kBlock = 256;

  /// Throws ParameterError "parameter.formula" saying what is wrong and at which character, counted from 1.
  /// `variables` are the names that it may use.
  Formula(std::string_view text, std::span<const std::string_view> variables);

  bool uses(std::size_t variable) const { return used_[variable]; }
  /// inputs: [variables]. Allocates nothing.
  double value(std::span<const double> inputs) const;

  /// Room for one block; made once for each thread.
  class Workspace {
   public:
    explicit Workspace(const Formula& formula) : values_(formula.steps_.size() * 3 * kBlock) {}

   private:
    friend class Formula;
    std::vector<double> values_;
  };
  /// The value and its derivatives by the variable `by` at n <= kBlock rows; inputs: [variables] pointers to
  /// [n]; outputs [n] each. Figures outside of a function's domain are NaN or infinite.
  void differentiate(std::size_t n, std::span<const double* const> inputs, std::size_t by, double* value,
                     double* first, double* second, Workspace& workspace) const;

  enum class Op : std::uint8_t {
    number,
    variable,
    add,
    subtract,
    multiply,
    divide,
    negate,
    exp,
    log,
    log1p,
    sqrt,
    abs,
    sign,
    tanh,
    sigmoid,
    softplus,
    smaller,
    larger,
    power,
    choose,
    less,
    less_equal,
    equal
  };
  /// One step; a, b, c are earlier steps. power: a to the power `number`.
  struct Step {
    Op op = Op::number;
    std::uint16_t a = 0, b = 0, c = 0;
    double number = 0;
  };
  std::span<const Step> steps() const { return steps_; }

 private:
  std::vector<Step> steps_;  ///< the last is the result
  std::vector<bool> used_;   ///< [variables]
};

}  // namespace everyml
