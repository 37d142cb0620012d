#include "everyml/foundation/linalg/moments.h"

#include <algorithm>
#include <cmath>

#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/linalg/row_kernels.h"

namespace everyml {
namespace {

/// Sums about a shift near the mean, which are moved to the mean itself at the end. They are small where the
/// data is large, so little is cancelled, and one pass is enough.
struct Sums {
  double weight = 0.0, target = 0.0, target_square = 0.0;
  std::vector<double> columns, cross;  // sum w x and sum w x y, not shifted but for y
  Matrix gram;                         // shifted

  void join(Sums&& other) {
    weight += other.weight;
    target += other.target;
    target_square += other.target_square;
    for (std::size_t j = 0; j < columns.size(); ++j)
      columns[j] += other.columns[j], cross[j] += other.cross[j];
    for (std::size_t i = 0; i < gram.values.size(); ++i) gram.values[i] += other.gram.values[i];
  }
};

/// Weighted means of about a thousand rows spread over the data, the heaviest of each stretch: rows of little
/// weight may lie anywhere and must not pull the shift away from those that count.
std::vector<double> sample_means(const Features& x, std::span<const double> y,
                                 std::span<const double> weights, double& target) {
  const std::size_t n = x.rows(), step = std::max<std::size_t>(n / 1024, 1);
  std::vector<double> means(x.columns());
  double total = 0.0;
  target = 0.0;
  for (std::size_t begin = 0; begin < n; begin += step) {
    std::size_t r = begin;
    if (!weights.empty()) {
      const auto stretch = weights.subspan(begin, std::min(step, n - begin));
      r += static_cast<std::size_t>(std::max_element(stretch.begin(), stretch.end()) - stretch.begin());
    }
    const double weight = weights.empty() ? 1.0 : weights[r];
    if (weight == 0.0) continue;
    add_rows(x, r, r + 1, &weight, means.data());
    target += weight * y[r];
    total += weight;
  }
  // Floats, so that shifting float data by them is the same in float and in double. Beyond floats, and where
  // nothing has weight, data is summed about zero.
  for (double& mean : means) {
    mean = static_cast<double>(static_cast<float>(mean / total));
    if (!std::isfinite(mean)) mean = 0.0;
  }
  target = total > 0.0 ? target / total : 0.0;
  return means;
}

Sums sum_chunk(const Features& x, std::span<const double> y, std::span<const double> weights,
               const std::vector<double>* shift, double target_shift, bool exact, std::size_t begin,
               std::size_t end) {
  const std::size_t d = x.columns();
  Sums sums;
  sums.columns.resize(d);
  sums.cross.resize(d);
  sums.gram = Matrix(d, d);
  constexpr std::size_t kBlock = 512;
  std::vector<double> w(kBlock), wy(kBlock), root(weights.empty() ? 0 : kBlock);
  for (std::size_t b = begin; b < end; b += kBlock) {
    const std::size_t e = std::min(end, b + kBlock);
    for (std::size_t r = b; r < e; ++r) {
      const double weight = weights.empty() ? 1.0 : weights[r], target = y[r] - target_shift;
      w[r - b] = weight;
      wy[r - b] = weight * target;
      sums.weight += weight;
      sums.target += weight * target;
      sums.target_square += weight * target * target;
      if (!weights.empty()) root[r - b] = std::sqrt(weight);
    }
    add_rows(x, b, e, w.data(), sums.columns.data());
    add_rows(x, b, e, wy.data(), sums.cross.data());
    add_gram(x, b, e, shift ? shift->data() : nullptr, weights.empty() ? nullptr : root.data(), exact,
             sums.gram);
  }
  return sums;
}

}  // namespace

Moments moments(const Features& x, std::span<const double> y, std::span<const double> weights, bool centred,
                bool exact, const Context& context) {
  const std::size_t n = x.rows(), d = x.columns();
  double target_shift = 0.0;
  std::vector<double> shift(d);
  if (centred) shift = sample_means(x, y, weights, target_shift);
  const std::size_t grain = chunk_rows(n, d * d * sizeof(double));
  Sums sums = parallel_reduce<Sums>(
      context, n, grain,
      [&](std::size_t begin, std::size_t end) {
        return sum_chunk(x, y, weights, centred ? &shift : nullptr, target_shift, exact, begin, end);
      },
      [](Sums& into, Sums&& part) { into.join(std::move(part)); });

  Moments result;
  result.weight = sums.weight;
  result.gram = std::move(sums.gram);
  result.cross = std::move(sums.cross);
  result.target_square = sums.target_square;
  result.mean.assign(d, 0.0);
  if (!centred) return result;
  std::vector<double> offset(d);
  for (std::size_t j = 0; j < d; ++j) {
    result.mean[j] = sums.columns[j] / sums.weight;
    offset[j] = result.mean[j] - shift[j];
  }
  const double target_offset = sums.target / sums.weight;
  result.target_mean = target_shift + target_offset;
  result.target_square = std::max(0.0, result.target_square - sums.weight * target_offset * target_offset);
  for (std::size_t i = 0; i < d; ++i) {
    result.cross[i] -= sums.target * result.mean[i];
    for (std::size_t j = 0; j < d; ++j) result.gram(i, j) -= sums.weight * offset[i] * offset[j];
  }
  return result;
}

}  // namespace everyml
