#include "everyml/ensembles/committee/nnls.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "everyml/foundation/linalg/cholesky.h"

namespace everyml {
namespace {

/// Least squares over the columns in `set`; nothing when they depend on each other.
std::optional<std::vector<double>> solve(std::span<const double> gram, std::span<const double> moment,
                                         const std::vector<std::size_t>& set) {
  const std::size_t n = moment.size();
  Matrix part(set.size(), set.size());
  std::vector<double> x;
  for (std::size_t i = 0; i < set.size(); ++i) {
    for (std::size_t j = 0; j < set.size(); ++j) {
      // With a diagonal of ones, so that "depends" means the same at any scale.
      const double unit = std::sqrt(gram[set[i] * n + set[i]]) * std::sqrt(gram[set[j] * n + set[j]]);
      part(i, j) = unit > 0 ? gram[set[i] * n + set[j]] / unit : 0;
    }
    const double own = std::sqrt(gram[set[i] * n + set[i]]);
    x.push_back(own > 0 ? moment[set[i]] / own : 0);
  }
  const auto factor = Cholesky::factor(std::move(part));
  if (!factor || factor->condition_estimate() > 1e12) return std::nullopt;
  factor->solve(x);
  for (std::size_t i = 0; i < set.size(); ++i) x[i] /= std::sqrt(gram[set[i] * n + set[i]]);
  return x;
}

}  // namespace

std::vector<double> nonnegative_least_squares(std::span<const double> gram, std::span<const double> moment) {
  const std::size_t n = moment.size();
  std::vector<double> x(n, 0.0);
  std::vector<bool> passive(n, false), barred(n, false);
  double largest = 0;
  for (std::size_t j = 0; j < n; ++j) largest = std::max(largest, std::abs(moment[j]));
  const double tolerance = 1e-13 * largest * static_cast<double>(n);
  for (std::size_t change = 0; change < 30 * n; ++change) {
    // The entry whose growth helps most.
    std::size_t enter = n;
    double steepest = tolerance;
    for (std::size_t j = 0; j < n; ++j) {
      if (passive[j] || barred[j] || !(gram[j * n + j] > 0)) continue;
      double slope = moment[j];
      for (std::size_t k = 0; k < n; ++k) slope -= gram[j * n + k] * x[k];
      if (slope > steepest) steepest = slope, enter = j;
    }
    if (enter == n) break;
    passive[enter] = true;
    bool entered = false;
    while (true) {
      std::vector<std::size_t> set;
      for (std::size_t j = 0; j < n; ++j)
        if (passive[j]) set.push_back(j);
      const auto trial = solve(gram, moment, set);
      if (!trial) {
        // It repeats those that are in already.
        passive[enter] = false;
        barred[enter] = true;
        break;
      }
      double step = 1;
      for (std::size_t i = 0; i < set.size(); ++i)
        if ((*trial)[i] <= 0) step = std::min(step, x[set[i]] / (x[set[i]] - (*trial)[i]));
      if (!entered && step == 0 && x[enter] == 0) {
        // Rounding alone made it look useful.
        passive[enter] = false;
        barred[enter] = true;
        break;
      }
      entered = true;
      for (std::size_t i = 0; i < set.size(); ++i) x[set[i]] += step * ((*trial)[i] - x[set[i]]);
      bool left = false;
      for (std::size_t i = 0; i < set.size(); ++i) {
        if ((*trial)[i] > 0 || x[set[i]] > 1e-14) continue;
        x[set[i]] = 0;
        passive[set[i]] = false;
        left = true;
      }
      if (step >= 1 || !left) break;
    }
    if (entered) std::fill(barred.begin(), barred.end(), false);
  }
  return x;
}

std::vector<double> greedy_selection(std::span<const double> gram, std::span<const double> moment,
                                     int rounds) {
  const std::size_t n = moment.size();
  std::vector<double> count(n, 0.0), product(n, 0.0);  // product: Gram times count
  double square = 0, along = 0;                        // of the sum of those chosen: its square, its moment
  for (int round = 1; round <= rounds; ++round) {
    std::size_t best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t j = 0; j < n; ++j) {
      const double t = round;
      const double loss = (square + 2 * product[j] + gram[j * n + j]) / (t * t) - 2 * (along + moment[j]) / t;
      if (loss < least) least = loss, best = j;
    }
    square += 2 * product[best] + gram[best * n + best];
    along += moment[best];
    count[best] += 1;
    for (std::size_t j = 0; j < n; ++j) product[j] += gram[j * n + best];
  }
  for (double& weight : count) weight /= rounds;
  return count;
}

}  // namespace everyml
