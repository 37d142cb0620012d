#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/random.h"
#include "everyml/foundation/linalg/blas.h"
#include "everyml/foundation/linalg/cholesky.h"
#include "everyml/foundation/linalg/double_double.h"
#include "everyml/foundation/linalg/moments.h"
#include "everyml/foundation/linalg/pivoted_qr.h"
#include "everyml/foundation/linalg/row_kernels.h"

namespace everyml {
namespace {

Matrix random_matrix(std::size_t rows, std::size_t columns, std::uint64_t seed = 1) {
  Stream stream(seed, "matrix");
  Matrix a(rows, columns);
  for (double& value : a.values) value = stream.normal();
  return a;
}

/// a' a by three plain loops.
Matrix plain_gram(const Matrix& a) {
  Matrix gram(a.columns, a.columns);
  for (std::size_t r = 0; r < a.rows; ++r) {
    for (std::size_t i = 0; i < a.columns; ++i) {
      for (std::size_t j = 0; j < a.columns; ++j) gram(i, j) += a(r, i) * a(r, j);
    }
  }
  return gram;
}

void expect_near(const Matrix& a, const Matrix& b, double tolerance) {
  ASSERT_EQ(a.values.size(), b.values.size());
  for (std::size_t i = 0; i < a.values.size(); ++i) EXPECT_NEAR(a.values[i], b.values[i], tolerance) << i;
}

TEST(Blas, SyrkAndGemmAreThePlainLoops) {
  const Matrix a = random_matrix(37, 13);
  Matrix c(13, 13);
  syrk(37, 13, a.values.data(), 13, c.values.data(), 13);
  expect_near(c, plain_gram(a), 1e-12);
  gemm(true, false, 13, 13, 37, a.values.data(), 13, a.values.data(), 13, c.values.data(), 13, 0.5, 1.0);
  Matrix expected = plain_gram(a);
  for (double& value : expected.values) value *= 1.5;
  expect_near(c, expected, 1e-12);
}

TEST(Blas, EigenvectorsAreRowsAndGiveTheMatrixBack) {
  const Matrix a = plain_gram(random_matrix(30, 8));
  const SymmetricEigen eigen = symmetric_eigen(a);
  Matrix back(8, 8);
  for (std::size_t k = 0; k < 8; ++k) {
    if (k > 0) {
      EXPECT_LE(eigen.values[k - 1], eigen.values[k]);
    }
    for (std::size_t i = 0; i < 8; ++i) {
      for (std::size_t j = 0; j < 8; ++j)
        back(i, j) += eigen.values[k] * eigen.vectors(k, i) * eigen.vectors(k, j);
    }
  }
  expect_near(back, a, 1e-11);
}

TEST(Blas, UpperFactorHasTheSameGramMatrix) {
  for (const std::size_t rows : {5UL, 9UL, 60UL}) {
    const Matrix a = random_matrix(rows, 9);
    expect_near(plain_gram(qr_upper(a)), plain_gram(a), 1e-12);
  }
}

TEST(Cholesky, SolvesAndInverts) {
  // 150 needs more than one panel.
  for (const std::size_t n : {1UL, 7UL, 64UL, 150UL}) {
    const Matrix a = plain_gram(random_matrix(2 * n, n));
    const auto factor = Cholesky::factor(a);
    ASSERT_TRUE(factor);
    std::vector<double> b(n), x;
    std::iota(b.begin(), b.end(), 1.0);
    x = b;
    factor->solve(x);
    for (std::size_t i = 0; i < n; ++i) {
      double sum = 0.0;
      for (std::size_t j = 0; j < n; ++j) sum += a(i, j) * x[j];
      EXPECT_NEAR(sum, b[i], 1e-9);
    }
    const Matrix inverse = factor->inverse();
    std::vector<double> lower = b;
    factor->solve_lower(lower);
    double quadratic = 0.0, square = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      square += lower[i] * lower[i];
      for (std::size_t j = 0; j < n; ++j) quadratic += b[i] * inverse(i, j) * b[j];
    }
    EXPECT_NEAR(square / quadratic, 1.0, 1e-10);
  }
}

TEST(Cholesky, RefusesWhatIsNotPositiveDefinite) {
  Matrix a(2, 2);
  a.values = {1, 2, 2, 1};
  EXPECT_FALSE(Cholesky::factor(a));
  a.values = {1, 1, 1, 1};
  EXPECT_FALSE(Cholesky::factor(a));
  a.values = {NAN, 0, 0, 1};
  EXPECT_FALSE(Cholesky::factor(a));
  a.values = {4, 0, 0, 9};
  EXPECT_NEAR(Cholesky::factor(a)->log_determinant(), std::log(36.0), 1e-15);
  EXPECT_NEAR(Cholesky::factor(a)->condition_estimate(), 2.25, 1e-15);
}

TEST(DoubleDouble, KeepsWhatDoubleLoses) {
  const DoubleDouble third = DoubleDouble(1.0) / DoubleDouble(3.0);
  const DoubleDouble rest = DoubleDouble(1.0) - third * DoubleDouble(3.0);
  EXPECT_LT(std::abs(static_cast<double>(rest)), 1e-31);
  const DoubleDouble root = square_root(DoubleDouble(2.0));
  EXPECT_LT(std::abs(static_cast<double>(root * root - DoubleDouble(2.0))), 1e-30);
  // (10^16 + 1) - 10^16
  EXPECT_EQ(static_cast<double>((DoubleDouble(1e16) + DoubleDouble(1.0)) - DoubleDouble(1e16)), 1.0);
}

TEST(PivotedQr, FindsRankAndTheMinimum) {
  // Columns 2 = 0 + 1 and 4 = 0 are left out; y has a part that no column explains.
  Matrix a = random_matrix(20, 6);
  for (std::size_t r = 0; r < 20; ++r) {
    a(r, 2) = a(r, 0) + a(r, 1);
    a(r, 4) = 0.0;
    a(r, 5) += 2.0 * a(r, 0) - a(r, 3);
  }
  for (const Precision precision : {Precision::simple, Precision::twice}) {
    const PivotedSolution solution = pivoted_least_squares(a, 1e-12, precision);
    EXPECT_EQ(solution.kept, (std::vector<std::size_t>{0, 1, 3}));
    EXPECT_EQ(solution.aliased, (std::vector<std::size_t>{2, 4}));
    double square = 0.0;
    std::vector<double> gradient(3);
    for (std::size_t r = 0; r < 20; ++r) {
      double off = a(r, 5);
      for (std::size_t k = 0; k < 3; ++k) off -= solution.coefficients[k] * a(r, solution.kept[k]);
      square += off * off;
      for (std::size_t k = 0; k < 3; ++k) gradient[k] += off * a(r, solution.kept[k]);
    }
    EXPECT_NEAR(solution.residual_square, square, 1e-11);
    for (const double value : gradient) EXPECT_NEAR(value, 0.0, 1e-12);
  }
}

Features as_features(const Matrix& a, int kind) {
  if (kind == 0) {
    Buffer<double> values(a.values.size());
    std::copy(a.values.begin(), a.values.end(), values.begin());
    return Features::dense(std::move(values), a.rows, a.columns);
  }
  if (kind == 1) {
    Buffer<float> values(a.values.size());
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(a.values[i]);
    return Features::dense(std::move(values), a.rows, a.columns);
  }
  Buffer<std::uint64_t> starts(a.rows + 1);
  Buffer<std::uint32_t> columns(a.values.size());
  Buffer<float> values(a.values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    columns[i] = static_cast<std::uint32_t>(i % a.columns);
    values[i] = static_cast<float>(a.values[i]);
  }
  for (std::size_t r = 0; r <= a.rows; ++r) starts[r] = r * a.columns;
  return Features::sparse(a.rows, a.columns, std::move(starts), std::move(columns), std::move(values));
}

class Kernels : public testing::TestWithParam<int> {
 protected:
  /// The matrix with float values, so that all storages hold the same numbers.
  static Matrix data(std::size_t rows, std::size_t columns) {
    Matrix a = random_matrix(rows, columns);
    for (double& value : a.values) value = static_cast<double>(static_cast<float>(value));
    return a;
  }
};

TEST_P(Kernels, DotsAndSumsAreThePlainLoops) {
  for (const std::size_t columns : {1UL, 5UL, 8UL, 33UL}) {
    const Matrix a = data(29, columns);
    const Features x = as_features(a, GetParam());
    const std::vector<double> w = random_matrix(1, columns, 2).values;
    const std::size_t begin = 3, end = 28;
    std::vector<double> out(end - begin), sums(columns, 0.25), expected(columns, 0.25);
    row_dots(x, begin, end, w.data(), 0.5, out.data());
    for (std::size_t r = begin; r < end; ++r) {
      double sum = 0.5;
      for (std::size_t j = 0; j < columns; ++j) {
        sum += a(r, j) * w[j];
        expected[j] += a(r, j) * out[r - begin];
      }
      EXPECT_NEAR(out[r - begin], sum, 1e-13);
    }
    add_rows(x, begin, end, out.data(), sums.data());
    for (std::size_t j = 0; j < columns; ++j) EXPECT_NEAR(sums[j], expected[j], 1e-12);
  }
}

TEST_P(Kernels, GramIsThePlainLoops) {
  const std::size_t rows = 9000, columns = 7;
  const Matrix a = data(rows, columns);
  const Features x = as_features(a, GetParam());
  const std::vector<double> shift(columns, 0.125);
  std::vector<double> scale(rows);
  for (std::size_t r = 0; r < rows; ++r) scale[r] = 0.5 + static_cast<double>(r % 3);
  Matrix scaled = a;
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t j = 0; j < columns; ++j) scaled(r, j) = (a(r, j) - shift[j]) * scale[r];
  }
  const Matrix expected = plain_gram(scaled), plain = plain_gram(a);
  for (const bool exact : {true, false}) {
    const double tolerance = exact || GetParam() == 0 ? 1e-9 : 1e-5 * 20000;
    Matrix gram(columns, columns), unscaled(columns, columns);
    add_gram(x, 0, rows, shift.data(), scale.data(), exact, gram);
    expect_near(gram, expected, tolerance);
    add_gram(x, 0, rows, nullptr, nullptr, exact, unscaled);
    expect_near(unscaled, plain, tolerance);
  }
}

