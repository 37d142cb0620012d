#include "everyml/classical/linear/least_squares.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "everyml/classical/linear/linear_state_impl.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/linalg/blas.h"
#include "everyml/foundation/linalg/cholesky.h"
#include "everyml/foundation/linalg/moments.h"
#include "everyml/foundation/linalg/pivoted_qr.h"
#include "everyml/foundation/linalg/row_kernels.h"

namespace everyml {
namespace {

constexpr double kDirectWork = 2e7;
constexpr double kTwiceWork = 2e6;
constexpr double kDoubtfulShare = 1e-2;

struct Problem {
  const Features& x;
  std::span<const double> y;
  std::span<const double> weights;
  bool intercept;

  std::size_t width() const { return x.columns() + (intercept ? 1 : 0); }
  double weight(std::size_t row) const { return weights.empty() ? 1.0 : weights[row]; }
  bool single() const { return x.storage() != Features::Storage::dense64; }
  double tolerance() const { return single() ? 1e-6 : 1e-12; }
};

/// One value that is no number makes its column's sum no number.
void require_finite(std::span<const double> sums) { require_finite_fit("linear-regression", {sums}); }

/// Rows [begin, end) as [1, x, y], each times the root of its weight; rows without weight are left out.
Matrix weighted_rows(const Problem& problem, std::size_t begin, std::size_t end) {
  const std::size_t d = problem.x.columns(), first = problem.intercept ? 1 : 0;
  Matrix a(end - begin, d + first + 1);
  std::vector<double> scratch;
  constexpr std::size_t kBlock = 256;
  std::size_t used = 0;
  for (std::size_t b = begin; b < end; b += kBlock) {
    const std::size_t e = std::min(end, b + kBlock);
    const double* tile = problem.x.tile64(b, e, scratch);
    for (std::size_t r = b; r < e; ++r) {
      const double weight = problem.weight(r);
      if (weight == 0.0) continue;
      const double root = weight == 1.0 ? 1.0 : std::sqrt(weight);
      double* row = a.row(used++);
      if (problem.intercept) row[0] = root;
      for (std::size_t j = 0; j < d; ++j) row[first + j] = tile[(r - b) * d + j] * root;
      row[first + d] = problem.y[r] * root;
    }
  }
  a.rows = used;
  a.values.resize(used * a.columns);
  return a;
}

/// R of all rows, block after block; joined in block order.
Matrix blocked_upper(const Problem& problem, const Context& context) {
  const std::size_t n = problem.x.rows(), width = problem.width() + 1;
  const auto stack = [](const Matrix& top, const Matrix& below) {
    if (top.rows == 0) return below;
    Matrix both(top.rows + below.rows, below.columns);
    std::copy(top.values.begin(), top.values.end(), both.values.begin());
    std::copy(below.values.begin(), below.values.end(),
              both.values.begin() + static_cast<std::ptrdiff_t>(top.values.size()));
    return both;
  };
  const std::size_t block = std::max<std::size_t>(1024, 3 * width);
  const std::size_t grain = std::max(block, chunk_rows(n, width * width * sizeof(double)));
  return parallel_reduce<Matrix>(
      context, n, grain,
      [&](std::size_t begin, std::size_t end) {
        Matrix upper;
        for (std::size_t b = begin; b < end; b += block)
          upper = qr_upper(stack(upper, weighted_rows(problem, b, std::min(end, b + block))));
        return upper;
      },
      [&](Matrix& into, Matrix&& part) { into = qr_upper(stack(into, part)); });
}

/// Means, sums of squares and counts that do not depend on how the problem is solved.
void describe_data(const Problem& problem, LeastSquares& fit) {
  const std::size_t n = problem.x.rows();
  std::vector<double> factor(512);
  fit.mean.assign(problem.x.columns(), 0.0);
  double target = 0.0;
  for (std::size_t b = 0; b < n; b += factor.size()) {
    const std::size_t e = std::min(n, b + factor.size());
    for (std::size_t r = b; r < e; ++r) {
      factor[r - b] = problem.weight(r);
      fit.weight += factor[r - b];
      fit.rows += factor[r - b] > 0.0 ? 1 : 0;
      target += factor[r - b] * problem.y[r];
    }
    add_rows(problem.x, b, e, factor.data(), fit.mean.data());
  }
  require_finite(fit.mean);
  for (double& mean : fit.mean) mean = problem.intercept ? mean / fit.weight : 0.0;
  const double centre = problem.intercept ? target / fit.weight : 0.0;
  for (std::size_t r = 0; r < n; ++r) {
    const double off = problem.y[r] - centre;
    fit.total_square += problem.weight(r) * off * off;
  }
}

/// A column whose squares leave the range of doubles has no length, and would pass for one that explains
/// nothing.
void require_lengths(const Matrix& a) {
  std::vector<double> squares(a.columns);
  for (std::size_t i = 0; i < a.rows; ++i) {
    for (std::size_t j = 0; j < a.columns; ++j) squares[j] += a(i, j) * a(i, j);
  }
  require_finite(squares);
}

/// Takes over what a QR with the intercept as its first column found.
void adopt(const PivotedSolution& solution, const Problem& problem, LeastSquares& fit) {
  const std::size_t first = problem.intercept ? 1 : 0, rank = solution.kept.size() - first;
  fit.coefficients.assign(problem.x.columns(), 0.0);
  fit.residual_square = solution.residual_square;
  for (std::size_t k = 0; k < solution.kept.size(); ++k) {
    if (k < first) {
      fit.intercept = solution.coefficients[k];
      continue;
    }
    const std::size_t column = solution.kept[k] - first;
    fit.coefficients[column] = solution.coefficients[k];
    fit.kept.push_back(static_cast<std::int32_t>(column));
  }
  for (const std::size_t column : solution.aliased)
    fit.aliased.push_back(static_cast<std::int32_t>(column - first));
  // The slopes' block of R^-1 gives their covariance about the means by itself.
  fit.inverse = Matrix(rank, rank);
  for (std::size_t i = 0; i < rank; ++i) {
    for (std::size_t j = i; j < rank; ++j) fit.inverse(i, j) = solution.inverse(i + first, j + first);
  }
  for (std::size_t j = 0; first == 1 && j < solution.kept.size(); ++j)
    fit.intercept_factor += solution.inverse(0, j) * solution.inverse(0, j);
}

/// The Gram matrix with columns scaled to length 1, factored; nothing when it is too ill-conditioned to
/// trust.
struct Normal {
  Cholesky factor;
  std::vector<double> length;  ///< [columns]

