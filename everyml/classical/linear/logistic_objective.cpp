#include <algorithm>
#include <cmath>
#include <functional>

#include "everyml/classical/linear/logistic_objective_impl.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/linalg/row_kernels.h"

namespace everyml {
namespace {

/// What one chunk of rows contributes.
struct Part {
  double value = 0.0;
  std::vector<double> gradient;  // [size]
  Matrix hessian;                // [size, size] or empty
};

Part sum_parts(const LogisticProblem& p, std::size_t size, bool curved,
               const std::function<void(std::size_t, std::size_t, Part&)>& rows) {
  const std::size_t bytes = sizeof(double) * (curved ? size * size : size);
  return parallel_reduce<Part>(
      p.context, p.x.rows(), chunk_rows(p.x.rows(), bytes),
      [&](std::size_t begin, std::size_t end) {
        Part part;
        part.gradient.resize(size);
        if (curved) part.hessian = Matrix(size, size);
        rows(begin, end, part);
        return part;
      },
      [](Part& into, Part&& part) {
        into.value += part.value;
        for (std::size_t i = 0; i < into.gradient.size(); ++i) into.gradient[i] += part.gradient[i];
        for (std::size_t i = 0; i < into.hessian.values.size(); ++i)
          into.hessian.values[i] += part.hessian.values[i];
      });
}

/// Rows of a block that the second-level cache holds between its two readings.
std::size_t block_rows(const Features& x) {
  return std::clamp<std::size_t>(65536 / std::max<std::size_t>(x.columns(), 1), 32, 2048) / 8 * 8;
}

/// Adds the penalty of one group and, without an intercept, keeps it where it is.
void finish_group(const LogisticProblem& p, std::span<const double> x, std::size_t start, Part& total) {
  const std::size_t d = p.x.columns();
  for (std::size_t j = start; j < start + d; ++j) {
    total.value += 0.5 * p.penalty * x[j] * x[j];
    total.gradient[j] += p.penalty * x[j];
    if (total.hessian.rows > 0) total.hessian(j, j) += p.penalty;
  }
  if (p.intercept) return;
  total.gradient[start + d] = 0.0;
  if (total.hessian.rows == 0) return;
  for (std::size_t j = 0; j < x.size(); ++j) total.hessian(start + d, j) = total.hessian(j, start + d) = 0.0;
  total.hessian(start + d, start + d) = 1.0;
}

double hand_over(Part&& total, std::span<double> gradient, Matrix* hessian) {
  std::copy(total.gradient.begin(), total.gradient.end(), gradient.begin());
  if (hessian) *hessian = std::move(total.hessian);
  return total.value;
}

/// Adds sign * sum h [x, 1][x, 1]' to the block of `into` at (row, column); `gram` is scratch [columns,
/// columns].
void add_block(const LogisticProblem& p, std::size_t begin, std::size_t end, const double* h, double sign,
               std::size_t row, std::size_t column, Matrix& gram, std::vector<double>& root, Matrix& into) {
  const std::size_t d = p.x.columns();
  root.resize(end - begin);
  std::vector<double> edge(d);
  double corner = 0.0;
  for (std::size_t r = 0; r < end - begin; ++r) {
    root[r] = std::sqrt(h[r]);
    corner += h[r];
  }
  std::fill(gram.values.begin(), gram.values.end(), 0.0);
  add_gram(p.x, begin, end, nullptr, root.data(), p.exact, gram);
  add_rows(p.x, begin, end, h, edge.data());
  for (std::size_t i = 0; i < d; ++i) {
    double* target = into.row(row + i) + column;
    for (std::size_t j = 0; j < d; ++j) target[j] += sign * gram(i, j);
    target[d] += sign * edge[i];
    into(row + d, column + i) += sign * edge[i];
  }
  into(row + d, column + d) += sign * corner;
}

}  // namespace

double BinaryObjective::evaluate(std::span<const double> x, std::span<double> gradient) {
  return run(x, gradient, nullptr);
}

double BinaryObjective::evaluate_with_hessian(std::span<const double> x, std::span<double> gradient,
                                              Matrix& hessian) {
  return run(x, gradient, &hessian);
}

double BinaryObjective::run(std::span<const double> x, std::span<double> gradient, Matrix* hessian) {
  const std::size_t d = p_.x.columns(), block = block_rows(p_.x);
  Part total = sum_parts(p_, size(), hessian != nullptr, [&](std::size_t begin, std::size_t end, Part& part) {
    std::vector<double> z(block), residual(block), curvature(hessian ? end - begin : 0), root;
    for (std::size_t b = begin; b < end; b += block) {
      const std::size_t e = std::min(end, b + block);
      row_dots(p_.x, b, e, x.data(), x[d], z.data());
      part.value += logistic_rows(e - b, z.data(), target_.data() + b, p_.weights.data() + b, residual.data(),
                                  hessian ? curvature.data() + (b - begin) : nullptr);
      add_rows(p_.x, b, e, residual.data(), part.gradient.data());
      for (std::size_t r = 0; r < e - b; ++r) part.gradient[d] += residual[r];
    }
    if (hessian) {
      Matrix gram(d, d);
      add_block(p_, begin, end, curvature.data(), 1.0, 0, 0, gram, root, part.hessian);
    }
  });
  finish_group(p_, x, 0, total);
  return hand_over(std::move(total), gradient, hessian);
}

double MultinomialObjective::evaluate(std::span<const double> x, std::span<double> gradient) {
  return run(x, gradient, nullptr);
}

double MultinomialObjective::evaluate_with_hessian(std::span<const double> x, std::span<double> gradient,
                                                   Matrix& hessian) {
  return run(x, gradient, &hessian);
}

double MultinomialObjective::run(std::span<const double> x, std::span<double> gradient, Matrix* hessian) {
  const std::size_t d = p_.x.columns(), block = block_rows(p_.x), group = p_.group();
  const std::size_t first = reference_ ? 1 : 0, scores = classes_ - first;
  Part total = sum_parts(p_, size(), hessian != nullptr, [&](std::size_t begin, std::size_t end, Part& part) {
    // Class after class, each `block` rows: loops over rows stay simple. prob holds scores, then
    // probabilities.
    std::vector<double> prob(classes_ * block), top(block), sum(block), factor(block), root;
    Matrix gram(hessian ? d : 0, hessian ? d : 0);
    for (std::size_t b = begin; b < end; b += block) {
      const std::size_t e = std::min(end, b + block), rows = e - b;
      std::fill(prob.begin(), prob.end(), 0.0);
      std::fill(top.begin(), top.end(), reference_ ? 0.0 : -HUGE_VAL);
      for (std::size_t c = first; c < classes_; ++c) {
        const double* w = x.data() + (c - first) * group;
        double* z = prob.data() + c * block;
        row_dots(p_.x, b, e, w, w[d], z);
        for (std::size_t r = 0; r < rows; ++r) top[r] = std::max(top[r], z[r]);
      }
      for (std::size_t r = 0; r < rows; ++r) {
        part.value +=
            p_.weights[b + r] * (top[r] - prob[static_cast<std::size_t>(codes_[b + r]) * block + r]);
        sum[r] = 0.0;
      }
      for (std::size_t c = 0; c < classes_; ++c) {
        double* z = prob.data() + c * block;
        for (std::size_t r = 0; r < rows; ++r) z[r] -= top[r];
        exp_rows({z, rows});
        for (std::size_t r = 0; r < rows; ++r) sum[r] += z[r];
      }
      for (std::size_t r = 0; r < rows; ++r) part.value += p_.weights[b + r] * std::log(sum[r]);
      for (std::size_t c = first; c < classes_; ++c) {
        double* z = prob.data() + c * block;
        double edge = 0.0;
        for (std::size_t r = 0; r < rows; ++r) {
          z[r] /= sum[r];
          factor[r] = p_.weights[b + r] * (z[r] - (static_cast<std::size_t>(codes_[b + r]) == c ? 1.0 : 0.0));
          edge += factor[r];
        }
        add_rows(p_.x, b, e, factor.data(), part.gradient.data() + (c - first) * group);
        part.gradient[(c - first) * group + d] += edge;
      }
      for (std::size_t i = 0; hessian && i < scores; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
          const double* pi = prob.data() + (i + first) * block;
          const double* pj = prob.data() + (j + first) * block;
          for (std::size_t r = 0; r < rows; ++r) {
            factor[r] = p_.weights[b + r] * pi[r] * (i == j ? 1.0 - pi[r] : pj[r]);
          }
          add_block(p_, b, e, factor.data(), i == j ? 1.0 : -1.0, i * group, j * group, gram, root,
                    part.hessian);
        }
      }
    }
  });
  if (hessian) {
    for (std::size_t i = 0; i < size(); ++i) {
      for (std::size_t j = i + 1; j < size(); ++j) {
        if (i / group != j / group) total.hessian(i, j) = total.hessian(j, i);
      }
    }
  }
  for (std::size_t c = 0; c < scores; ++c) finish_group(p_, x, c * group, total);
  return hand_over(std::move(total), gradient, hessian);
}

}  // namespace everyml