TEST_P(Kernels, MomentsAreThePlainLoops) {
  const std::size_t rows = 10000, columns = 5;
  Matrix a = data(rows, columns);
  for (std::size_t r = 0; r < rows; ++r) a(r, 2) += 64.0;
  const Features x = as_features(a, GetParam());
  std::vector<double> y(rows), weights(rows);
  for (std::size_t r = 0; r < rows; ++r) {
    y[r] = x.at(r, 0) + 10.0;
    weights[r] = static_cast<double>(r % 4);
  }
  const Moments sums = moments(x, y, weights, true, false, Context({.threads = 2}));
  double weight = 0.0, target = 0.0;
  std::vector<double> mean(columns);
  for (std::size_t r = 0; r < rows; ++r) {
    weight += weights[r];
    target += weights[r] * y[r];
    for (std::size_t j = 0; j < columns; ++j) mean[j] += weights[r] * x.at(r, j);
  }
  EXPECT_NEAR(sums.weight, weight, 1e-9);
  EXPECT_NEAR(sums.target_mean, target / weight, 1e-12);
  Matrix gram(columns, columns);
  std::vector<double> cross(columns);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t i = 0; i < columns; ++i) {
      const double off = x.at(r, i) - mean[i] / weight;
      cross[i] += weights[r] * off * (y[r] - target / weight);
      for (std::size_t j = 0; j < columns; ++j)
        gram(i, j) += weights[r] * off * (x.at(r, j) - mean[j] / weight);
    }
  }
  for (std::size_t j = 0; j < columns; ++j) {
    EXPECT_NEAR(sums.mean[j], mean[j] / weight, 1e-12);
    EXPECT_NEAR(sums.cross[j], cross[j], 1e-7);
  }
  expect_near(sums.gram, gram, GetParam() == 0 ? 1e-7 : 0.5);
}

