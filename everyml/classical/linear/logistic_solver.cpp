#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "everyml/classical/linear/linear_state_impl.h"
#include "everyml/classical/linear/logistic_objective_impl.h"
#include "everyml/classical/linear/logistic_preconditioner_impl.h"
#include "everyml/classical/linear/logistic_solver_impl.h"
#include "everyml/foundation/linalg/cholesky.h"
#include "everyml/foundation/linalg/moments.h"
#include "everyml/foundation/linalg/pivoted_qr.h"
#include "everyml/foundation/linalg/row_kernels.h"
#include "everyml/foundation/optim/lbfgs.h"
#include "everyml/foundation/optim/newton.h"

namespace everyml {
namespace {

using State = LogisticRegressionModel::State;

/// Up to so many parameters a Hessian is made and factored.
constexpr std::size_t kNewtonSize = 500;
constexpr std::size_t kMultinomialNewtonSize = 200;
/// From so many rows on, a fit of a sample of them goes first.
constexpr std::size_t kWarmRows = 20000;
/// The fit ends when the loss can fall by no more than this: coefficients are then within about 1e-7 of their
/// standard errors of the optimum.
constexpr double kDecrease = 1e-15;
constexpr std::string_view kStage = "logistic regression";

/// The rows that count, with classes renumbered 0..k-1 by those present.
struct Rows {
  Features x;
  std::vector<double> weights;
  std::vector<std::int32_t> codes;    // [rows] renumbered
  std::vector<std::int32_t> classes;  // renumbered -> code of the target
  std::vector<double> class_weight;   // [classes] sums
  double total = 0.0;
};

Rows gather(const LogisticRegression& settings, const Dataset& data) {
  Rows rows;
  const auto codes = data.target.codes();
  std::vector<double> sums(data.target.class_count());
  for (std::size_t i = 0; i < codes.size(); ++i) sums[static_cast<std::size_t>(codes[i])] += data.weight(i);
  std::vector<std::int32_t> renumbered(sums.size(), -1);
  for (std::size_t c = 0; c < sums.size(); ++c) {
    if (sums[c] <= 0.0) continue;
    renumbered[c] = static_cast<std::int32_t>(rows.classes.size());
    rows.classes.push_back(static_cast<std::int32_t>(c));
    rows.class_weight.push_back(sums[c]);
    rows.total += sums[c];
  }
  std::vector<double> factor(rows.classes.size(), 1.0);
  if (settings.class_weights == ClassWeights::balanced) {
    for (std::size_t c = 0; c < factor.size(); ++c) {
      factor[c] = rows.total / (static_cast<double>(factor.size()) * rows.class_weight[c]);
      rows.class_weight[c] *= factor[c];
    }
  }
  // Rows without weight may be of a class that is not there; they stay and count nothing.
  rows.x = data.features;
  rows.weights.resize(codes.size());
  rows.codes.resize(codes.size());
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const std::int32_t code = renumbered[static_cast<std::size_t>(codes[i])];
    rows.codes[i] = std::max(code, 0);
    rows.weights[i] = code < 0 ? 0.0 : data.weight(i) * factor[static_cast<std::size_t>(code)];
  }
  return rows;
}

/// Every `step`-th row.
Rows thin(const Rows& rows, std::size_t step) {
  Rows part;
  std::vector<std::size_t> chosen;
  for (std::size_t i = step / 2; i < rows.codes.size(); i += step) chosen.push_back(i);
  part.x = rows.x.select_rows(chosen);
  part.classes = rows.classes;
  part.class_weight.assign(rows.classes.size(), 0.0);
  for (const std::size_t i : chosen) {
    part.weights.push_back(rows.weights[i]);
    part.codes.push_back(rows.codes[i]);
    part.class_weight[static_cast<std::size_t>(rows.codes[i])] += rows.weights[i];
    part.total += rows.weights[i];
  }
  return part;
}

std::vector<double> binary_target(const Rows& rows) { return {rows.codes.begin(), rows.codes.end()}; }

/// Loss of the class frequencies alone.
double null_loss(const Rows& rows, bool intercept) {
  double loss = 0.0, total = 0.0;
  for (const double weight : rows.class_weight) total += weight;
  for (const double weight : rows.class_weight) {
    loss -=
        weight * (intercept ? std::log(weight / total) : -std::log(static_cast<double>(rows.classes.size())));
  }
  return loss;
}

struct Fitter {
  const LogisticRegression& settings;
  const Context& context;
  double penalty;
  State state{};
  std::vector<double> last_step{};
  double value = 0.0;  ///< of the penalised loss at the end
  bool finite = true;

