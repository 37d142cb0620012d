#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "everyml/classical/linear/linear_state_impl.h"
#include "everyml/classical/linear/ridge_solver_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/linalg/blas.h"
#include "everyml/foundation/linalg/cholesky.h"
#include "everyml/foundation/linalg/moments.h"
#include "everyml/foundation/linalg/row_kernels.h"

namespace everyml {
namespace {

constexpr std::size_t kLargestSide = 20000;

/// Rows of one block of the passes below; about 1 MiB of doubles.
std::size_t block_rows(std::size_t columns) {
  return std::clamp<std::size_t>(131072 / std::max<std::size_t>(columns, 1), 16, 1024);
}

struct Problem {
  const Features& x;
  std::span<const double> y;
  std::span<const double> weights;
  bool intercept;
  double weight(std::size_t row) const { return weights.empty() ? 1.0 : weights[row]; }
};

double square(double value) { return value * value; }

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// Rows [begin, end) less the mean, contiguous.
void centred_rows(const Features& x, std::span<const double> mean, std::size_t begin, std::size_t end,
                  std::vector<double>& scratch, std::vector<double>& out) {
  const std::size_t d = x.columns();
  const double* tile = x.tile64(begin, end, scratch);
  out.resize((end - begin) * d);
  for (std::size_t r = 0; r < end - begin; ++r) {
    for (std::size_t j = 0; j < d; ++j) out[r * d + j] = tile[r * d + j] - mean[j];
  }
}

/// What a ridge fit of any alpha needs: the rows in the eigenvectors' coordinates, and their spectrum.
/// With B = W^1/2 (X - mean) = U S V', z of row i is U_i S / sqrt(w_i) = V' (x_i - mean).
struct Spectrum {
  std::vector<double> values;  ///< [k] squares of S
  std::vector<double> cross;   ///< [k] S U' W^1/2 (y - mean)
};

/// Weighted errors left out for each alpha over rows whose coordinates are z: [rows, k].
/// A row is left out by one unit of its weight, so that a weight of k is k copies; by all of it when it is
/// below 1.
void add_errors(const Problem& problem, const Spectrum& spectrum, std::span<const double> alphas,
                double weight, double target_mean, std::size_t begin, std::size_t end, std::vector<double>& z,
                std::vector<double>& errors) {
  const std::size_t k = spectrum.values.size(), count = alphas.size(), rows = end - begin;
  std::vector<double> fits(k * count), inverse(k * count), fitted(rows * count), leverages(rows * count);
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t a = 0; a < count; ++a) {
      inverse[i * count + a] = 1.0 / (spectrum.values[i] + alphas[a]);
      fits[i * count + a] = spectrum.cross[i] * inverse[i * count + a];
    }
  }
  gemm(false, false, rows, count, k, z.data(), k, fits.data(), count, fitted.data(), count);
  for (double& value : z) value *= value;
  gemm(false, false, rows, count, k, z.data(), k, inverse.data(), count, leverages.data(), count);
  for (std::size_t r = 0; r < rows; ++r) {
    const double w = problem.weight(begin + r);
    if (w == 0.0) continue;
    const double own = problem.intercept ? 1.0 / weight : 0.0, out = std::min(w, 1.0);
    for (std::size_t a = 0; a < count; ++a) {
      const double residual = problem.y[begin + r] - target_mean - fitted[r * count + a];
      const double left = 1.0 - out * (own + leverages[r * count + a]);
      // A row that alone decides its own prediction says nothing when left out; its error is then unbounded.
      errors[a] += w * square(residual / std::max(left, 1e-12));
    }
  }
}

struct Solver {
  Problem problem;
  const Context& context;
  RidgeModel::State state{};

  /// The alpha with the least error; of equal ones the largest.
  double choose(std::span<const double> alphas, std::span<const double> errors, double weight) {
    std::size_t best = 0;
    for (std::size_t a = 0; a < alphas.size(); ++a) {
      state.trials.push_back({alphas[a], errors[a] / weight});
      if (errors[a] < errors[best] || (errors[a] == errors[best] && alphas[a] > alphas[best])) best = a;
    }
    return alphas[best];
  }