INSTANTIATE_TEST_SUITE_P(Storages, Kernels, testing::Values(0, 1, 2));

TEST(LogisticRows, AreTheFormulas) {
  for (const std::size_t rows : {1UL, 7UL, 16UL, 21UL}) {
    std::vector<double> z = random_matrix(1, rows, 4).values, t(rows), u(rows), residual(rows),
                        curvature(rows);
    double loss = 0.0;
    for (std::size_t r = 0; r < rows; ++r) {
      z[r] *= 10.0;
      t[r] = r % 2 == 0 ? 1.0 : 0.0;
      u[r] = 1.0 + static_cast<double>(r % 3);
      loss += u[r] * (std::max(z[r], 0.0) + std::log1p(std::exp(-std::abs(z[r]))) - t[r] * z[r]);
    }
    EXPECT_NEAR(logistic_rows(rows, z.data(), t.data(), u.data(), residual.data(), curvature.data()), loss,
                1e-12);
    for (std::size_t r = 0; r < rows; ++r) {
      const double p = 1.0 / (1.0 + std::exp(-z[r]));
      EXPECT_NEAR(residual[r], u[r] * (p - t[r]), 1e-14);
      EXPECT_NEAR(curvature[r], u[r] * p * (1.0 - p), 1e-14);
    }
  }
}

