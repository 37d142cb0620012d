#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "everyml/foundation/data/dataset.h"
#include "everyml/foundation/io/archive.h"
#include "everyml/foundation/linalg/distances.h"
#include "everyml/foundation/model/attributes.h"
#include "everyml/foundation/model/card.h"
#include "everyml/foundation/params/field.h"

namespace everyml {

/// Where the first centres come from.
enum class KMeansStart : std::uint8_t {
  k_means_plus_plus,  ///< rows far from the centres chosen before, the best of a few candidates each time
  random,             ///< rows at random
};
constexpr auto choices_of(KMeansStart) {
  return std::array{Choice{KMeansStart::k_means_plus_plus, "k-means++"},
                    Choice{KMeansStart::random, "random"}};
}

/// How the number of clusters is chosen when none is given.
enum class ClusterChoice : std::uint8_t {
  gap,         ///< gap statistic: the drop of the inertia against that of structureless data
  silhouette,  ///< the largest mean silhouette
};
constexpr auto choices_of(ClusterChoice) {
  return std::array{Choice{ClusterChoice::gap, "gap"}, Choice{ClusterChoice::silhouette, "silhouette"}};
}

/// What one number of clusters looked like when the number was chosen. Index values are of the sample it was
/// chosen on.
struct ClusterCandidate {
  int clusters = 1;
  double gap = 0;         ///< mean over structureless sets of log(inertia), less that of the data
  double gap_error = 0;   ///< standard error of the gap, simulation error included
  double silhouette = 0;  ///< mean silhouette; 0 for one cluster
  double evidence =
      0;  ///< how many standard deviations the data beats structureless sets by; 0 for one cluster
};

/// What is known of a fitted k-means besides its centres.
struct KMeansFacts {
  std::vector<double> sizes;  ///< weight of each cluster
  double inertia = 0;         ///< weighted sum of squared distances to the own centre
  double silhouette = 0;      ///< mean silhouette of at most 2,000 rows; 0 for one cluster
  int iterations = 0;
  bool converged = false;
  std::vector<ClusterCandidate> choice;  ///< empty when the number of clusters was given
};

/// Centres, and the rows that are nearest to each.
class KMeansModel {
 public:
  /// `centres` is row-major [clusters, columns].
  KMeansModel(std::vector<double> centres, std::size_t columns, KMeansFacts facts);

  std::size_t feature_count() const { return nearest_.columns(); }
  std::size_t cluster_count() const { return nearest_.count(); }
  std::size_t output_count() const { return nearest_.count(); }
  std::span<const double> centres() const { return centres_; }
  const KMeansFacts& facts() const { return facts_; }
  /// "3 clusters", "no clusters", or empty when the number was given.
  std::string verdict() const;

  /// out: [rows], the nearest centre; among equally near ones the first.
  /// Throws as require_measurable.
  void assign(const Features& x, std::span<std::int32_t> out, const Context& context) const;
  /// out: [rows, clusters], Euclidean distances to the centres.
  void transform(const Features& x, std::span<double> out, const Context& context) const;
  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static KMeansModel load(const ArchiveReader& archive);

  static constexpr auto attributes() {
    using M = KMeansModel;
    using Row = Attribute<M>;
    return std::array{
        Row{"centres",
            "Mean of the rows of each cluster, in the units of the features; [clusters, features].",
            [](const M& m) -> std::optional<Figure> {
              return Figure::table(m.cluster_count(), m.feature_count(), m.centres());
            }},
        Row{"clusters", "Number of clusters that was given or chosen.",
            [](const M& m) -> std::optional<Figure> {
              return Figure::number(static_cast<double>(m.cluster_count()));
            }},
        Row{"sizes", "Sum of the row weights in each cluster; [clusters].",
            [](const M& m) -> std::optional<Figure> { return Figure::list(m.facts().sizes); }},
        Row{"inertia", "Weighted sum of squared distances of the training rows to their own centres.",
            [](const M& m) -> std::optional<Figure> { return Figure::number(m.facts().inertia); }},
        Row{"silhouette", "Mean silhouette of at most 2,000 training rows, from -1 to 1.",
            [](const M& m) -> std::optional<Figure> {
              if (m.cluster_count() == 1) return std::nullopt;
              return Figure::number(m.facts().silhouette);
            }},
        Row{"iterations", "Steps of the run that was kept.",
            [](const M& m) -> std::optional<Figure> {
              return Figure::number(static_cast<double>(m.facts().iterations));
            }},
        Row{"converged", "1 when that run ended by itself, 0 when it was stopped before.",
            [](const M& m) -> std::optional<Figure> {
              return Figure::number(m.facts().converged ? 1.0 : 0.0);
            }}};
  }

 private:
  std::vector<double> centres_;
  NearestCentres nearest_;
  KMeansFacts facts_;
};

/// k-means: centres such that the sum of squared distances of the rows to their nearest centre is small.
/// Reference: Lloyd, "Least Squares Quantization in PCM", IEEE Trans. Inf. Theory 28 (1982); Arthur and
/// Vassilvitskii, "k-means++: The Advantages of Careful Seeding", SODA 2007; Tibshirani, Walther and Hastie,
/// "Estimating the Number of Clusters in a Data Set via the Gap Statistic", J. R. Stat. Soc. B 63 (2001).
///
/// A cluster that loses all its rows takes the row furthest from its own centre (scikit-learn's rule).
/// The observer sees progress, the metric "inertia" and, at the end, the frames "centroids" of the best run.
struct KMeans {
  std::optional<int> clusters;
  KMeansStart initial = KMeansStart::k_means_plus_plus;
  int restarts = 5;
  int max_iterations = 300;
  double tolerance = 1e-4;
  ClusterChoice choice = ClusterChoice::gap;
  int max_clusters = 10;

  static constexpr std::string_view name = "k-means";
  static constexpr auto fields() {
    return std::tuple{
        Field{&KMeans::clusters, "clusters",
              "How many clusters; none lets the data choose, which may answer that "
              "there are none.",
              between(1, 100000)},
        Field{&KMeans::initial, "initial", "Where the first centres come from."},
        Field{&KMeans::restarts, "restarts", "Runs from different starts, of which the best is kept.",
              between(1, 10000)},
        Field{&KMeans::max_iterations, "max_iterations", "Steps of one run at most.", between(1, 1000000)},
        Field{&KMeans::tolerance, "tolerance",
              "A run ends when the centres move less, as a part of the mean variance of the columns; 0 runs "
              "until "
              "nothing changes.",
              at_least(0.0)},
        Field{&KMeans::choice, "choice", "How the number of clusters is chosen when none is given."},
        Field{&KMeans::max_clusters, "max_clusters", "The largest number tried when it is chosen.",
              between(2, 100)}};
  }
  static Card card();

  /// Throws as require_measurable; DataError "data.too_few_rows" when there are fewer rows of positive weight
  /// than clusters.
  KMeansModel fit(const Dataset& data, const Context& context) const;
  /// One run from given centres, row-major [clusters, columns]; `clusters`, `initial` and `restarts` are not
  /// used. Throws ParameterError "parameter.centres" unless they are at least one, of the data's width and
  /// measurable as the data is (see kLargestMeasurable).
  KMeansModel fit_from(const Dataset& data, std::span<const double> centres, const Context& context) const;
};

}  // namespace everyml
