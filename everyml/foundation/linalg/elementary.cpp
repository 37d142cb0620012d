#include "everyml/foundation/linalg/elementary.h"

#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace everyml::portable {
namespace {

/// 2^k for k in [-1022, 1023].
double power_of_two(std::int64_t k) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(k + 1023) << 52);
}

// 1/2!, 1/3!, ..., 1/13!: the next term is below 4e-18 for |r| <= log(2)/2.
constexpr std::array<double, 12> kInverseFactorials = {
    1.0 / 2,     1.0 / 6,      1.0 / 24,      1.0 / 120,      1.0 / 720,       1.0 / 5040,
    1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800};

template <class T>
double lanes_dot(const T* x, const double* w, std::size_t n) {
  double lane[8] = {};
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    for (std::size_t l = 0; l < 8; ++l) lane[l] += static_cast<double>(x[i + l]) * w[i + l];
  }
  for (std::size_t l = 0; i < n; ++i, ++l) lane[l] += static_cast<double>(x[i]) * w[i];
  return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

}  // namespace

double exp(double x) {
  if (std::isnan(x)) return x;
  if (x > 709.782712893384) return std::numeric_limits<double>::infinity();
  if (x < -745.1332191019412) return 0.0;
  // x = k log 2 + r. Adding and taking away 1.5 * 2^52 rounds to the nearest whole number; log 2 is split so
  // that k * high has no rounding error.
  constexpr double kLog2E = 0x1.71547652b82fep+0, kRound = 0x1.8p52;
  constexpr double kHigh = 0x1.62e42fee00000p-1, kLow = 0x1.a39ef35793c76p-33;
  const double k = (x * kLog2E + kRound) - kRound;
  const double r = (x - k * kHigh) - k * kLow;
  double q = kInverseFactorials.back();
  for (std::size_t i = kInverseFactorials.size() - 1; i-- > 0;) q = q * r + kInverseFactorials[i];
  const double value = 1.0 + (r + r * r * q);
  // Two steps, so that results near the ends of the range are reached without leaving it on the way.
  const auto whole = static_cast<std::int64_t>(k);
  const std::int64_t half = whole / 2;
  return value * power_of_two(half) * power_of_two(whole - half);
}

double log1p_unit(double y) {
  // log(1 + y) = 2 atanh(s), s = y / (2 + y) <= 1/3; terms beyond s^35 are below 1e-18 of the first.
  const double s = y / (2.0 + y), s2 = s * s;
  double q = 0.0;
  for (int i = 17; i >= 1; --i) q = (q + 1.0 / (2 * i + 1)) * s2;
  return 2.0 * (s + s * q);
}

double log1p_exp(double x) { return (x > 0.0 ? x : 0.0) + log1p_unit(exp(x > 0.0 ? -x : x)); }

double sigmoid(double x) {
  if (x >= 0.0) return 1.0 / (1.0 + exp(-x));
  const double e = exp(x);
  return e / (1.0 + e);
}

void softmax(std::span<double> scores) {
  double top = scores[0];
  for (const double score : scores) top = score > top ? score : top;
  double sum = 0.0;
  for (double& score : scores) {
    score = exp(score - top);
    sum += score;
  }
  for (double& score : scores) score /= sum;
}

double dot(const double* x, const double* w, std::size_t n) { return lanes_dot(x, w, n); }
double dot(const float* x, const double* w, std::size_t n) { return lanes_dot(x, w, n); }

double sparse_dot(const float* values, const std::uint32_t* columns, const double* w, std::size_t n) {
  double sum = 0.0;
  for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(values[i]) * w[columns[i]];
  return sum;
}

}  // namespace everyml::portable