  LogisticProblem problem(const Rows& rows, double strength, bool exact = false) const {
    return {rows.x, rows.weights, strength, settings.intercept, exact, context};
  }

  /// Books a finished minimisation; the loss is what it reached less the penalty.
  void take(const Minimum& minimum, std::span<const double> w) {
    state.iterations += static_cast<std::int64_t>(minimum.iterations);
    state.converged = minimum.ending == Ending::converged || minimum.ending == Ending::precision;
    value = minimum.value;
    finite = std::isfinite(value) && minimum.ending != Ending::failed;
    for (const double one : w) finite = finite && std::isfinite(one);
  }

  std::size_t allowed() const { return static_cast<std::size_t>(settings.iterations); }

  /// The loss is a sum over weights, so what counts as next to nothing shrinks with them.
  static double decrease(const Rows& rows) { return kDecrease * std::min(rows.total, 1.0); }

  NewtonOptions newton_options(const Rows& rows) const {
    return {.iterations = allowed(), .decrease_tolerance = decrease(rows), .stage = kStage};
  }

  /// Two classes: the parameters of the log-odds.
  std::vector<double> fit_binary(const Rows& rows) {
    const std::size_t size = rows.x.columns() + 1;
    std::vector<double> w(size);
    if (settings.intercept) w.back() = std::log(rows.class_weight[1] / rows.class_weight[0]);
    const std::vector<double> target = binary_target(rows);
    BinaryObjective objective(problem(rows, penalty), target);
    if (size > kNewtonSize) {
      run_lbfgs(objective, w, rows,
                diagonal_preconditioner(rows.x, rows.weights, rows.class_weight, penalty, settings.intercept,
                                        false));
    } else if (rows.x.rows() < kWarmRows) {
      take(minimise_newton(objective, w, newton_options(rows), context, &last_step), w);
    } else {
      polish(objective, rows, w, warm_start(rows, w));
    }
    return w;
  }

  /// Fits thinned rows, few first and more after, and leaves a start within the standard errors of the
  /// thickest of them. Returns an inverse Hessian of all rows as estimated from those, or nothing when there
  /// are too few.
  std::function<void(std::span<double>)> warm_start(const Rows& rows, std::vector<double>& w) {
    const std::size_t n = rows.x.rows(), fewest = 40 * w.size();
    const std::size_t most = std::max(n / 12, fewest);
    if (most > n / 3) return {};
    std::vector<std::size_t> sizes = {most};
    while (sizes.back() / 8 >= fewest) sizes.push_back(sizes.back() / 8);
    std::function<void(std::span<double>)> inverse;
    for (std::size_t level = sizes.size(); level-- > 0;) {
      const Rows part = thin(rows, n / sizes[level]);
      const double least = std::min(part.class_weight[0], part.class_weight[1]) / part.total;
      if (least * static_cast<double>(part.x.rows()) < 5.0 * static_cast<double>(w.size())) continue;
      const double share = part.total / rows.total;
      const std::vector<double> target = binary_target(part);
      BinaryObjective objective(problem(part, penalty * share), target);
      if (level + 1 == sizes.size()) {
        state.iterations += static_cast<std::int64_t>(
            minimise_newton(objective, w, {.iterations = 10, .decrease_tolerance = 1.0, .stage = kStage},
                            context)
                .iterations);
      }
      std::vector<double> gradient(w.size());
      Matrix hessian;
      objective.evaluate_with_hessian(w, gradient, hessian);
      const auto factor = Cholesky::factor(std::move(hessian));
      if (!factor) return {};
      LbfgsOptions options;
      options.iterations = 10;
      options.gradient_tolerance = 0.0;
      options.decrease_tolerance = 1e-3;
      options.precondition = [&](std::span<double> g) { factor->solve(g); };
      options.final_step = true;
      state.iterations +=
          static_cast<std::int64_t>(minimise_lbfgs(objective, w, options, context).iterations);
      inverse = [factor, share](std::span<double> g) {
        factor->solve(g);
        for (double& one : g) one *= share;
      };
    }
    return inverse;
  }

