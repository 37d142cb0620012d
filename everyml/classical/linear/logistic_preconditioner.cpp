#include <algorithm>
#include <cmath>
#include <memory>

#include "everyml/classical/linear/logistic_preconditioner_impl.h"
#include "everyml/foundation/linalg/blas.h"
#include "everyml/foundation/linalg/cholesky.h"
#include "everyml/foundation/linalg/moments.h"
#include "everyml/foundation/linalg/row_kernels.h"

namespace everyml {
namespace {

/// Class shares of the groups of parameters.
std::vector<double> group_shares(std::span<const double> class_weight, bool reference) {
  double total = 0.0;
  for (const double weight : class_weight) total += weight;
  const std::size_t first = reference || class_weight.size() == 2 ? 1 : 0;
  std::vector<double> shares;
  for (std::size_t c = first; c < class_weight.size(); ++c) shares.push_back(class_weight[c] / total);
  return shares;
}

/// sum w x_j^2 of each column.
std::vector<double> column_squares(const Features& x, std::span<const double> weights) {
  std::vector<double> squares(x.columns()), scratch;
  const auto sparse = x.sparse32();
  for (std::size_t r = 0; r < x.rows(); ++r) {
    if (x.storage() == Features::Storage::sparse32) {
      for (std::uint64_t i = sparse.row_starts[r]; i < sparse.row_starts[r + 1]; ++i) {
        const double value = static_cast<double>(sparse.values[i]);
        squares[sparse.columns[i]] += weights[r] * value * value;
      }
      continue;
    }
    const double* row = x.tile64(r, r + 1, scratch);
    for (std::size_t j = 0; j < squares.size(); ++j) squares[j] += weights[r] * row[j] * row[j];
  }
  return squares;
}

/// The Gram matrix of [x, 1]; without an intercept its last row and column are those of the identity.
Matrix extended_gram(const Features& x, std::span<const double> weights, bool intercept,
                     const Context& context) {
  const std::size_t d = x.columns();
  const std::vector<double> nothing(x.rows(), 0.0);
  const Moments sums = moments(x, nothing, weights, true, false, context);
  Matrix gram(d + 1, d + 1);
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < d; ++j)
      gram(i, j) = sums.gram(i, j) + sums.weight * sums.mean[i] * sums.mean[j];
    gram(i, d) = gram(d, i) = intercept ? sums.weight * sums.mean[i] : 0.0;
  }
  gram(d, d) = intercept ? sums.weight : 1.0;
  return gram;
}

struct Kronecker {
  SymmetricEigen classes;         // of diag(p) - p p'
  std::vector<Cholesky> factors;  // one per eigenvalue

  void apply(std::span<double> g) const {
    const std::size_t k = factors.size(), group = g.size() / k;
    std::vector<double> rotated(g.size());
    for (std::size_t q = 0; q < k; ++q) {
      const std::span<double> part(rotated.data() + q * group, group);
      for (std::size_t c = 0; c < k; ++c) {
        for (std::size_t j = 0; j < group; ++j) part[j] += classes.vectors(q, c) * g[c * group + j];
      }
      factors[q].solve(part);
    }
    std::fill(g.begin(), g.end(), 0.0);
    for (std::size_t q = 0; q < k; ++q) {
      for (std::size_t c = 0; c < k; ++c) {
        for (std::size_t j = 0; j < group; ++j)
          g[c * group + j] += classes.vectors(q, c) * rotated[q * group + j];
      }
    }
  }
};

}  // namespace

std::function<void(std::span<double>)> diagonal_preconditioner(const Features& x,
                                                               std::span<const double> weights,
                                                               std::span<const double> class_weight,
                                                               double penalty, bool intercept,
                                                               bool reference) {
  const std::vector<double> shares = group_shares(class_weight, reference);
  const std::vector<double> squares = column_squares(x, weights);
  double total = 0.0;
  for (const double weight : class_weight) total += weight;
  std::vector<double> inverse;
  for (const double share : shares) {
    for (const double square : squares) {
      const double curvature = share * (1.0 - share) * square + penalty;
      inverse.push_back(curvature > 0.0 ? 1.0 / curvature : 1.0);
    }
    inverse.push_back(intercept ? 1.0 / (share * (1.0 - share) * total) : 1.0);
  }
  return [inverse = std::move(inverse)](std::span<double> g) {
    for (std::size_t i = 0; i < g.size(); ++i) g[i] *= inverse[i];
  };
}

std::function<void(std::span<double>)> null_model_preconditioner(const Features& x,
                                                                 std::span<const double> weights,
                                                                 std::span<const double> class_weight,
                                                                 double penalty, bool intercept,
                                                                 bool reference, const Context& context) {
  const std::vector<double> shares = group_shares(class_weight, reference);
  const std::size_t k = shares.size(), d = x.columns();
  Matrix spread(k, k);
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t j = 0; j < k; ++j) spread(i, j) = (i == j ? shares[i] : 0.0) - shares[i] * shares[j];
  }
  const Matrix gram = extended_gram(x, weights, intercept, context);
  auto result = std::make_shared<Kronecker>();
  result->classes = symmetric_eigen(std::move(spread));
  for (const double value : result->classes.values) {
    // The direction in which all classes' scores rise together changes nothing; there the penalty alone
    // counts.
    const double scale = std::max(value, 1e-6);
    Matrix block = gram;
    for (double& cell : block.values) cell *= scale;
    for (std::size_t j = 0; j < d; ++j) block(j, j) += std::max(penalty, 1e-9 * block(j, j) + 1e-12);
    auto factor = Cholesky::factor(std::move(block));
    if (!factor) return diagonal_preconditioner(x, weights, class_weight, penalty, intercept, reference);
    result->factors.push_back(std::move(*factor));
  }
  return [result](std::span<double> g) { result->apply(g); };
}

}  // namespace everyml