TEST(ExpRows, AgreesWithTheLibrary) {
  std::vector<double> values;
  for (double x = -700.0; x < 700.0; x += 3.7) values.push_back(x);
  const std::vector<double> inputs = values;
  exp_rows(values);
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i] / std::exp(inputs[i]), 1.0, 1e-14);
}

TEST(ChunkRows, IsBoundedInNumberAndMemory) {
  EXPECT_EQ(chunk_rows(100, 8), 4096U);
  EXPECT_EQ(chunk_rows(6400000, 8), 100000U);
  EXPECT_EQ(chunk_rows(1000000, std::size_t{64} << 20), 250000U);
}

/// Rows 0, 2, ... count; the rest are of weight 0 and lie far off.
TEST(Moments, RowsWithoutWeightDoNotBlurTheOthers) {
  Stream stream(5, "moments");
  const std::size_t n = 3000;
  Buffer<double> all(2 * n * 2), kept(n * 2);
  std::vector<double> y, y_kept, weights;
  for (std::size_t r = 0; r < n; ++r) {
    const double a = stream.normal(), b = stream.normal();
    kept[r * 2] = all[r * 4] = a;
    kept[r * 2 + 1] = all[r * 4 + 1] = b;
    all[r * 4 + 2] = 1e12;
    all[r * 4 + 3] = -1e12;
    y.insert(y.end(), {a - b, 1e12});
    y_kept.push_back(a - b);
    weights.insert(weights.end(), {1.0, 0.0});
  }
  const Context context({.threads = 1});
  const Moments got = moments(Features::dense(std::move(all), 2 * n, 2), y, weights, true, false, context);
  const Moments expected = moments(Features::dense(std::move(kept), n, 2), y_kept, {}, true, false, context);
  expect_near(got.gram, expected.gram, 1e-8);
  EXPECT_NEAR(got.cross[0], expected.cross[0], 1e-8);
  EXPECT_NEAR(got.target_square, expected.target_square, 1e-8);
}

TEST(AddGram, SquaresBeyondFloatsAreSummedInDouble) {
  const std::size_t n = 5000;
  Buffer<float> values(n * 2);
  for (std::size_t r = 0; r < n; ++r) {
    values[r * 2] = static_cast<float>(1 + r % 3) * 0x1p70F;
    values[r * 2 + 1] = static_cast<float>(r % 2);
  }
  double expected[2][2] = {};
  std::vector<double> scale(n);
  for (std::size_t r = 0; r < n; ++r) {
    scale[r] = static_cast<double>(r % 5);
    for (std::size_t i = 0; i < 2; ++i) {
      for (std::size_t j = 0; j < 2; ++j)
        expected[i][j] += scale[r] * scale[r] * static_cast<double>(values[r * 2 + i]) *
                          static_cast<double>(values[r * 2 + j]);
    }
  }
  Matrix gram(2, 2);
  add_gram(Features::dense(std::move(values), n, 2), 0, n, nullptr, scale.data(), false, gram);
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t j = 0; j < 2; ++j) EXPECT_NEAR(gram(i, j) / expected[i][j], 1.0, 1e-6);
  }
}

TEST(Moments, MeansBeyondFloatsAndConstantTargets) {
  Buffer<double> values(4);
  for (std::size_t r = 0; r < 4; ++r) values[r] = static_cast<double>(r) * 1e60;
  const Features x = Features::dense(std::move(values), 4, 1);
  const Context context({.threads = 1});
  const std::vector<double> y = {0.1, 0.1, 0.1, 0.1};
  const Moments got = moments(x, y, {}, true, false, context);
  EXPECT_NEAR(got.gram(0, 0), 5e120, 1e106);
  EXPECT_GE(got.target_square, 0.0);
}

TEST(PivotedQr, CanBeCancelled) {
  CancelToken cancel;
  cancel.cancel();
  const Context context({.threads = 1, .cancel = &cancel});
  EXPECT_THROW(pivoted_least_squares(random_matrix(5, 3), 1e-12, Precision::simple, &context), ResourceError);
}

}  // namespace
}  // namespace everyml