  /// Steps with one Hessian, kept as long as they go down fast; L-BFGS corrects it on the way.
  void polish(BinaryObjective& objective, const Rows& rows, std::vector<double>& w,
              std::function<void(std::span<double>)> inverse) {
    constexpr std::size_t kStepsPerHessian = 15;
    std::vector<double> gradient(w.size());
    Matrix hessian;
    std::optional<Cholesky> factor;
    while (static_cast<std::size_t>(state.iterations) < allowed()) {
      if (!inverse) {
        objective.evaluate_with_hessian(w, gradient, hessian);
        factor = Cholesky::factor(std::move(hessian));
        if (!factor) break;
        inverse = [&](std::span<double> g) { factor->solve(g); };
      }
      LbfgsOptions options;
      options.iterations = std::min(kStepsPerHessian, allowed() - static_cast<std::size_t>(state.iterations));
      options.gradient_tolerance = 0.0;
      // Coefficients of features of spread 1 are then within 1e-6 of the optimum: their standard errors are
      // near 2 / sqrt(weight), and the decrease left is half the squared distance in units of those.
      options.decrease_tolerance = std::max(decrease(rows), 1e-13 * rows.total);
      options.final_step = true;
      options.precondition = std::move(inverse);
      options.stage = kStage;
      const Minimum minimum = minimise_lbfgs(objective, w, options, context);
      take(minimum, w);
      if (minimum.ending != Ending::iterations) return;
      inverse = {};
    }
    take(minimise_newton(objective, w, newton_options(rows), context, &last_step), w);
  }

  void run_lbfgs(Objective& objective, std::vector<double>& w, const Rows& rows,
                 std::function<void(std::span<double>)> precondition) {
    LbfgsOptions options;
    options.iterations = allowed();
    options.memory = 20;
    options.gradient_tolerance = 0.0;
    options.decrease_tolerance = std::max(decrease(rows), 1e-15 * null_loss(rows, settings.intercept));
    options.precondition = std::move(precondition);
    options.stage = kStage;
    take(minimise_lbfgs(objective, w, options, context), w);
  }

  /// Several classes; without a penalty the first is the reference.
  std::vector<double> fit_multinomial(const Rows& rows) {
    const std::size_t k = rows.classes.size(), group = rows.x.columns() + 1;
    const bool reference = penalty == 0.0;
    MultinomialObjective objective(problem(rows, penalty), rows.codes, k, reference);
    std::vector<double> w(objective.size());
    for (std::size_t c = 0; settings.intercept && c < k; ++c) {
      const double log_share = std::log(rows.class_weight[c] / rows.class_weight[0]);
      if (!reference)
        w[c * group + group - 1] = log_share;
      else if (c > 0)
        w[(c - 1) * group + group - 1] = log_share;
    }
    if (reference && objective.size() <= kMultinomialNewtonSize) {
      take(minimise_newton(objective, w, newton_options(rows), context, &last_step), w);
    } else if (rows.x.columns() > kNewtonSize) {
      run_lbfgs(objective, w, rows,
                diagonal_preconditioner(rows.x, rows.weights, rows.class_weight, penalty, settings.intercept,
                                        reference));
    } else {
      run_lbfgs(objective, w, rows,
                null_model_preconditioner(rows.x, rows.weights, rows.class_weight, penalty,
                                          settings.intercept, reference, context));
    }
    return w;
  }
};

/// Columns that earlier ones (and the intercept) explain, found on the correlation matrix.
std::vector<std::int32_t> aliased_columns(const Rows& rows, bool intercept, const Context& context) {
  const std::size_t d = rows.x.columns();
  const std::vector<double> nothing(rows.x.rows(), 0.0);
  const Moments sums = moments(rows.x, nothing, rows.weights, intercept, true, context);
  require_finite_fit(LogisticRegression::name, {sums.mean, sums.gram.values});
  Matrix a(d, d + 1);
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < d; ++j) {
      const double scale = std::sqrt(sums.gram(i, i)) * std::sqrt(sums.gram(j, j));
      const double floor = 1e-14 * sums.weight * std::abs(sums.mean[i] * sums.mean[j]);
      a(i, j) = scale > floor ? sums.gram(i, j) / scale : 0.0;
    }
  }
  std::vector<std::int32_t> aliased;
  for (const std::size_t j : pivoted_least_squares(a, 1e-9, Precision::simple).aliased)
    aliased.push_back(static_cast<std::int32_t>(j));
  return aliased;
}

