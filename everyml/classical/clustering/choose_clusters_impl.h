#pragma once

#include <vector>

#include "everyml/classical/clustering/kmeans.h"
#include "everyml/classical/clustering/lloyd_impl.h"

namespace everyml {

struct ChosenClusters {
  int clusters = 1;  ///< 1: no clusters
  std::vector<ClusterCandidate> candidates;
};

/// The number of clusters by `settings.choice` on at most 2,000 of the rows. The data is compared with 20
/// sets of as many rows that have no clusters: uniform in the box of the data along its principal axes. Only
/// when it beats them by far more than they differ among themselves, there are clusters at all.
ChosenClusters choose_clusters(const KMeansProblem& problem, const KMeans& settings, const Context& context);

/// Rows uniform in the box that the rows of x span along their principal axes, [x.rows(), x.columns()].
/// Made once per data set, drawn from many times.
class UniformReference {
 public:
  explicit UniformReference(const Features& x);
  Features draw(Stream random) const;

 private:
  std::size_t rows_, columns_;
  std::vector<double> mean_, axes_;  ///< axes [columns, columns], one per row
  std::vector<double> low_, high_;   ///< of the scores on each axis
};

/// x as its scores on `directions` leading principal axes, for data of more columns than the choice can
/// afford.
Features leading_scores(const Features& x, std::size_t directions, Stream random, const Context& context);

}  // namespace everyml