  /// (X'X)^-1 b in place.
  void solve(std::vector<double>& b) const {
    for (std::size_t j = 0; j < b.size(); ++j) b[j] /= length[j];
    factor.solve(b);
    for (std::size_t j = 0; j < b.size(); ++j) b[j] /= length[j];
  }
};

std::optional<Normal> factor_normal(const Problem& problem, const Moments& sums) {
  const std::size_t d = sums.mean.size();
  std::vector<double> length(d);
  const double rounding = problem.single() ? 1e-10 : 1e-20;
  for (std::size_t j = 0; j < d; ++j) {
    const double square = sums.gram(j, j);
    if (!(square > rounding * sums.weight * sums.mean[j] * sums.mean[j]) || !(square > 0.0))
      return std::nullopt;
    length[j] = std::sqrt(square);
  }
  Matrix correlation = sums.gram;
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < d; ++j) correlation(i, j) /= length[i] * length[j];
  }
  auto factor = Cholesky::factor(std::move(correlation));
  const double most = problem.single() ? 1e5 : 1e8;
  if (!factor || factor->condition_estimate() > most) return std::nullopt;
  return Normal{std::move(*factor), std::move(length)};
}

/// sum w r^2 and X' W r about the means, for r = y - prediction.
struct Residuals {
  double square = 0.0;
  std::vector<double> cross;
  double sum = 0.0;
};