/// Features whose values alone put some class on one side.
std::vector<std::int32_t> single_separators(const Rows& rows) {
  const std::size_t d = rows.x.columns(), k = rows.classes.size();
  constexpr double kFar = std::numeric_limits<double>::infinity();
  std::vector<double> low(k * d, kFar), high(k * d, -kFar), scratch;
  // Sparse rows become dense here.
  const std::size_t block =
      std::clamp<std::size_t>((std::size_t{1} << 20) / std::max<std::size_t>(d, 1), 1, 256);
  for (std::size_t b = 0; b < rows.x.rows(); b += block) {
    const std::size_t e = std::min(rows.x.rows(), b + block);
    const double* tile = rows.x.tile64(b, e, scratch);
    for (std::size_t r = b; r < e; ++r) {
      if (rows.weights[r] == 0.0) continue;
      const std::size_t at = static_cast<std::size_t>(rows.codes[r]) * d;
      for (std::size_t j = 0; j < d; ++j) {
        const double value = tile[(r - b) * d + j];
        low[at + j] = std::min(low[at + j], value);
        high[at + j] = std::max(high[at + j], value);
      }
    }
  }
  std::vector<std::int32_t> found;
  for (std::size_t j = 0; j < d; ++j) {
    bool separates = false;
    for (std::size_t c = 0; c < k && !separates; ++c) {
      double others_low = kFar, others_high = -kFar;
      for (std::size_t o = 0; o < k; ++o) {
        if (o == c) continue;
        others_low = std::min(others_low, low[o * d + j]);
        others_high = std::max(others_high, high[o * d + j]);
      }
      const bool constant =
          low[c * d + j] == high[c * d + j] && others_low == others_high && others_low == low[c * d + j];
      separates = !constant && (high[c * d + j] <= others_low || low[c * d + j] >= others_high);
    }
    if (separates) found.push_back(static_cast<std::int32_t>(j));
  }
  return found;
}

/// Whether moving along `step` makes no row's own class less likely against any other: then the loss falls
/// forever, and there is no finite optimum (Albert and Anderson, Biometrika 71, 1984).
bool recedes(const Rows& rows, bool reference, std::span<const double> step) {
  const std::size_t d = rows.x.columns(), group = d + 1, k = rows.classes.size();
  const bool binary = k == 2;
  const std::size_t first = binary || reference ? 1 : 0;
  std::vector<double> z(k * 256);
  double worst = 0.0, best = 0.0;
  for (std::size_t b = 0; b < rows.x.rows(); b += 256) {
    const std::size_t e = std::min(rows.x.rows(), b + 256);
    std::fill(z.begin(), z.end(), 0.0);
    for (std::size_t c = first; c < k; ++c) {
      const double* w = step.data() + (c - first) * group;
      row_dots(rows.x, b, e, w, w[d], z.data() + c * 256);
    }
    for (std::size_t r = b; r < e; ++r) {
      if (rows.weights[r] == 0.0) continue;
      const double own = z[static_cast<std::size_t>(rows.codes[r]) * 256 + r - b];
      for (std::size_t c = 0; c < k; ++c) {
        worst = std::min(worst, own - z[c * 256 + r - b]);
        best = std::max(best, own - z[c * 256 + r - b]);
      }
    }
  }
  return best > 0.0 && worst >= -1e-3 * best;
}

/// Largest |score| of a row.
double largest_score(const Rows& rows, std::span<const double> w) {
  const std::size_t group = rows.x.columns() + 1;
  std::vector<double> z(256);
  double most = 0.0;
  for (std::size_t start = 0; start < w.size(); start += group) {
    for (std::size_t b = 0; b < rows.x.rows(); b += 256) {
      const std::size_t e = std::min(rows.x.rows(), b + 256);
      row_dots(rows.x, b, e, w.data() + start, w[start + group - 1], z.data());
      for (std::size_t r = 0; r < e - b; ++r) most = std::max(most, std::abs(z[r]));
    }
  }
  return most;
}

