#include "everyml/ensembles/boosting/formula.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "everyml/ensembles/boosting/formula_impl.h"
#include "everyml/foundation/linalg/elementary.h"

namespace everyml {

using namespace boosting_detail;
using Op = Formula::Op;

namespace boosting_detail {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double fixed_tanh(double x) {
  const double size = std::abs(x), square = x * x;
  if (size < 0.1) {
    // x - x^3/3 + 2 x^5/15 - 17 x^7/315 + 62 x^9/2835 - 1382 x^11/155925; the next term is below 1e-15 of x.
    double q = -1382.0 / 155925;
    for (const double c : {62.0 / 2835, -17.0 / 315, 2.0 / 15, -1.0 / 3}) q = q * square + c;
    return x + x * square * q;
  }
  const double e = portable::exp(-2.0 * size);
  return std::copysign((1.0 - e) / (1.0 + e), x);
}

/// log(1 + x), accurate for small x: what rounding 1 + x loses is put back.
double fixed_log1p(double x) {
  if (x >= 0 && x <= 1) return portable::log1p_unit(x);
  const double sum = 1.0 + x;
  if (sum == 1.0 || !(sum > 0) || std::isinf(sum)) return sum == 1.0 ? x : fixed_log(sum);
  return fixed_log(sum) + ((x - (sum - 1.0)) / sum);
}

}  // namespace

double fixed_log(double x) {
  if (std::isnan(x) || x < 0) return kNaN;
  if (x == 0) return -std::numeric_limits<double>::infinity();
  if (std::isinf(x)) return x;
  int exponent = 0;
  double m = std::frexp(x, &exponent);  // [1/2, 1)
  if (m < 0.7071067811865476) m *= 2, --exponent;
  // 2 atanh(s), |s| < 0.172: terms beyond s^23 are below 1e-18 of the first.
  const double s = (m - 1.0) / (m + 1.0), s2 = s * s;
  double q = 0;
  for (int i = 11; i >= 1; --i) q = (q + 1.0 / (2 * i + 1)) * s2;
  const double k = exponent;
  constexpr double kHigh = 0x1.62e42fee00000p-1, kLow = 0x1.a39ef35793c76p-33;
  return k * kHigh + (2.0 * (s + s * q) + k * kLow);
}

double fixed_power(double a, double p) {
  if (p == std::floor(p) && std::abs(p) <= 64) {
    double result = 1, square = a;
    for (auto left = static_cast<unsigned>(std::abs(p)); left > 0; left >>= 1U, square *= square)
      if ((left & 1U) != 0) result *= square;
    return p < 0 ? 1.0 / result : result;
  }
  if (p == 0.5) return std::sqrt(a);
  if (a == 0) return p > 0 ? 0.0 : std::numeric_limits<double>::infinity();
  return portable::exp(p * fixed_log(a));
}

double apply_step(Op op, double a, double b, double number) {
  switch (op) {
    case Op::number:
      return number;
    case Op::variable:
    case Op::choose:
      return a;
    case Op::add:
      return a + b;
    case Op::subtract:
      return a - b;
    case Op::multiply:
      return a * b;
    case Op::divide:
      return a / b;
    case Op::negate:
      return -a;
    case Op::exp:
      return portable::exp(a);
    case Op::log:
      return fixed_log(a);
    case Op::log1p:
      return fixed_log1p(a);
    case Op::sqrt:
      return std::sqrt(a);
    case Op::abs:
      return std::abs(a);
    case Op::sign:
      return a > 0 ? 1.0 : (a < 0 ? -1.0 : a);
    case Op::tanh:
      return fixed_tanh(a);
    case Op::sigmoid:
      return portable::sigmoid(a);
    case Op::softplus:
      return portable::log1p_exp(a);
    // A NaN must not be lost, so both are not std::min.
    case Op::smaller:
      return std::isnan(a) || a < b ? a : b;
    case Op::larger:
      return std::isnan(a) || a > b ? a : b;
    case Op::power:
      return fixed_power(a, number);
    case Op::less:
      return a < b ? 1.0 : 0.0;
    case Op::less_equal:
      return a <= b ? 1.0 : 0.0;
    case Op::equal:
      return a == b ? 1.0 : 0.0;
  }
  return kNaN;
}

}  // namespace boosting_detail

Formula::Formula(std::string_view text, std::span<const std::string_view> variables)
    : steps_(parse_formula(text, variables)), used_(variables.size()) {
  for (const Step& step : steps_) {
    if (step.op == Op::variable) used_[step.a] = true;
  }
}

double Formula::value(std::span<const double> inputs) const {
  std::array<double, kMostSteps> at;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Step& step = steps_[i];
    if (step.op == Op::number) {
      at[i] = step.number;
    } else if (step.op == Op::variable) {
      at[i] = inputs[step.a];
    } else if (step.op == Op::choose) {
      at[i] = at[step.a] != 0 ? at[step.b] : at[step.c];
    } else {
      at[i] = apply_step(step.op, at[step.a], at[step.b], step.number);
    }
  }
  return at[steps_.size() - 1];
}

