#include "everyml/foundation/optim/newton.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "everyml/foundation/linalg/cholesky.h"

namespace everyml {
namespace {

double largest(std::span<const double> a) {
  double most = 0.0;
  for (const double value : a) most = std::max(most, std::abs(value));
  return most;
}

/// -H^-1 g; the diagonal grows until H can be factored. Returns g' H^-1 g, or nothing when nothing helps.
std::optional<double> newton_step(const Matrix& hessian, std::span<const double> gradient,
                                  std::vector<double>& step) {
  const std::size_t n = gradient.size();
  for (double damping = 0.0; damping < 1e6; damping = damping == 0.0 ? 1e-12 : damping * 100.0) {
    Matrix damped = hessian;
    for (std::size_t i = 0; i < n && damping > 0.0; ++i)
      damped(i, i) += damping * std::max(std::abs(hessian(i, i)), 1e-12);
    const auto factor = Cholesky::factor(std::move(damped));
    if (!factor) continue;
    step.assign(gradient.begin(), gradient.end());
    factor->solve(step);
    double decrement = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      decrement += step[i] * gradient[i];
      step[i] = -step[i];
    }
    if (std::isfinite(decrement)) return decrement;
  }
  return std::nullopt;
}

}  // namespace

Minimum minimise_newton(CurvedObjective& objective, std::span<double> x, const NewtonOptions& options,
                        const Context& context, std::vector<double>* last_step) {
  const std::size_t n = x.size();
  std::vector<double> gradient(n), next(n), next_gradient(n), step(n);
  Matrix hessian(n, n), next_hessian(n, n);
  Minimum result;
  result.ending = Ending::iterations;
  result.value = objective.evaluate_with_hessian(x, gradient, hessian);
  for (; result.iterations < options.iterations; ++result.iterations) {
    context.check();
    const std::optional<double> found = newton_step(hessian, gradient, step);
    if (!found) {
      result.ending = Ending::failed;
      break;
    }
    const double decrement = *found;
    if (last_step) *last_step = step;
    if (decrement / 2 <= options.decrease_tolerance) {
      result.ending = Ending::converged;
      break;
    }
    if (context.stop_requested()) {
      result.ending = Ending::stopped;
      break;
    }
    const double noise = 1e-13 * (1.0 + std::abs(result.value));
    bool moved = false;
    for (double t = 1.0; t > 1e-10 && !moved; t *= 0.5) {
      for (std::size_t i = 0; i < n; ++i) next[i] = x[i] + t * step[i];
      const double value = objective.evaluate_with_hessian(next, next_gradient, next_hessian);
      // Near the minimum values no longer tell points apart; there a smaller gradient is what counts.
      const bool lower = value <= result.value - 1e-4 * t * decrement;
      const bool flat = value <= result.value + noise && largest(next_gradient) < largest(gradient);
      if (!lower && !flat) continue;
      moved = true;
      std::copy(next.begin(), next.end(), x.begin());
      gradient.swap(next_gradient);
      std::swap(hessian, next_hessian);
      result.value = value;
    }
    if (!moved) {
      result.ending = Ending::precision;
      break;
    }
    context.metric("loss", result.iterations, result.value);
    context.progress(options.stage,
                     static_cast<double>(result.iterations + 1) / static_cast<double>(options.iterations));
  }
  result.gradient_norm = largest(gradient);
  return result;
}

}  // namespace everyml
