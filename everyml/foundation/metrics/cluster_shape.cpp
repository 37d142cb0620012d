#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/metrics/check_impl.h"
#include "everyml/foundation/metrics/clustering.h"

namespace everyml {

namespace {

using Labels = std::span<const std::int32_t>;

/// The rows that belong to a cluster, sorted by cluster, and where each cluster begins among them.
struct Clusters {
  std::vector<std::size_t> rows;
  std::vector<std::size_t> starts;  ///< [clusters + 1]

  Clusters(std::size_t count_of_rows, Labels labels) {
    detail::check_length("the list of labels", labels.size(), count_of_rows);
    for (std::size_t row = 0; row < labels.size(); ++row) {
      if (labels[row] >= 0) rows.push_back(row);
    }
    std::stable_sort(rows.begin(), rows.end(), [&](auto a, auto b) { return labels[a] < labels[b]; });
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i == 0 || labels[rows[i]] != labels[rows[i - 1]]) starts.push_back(i);
    }
    starts.push_back(rows.size());
    if (rows.empty()) throw DataError("metrics.empty", "metrics: no row belongs to a cluster");
    if (count() < 2 || count() >= rows.size()) {
      throw DataError("metrics.clusters",
                      fmt::format("metrics: {} rows in {} clusters; at least 2 clusters and more "
                                  "rows than clusters are needed",
                                  rows.size(), count()));
    }
  }

  std::size_t count() const { return starts.size() - 1; }
  std::size_t size(std::size_t cluster) const { return starts[cluster + 1] - starts[cluster]; }
};