Residuals residuals(const Problem& problem, const LeastSquares& fit, const Context& context) {
  const std::size_t n = problem.x.rows(), d = problem.x.columns();
  return parallel_reduce<Residuals>(
      context, n, chunk_rows(n, d * sizeof(double)),
      [&](std::size_t begin, std::size_t end) {
        Residuals part;
        part.cross.resize(d);
        constexpr std::size_t kBlock = 512;
        std::vector<double> r(kBlock);
        for (std::size_t b = begin; b < end; b += kBlock) {
          const std::size_t e = std::min(end, b + kBlock);
          row_dots(problem.x, b, e, fit.coefficients.data(), fit.intercept, r.data());
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
      [](Residuals& into, Residuals&& part) {
        into.square += part.square;
        into.sum += part.sum;
        for (std::size_t j = 0; j < into.cross.size(); ++j) into.cross[j] += part.cross[j];
      });
}

double centre_of(const LeastSquares& fit) {
  double sum = 0.0;
  for (std::size_t j = 0; j < fit.mean.size(); ++j) sum += fit.mean[j] * fit.coefficients[j];
  return sum;
}

/// True when the normal equations settled the problem.
bool by_normal_equations(const Problem& problem, LeastSquares& fit, const Context& context) {
  const std::size_t d = problem.x.columns();
  const Moments sums = moments(problem.x, problem.y, problem.weights, problem.intercept, false, context);
  require_finite(sums.mean);
  require_finite(sums.cross);
  const auto normal = factor_normal(problem, sums);
  if (!normal) return false;
  fit.mean = sums.mean;
  fit.weight = sums.weight;
  fit.total_square = sums.target_square;
  fit.coefficients = sums.cross;
  normal->solve(fit.coefficients);
  fit.intercept = problem.intercept ? sums.target_mean - centre_of(fit) : 0.0;

  // The Gram matrix has rounding errors, the residuals of a pass in double have next to none; each step
  // leaves a small multiple (condition times rounding) of the error before it.
  bool settled = false;
  for (int step = 0; step < 6 && !settled; ++step) {
    Residuals left = residuals(problem, fit, context);
    for (std::size_t j = 0; j < d; ++j) left.cross[j] -= fit.mean[j] * left.sum;
    std::vector<double> change = left.cross;
    normal->solve(change);
    double moved = 0.0, size = 0.0;
    fit.residual_square = left.square;
    for (std::size_t j = 0; j < d; ++j) {
      fit.residual_square -= change[j] * left.cross[j];
      fit.coefficients[j] += change[j];
      moved = std::max(moved, std::abs(change[j]) * normal->length[j]);
      size = std::max(size, std::abs(fit.coefficients[j]) * normal->length[j]);
    }
    if (problem.intercept) fit.intercept = sums.target_mean - centre_of(fit);
    settled = moved <= 1e-6 * std::max(size, 1e-6 * std::sqrt(fit.total_square));
  }
  if (!settled) return false;

  fit.residual_square = std::max(fit.residual_square, 0.0);
  fit.kept.resize(d);
  for (std::size_t j = 0; j < d; ++j) fit.kept[j] = static_cast<std::int32_t>(j);
  // A = L L' gives A^-1 = L^-T L^-1, and L^-T is the upper factor.
  fit.inverse = Matrix(d, d);
  std::vector<double> column(d);
  for (std::size_t j = 0; j < d; ++j) {
    std::fill(column.begin(), column.end(), 0.0);
    column[j] = 1.0;
    normal->factor.solve_lower(column);
    for (std::size_t i = j; i < d; ++i) fit.inverse(j, i) = column[i] / normal->length[j];
  }
  if (problem.intercept) {
    std::vector<double> product(d);
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = i; j < d; ++j) product[j] += fit.inverse(i, j) * fit.mean[i];
    }
    fit.intercept_factor = 1.0 / fit.weight;
    for (const double value : product) fit.intercept_factor += value * value;
  }
  fit.rows = problem.x.rows();
  if (!problem.weights.empty()) {
    fit.rows = static_cast<std::size_t>(
        std::count_if(problem.weights.begin(), problem.weights.end(), [](double w) { return w > 0.0; }));
  }
  fit.method = LeastSquaresMethod::normal_equations;
  return true;
}

}  // namespace

std::string_view to_string(LeastSquaresMethod method) {
  switch (method) {
    case LeastSquaresMethod::qr:
      return "QR";
    case LeastSquaresMethod::qr_twice:
      return "QR in double-double";
    case LeastSquaresMethod::normal_equations:
      return "normal equations";
    case LeastSquaresMethod::blocked_qr:
      return "blocked QR";
  }
  return "";
}

LeastSquares least_squares(const Features& x, std::span<const double> y, std::span<const double> weights,
                           bool intercept, const Context& context) {
  const Problem problem{x, y, weights, intercept};
  const double n = static_cast<double>(x.rows()), width = static_cast<double>(problem.width());
  const double work = n * width * std::min(n, width);
  LeastSquares fit;
  const bool direct = work <= kDirectWork || n < 2.0 * width;
  if (!direct && by_normal_equations(problem, fit, context)) return fit;
  fit = LeastSquares{};
  describe_data(problem, fit);
  context.check();
  const Matrix a = direct ? weighted_rows(problem, 0, x.rows()) : blocked_upper(problem, context);
  require_lengths(a);
  fit.method = direct ? LeastSquaresMethod::qr : LeastSquaresMethod::blocked_qr;
  PivotedSolution solution = pivoted_least_squares(a, problem.tolerance(), Precision::simple, &context);
  if (direct && work <= kTwiceWork && solution.least_share < kDoubtfulShare) {
    solution = pivoted_least_squares(a, problem.tolerance(), Precision::twice, &context);
    fit.method = LeastSquaresMethod::qr_twice;
  }
  adopt(solution, problem, fit);
  return fit;
}

}  // namespace everyml
