#include "everyml/classical/clustering/kmeans.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "everyml/classical/clustering/choose_clusters_impl.h"
#include "everyml/classical/clustering/lloyd_impl.h"
#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

constexpr std::size_t kSilhouetteRows = 2000;
/// Numbers kept of a run's frames; a longer run keeps its last frame only from there on.
constexpr std::size_t kMostFrameValues = std::size_t{1} << 23;

/// The centres after each step of one run, kept until it is known which run is the best.
struct Frames {
  std::vector<std::vector<double>> steps;

  void add(std::span<const double> centres) {
    if (!steps.empty() && steps.size() * centres.size() > kMostFrameValues) steps.pop_back();
    steps.emplace_back(centres.begin(), centres.end());
  }
  void show(std::size_t columns, const Context& context) const {
    for (std::size_t i = 0; i < steps.size(); ++i) {
      context.observer()->frame({.algorithm = KMeans::name,
                                 .step = i,
                                 .name = "centroids",
                                 .values = steps[i],
                                 .rows = steps[i].size() / columns,
                                 .columns = columns});
    }
  }
};

struct Best {
  LloydRun run;
  Frames frames;
  bool any = false;
};

/// One run, kept when it is the best so far; of equally good ones the first is kept.
void run_from(const KMeansProblem& problem, const KMeans& settings, std::vector<double> centres, int restart,
              int restarts, Best& best, const Context& context) {
  Frames frames;
  if (context.wants_frames()) frames.add(centres);
  const auto on_step = [&](int step, std::span<const double> now, double inertia) {
    if (context.wants_frames()) frames.add(now);
    context.metric("inertia", static_cast<std::size_t>(step), inertia);
    const double done = restart + std::min(1.0, static_cast<double>(step) / settings.max_iterations);
    context.progress(KMeans::name, done / restarts);
  };
  LloydRun run = lloyd(problem, std::move(centres), settings.max_iterations,
                       settings.tolerance * problem.mean_variance, context, on_step);
  if (best.any && run.inertia >= best.run.inertia) return;
  best = {.run = std::move(run), .frames = std::move(frames), .any = true};
}

KMeansModel finished(const KMeansProblem& problem, Best best, std::vector<ClusterCandidate> choice,
                     const Context& context) {
  const std::size_t columns = problem.x.columns(), clusters = best.run.sizes.size();
  KMeansFacts facts;
  facts.silhouette = mean_silhouette(problem, best.run.labels, clusters, kSilhouetteRows,
                                     context.random("k-means silhouette"), context);
  facts.sizes = std::move(best.run.sizes);
  facts.inertia = best.run.inertia;
  facts.iterations = best.run.iterations;
  facts.converged = best.run.converged;
  facts.choice = std::move(choice);
  if (context.wants_frames()) best.frames.show(columns, context);
  context.progress(KMeans::name, 1.0);
  return {std::move(best.run.centres), columns, std::move(facts)};
}

}  // namespace

Card KMeans::card() {
  return {
      .title = "k-means",
      .summary = "Groups of rows around their means, with a verdict on whether there are groups at all",
      .territory = "classical",
      .family = "clustering",
      .target = Target::Kind::none,
      .needs = {.missing = InputNeeds::Missing::impute,
                .categories = InputNeeds::Categories::one_hot,
                .scale = InputNeeds::Scale::standard},
      .complexity = 1,
      .references = {
          "Lloyd, \"Least Squares Quantization in PCM\", IEEE Transactions on Information Theory 28, 1982",
          "Arthur and Vassilvitskii, \"k-means++: The Advantages of Careful Seeding\", SODA, 2007",
          "Tibshirani, Walther and Hastie, \"Estimating the Number of Clusters in a Data Set via the "
          "Gap Statistic\", Journal of the Royal Statistical Society B 63, 2001",
          "Rousseeuw, \"Silhouettes: A Graphical Aid to the Interpretation and Validation of Cluster "
          "Analysis\", Journal of Computational and Applied Mathematics 20, 1987"}};
}

KMeansModel KMeans::fit(const Dataset& data, const Context& context) const {
  validate(*this);
  data.validate(name, {});
  require_measurable(data.features, name);
  std::size_t usable = data.rows();
  if (!data.weights.empty()) {
    usable -= static_cast<std::size_t>(std::count(data.weights.begin(), data.weights.end(), 0.0));
  }
  if (clusters && usable < static_cast<std::size_t>(*clusters)) {
    throw DataError(
        "data.too_few_rows",
        fmt::format("k-means: {} clusters need at least as many rows, got {}", *clusters, usable));
  }
  const KMeansProblem problem(data.features, data.weights, context);
  ChosenClusters chosen;
  if (clusters) {
    chosen.clusters = *clusters;
  } else {
    context.progress(name, 0.0);
    chosen = choose_clusters(problem, *this, context);
    // Too little data to compare anything: the answer is on record all the same.
    if (chosen.candidates.empty()) chosen.candidates.push_back({.clusters = 1});
  }
  const auto count = static_cast<std::size_t>(chosen.clusters);
  // One cluster has one answer, whatever the start.
  const int runs = count == 1 ? 1 : restarts;
  Best best;
  for (int restart = 0; restart < runs; ++restart) {
    if (best.any && context.stop_requested()) break;
    run_from(problem, *this,
             first_centres(problem, count, initial,
                           context.random("k-means", static_cast<std::uint64_t>(restart)), context),
             restart, runs, best, context);
  }
  return finished(problem, std::move(best), std::move(chosen.candidates), context);
}

KMeansModel KMeans::fit_from(const Dataset& data, std::span<const double> centres,
                             const Context& context) const {
  validate(*this);
  data.validate(name, {});
  require_measurable(data.features, name);
  if (centres.empty() || centres.size() % data.columns() != 0 ||
      !std::all_of(centres.begin(), centres.end(),
                   [](double value) { return std::abs(value) <= kLargestMeasurable; })) {
    throw ParameterError(
        "parameter.centres",
        fmt::format("k-means: the first centres must be finite, at most {:g} in size, and a whole number of "
                    "rows of {} values, got {} values",
                    kLargestMeasurable, data.columns(), centres.size()));
  }
  const KMeansProblem problem(data.features, data.weights, context);
  Best best;
  run_from(problem, *this, {centres.begin(), centres.end()}, 0, 1, best, context);
  return finished(problem, std::move(best), {}, context);
}

}  // namespace everyml
