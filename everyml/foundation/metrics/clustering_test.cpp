#include "everyml/foundation/metrics/clustering.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/support/error_code.h"

// Hand-computed cases; golden_test.cpp compares the figures with their peer's.

namespace everyml {
namespace {

using Doubles = std::vector<double>;
using Codes = std::vector<std::int32_t>;

TEST(Clustering, SilhouettesOfDistancesAreThoseOfThePoints) {
  Buffer<double> points(6);
  const Doubles values = {0, 1, 3, 7, 8, 20}, distances = [&] {
    Doubles all;
    for (const double a : values)
      for (const double b : values) all.push_back(std::abs(a - b));
    return all;
  }();
  std::copy(values.begin(), values.end(), points.begin());
  const Codes labels = {0, 0, 1, 1, 1, -1};
  const Context context;
  const Silhouette of_points = silhouette(Features::dense(std::move(points), 6, 1), labels, context);
  const Silhouette of_distances = silhouette_of_distances(distances, labels, context);
  EXPECT_DOUBLE_EQ(of_points.mean, of_distances.mean);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_DOUBLE_EQ(of_points.rows[i], of_distances.rows[i]);
  EXPECT_TRUE(std::isnan(of_distances.rows[5]));
  Doubles wrong = distances;
  wrong[7] = 1;
  EXPECT_EQ(code_of([&] { silhouette_of_distances(wrong, labels, context); }), "metrics.distances");
  wrong = distances;
  wrong[1] = -1;
  EXPECT_EQ(code_of([&] { silhouette_of_distances(wrong, labels, context); }), "metrics.distances");
  EXPECT_EQ(code_of([&] { silhouette_of_distances(values, labels, context); }), "metrics.length");
}

TEST(Clustering, MeansOfEntropies) {
  const Codes truth = {0, 0, 0, 0}, one = {0, 0, 1, 1};
  const Codes halves = {0, 0, 1, 1}, quarters = {0, 1, 2, 3};
  // Information ln 2; entropies ln 2 and ln 4.
  EXPECT_DOUBLE_EQ(normalised_mutual_information(halves, quarters), 2.0 / 3.0);
  EXPECT_DOUBLE_EQ(normalised_mutual_information(halves, quarters, EntropyMean::geometric), std::sqrt(0.5));
  EXPECT_DOUBLE_EQ(normalised_mutual_information(halves, quarters, EntropyMean::smaller), 1.0);
  EXPECT_DOUBLE_EQ(normalised_mutual_information(halves, quarters, EntropyMean::larger), 0.5);
  EXPECT_EQ(normalised_mutual_information(truth, one, EntropyMean::smaller), 0.0);
}

}  // namespace
}  // namespace everyml