  /// Intercept and training errors from the coefficients; returns X'W r - alpha b, the gradient that is left.
  std::vector<double> measure(const std::vector<double>& mean, double target_mean) {
    struct Part {
      double square = 0.0, sum = 0.0;
      std::vector<double> cross;
    };
    const std::size_t n = problem.x.rows(), d = problem.x.columns();
    state.intercept = problem.intercept ? target_mean - dot(mean, state.coefficients) : 0.0;
    Part total = parallel_reduce<Part>(
        context, n, chunk_rows(n, d * sizeof(double)),
        [&](std::size_t begin, std::size_t end) {
          Part part;
          part.cross.resize(d);
          std::vector<double> r(512);
          for (std::size_t b = begin; b < end; b += r.size()) {
            const std::size_t e = std::min(end, b + r.size());
            row_dots(problem.x, b, e, state.coefficients.data(), state.intercept, r.data());
            for (std::size_t i = b; i < e; ++i) {
              const double off = problem.y[i] - r[i - b];
              r[i - b] = problem.weight(i) * off;
              part.square += r[i - b] * off;
              part.sum += r[i - b];
            }
            add_rows(problem.x, b, e, r.data(), part.cross.data());
          }
          return part;
        },
        [](Part& into, Part&& part) {
          into.square += part.square;
          into.sum += part.sum;
          for (std::size_t j = 0; j < into.cross.size(); ++j) into.cross[j] += part.cross[j];
        });
    state.residual_square = total.square;
    for (std::size_t j = 0; j < d; ++j)
      total.cross[j] -= mean[j] * total.sum + state.alpha * state.coefficients[j];
    return std::move(total.cross);
  }

  /// At least as many rows as columns: everything from the Gram matrix of the columns.
  void solve_tall(std::optional<double> alpha, std::span<const double> alphas) {
    const std::size_t d = problem.x.columns();
    const Moments sums = moments(problem.x, problem.y, problem.weights, problem.intercept, false, context);
    state.weight = sums.weight;
    state.total_square = sums.target_square;
    require_finite_fit(Ridge::name, {sums.mean, sums.cross});
    if (alpha && solve_by_cholesky(sums, *alpha)) return;

    const SymmetricEigen eigen = symmetric_eigen(sums.gram);
    context.check();
    const double least = eigen.values.back() * 1e-13;
    Spectrum spectrum{eigen.values, std::vector<double>(d)};
    for (std::size_t k = 0; k < d; ++k) {
      spectrum.values[k] = std::max(spectrum.values[k], 0.0);
      for (std::size_t j = 0; j < d; ++j) spectrum.cross[k] += eigen.vectors(k, j) * sums.cross[j];
      if (spectrum.values[k] <= least) spectrum.cross[k] = 0.0;
    }
    if (alpha)
      state.alpha = *alpha;
    else
      state.alpha = choose(alphas, tall_errors(sums, eigen, spectrum, alphas), sums.weight);
    if (state.alpha > 0.0 && solve_by_cholesky(sums, state.alpha)) return;

    state.coefficients.assign(d, 0.0);
    state.degrees_of_freedom = problem.intercept ? 1.0 : 0.0;
    for (std::size_t k = 0; k < d; ++k) {
      if (spectrum.values[k] <= least) continue;
      const double share = spectrum.cross[k] / (spectrum.values[k] + state.alpha);
      state.degrees_of_freedom += spectrum.values[k] / (spectrum.values[k] + state.alpha);
      for (std::size_t j = 0; j < d; ++j) state.coefficients[j] += share * eigen.vectors(k, j);
    }
    measure(sums.mean, sums.target_mean);
  }

