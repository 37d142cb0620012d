#include <gtest/gtest.h>

#include <cmath>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/linalg/cholesky.h"
#include "everyml/foundation/optim/lbfgs.h"
#include "everyml/foundation/optim/newton.h"

namespace everyml {
namespace {

const Context kContext({.threads = 1});

/// Rosenbrock's valley in n dimensions (The Computer Journal 3, 1960); minimum 0 at (1, ..., 1).
struct Rosenbrock : CurvedObjective {
  explicit Rosenbrock(std::size_t dimensions) : n(dimensions) {}
  std::size_t n;
  std::size_t calls = 0;
  std::size_t size() const override { return n; }
  double evaluate(std::span<const double> x, std::span<double> g) override {
    Matrix unused;
    return evaluate_with_hessian(x, g, unused);
  }
  double evaluate_with_hessian(std::span<const double> x, std::span<double> g, Matrix& h) override {
    ++calls;
    h = Matrix(n, n);
    std::fill(g.begin(), g.end(), 0.0);
    double value = 0.0;
    for (std::size_t i = 0; i + 1 < n; ++i) {
      const double a = x[i + 1] - x[i] * x[i], b = 1.0 - x[i];
      value += 100.0 * a * a + b * b;
      g[i] += -400.0 * x[i] * a - 2.0 * b;
      g[i + 1] += 200.0 * a;
      h(i, i) += 1200.0 * x[i] * x[i] - 400.0 * x[i + 1] + 2.0;
      h(i + 1, i + 1) += 200.0;
      h(i, i + 1) -= 400.0 * x[i];
      h(i + 1, i) -= 400.0 * x[i];
    }
    return value;
  }
};

/// x' A x / 2 - b' x with a condition number of 1e3.
struct Quadratic : CurvedObjective {
  std::size_t size() const override { return 20; }
  static double scale(std::size_t i) { return std::pow(10.0, 3.0 * static_cast<double>(i) / 19.0); }
  double evaluate(std::span<const double> x, std::span<double> g) override {
    double value = 0.0;
    for (std::size_t i = 0; i < 20; ++i) {
      g[i] = scale(i) * x[i] - 1.0;
      value += 0.5 * scale(i) * x[i] * x[i] - x[i];
    }
    return value;
  }
  double evaluate_with_hessian(std::span<const double> x, std::span<double> g, Matrix& h) override {
    h = Matrix(20, 20);
    for (std::size_t i = 0; i < 20; ++i) h(i, i) = scale(i);
    return evaluate(x, g);
  }
};

TEST(Rosenbrock, DerivativesAreThoseOfDifferences) {
  Rosenbrock f(4);
  const std::vector<double> at = {-1.2, 1.0, 0.3, 2.0};
  std::vector<double> g(4), up(4), down(4);
  Matrix h, unused;
  f.evaluate_with_hessian(at, g, h);
  for (std::size_t i = 0; i < 4; ++i) {
    std::vector<double> a = at, b = at;
    a[i] += 1e-6;
    b[i] -= 1e-6;
    const double rise = f.evaluate_with_hessian(a, up, unused) - f.evaluate_with_hessian(b, down, unused);
    EXPECT_NEAR(g[i], rise / 2e-6, 1e-4);
    for (std::size_t j = 0; j < 4; ++j) EXPECT_NEAR(h(j, i), (up[j] - down[j]) / 2e-6, 1e-4);
  }
}

TEST(Lbfgs, FindsTheEndOfTheValley) {
  for (const std::size_t n : {2UL, 30UL}) {
    Rosenbrock f(n);
    std::vector<double> x(n, -1.2);
    const Minimum minimum = minimise_lbfgs(f, x, {.gradient_tolerance = 1e-9}, kContext);
    EXPECT_EQ(minimum.ending, Ending::converged);
    for (const double value : x) EXPECT_NEAR(value, 1.0, 1e-8);
  }
}

TEST(Lbfgs, SolvesAnIllConditionedQuadratic) {
  Quadratic f;
  std::vector<double> x(20, 0.0);
  const Minimum minimum = minimise_lbfgs(f, x, {.memory = 20, .gradient_tolerance = 1e-9}, kContext);
  EXPECT_EQ(minimum.ending, Ending::converged);
  for (std::size_t i = 0; i < 20; ++i) EXPECT_NEAR(x[i] * Quadratic::scale(i), 1.0, 1e-8);
}

TEST(Lbfgs, ThePerfectPreconditionerNeedsOneStep) {
  Quadratic f;
  std::vector<double> x(20, 0.0);
  LbfgsOptions options{.gradient_tolerance = 1e-9};
  options.precondition = [](std::span<double> g) {
    for (std::size_t i = 0; i < 20; ++i) g[i] /= Quadratic::scale(i);
  };
  EXPECT_EQ(minimise_lbfgs(f, x, options, kContext).iterations, 1U);
}

TEST(Lbfgs, CanBeContinued) {
  Rosenbrock f(10);
  std::vector<double> x(10, -1.2);
  EXPECT_EQ(minimise_lbfgs(f, x, {.iterations = 5}, kContext).ending, Ending::iterations);
  EXPECT_EQ(minimise_lbfgs(f, x, {.gradient_tolerance = 1e-9}, kContext).ending, Ending::converged);
  for (const double value : x) EXPECT_NEAR(value, 1.0, 1e-8);
}

TEST(Newton, FindsTheEndOfTheValleyInFewSteps) {
  Rosenbrock f(2);
  std::vector<double> x = {-1.2, 1.0};
  const Minimum minimum = minimise_newton(f, x, {.decrease_tolerance = 1e-20}, kContext);
  EXPECT_EQ(minimum.ending, Ending::converged);
  EXPECT_LE(minimum.iterations, 30U);
  EXPECT_NEAR(x[0], 1.0, 1e-9);
  EXPECT_NEAR(x[1], 1.0, 1e-9);
}

TEST(Newton, SolvesAQuadraticInOneStep) {
  Quadratic f;
  std::vector<double> x(20, 3.0);
  EXPECT_LE(minimise_newton(f, x, {}, kContext).iterations, 2U);
  for (std::size_t i = 0; i < 20; ++i) EXPECT_NEAR(x[i] * Quadratic::scale(i), 1.0, 1e-10);
}

struct StopAtOnce : Observer {
  bool stop() override { return true; }
};

TEST(Minimisers, AnObserverCanStopThem) {
  StopAtOnce observer;
  const Context context({.threads = 1, .observer = &observer});
  Rosenbrock f(2);
  std::vector<double> x = {-1.2, 1.0};
  EXPECT_EQ(minimise_newton(f, x, {}, context).ending, Ending::stopped);
  EXPECT_EQ(minimise_lbfgs(f, x, {}, context).ending, Ending::stopped);
  EXPECT_EQ(x[0], -1.2);
}

TEST(Minimisers, ACancelledContextThrows) {
  CancelToken token;
  token.cancel();
  const Context context({.threads = 1, .cancel = &token});
  Rosenbrock f(2);
  std::vector<double> x = {-1.2, 1.0};
  EXPECT_THROW(minimise_newton(f, x, {}, context), ResourceError);
  EXPECT_THROW(minimise_lbfgs(f, x, {}, context), ResourceError);
}

/// Finite value and gradient, but second derivatives beyond doubles.
struct Steep : CurvedObjective {
  std::size_t size() const override { return 1; }
  double evaluate(std::span<const double>, std::span<double> g) override {
    g[0] = 1e160;
    return 1.0;
  }
  double evaluate_with_hessian(std::span<const double> x, std::span<double> g, Matrix& h) override {
    h = Matrix(1, 1);
    h(0, 0) = HUGE_VAL;
    return evaluate(x, g);
  }
};

TEST(Minimisers, WhatCannotBeComputedIsNotCalledConverged) {
  Steep steep;
  std::vector<double> x = {0.0};
  EXPECT_EQ(minimise_newton(steep, x, {}, kContext).ending, Ending::failed);
  LbfgsOptions options;
  options.precondition = [](std::span<double> g) { g[0] = 0.0; };
  EXPECT_EQ(minimise_lbfgs(steep, x, options, kContext).ending, Ending::failed);
  EXPECT_EQ(x[0], 0.0);
}

}  // namespace
}  // namespace everyml
