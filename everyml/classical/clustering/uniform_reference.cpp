#include <algorithm>
#include <cmath>
#include <limits>

#include "everyml/classical/clustering/choose_clusters_impl.h"

namespace everyml {
namespace {

std::vector<double> mean_of(const Features& x) {
  std::vector<double> mean(x.columns(), 0.0), scratch;
  for (std::size_t i = 0; i < x.rows(); ++i) {
    const double* row = x.tile64(i, i + 1, scratch);
    for (std::size_t j = 0; j < mean.size(); ++j) mean[j] += row[j] / static_cast<double>(x.rows());
  }
  return mean;
}

/// Eigenvectors of the symmetric a [n, n] as rows, by cyclic Jacobi rotations (Golub and Van Loan,
/// section 8.5).
std::vector<double> eigenvectors(std::vector<double> a, std::size_t n) {
  std::vector<double> v(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) v[i * n + i] = 1;
  for (int sweep = 0; sweep < 30; ++sweep) {
    double off = 0, diagonal = 0;
    for (std::size_t i = 0; i < n; ++i) {
      diagonal += a[i * n + i] * a[i * n + i];
      for (std::size_t j = i + 1; j < n; ++j) off += a[i * n + j] * a[i * n + j];
    }
    if (off <= 1e-24 * diagonal) break;
    for (std::size_t p = 0; p < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) {
        if (a[p * n + q] == 0) continue;
        const double theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
        const double t = (theta >= 0 ? 1.0 : -1.0) / (std::abs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1), s = t * c;
        for (std::size_t k = 0; k < n; ++k) {
          const double kp = a[k * n + p], kq = a[k * n + q];
          a[k * n + p] = c * kp - s * kq;
          a[k * n + q] = s * kp + c * kq;
        }
        for (std::size_t k = 0; k < n; ++k) {
          const double pk = a[p * n + k], qk = a[q * n + k];
          a[p * n + k] = c * pk - s * qk;
          a[q * n + k] = s * pk + c * qk;
          const double vp = v[p * n + k], vq = v[q * n + k];
          v[p * n + k] = c * vp - s * vq;
          v[q * n + k] = s * vp + c * vq;
        }
      }
    }
  }
  return v;
}

void orthonormalise(std::vector<double>& basis, std::size_t count, std::size_t columns) {
  for (std::size_t i = 0; i < count; ++i) {
    double* row = basis.data() + i * columns;
    // Twice: one pass of Gram and Schmidt may leave a part of what nearly cancels.
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t k = 0; k < i; ++k) {
        const double* other = basis.data() + k * columns;
        double dot = 0;
        for (std::size_t j = 0; j < columns; ++j) dot += row[j] * other[j];
        for (std::size_t j = 0; j < columns; ++j) row[j] -= dot * other[j];
      }
    }
    double squared = 0;
    for (std::size_t j = 0; j < columns; ++j) squared += row[j] * row[j];
    const double scale = squared > 0 ? 1 / std::sqrt(squared) : 0.0;
    for (std::size_t j = 0; j < columns; ++j) row[j] *= scale;
  }
}

}  // namespace

Features leading_scores(const Features& x, std::size_t directions, Stream random, const Context& context) {
  const std::size_t n = x.rows(), columns = x.columns();
  const std::vector<double> mean = mean_of(x);
  std::vector<double> basis(directions * columns), scratch, scores(directions);
  for (double& value : basis) value = random.normal();
  orthonormalise(basis, directions, columns);
  Buffer<double> out(n * directions);
  // Subspace iteration: each pass multiplies the basis by the covariance; the last one only takes the scores.
  constexpr int kPasses = 4;
  for (int pass = 0; pass <= kPasses; ++pass) {
    std::vector<double> next(directions * columns, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
      context.check();
      const double* row = x.tile64(i, i + 1, scratch);
      for (std::size_t k = 0; k < directions; ++k) {
        double dot = 0;
        for (std::size_t j = 0; j < columns; ++j) dot += basis[k * columns + j] * (row[j] - mean[j]);
        scores[k] = dot;
      }
      if (pass == kPasses) {
        std::copy(scores.begin(), scores.end(), out.begin() + i * directions);
        continue;
      }
      for (std::size_t k = 0; k < directions; ++k) {
        for (std::size_t j = 0; j < columns; ++j) next[k * columns + j] += scores[k] * (row[j] - mean[j]);
      }
    }
    if (pass < kPasses) {
      basis = std::move(next);
      orthonormalise(basis, directions, columns);
    }
  }
  return Features::dense(std::move(out), n, directions);
}

UniformReference::UniformReference(const Features& x)
    : rows_(x.rows()),
      columns_(x.columns()),
      mean_(mean_of(x)),
      low_(columns_, std::numeric_limits<double>::infinity()),
      high_(columns_, -std::numeric_limits<double>::infinity()) {
  std::vector<double> covariance(columns_ * columns_, 0.0), scratch, centred(columns_);
  const auto centre = [&](std::size_t i) {
    const double* row = x.tile64(i, i + 1, scratch);
    for (std::size_t j = 0; j < columns_; ++j) centred[j] = row[j] - mean_[j];
  };
  for (std::size_t i = 0; i < rows_; ++i) {
    centre(i);
    for (std::size_t j = 0; j < columns_; ++j) {
      for (std::size_t k = 0; k < columns_; ++k) covariance[j * columns_ + k] += centred[j] * centred[k];
    }
  }
  axes_ = eigenvectors(std::move(covariance), columns_);
  for (std::size_t i = 0; i < rows_; ++i) {
    centre(i);
    for (std::size_t k = 0; k < columns_; ++k) {
      double score = 0;
      for (std::size_t j = 0; j < columns_; ++j) score += axes_[k * columns_ + j] * centred[j];
      low_[k] = std::min(low_[k], score);
      high_[k] = std::max(high_[k], score);
    }
  }
}

Features UniformReference::draw(Stream random) const {
  Buffer<double> values(rows_ * columns_);
  for (std::size_t i = 0; i < rows_; ++i) {
    double* row = values.data() + i * columns_;
    std::copy(mean_.begin(), mean_.end(), row);
    for (std::size_t k = 0; k < columns_; ++k) {
      const double score = random.uniform(low_[k], high_[k]);
      for (std::size_t j = 0; j < columns_; ++j) row[j] += score * axes_[k * columns_ + j];
    }
  }
  return Features::dense(std::move(values), rows_, columns_);
}

}  // namespace everyml