/// Standard errors from the exact Hessian at the optimum; NaN when it is singular.
std::vector<double> errors_at(const Rows& rows, const Fitter& fitter, std::span<const double> w) {
  Matrix hessian;
  std::vector<double> gradient(w.size());
  const LogisticProblem problem = fitter.problem(rows, 0.0, true);
  if (rows.classes.size() == 2) {
    const std::vector<double> target = binary_target(rows);
    BinaryObjective(problem, target).evaluate_with_hessian(w, gradient, hessian);
  } else {
    MultinomialObjective(problem, rows.codes, rows.classes.size(), true)
        .evaluate_with_hessian(w, gradient, hessian);
  }
  std::vector<double> errors(w.size(), std::numeric_limits<double>::quiet_NaN());
  if (const auto factor = Cholesky::factor(std::move(hessian))) {
    const Matrix inverse = factor->inverse();
    for (std::size_t i = 0; i < errors.size(); ++i) errors[i] = std::sqrt(inverse(i, i));
  }
  return errors;
}

/// Spreads parameters of the kept columns over all columns.
void unpack(std::span<const double> w, std::span<const std::size_t> kept, std::size_t columns, double missing,
            std::vector<double>& coefficients, std::vector<double>& intercepts) {
  const std::size_t group = kept.size() + 1, groups = w.size() / group;
  coefficients.assign(groups * columns, missing);
  intercepts.resize(groups);
  for (std::size_t g = 0; g < groups; ++g) {
    for (std::size_t j = 0; j < kept.size(); ++j) coefficients[g * columns + kept[j]] = w[g * group + j];
    intercepts[g] = w[g * group + kept.size()];
  }
}

}  // namespace

State solve_logistic(const LogisticRegression& settings, const Dataset& data, const Context& context) {
  Rows rows = gather(settings, data);
  const std::size_t d = rows.x.columns();
  Fitter fitter{settings, context, settings.c ? 1.0 / *settings.c : 0.0};
  State& state = fitter.state;
  const bool unpenalised = !settings.c;
  std::vector<std::size_t> kept(d);
  for (std::size_t j = 0; j < d; ++j) kept[j] = j;
  // Without a penalty only independent columns have coefficients of their own.
  if (unpenalised && d <= 2 * kNewtonSize) {
    state.aliased = aliased_columns(rows, settings.intercept, context);
    for (const std::int32_t column : state.aliased) std::erase(kept, static_cast<std::size_t>(column));
    if (!state.aliased.empty()) rows.x = rows.x.select_columns(kept);
  }
  const bool binary = rows.classes.size() == 2;
  std::vector<double> w = binary ? fitter.fit_binary(rows) : fitter.fit_multinomial(rows);

  const double reached[] = {fitter.finite ? fitter.value : std::numeric_limits<double>::quiet_NaN()};
  require_finite_fit(LogisticRegression::name, {reached});
  state.log_loss = fitter.value;
  const std::size_t group = rows.x.columns() + 1;
  for (std::size_t i = 0; i < w.size(); ++i) {
    if (i % group != group - 1) state.log_loss -= 0.5 * fitter.penalty * w[i] * w[i];
  }
  // Where next to nothing is left, the difference may round below it.
  state.log_loss = std::max(state.log_loss, 0.0);
  state.null_loss = null_loss(rows, settings.intercept);
  if (unpenalised) {
    // Scores beyond 15 are rare where an optimum exists; only then is it worth asking whether there is none.
    if (largest_score(rows, w) > 15.0) {
      state.separated =
          recedes(rows, true, w) || (!fitter.last_step.empty() && recedes(rows, true, fitter.last_step));
      if (state.separated) {
        for (const std::int32_t j : single_separators(rows))
          state.separators.push_back(static_cast<std::int32_t>(kept[static_cast<std::size_t>(j)]));
      }
    }
    if (w.size() <= 2 * kNewtonSize && !state.separated) {
      std::vector<double> errors = errors_at(rows, fitter, w);
      if (!settings.intercept) {
        for (std::size_t i = kept.size(); i < errors.size(); i += kept.size() + 1) errors[i] = 0.0;
      }
      unpack(errors, kept, d, std::numeric_limits<double>::quiet_NaN(), state.standard_errors,
             state.intercept_errors);
    }
  }
  unpack(w, kept, d, 0.0, state.coefficients, state.intercepts);

  if (binary || unpenalised) {
    state.reference = rows.classes.front();
    state.scored.assign(rows.classes.begin() + 1, rows.classes.end());
  } else {
    state.scored = rows.classes;
  }
  state.c = settings.c;
  state.weight = rows.total;
  state.has_intercept = settings.intercept;
  return std::move(state);
}

}  // namespace everyml