  /// Steps of refinement with a gradient in double make up for the rounding of the Gram matrix.
  bool solve_by_cholesky(const Moments& sums, double alpha) {
    const std::size_t d = problem.x.columns();
    Matrix penalised = sums.gram;
    for (std::size_t j = 0; j < d; ++j) penalised(j, j) += alpha;
    const auto factor = Cholesky::factor(penalised);
    const bool single = problem.x.storage() != Features::Storage::dense64;
    if (!factor || (alpha == 0.0 && factor->condition_estimate() > (single ? 1e5 : 1e10))) return false;
    state.alpha = alpha;
    state.coefficients = sums.cross;
    factor->solve(state.coefficients);
    for (int step = 0; step < 4; ++step) {
      std::vector<double> change = measure(sums.mean, sums.target_mean);
      const std::vector<double> gradient = change;
      factor->solve(change);
      double moved = 0.0, size = 0.0;
      for (std::size_t j = 0; j < d; ++j) {
        moved = std::max(moved, std::abs(change[j]));
        size = std::max(size, std::abs(state.coefficients[j]));
        const double before = state.coefficients[j];
        state.coefficients[j] += change[j];
        state.residual_square -= change[j] * (gradient[j] + alpha * (before + state.coefficients[j]));
      }
      state.residual_square = std::max(state.residual_square, 0.0);
      state.intercept = problem.intercept ? sums.target_mean - dot(sums.mean, state.coefficients) : 0.0;
      if (moved <= 1e-7 * size) break;
    }
    // trace((G + alpha)^-1 G) = d - alpha trace((G + alpha)^-1)
    const Matrix inverse = factor->inverse();
    state.degrees_of_freedom = static_cast<double>(d) + (problem.intercept ? 1.0 : 0.0);
    for (std::size_t j = 0; j < d; ++j) state.degrees_of_freedom -= alpha * inverse(j, j);
    return true;
  }

  std::vector<double> tall_errors(const Moments& sums, const SymmetricEigen& eigen, const Spectrum& spectrum,
                                  std::span<const double> alphas) const {
    const std::size_t n = problem.x.rows(), d = problem.x.columns();
    return parallel_reduce<std::vector<double>>(
        context, n, chunk_rows(n, alphas.size() * sizeof(double)),
        [&](std::size_t begin, std::size_t end) {
          std::vector<double> errors(alphas.size()), scratch, centred, z;
          const std::size_t block = block_rows(d);
          for (std::size_t b = begin; b < end; b += block) {
            const std::size_t e = std::min(end, b + block);
            centred_rows(problem.x, sums.mean, b, e, scratch, centred);
            z.resize((e - b) * d);
            gemm(false, true, e - b, d, d, centred.data(), d, eigen.vectors.values.data(), d, z.data(), d);
            add_errors(problem, spectrum, alphas, sums.weight, sums.target_mean, b, e, z, errors);
          }
          return errors;
        },
        [](std::vector<double>& into, std::vector<double>&& part) {
          for (std::size_t a = 0; a < into.size(); ++a) into[a] += part[a];
        });
  }

