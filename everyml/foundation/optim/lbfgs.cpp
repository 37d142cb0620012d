#include "everyml/foundation/optim/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <vector>

namespace everyml {
namespace {

using Vector = std::vector<double>;

constexpr double kTinyGradient = 1e-150;

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

double largest(std::span<const double> a) {
  double most = 0.0;
  for (const double value : a) most = std::max(most, std::abs(value));
  return most;
}

/// Steps taken and the changes of the gradient they brought.
struct Pair {
  Vector step, change;
  double curvature;  // step . change
};

/// -H g by the two loops over the pairs.
Vector direction(std::span<const double> gradient, const std::deque<Pair>& pairs,
                 const LbfgsOptions& options) {
  Vector q(gradient.begin(), gradient.end());
  Vector alpha(pairs.size());
  for (std::size_t k = pairs.size(); k-- > 0;) {
    alpha[k] = dot(pairs[k].step, q) / pairs[k].curvature;
    for (std::size_t i = 0; i < q.size(); ++i) q[i] -= alpha[k] * pairs[k].change[i];
  }
  if (options.precondition) {
    options.precondition(q);
  } else if (!pairs.empty()) {
    const Pair& last = pairs.back();
    const double scale = last.curvature / dot(last.change, last.change);
    for (double& value : q) value *= scale;
  }
  for (std::size_t k = 0; k < pairs.size(); ++k) {
    const double beta = dot(pairs[k].change, q) / pairs[k].curvature;
    for (std::size_t i = 0; i < q.size(); ++i) q[i] += (alpha[k] - beta) * pairs[k].step[i];
  }
  for (double& value : q) value = -value;
  return q;
}

/// A point on the line x + t p.
struct Trial {
  double t = 0.0, value = 0.0, slope = 0.0;
  Vector x, gradient;
};

class LineSearch {
 public:
  LineSearch(Objective& objective, const Context& context) : objective_(objective), context_(context) {}

  /// Moves `point` along p; false when no acceptable point was found.
  bool run(Trial& point, std::span<const double> p, double slope, double first) {
    constexpr double kDecrease = 1e-4, kCurvature = 0.9;
    // Below this, differences of values are rounding; there a smaller slope of either sign counts as progress
    // (the approximate Wolfe conditions of Hager and Zhang, 2005).
    const double noise = 1e-13 * (1.0 + std::abs(point.value));
    double low = 0.0, high = 0.0, t = first;
    for (int attempt = 0; attempt < 60; ++attempt) {
      Trial next = at(point, p, t);
      const bool finite = std::isfinite(next.value) && std::isfinite(next.slope);
      const bool lower = finite && next.value <= point.value + kDecrease * t * slope;
      const bool flat =
          finite && next.value <= point.value + noise && std::abs(next.slope) <= 0.9 * std::abs(slope);
      if (!lower && !flat)
        high = t;
      else if (!flat && next.slope < kCurvature * slope)
        low = t;
      else {
        point = std::move(next);
        return true;
      }
      const double middle = high > 0.0 ? 0.5 * (low + high) : 2.0 * t;
      if (middle == t || t > 1e20) break;
      t = middle;
    }
    if (low > 0.0) {
      point = at(point, p, low);
      return true;
    }
    return false;
  }

 private:
  Trial at(const Trial& from, std::span<const double> p, double t) {
    context_.check();
    Trial next;
    next.t = t;
    next.x.resize(p.size());
    next.gradient.resize(p.size());
    for (std::size_t i = 0; i < p.size(); ++i) next.x[i] = from.x[i] + t * p[i];
    next.value = objective_.evaluate(next.x, next.gradient);
    next.slope = dot(next.gradient, p);
    return next;
  }
  Objective& objective_;
  const Context& context_;
};

void remember(std::deque<Pair>& pairs, const Trial& before, const Trial& after, std::size_t memory) {
  Pair pair{Vector(after.x), Vector(after.gradient), 0.0};
  for (std::size_t i = 0; i < pair.step.size(); ++i) {
    pair.step[i] -= before.x[i];
    pair.change[i] -= before.gradient[i];
  }
  pair.curvature = dot(pair.step, pair.change);
  // A pair without positive curvature would make H indefinite.
  if (!(pair.curvature > 0.0)) return;
  pairs.push_back(std::move(pair));
  if (pairs.size() > memory) pairs.pop_front();
}

}  // namespace

Minimum minimise_lbfgs(Objective& objective, std::span<double> x, const LbfgsOptions& options,
                       const Context& context) {
  Trial point;
  point.x.assign(x.begin(), x.end());
  point.gradient.resize(x.size());
  point.value = objective.evaluate(point.x, point.gradient);
  std::deque<Pair> pairs;
  LineSearch search(objective, context);
  Minimum result;
  result.ending = Ending::iterations;
  double before_that = std::numeric_limits<double>::infinity();
  for (; result.iterations < options.iterations; ++result.iterations) {
    if (largest(point.gradient) <= options.gradient_tolerance) {
      result.ending = Ending::converged;
      break;
    }
    if (context.stop_requested()) {
      result.ending = Ending::stopped;
      break;
    }
    Vector p = direction(point.gradient, pairs, options);
    double slope = dot(p, point.gradient);
    if (!(slope < 0.0)) {
      if (pairs.empty()) {
        // The products of a tiny gradient may be 0; those of any other one must not.
        const bool tiny = slope == 0.0 && largest(point.gradient) < kTinyGradient;
        result.ending = tiny ? Ending::precision : Ending::failed;
        break;
      }
      pairs.clear();
      continue;
    }
    const double expected = -slope / 2;
    const double left =
        options.final_step
            ? expected * std::min(1.0, std::isfinite(before_that) ? expected / before_that : 1.0)
            : expected;
    before_that = expected;
    if (left <= options.decrease_tolerance) {
      for (std::size_t i = 0; options.final_step && i < p.size(); ++i) point.x[i] += p[i];
      if (options.final_step) point.value -= expected;
      result.ending = Ending::converged;
      break;
    }
    // Without any scale of the function yet, the first step moves x by at most 1.
    const double first =
        pairs.empty() && !options.precondition ? std::min(1.0, 1.0 / largest(point.gradient)) : 1.0;
    const Trial before = point;
    if (!search.run(point, p, slope, first)) {
      if (pairs.empty()) {
        result.ending = Ending::precision;
        break;
      }
      pairs.clear();
      continue;
    }
    remember(pairs, before, point, options.memory);
    context.metric("loss", result.iterations, point.value);
    context.progress(options.stage,
                     static_cast<double>(result.iterations + 1) / static_cast<double>(options.iterations));
  }
  std::copy(point.x.begin(), point.x.end(), x.begin());
  result.value = point.value;
  result.gradient_norm = largest(point.gradient);
  return result;
}

}  // namespace everyml
