#include <algorithm>
#include <cmath>

#include "everyml/classical/clustering/choose_clusters_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace {

/// Of the best silhouette, what the number of clusters chosen by the gap must reach.
constexpr double kBlurred = 0.7;
constexpr std::size_t kMostRows = 2000;
constexpr std::size_t kMostColumns = 64;
constexpr std::size_t kLeadingColumns = 32;
constexpr std::size_t kReferences = 20;
/// Standard deviations by which the data must beat structureless sets for some number of clusters. The
/// largest of nine related comparisons exceeds this about once in a hundred noise sets.
constexpr double kEvidence = 3.5;

/// log(inertia) and silhouette for 1, 2, ... clusters.
struct Curve {
  std::vector<double> log_inertia, silhouette;
};

Curve curve_of(const Features& x, std::span<const double> weights, const KMeans& settings,
               std::size_t largest, std::uint64_t set, const Context& context) {
  const KMeansProblem problem(x, weights, context);
  const double movement = settings.tolerance * problem.mean_variance;
  Curve curve;
  double whole = 0;
  for (std::size_t k = 1; k <= largest; ++k) {
    LloydRun best;
    const std::size_t runs = k == 1 ? 1 : 3;
    for (std::size_t r = 0; r < runs; ++r) {
      Stream random = context.random("k-means choice", (set * 128 + k) * 8 + r);
      LloydRun run = lloyd(problem, first_centres(problem, k, settings.initial, random, context),
                           std::min(settings.max_iterations, 100), movement, context, {});
      if (r == 0 || run.inertia < best.inertia) best = std::move(run);
    }
    if (k == 1) whole = best.inertia;
    // Rows that fall into k points leave nothing; the floor keeps the logarithm and says "far below".
    curve.log_inertia.push_back(std::log(std::max(best.inertia, 1e-12 * whole)));
    // Of the structureless sets silhouettes are read only when they decide; they cost more than the runs.
    curve.silhouette.push_back(set > 0 && settings.choice != ClusterChoice::silhouette
                                   ? 0.0
                                   : mean_silhouette(problem, best.labels, k, 1000,
                                                     context.random("k-means silhouette", set), context));
  }
  return curve;
}

struct Spread {
  double mean = 0, deviation = 0;
};
template <class Get>
Spread spread_of(std::span<const Curve> curves, const Get& get) {
  Spread spread;
  for (const Curve& curve : curves) spread.mean += get(curve) / static_cast<double>(curves.size());
  for (const Curve& curve : curves) spread.deviation += std::pow(get(curve) - spread.mean, 2);
  spread.deviation = std::sqrt(spread.deviation / static_cast<double>(curves.size() - 1));
  return spread;
}

double evidence_of(double value, const Spread& spread) {
  const double gain = value - spread.mean;
  if (gain <= 0) return 0;
  return gain / std::max(spread.deviation * std::sqrt(1 + 1.0 / kReferences), 1e-9 * std::abs(value));
}

std::vector<ClusterCandidate> compare(const Curve& data, std::span<const Curve> references,
                                      ClusterChoice choice) {
  std::vector<ClusterCandidate> candidates;
  for (std::size_t i = 0; i < data.log_inertia.size(); ++i) {
    const Spread logs = spread_of(references, [&](const Curve& c) { return c.log_inertia[i]; });
    ClusterCandidate candidate{.clusters = static_cast<int>(i + 1), .gap = logs.mean - data.log_inertia[i]};
    candidate.gap_error = logs.deviation * std::sqrt(1 + 1.0 / kReferences);
    candidate.silhouette = data.silhouette[i];
    if (i > 0) {
      const auto index = [&](const Curve& c) {
        return choice == ClusterChoice::gap ? c.log_inertia[0] - c.log_inertia[i] : c.silhouette[i];
      };
      candidate.evidence = evidence_of(index(data), spread_of(references, index));
    }
    candidates.push_back(candidate);
  }
  return candidates;
}

/// From two clusters on: the first number whose gap the next does not beat, or the fewest within its standard
/// error. A later, higher peak is not followed: on one elongated cluster the gap rises again for every cut of
/// it. Reference: Tibshirani, Walther and Hastie, "Estimating the number of clusters in a data set via the
/// gap statistic", Journal of the Royal Statistical Society B 63 (2001), with the standard error taken at the
/// first peak.
std::size_t by_gap(std::span<const ClusterCandidate> candidates) {
  std::size_t peak = 1;
  while (peak + 1 < candidates.size() && candidates[peak + 1].gap > candidates[peak].gap) ++peak;
  std::size_t fewest = 1;
  while (candidates[fewest].gap < candidates[peak].gap - candidates[peak].gap_error) ++fewest;
  return fewest;
}

std::size_t by_silhouette(std::span<const ClusterCandidate> candidates) {
  std::size_t best = 1;
  for (std::size_t i = 2; i < candidates.size(); ++i) {
    if (candidates[i].silhouette > candidates[best].silhouette) best = i;
  }
  return best;
}

/// Flags and whole numbers beat the continuous reference at any number of clusters, and the gap then only
/// rises. Where the silhouette is so much better elsewhere, it decides.
std::size_t by_gap_unless_blurred(std::span<const ClusterCandidate> candidates) {
  const std::size_t gap = by_gap(candidates), silhouette = by_silhouette(candidates);
  return candidates[gap].silhouette < kBlurred * candidates[silhouette].silhouette ? silhouette : gap;
}

}  // namespace

ChosenClusters choose_clusters(const KMeansProblem& problem, const KMeans& settings, const Context& context) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < problem.x.rows(); ++i) {
    if (problem.weight(i) > 0) rows.push_back(i);
  }
  if (rows.size() > kMostRows) {
    std::vector<std::size_t> picked = context.random("k-means sample").sample(rows.size(), kMostRows);
    for (std::size_t& index : picked) index = rows[index];
    rows = std::move(picked);
  }
  ChosenClusters chosen;
  // Two clusters of three rows are the least that can be told from chance.
  if (rows.size() < 6 || !(problem.mean_variance > 0)) return chosen;
  Features x = rows.size() == problem.x.rows() ? problem.x : problem.x.select_rows(rows);
  if (x.columns() > kMostColumns)
    x = leading_scores(x, kLeadingColumns, context.random("k-means directions"), context);
  std::vector<double> weights;
  if (!problem.weights.empty()) {
    for (const std::size_t row : rows) weights.push_back(problem.weights[row]);
  }

  const std::size_t largest =
      std::min<std::size_t>(static_cast<std::size_t>(settings.max_clusters), rows.size() / 3);
  const UniformReference reference(x);
  std::vector<Curve> curves(kReferences + 1);
  const Context quiet = context.with_observer(nullptr);
  parallel_for(quiet, curves.size(), 1, [&](std::size_t begin, std::size_t) {
    if (begin == 0) {
      curves[0] = curve_of(x, weights, settings, largest, 0, quiet);
    } else {
      curves[begin] = curve_of(reference.draw(quiet.random("k-means reference", begin)), weights, settings,
                               largest, begin, quiet);
    }
  });
  chosen.candidates = compare(curves[0], std::span(curves).subspan(1), settings.choice);
  const bool found = std::any_of(chosen.candidates.begin(), chosen.candidates.end(),
                                 [](const ClusterCandidate& c) { return c.evidence > kEvidence; });
  if (found) {
    const std::size_t best = settings.choice == ClusterChoice::gap ? by_gap_unless_blurred(chosen.candidates)
                                                                   : by_silhouette(chosen.candidates);
    chosen.clusters = chosen.candidates[best].clusters;
  }
  return chosen;
}

}  // namespace everyml