  /// Fewer rows than columns: everything from the products of rows, K = B B'.
  void solve_wide(std::optional<double> alpha, std::span<const double> alphas) {
    const std::size_t n = problem.x.rows(), d = problem.x.columns();
    std::vector<double> mean(d), ones(n);
    double target_mean = 0.0;
    for (std::size_t r = 0; r < n; ++r) {
      ones[r] = problem.weight(r);
      state.weight += ones[r];
      target_mean += ones[r] * problem.y[r];
    }
    target_mean = problem.intercept ? target_mean / state.weight : 0.0;
    if (problem.intercept) add_rows(problem.x, 0, n, ones.data(), mean.data());
    for (double& value : mean) value /= state.weight;

    const SymmetricEigen eigen = symmetric_eigen(row_products(mean));
    context.check();
    const double least = std::max(eigen.values.back(), 0.0) * 1e-13;
    std::vector<double> target(n), root(n);
    for (std::size_t r = 0; r < n; ++r) {
      root[r] = std::sqrt(problem.weight(r));
      target[r] = root[r] * (problem.y[r] - target_mean);
      state.total_square += square(target[r]);
    }
    Spectrum spectrum;
    std::vector<std::size_t> kept;
    std::vector<double> left;  // U' W^1/2 (y - mean)
    for (std::size_t k = 0; k < n; ++k) {
      if (eigen.values[k] <= least) continue;
      kept.push_back(k);
      left.push_back(dot({eigen.vectors.row(k), n}, target));
      spectrum.values.push_back(eigen.values[k]);
      spectrum.cross.push_back(std::sqrt(eigen.values[k]) * left.back());
    }
    if (alpha) {
      state.alpha = *alpha;
    } else {
      std::vector<double> errors(alphas.size()), z(n * kept.size());
      for (std::size_t r = 0; r < n; ++r) {
        for (std::size_t i = 0; i < kept.size(); ++i) {
          z[r * kept.size() + i] =
              root[r] > 0.0 ? eigen.vectors(kept[i], r) * std::sqrt(spectrum.values[i]) / root[r] : 0.0;
        }
      }
      add_errors(problem, spectrum, alphas, state.weight, target_mean, 0, n, z, errors);
      state.alpha = choose(alphas, errors, state.weight);
    }

    // b = B' U (S^2 + alpha)^-1 U' W^1/2 (y - mean), one factor per row of X.
    std::vector<double> factor(n);
    state.degrees_of_freedom = problem.intercept ? 1.0 : 0.0;
    double factor_sum = 0.0;
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const double share = left[i] / (spectrum.values[i] + state.alpha);
      state.degrees_of_freedom += spectrum.values[i] / (spectrum.values[i] + state.alpha);
      for (std::size_t r = 0; r < n; ++r) factor[r] += share * eigen.vectors(kept[i], r);
    }
    for (std::size_t r = 0; r < n; ++r) {
      factor[r] *= root[r];
      factor_sum += factor[r];
    }
    state.coefficients.assign(d, 0.0);
    add_rows(problem.x, 0, n, factor.data(), state.coefficients.data());
    for (std::size_t j = 0; j < d; ++j) state.coefficients[j] -= factor_sum * mean[j];
    measure(mean, target_mean);
  }

  /// W^1/2 (X - mean)(X - mean)' W^1/2.
  Matrix row_products(const std::vector<double>& mean) const {
    const std::size_t n = problem.x.rows(), d = problem.x.columns();
    Matrix products(n, n);
    const std::size_t block = std::clamp<std::size_t>(4194304 / std::max<std::size_t>(d, 1), 16, 256);
    const std::size_t blocks = (n + block - 1) / block;
    parallel_for(context, blocks, 1, [&](std::size_t first, std::size_t last) {
      std::vector<double> scratch, left, right;
      for (std::size_t i = first; i < last; ++i) {
        const std::size_t b = i * block, e = std::min(n, b + block);
        centred_rows(problem.x, mean, b, e, scratch, left);
        for (std::size_t j = 0; j <= i; ++j) {
          const std::size_t b2 = j * block, e2 = std::min(n, b2 + block);
          centred_rows(problem.x, mean, b2, e2, scratch, right);
          gemm(false, true, e - b, e2 - b2, d, left.data(), d, right.data(), d, products.row(b) + b2, n);
        }
      }
    });
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        // A row without weight may lie so far off that its products are no numbers.
        const double weight = std::sqrt(problem.weight(i)) * std::sqrt(problem.weight(j));
        products(i, j) = weight == 0.0 ? 0.0 : products(i, j) * weight;
        products(j, i) = products(i, j);
      }
    }
    return products;
  }
};

}  // namespace

RidgeModel::State solve_ridge(const Dataset& data, std::optional<double> alpha,
                              std::span<const double> alphas, bool intercept, const Context& context) {
  const std::size_t n = data.rows(), d = data.columns();
  if (std::min(n, d) > kLargestSide) {
    throw ResourceError(
        "ridge.size",
        fmt::format("ridge: {} rows and {} columns are too many together; rows or columns must be at "
                    "most {}, so use fewer features",
                    n, d, kLargestSide));
  }
  Solver solver{{data.features, data.target.values(), data.weights, intercept}, context};
  solver.state.has_intercept = intercept;
  if (n >= d)
    solver.solve_tall(alpha, alphas);
  else
    solver.solve_wide(alpha, alphas);
  return std::move(solver.state);
}

}  // namespace everyml