namespace {

/// A value with its first and second derivative.
struct Jet {
  double v = 0, d = 0, s = 0;
};

/// A function of a, given its own two derivatives there. Steps that do not move stay at derivative 0, even
/// where the function is steep without bound.
Jet chain(const Jet& a, double value, double first, double second) {
  if (a.d == 0 && a.s == 0) return {value, 0, 0};
  return {value, first * a.d, second * a.d * a.d + first * a.s};
}

Jet powered(const Jet& a, double p) {
  if (p == 0) return {1, 0, 0};
  const double first = p * fixed_power(a.v, p - 1);
  const double second = p == 1 ? 0.0 : p * (p - 1) * fixed_power(a.v, p - 2);
  return chain(a, fixed_power(a.v, p), first, second);
}

Jet quotient(const Jet& a, const Jet& b) {
  const double v = a.v / b.v, d = (a.d - v * b.d) / b.v;
  return {v, d, (a.s - 2 * d * b.d - v * b.s) / b.v};
}

Jet of_one(Op op, const Jet& a) {
  const double v = apply_step(op, a.v, a.v, 0);
  switch (op) {
    case Op::negate:
      return {v, -a.d, -a.s};
    case Op::exp:
      return chain(a, v, v, v);
    case Op::log:
      return chain(a, v, 1 / a.v, -1 / (a.v * a.v));
    case Op::log1p:
      return chain(a, v, 1 / (1 + a.v), -1 / ((1 + a.v) * (1 + a.v)));
    case Op::sqrt:
      return chain(a, v, 0.5 / v, -0.25 / (v * a.v));
    case Op::abs:
      return a.v > 0 ? a : (a.v < 0 ? Jet{v, -a.d, -a.s} : Jet{v, 0, 0});
    case Op::tanh:
      return chain(a, v, 1 - v * v, -2 * v * (1 - v * v));
    case Op::sigmoid: {
      const double slope = v * portable::sigmoid(-a.v);
      return chain(a, v, slope, slope * (1 - 2 * v));
    }
    case Op::softplus: {
      const double p = portable::sigmoid(a.v);
      return chain(a, v, p, p * portable::sigmoid(-a.v));
    }
    default:
      return {v, 0, 0};  // sign: flat
  }
}

Jet of_two(Op op, const Jet& a, const Jet& b) {
  switch (op) {
    case Op::add:
      return {a.v + b.v, a.d + b.d, a.s + b.s};
    case Op::subtract:
      return {a.v - b.v, a.d - b.d, a.s - b.s};
    case Op::multiply:
      return {a.v * b.v, a.d * b.v + a.v * b.d, a.s * b.v + 2 * a.d * b.d + a.v * b.s};
    case Op::divide:
      return quotient(a, b);
    case Op::smaller:
      return std::isnan(a.v) || a.v < b.v ? a : b;
    case Op::larger:
      return std::isnan(a.v) || a.v > b.v ? a : b;
    default:
      return {apply_step(op, a.v, b.v, 0), 0, 0};  // comparisons
  }
}

bool takes_two(Op op) {
  return op == Op::add || op == Op::subtract || op == Op::multiply || op == Op::divide || op == Op::smaller ||
         op == Op::larger || op == Op::less || op == Op::less_equal || op == Op::equal;
}

}  // namespace

void Formula::differentiate(std::size_t n, std::span<const double* const> inputs, std::size_t by,
                            double* value, double* first, double* second, Workspace& workspace) const {
  // Three rows of kBlock for each step: value, first, second.
  double* base = workspace.values_.data();
  const auto jet = [base](std::size_t step, std::size_t row) {
    const double* at = base + step * 3 * kBlock + row;
    return Jet{at[0], at[kBlock], at[2 * kBlock]};
  };
  const auto run = [&](std::size_t i, auto&& make) {
    double* at = base + i * 3 * kBlock;
    for (std::size_t r = 0; r < n; ++r) {
      const Jet made = make(r);
      at[r] = made.v, at[kBlock + r] = made.d, at[2 * kBlock + r] = made.s;
    }
  };
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Step& step = steps_[i];
    const std::size_t a = step.a, b = step.b, c = step.c;
    switch (step.op) {
      case Op::number:
        run(i, [&](std::size_t) { return Jet{step.number, 0, 0}; });
        break;
      case Op::variable:
        run(i, [&](std::size_t r) { return Jet{inputs[a][r], a == by ? 1.0 : 0.0, 0}; });
        break;
      case Op::choose:
        run(i, [&](std::size_t r) { return jet(a, r).v != 0 ? jet(b, r) : jet(c, r); });
        break;
      case Op::power:
        run(i, [&](std::size_t r) { return powered(jet(a, r), step.number); });
        break;
      // The commonest ones by themselves, so that their loops are straight.
      case Op::add:
        run(i, [&](std::size_t r) { return of_two(Op::add, jet(a, r), jet(b, r)); });
        break;
      case Op::subtract:
        run(i, [&](std::size_t r) { return of_two(Op::subtract, jet(a, r), jet(b, r)); });
        break;
      case Op::multiply:
        run(i, [&](std::size_t r) { return of_two(Op::multiply, jet(a, r), jet(b, r)); });
        break;
      default:
        if (takes_two(step.op)) {
          run(i, [&](std::size_t r) { return of_two(step.op, jet(a, r), jet(b, r)); });
        } else {
          run(i, [&](std::size_t r) { return of_one(step.op, jet(a, r)); });
        }
    }
  }
  const double* last = base + (steps_.size() - 1) * 3 * kBlock;
  std::copy(last, last + n, value);
  std::copy(last + kBlock, last + kBlock + n, first);
  std::copy(last + 2 * kBlock, last + 2 * kBlock + n, second);
}

}  // namespace everyml
