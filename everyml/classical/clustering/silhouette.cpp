#include <algorithm>
#include <cmath>
#include <limits>

#include "everyml/classical/clustering/lloyd_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {

// Rousseeuw, "Silhouettes", Journal of Computational and Applied Mathematics 20 (1987): (b - a) / max(a, b)
// with a the mean distance to the rows of the own cluster and b to those of the nearest other; 0 for a row
// alone.
double mean_silhouette(const KMeansProblem& problem, std::span<const std::int32_t> labels,
                       std::size_t clusters, std::size_t most, Stream random, const Context& context) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (problem.weight(i) > 0) rows.push_back(i);
  }
  if (rows.size() > most) {
    std::vector<std::size_t> picked = random.sample(rows.size(), most);
    for (std::size_t& index : picked) index = rows[index];
    rows = std::move(picked);
  }
  std::vector<std::size_t> own(rows.size()), sizes(clusters, 0);
  for (std::size_t i = 0; i < rows.size(); ++i) ++sizes[own[i] = static_cast<std::size_t>(labels[rows[i]])];
  if (std::count(sizes.begin(), sizes.end(), 0U) + 1 >= static_cast<std::ptrdiff_t>(clusters)) return 0;

  const std::size_t n = rows.size();
  const Features x = moderate_rows(problem, rows);
  const double sum = parallel_reduce<double>(
      context, n, 64,
      [&](std::size_t begin, std::size_t end) {
        std::vector<std::size_t> some(end - begin);
        for (std::size_t i = 0; i < some.size(); ++i) some[i] = begin + i;
        std::vector<float> squared(some.size() * n);
        squared_distances_to(x, 0, n, some, squared);
        std::vector<double> to(clusters);
        double part = 0;
        for (std::size_t i = 0; i < some.size(); ++i) {
          const std::size_t cluster = own[begin + i];
          if (sizes[cluster] < 2) continue;
          std::fill(to.begin(), to.end(), 0.0);
          for (std::size_t j = 0; j < n; ++j)
            to[own[j]] += std::sqrt(static_cast<double>(squared[i * n + j]));
          const double a = to[cluster] / static_cast<double>(sizes[cluster] - 1);
          double b = std::numeric_limits<double>::infinity();
          for (std::size_t c = 0; c < clusters; ++c) {
            if (c != cluster && sizes[c] > 0) b = std::min(b, to[c] / static_cast<double>(sizes[c]));
          }
          if (std::max(a, b) > 0) part += (b - a) / std::max(a, b);
        }
        return part;
      },
      [](double& into, double&& part) { into += part; });
  return sum / static_cast<double>(n);
}

}  // namespace everyml
