#pragma once

#include <functional>
#include <span>
#include <vector>

#include "everyml/classical/clustering/kmeans.h"
#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/features.h"

// The steps of k-means. All of them cut their work by the size of the data and join it in block order.

namespace everyml {

/// Rows to cluster, with what every run needs to know of them.
struct KMeansProblem {
  KMeansProblem(Features rows, std::span<const double> row_weights, const Context& context);

  Features x;
  std::span<const double> weights;  ///< empty: all 1
  std::vector<double> mean;         ///< weighted, of the columns
  double scatter = 0;               ///< weighted sum of squared distances to the mean
  double mean_variance = 0;         ///< weighted, over all columns
  std::size_t grain = 0;            ///< rows of one block

  double weight(std::size_t row) const { return weights.empty() ? 1.0 : weights[row]; }
};

/// Some rows as float32 around zero and of a size near one: off the mean, and divided by a power of two.
/// Distances between them are those of the rows in that unit, whatever the size of the values was.
Features moderate_rows(const KMeansProblem& problem, std::span<const std::size_t> rows);

struct LloydRun {
  std::vector<double> centres;
  std::vector<std::int32_t> labels;
  std::vector<double> sizes;
  double inertia = 0;
  int iterations = 0;
  bool converged = false;
};

/// Called after each step with its number, the new centres and the inertia of the rows around them.
using LloydStep = std::function<void(int step, std::span<const double> centres, double inertia)>;

/// Steps of assigning and averaging from `centres` until nothing changes, the squared movement of all centres
/// is at most `movement`, max_iterations are done, or the observer asks to stop. Labels, sizes and inertia
/// are those of the centres returned.
LloydRun lloyd(const KMeansProblem& problem, std::vector<double> centres, int max_iterations, double movement,
               const Context& context, const LloydStep& on_step);

/// Rows of x as first centres, [clusters, columns]. Large data is represented by a sample of the rows.
std::vector<double> first_centres(const KMeansProblem& problem, std::size_t clusters, KMeansStart start,
                                  Stream random, const Context& context);

/// Mean silhouette of up to `most` of the rows; 0 when they are all of one cluster. Rows of weight zero are
/// left out, other weights do not count.
double mean_silhouette(const KMeansProblem& problem, std::span<const std::int32_t> labels,
                       std::size_t clusters, std::size_t most, Stream random, const Context& context);

}  // namespace everyml
