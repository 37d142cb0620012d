#include <algorithm>
#include <cmath>
#include <limits>

#include "everyml/classical/clustering/lloyd_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace {

constexpr std::size_t kGrain = 2304;
/// Values of a sample at most, unless that is too few rows to choose from.
constexpr std::size_t kMostValues = std::size_t{1} << 25;

/// Rows of the sample, all of positive weight, and what the next draw is in proportion to.
struct Sample {
  Features x;
  std::vector<double> weights;
  std::vector<float> closest;  ///< squared distance to the nearest centre chosen so far
};

/// The first row at which the running sum of weight * closest exceeds `target`.
std::size_t row_at(const Sample& sample, double target) {
  double sum = 0;
  std::size_t last = 0;
  for (std::size_t i = 0; i < sample.weights.size(); ++i) {
    const double mass = sample.weights[i] * static_cast<double>(sample.closest[i]);
    if (mass > 0) last = i;
    sum += mass;
    if (sum > target) return i;
  }
  return last;  // rounding may leave the target a hair above the whole sum
}

/// Sum of weight * min(closest, distance to the candidate) for each candidate.
std::vector<double> potentials(const Sample& sample, std::span<const std::size_t> candidates,
                               const Context& context) {
  return parallel_reduce<std::vector<double>>(
      context, sample.x.rows(), kGrain,
      [&](std::size_t begin, std::size_t end) {
        const std::size_t n = end - begin;
        std::vector<float> squared(candidates.size() * n);
        squared_distances_to(sample.x, begin, end, candidates, squared);
        std::vector<double> sums(candidates.size(), 0.0);
        for (std::size_t c = 0; c < candidates.size(); ++c) {
          for (std::size_t i = 0; i < n; ++i) {
            sums[c] += sample.weights[begin + i] *
                       static_cast<double>(std::min(sample.closest[begin + i], squared[c * n + i]));
          }
        }
        return sums;
      },
      [](std::vector<double>& into, std::vector<double>&& part) {
        for (std::size_t c = 0; c < into.size(); ++c) into[c] += part[c];
      });
}

void take(Sample& sample, std::size_t row, const Context& context) {
  parallel_for(context, sample.x.rows(), kGrain, [&](std::size_t begin, std::size_t end) {
    std::vector<float> squared(end - begin);
    const std::size_t one[] = {row};
    squared_distances_to(sample.x, begin, end, one, squared);
    for (std::size_t i = begin; i < end; ++i)
      sample.closest[i] = std::min(sample.closest[i], squared[i - begin]);
  });
}

/// Greedy k-means++: of 2 + ln(k) candidates drawn in proportion to the squared distance, the one that lowers
/// the sum of squared distances most.
std::vector<std::size_t> spread_rows(Sample& sample, std::size_t clusters, Stream& random,
                                     const Context& context) {
  const auto trials = static_cast<std::size_t>(2 + std::log(static_cast<double>(clusters)));
  std::vector<std::size_t> chosen = {random.weighted(sample.weights)};
  sample.closest.assign(sample.x.rows(), std::numeric_limits<float>::infinity());
  take(sample, chosen[0], context);
  std::vector<std::size_t> candidates(trials);
  while (chosen.size() < clusters) {
    double whole = 0;
    for (std::size_t i = 0; i < sample.weights.size(); ++i) {
      whole += sample.weights[i] * static_cast<double>(sample.closest[i]);
    }
    std::size_t best = 0;
    if (!(whole > 0) || !std::isfinite(whole)) {
      // Fewer different rows than clusters, or distances beyond float32: any row is as good.
      best = random.weighted(sample.weights);
    } else {
      for (std::size_t& candidate : candidates) candidate = row_at(sample, random.uniform() * whole);
      const std::vector<double> sums = potentials(sample, candidates, context);
      best = candidates[static_cast<std::size_t>(std::min_element(sums.begin(), sums.end()) - sums.begin())];
    }
    take(sample, best, context);
    chosen.push_back(best);
  }
  return chosen;
}

std::vector<std::size_t> random_rows(const Sample& sample, std::size_t clusters, Stream& random) {
  // Without replacement: the draw with the largest log(u) / weight first (Efraimidis and Spirakis, 2006).
  std::vector<std::pair<double, std::size_t>> keys(sample.weights.size());
  for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = {random.exponential() / sample.weights[i], i};
  std::partial_sort(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(clusters), keys.end());
  std::vector<std::size_t> chosen;
  for (std::size_t c = 0; c < clusters; ++c) chosen.push_back(keys[c].second);
  return chosen;
}

}  // namespace

std::vector<double> first_centres(const KMeansProblem& problem, std::size_t clusters, KMeansStart start,
                                  Stream random, const Context& context) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < problem.x.rows(); ++i) {
    if (problem.weight(i) > 0) rows.push_back(i);
  }
  // Seeding reads its rows a few times per cluster; so many represent any larger number of them.
  std::size_t most = std::max<std::size_t>(32768, 128 * clusters);
  most =
      std::max(std::min(most, kMostValues / problem.x.columns()), std::max<std::size_t>(2048, 8 * clusters));
  if (rows.size() > most) {
    std::vector<std::size_t> picked = random.sample(rows.size(), most);
    for (std::size_t& index : picked) index = rows[index];
    rows = std::move(picked);
  }
  Sample sample;
  sample.x = moderate_rows(problem, rows);
  for (const std::size_t row : rows) sample.weights.push_back(problem.weight(row));
  const std::vector<std::size_t> chosen = start == KMeansStart::random
                                              ? random_rows(sample, clusters, random)
                                              : spread_rows(sample, clusters, random, context);
  const std::size_t columns = problem.x.columns();
  std::vector<double> centres(clusters * columns), scratch;
  for (std::size_t c = 0; c < clusters; ++c) {
    std::copy_n(problem.x.tile64(rows[chosen[c]], rows[chosen[c]] + 1, scratch), columns,
                centres.data() + c * columns);
  }
  return centres;
}

}  // namespace everyml
