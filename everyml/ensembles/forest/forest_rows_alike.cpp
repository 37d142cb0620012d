#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "everyml/ensembles/forest/forest.h"
#include "everyml/ensembles/forest/forest_rows_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {

void ForestTrees::proximity(const Features& x, const Features& others, std::span<double> out,
                            const Context& context) const {
  const std::size_t trees = trees_.tree_count(), n = x.rows(), m = others.rows();
  std::vector<std::int32_t> mine(n * trees), theirs(m * trees);
  trees_.leaves(x, mine, context);
  trees_.leaves(others, theirs, context);
  parallel_for(context, n, 16, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t j = 0; j < m; ++j) {
        std::size_t same = 0;
        for (std::size_t t = 0; t < trees; ++t) same += mine[i * trees + t] == theirs[j * trees + t];
        out[i * m + j] = static_cast<double>(same) / static_cast<double>(trees);
      }
    }
  });
}

void ForestTrees::standard_errors(const Features& x, std::span<double> out, const Context& context) const {
  if (facts_.sampling != ForestSampling::bootstrap || facts_.copies == 0) {
    throw UnsupportedError("forest.draws",
                           "standard errors need a forest that drew rows of equal weight with replacement");
  }
  const std::size_t trees = trees_.tree_count(), rows = x.rows(), outputs = trees_.output_count();
  const auto n = static_cast<std::size_t>(facts_.copies);
  const auto count = static_cast<double>(trees);
  // Answer of each tree less the mean of all, in the unit of the forest's answer.
  std::vector<std::int32_t> leaves(rows * trees);
  trees_.leaves(x, leaves, context);
  const TreeParts& parts = trees_.parts();
  std::vector<double> apart(trees * rows * outputs);  // [trees, rows, outputs]
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t k = 0; k < outputs; ++k) {
      double mean = 0;
      for (std::size_t t = 0; t < trees; ++t) {
        const std::size_t leaf = parts.first_leaf[t] + static_cast<std::size_t>(leaves[i * trees + t]);
        const double value = parts.leaf_value[leaf * outputs + k] * count;
        apart[(t * rows + i) * outputs + k] = value;
        mean += value / count;
      }
      for (std::size_t t = 0; t < trees; ++t) apart[(t * rows + i) * outputs + k] -= mean;
    }
  }
  // The draws are made again: they are the streams that the trees were grown with.
  ForestRows drawn;
  drawn.present.resize(n);
  for (std::size_t i = 0; i < n; ++i) drawn.present[i] = static_cast<std::uint32_t>(i);
  drawn.weight.assign(n, 1);
  drawn.copy_count = n;
  std::vector<std::vector<std::uint8_t>> times(trees);
  parallel_for(context, trees, 1, [&](std::size_t begin, std::size_t end) {
    std::vector<std::uint32_t> loads;
    for (std::size_t t = begin; t < end; ++t) {
      Stream stream(facts_.seed, "forest.rows", t);
      drawn.draw(stream, facts_.sampling, facts_.share, loads);
      times[t].resize(n);
      for (std::size_t i = 0; i < n; ++i) times[t][i] = static_cast<std::uint8_t>(std::min(loads[i], 255U));
    }
  });
  using Sums = std::vector<double>;
  const std::size_t width = rows * outputs;
  const Sums squares = parallel_reduce<Sums>(
      context, n, 4096,
      [&](std::size_t begin, std::size_t end) {
        Sums sums(width, 0.0), covariance(width);
        for (std::size_t i = begin; i < end; ++i) {
          std::fill(covariance.begin(), covariance.end(), 0.0);
          for (std::size_t t = 0; t < trees; ++t) {
            const double more = times[t][i] - facts_.share;
            const double* row = apart.data() + t * width;
            for (std::size_t k = 0; k < width; ++k) covariance[k] += more * row[k];
          }
          for (std::size_t k = 0; k < width; ++k) {
            sums[k] += covariance[k] / count * (covariance[k] / count);
          }
        }
        return sums;
      },
      [](Sums& into, Sums&& part) {
        for (std::size_t k = 0; k < into.size(); ++k) into[k] += part[k];
      });
  for (std::size_t k = 0; k < width; ++k) {
    double spread = 0;
    for (std::size_t t = 0; t < trees; ++t) spread += apart[t * width + k] * apart[t * width + k];
    // What the chance of a finite number of trees adds.
    const double bias = static_cast<double>(n) * facts_.share / (count * count) * spread;
    out[k] = std::sqrt(std::max(0.0, squares[k] - bias));
  }
}

}  // namespace everyml