/// Euclidean. Four sums run beside each other, always in the same way, so the result never depends on the
/// machine.
double distance(const double* a, const double* b, std::size_t columns) {
  double sums[4] = {0, 0, 0, 0};
  std::size_t c = 0;
  for (; c + 4 <= columns; c += 4) {
    for (std::size_t lane = 0; lane < 4; ++lane) {
      const double gap = a[c + lane] - b[c + lane];
      sums[lane] += gap * gap;
    }
  }
  for (; c < columns; ++c) sums[0] += (a[c] - b[c]) * (a[c] - b[c]);
  return std::sqrt((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

/// Adds the distances of rows [begin, end) of `sorted` to the rows of every cluster: sums is [end - begin,
/// clusters].
void add_distances(const Features& sorted, const Clusters& clusters, std::size_t begin, std::size_t end,
                   std::vector<double>& sums, const Context& context) {
  constexpr std::size_t tile_rows = 256;
  const std::size_t columns = sorted.columns();
  std::vector<double> own_scratch, other_scratch;
  const double* own = sorted.tile64(begin, end, own_scratch);
  for (std::size_t k = 0; k < clusters.count(); ++k) {
    for (std::size_t from = clusters.starts[k]; from < clusters.starts[k + 1]; from += tile_rows) {
      const std::size_t to = std::min(from + tile_rows, clusters.starts[k + 1]);
      const double* other = sorted.tile64(from, to, other_scratch);
      context.check();
      for (std::size_t i = 0; i < end - begin; ++i) {
        double sum = 0;
        for (std::size_t j = 0; j < to - from; ++j)
          sum += distance(own + i * columns, other + j * columns, columns);
        sums[i * clusters.count() + k] += sum;
      }
    }
  }
}

/// The silhouette of one row from its summed distances to the rows of each cluster.
double silhouette_of(std::span<const double> sums, std::size_t own, const Clusters& clusters) {
  if (clusters.size(own) == 1) return 0;
  const double within = sums[own] / static_cast<double>(clusters.size(own) - 1);
  double nearest = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < clusters.count(); ++k) {
    if (k != own) nearest = std::min(nearest, sums[k] / static_cast<double>(clusters.size(k)));
  }
  const double larger = std::max(within, nearest);
  return larger > 0 ? (nearest - within) / larger : 0;
}

void check_no_missing(const Features& features) {
  if (features.has_missing() || features.has_infinite()) {
    throw DataError("metrics.not_finite",
                    "metrics: distances need features without missing or infinite values");
  }
}

/// Centre of each cluster, [clusters, columns], and the mean distance and the summed squares of its rows to
/// it.
struct Centres {
  std::vector<double> centre, mean_distance, squares;
  std::vector<double> overall;  ///< [columns], the mean of all rows

  Centres(const Features& sorted, const Clusters& clusters, const Context& context)
      : centre(clusters.count() * sorted.columns()),
        mean_distance(clusters.count()),
        squares(clusters.count()),
        overall(sorted.columns()) {
    const std::size_t columns = sorted.columns();
    std::vector<double> scratch;
    const auto each_row = [&](std::size_t k, auto&& visit) {
      for (std::size_t from = clusters.starts[k]; from < clusters.starts[k + 1]; from += 1024) {
        const std::size_t to = std::min<std::size_t>(from + 1024, clusters.starts[k + 1]);
        const double* tile = sorted.tile64(from, to, scratch);
        context.check();
        for (std::size_t i = 0; i < to - from; ++i) visit(tile + i * columns);
      }
    };
    for (std::size_t k = 0; k < clusters.count(); ++k) {
      double* mean = centre.data() + k * columns;
      each_row(k, [&](const double* row) {
        for (std::size_t c = 0; c < columns; ++c) mean[c] += row[c];
      });
      for (std::size_t c = 0; c < columns; ++c) {
        overall[c] += mean[c] / static_cast<double>(clusters.rows.size());
        mean[c] /= static_cast<double>(clusters.size(k));
      }
      each_row(k, [&](const double* row) {
        const double gap = distance(row, mean, columns);
        mean_distance[k] += gap;
        squares[k] += gap * gap;
      });
      mean_distance[k] /= static_cast<double>(clusters.size(k));
    }
  }
};

void check_distances(std::span<const double> distances, std::size_t rows) {
  detail::check_finite("the matrix of distances", distances);
  const double largest = distances.empty() ? 0 : *std::max_element(distances.begin(), distances.end());
  for (std::size_t i = 0; i < distances.size(); ++i) {
    const bool diagonal = i % (rows + 1) == 0;
    if (distances[i] >= 0 && !(diagonal && distances[i] > 1e-4 * largest)) continue;
    throw DataError(
        "metrics.distances",
        fmt::format("metrics: the distance of row {} to row {} is {}; distances are not negative, "
                    "and 0 of a row to itself",
                    i / rows, i % rows, distances[i]));
  }
}

/// `add_sums(begin, end, sums)` adds, for positions [begin, end) among the sorted rows, the distances to the
/// rows of every cluster to sums, [end - begin, clusters].
template <class AddSums>
Silhouette silhouette_from(const Clusters& clusters, std::size_t rows, const Context& context,
                           const AddSums& add_sums) {
  std::vector<std::size_t> cluster_of(clusters.rows.size());
  for (std::size_t k = 0; k < clusters.count(); ++k) {
    std::fill(cluster_of.begin() + static_cast<std::ptrdiff_t>(clusters.starts[k]),
              cluster_of.begin() + static_cast<std::ptrdiff_t>(clusters.starts[k + 1]), k);
  }
  Silhouette result;
  result.rows.assign(rows, std::numeric_limits<double>::quiet_NaN());
  parallel_for(context, clusters.rows.size(), 64, [&](std::size_t begin, std::size_t end) {
    std::vector<double> sums((end - begin) * clusters.count(), 0.0);
    add_sums(begin, end, sums);
    for (std::size_t i = begin; i < end; ++i) {
      const std::span<const double> own(sums.data() + (i - begin) * clusters.count(), clusters.count());
      result.rows[clusters.rows[i]] = silhouette_of(own, cluster_of[i], clusters);
    }
  });
  detail::Sum sum;
  for (const std::size_t row : clusters.rows) sum.add(result.rows[row]);
  result.mean = sum.value() / static_cast<double>(clusters.rows.size());
  return result;
}

}  // namespace

Silhouette silhouette(const Features& features, Labels labels, const Context& context) {
  const Clusters clusters(features.rows(), labels);
  check_no_missing(features);
  const Features sorted = features.select_rows(clusters.rows);
  return silhouette_from(clusters, labels.size(), context,
                         [&](std::size_t begin, std::size_t end, std::vector<double>& sums) {
                           add_distances(sorted, clusters, begin, end, sums, context);
                         });
}

Silhouette silhouette_of_distances(std::span<const double> distances, Labels labels, const Context& context) {
  const std::size_t rows = labels.size();
  detail::check_length("the matrix of distances", distances.size(), rows * rows);
  const Clusters clusters(rows, labels);
  check_distances(distances, rows);
  return silhouette_from(clusters, rows, context,
                         [&](std::size_t begin, std::size_t end, std::vector<double>& sums) {
                           context.check();
                           double* own = sums.data();
                           for (std::size_t i = begin; i < end; ++i, own += clusters.count()) {
                             const double* to = distances.data() + clusters.rows[i] * rows;
                             for (std::size_t k = 0; k < clusters.count(); ++k) {
                               for (std::size_t j = clusters.starts[k]; j < clusters.starts[k + 1]; ++j) {
                                 if (j != i) own[k] += to[clusters.rows[j]];
                               }
                             }
                           }
                         });
}

double sampled_silhouette(const Features& features, Labels labels, std::size_t sample,
                          const Context& context) {
  detail::check_length("the list of labels", labels.size(), features.rows());
  if (labels.size() <= sample) return silhouette(features, labels, context).mean;
  const std::vector<std::size_t> rows = context.random("silhouette").sample(labels.size(), sample);
  std::vector<std::int32_t> kept(rows.size());
  std::transform(rows.begin(), rows.end(), kept.begin(), [&](std::size_t row) { return labels[row]; });
  return silhouette(features.select_rows(rows), kept, context).mean;
}

double davies_bouldin(const Features& features, Labels labels, const Context& context) {
  const Clusters clusters(features.rows(), labels);
  check_no_missing(features);
  const Centres centres(features.select_rows(clusters.rows), clusters, context);
  const std::size_t columns = features.columns(), count = clusters.count();
  double total = 0;
  for (std::size_t i = 0; i < count; ++i) {
    double worst = 0;
    for (std::size_t j = 0; j < count; ++j) {
      const double apart = distance(&centres.centre[i * columns], &centres.centre[j * columns], columns);
      if (apart > 0) worst = std::max(worst, (centres.mean_distance[i] + centres.mean_distance[j]) / apart);
    }
    total += worst;
  }
  return total / static_cast<double>(count);
}

double calinski_harabasz(const Features& features, Labels labels, const Context& context) {
  const Clusters clusters(features.rows(), labels);
  check_no_missing(features);
  const Centres centres(features.select_rows(clusters.rows), clusters, context);
  const std::size_t columns = features.columns(), count = clusters.count();
  double between = 0, within = 0;
  for (std::size_t k = 0; k < count; ++k) {
    const double apart = distance(&centres.centre[k * columns], centres.overall.data(), columns);
    between += static_cast<double>(clusters.size(k)) * apart * apart;
    within += centres.squares[k];
  }
  if (within == 0) return 1;
  const double rows = static_cast<double>(clusters.rows.size()), k = static_cast<double>(count);
  return between * (rows - k) / (within * (k - 1));
}

}  // namespace everyml
