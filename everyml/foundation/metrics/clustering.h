#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/features.h"

namespace everyml {

// Metrics of clusterings. Labels are [rows] of any whole numbers. Where features are read, rows with a
// negative label belong to no cluster and are left out; missing values are DataError "metrics.not_finite".
// Rows count once each; the figures have no weighted form in their sources. Thread-safe. Errors:
// ParameterError "metrics.length", DataError "metrics.empty", "metrics.clusters" (the features' figures need
// at least 2 clusters and more rows than clusters). Agree with scikit-learn 1.9.

/// How near each row is to its own cluster, (b - a) / max(a, b): a the mean Euclidean distance to the other
/// rows of its cluster, b the smallest mean distance to another cluster. [-1, 1]; 0 for a cluster of one row.
/// Time rows^2 * columns, memory of a few tiles. Source: Rousseeuw, "Silhouettes", 1987.
struct Silhouette {
  double mean = 0;
  std::vector<double> rows;  ///< [rows]; NaN for rows in no cluster
};
Silhouette silhouette(const Features& features, std::span<const std::int32_t> labels, const Context& context);
/// The same from distances of any kind, row-major [rows, rows]. DataError "metrics.distances" for a distance
/// that is negative or not finite, or one of a row to itself above rounding (1e-4 of the largest).
Silhouette silhouette_of_distances(std::span<const double> distances, std::span<const std::int32_t> labels,
                                   const Context& context);
/// The silhouette of at most `sample` rows drawn without replacement from the context's stream "silhouette";
/// distances are to the rows of the sample. Exact when there are no more rows than that.
double sampled_silhouette(const Features& features, std::span<const std::int32_t> labels, std::size_t sample,
                          const Context& context);

/// Mean over clusters of the worst (spread i + spread j) / (distance of the centres). At least 0, smaller is
/// better. Source: Davies and Bouldin, "A cluster separation measure", 1979.
double davies_bouldin(const Features& features, std::span<const std::int32_t> labels, const Context& context);
/// Spread between clusters over spread within, each by its degrees of freedom; 1 when all rows equal their
/// centres. Source: Calinski and Harabasz, "A dendrite method for cluster analysis", 1974.
double calinski_harabasz(const Features& features, std::span<const std::int32_t> labels,
                         const Context& context);

/// Agreement of two divisions of the same rows over pairs of rows, 0 for chance, 1 for equal. [-0.5, 1].
/// Source: Hubert and Arabie, "Comparing partitions", 1985.
double adjusted_rand(std::span<const std::int32_t> truth, std::span<const std::int32_t> found);
/// What stands for both entropies: their mean, the root of their product, the smaller, the larger.
enum class EntropyMean : std::uint8_t { arithmetic, geometric, smaller, larger };
/// Mutual information over a mean of both entropies, [0, 1]. Source: Strehl and Ghosh, "Cluster ensembles",
/// 2002.
double normalised_mutual_information(std::span<const std::int32_t> truth, std::span<const std::int32_t> found,
                                     EntropyMean mean = EntropyMean::arithmetic);
/// homogeneity: each cluster holds one class only; completeness: each class lies in one cluster only; v:
/// their harmonic mean. [0, 1]. Source: Rosenberg and Hirschberg, "V-Measure", EMNLP 2007.
struct VMeasure {
  double homogeneity = 0, completeness = 0, v = 0;
};
VMeasure v_measure(std::span<const std::int32_t> truth, std::span<const std::int32_t> found);

}  // namespace everyml
