#include "everyml/foundation/linalg/distances.h"

#include <gtest/gtest.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/random.h"

namespace everyml {
namespace {

/// Runs a check on every instruction set of this machine.
void on_every_target(const std::function<void()>& check) {
  for (std::int64_t left = hwy::SupportedTargets(); left != 0; left &= left - 1) {
    const std::int64_t target = left & -left;
    hwy::GetChosenTarget().Update(target);
    SCOPED_TRACE(hwy::TargetName(target));
    check();
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
}

enum class Shape { normal, grid, far_away, huge, tiny, equal_rows };
constexpr Shape kShapes[] = {Shape::normal, Shape::grid, Shape::far_away,
                             Shape::huge,   Shape::tiny, Shape::equal_rows};

std::vector<double> values_of(Shape shape, std::size_t rows, std::size_t columns, std::uint64_t seed) {
  Stream random(seed, "distances", static_cast<std::uint64_t>(shape));
  std::vector<double> values(rows * columns);
  for (std::size_t i = 0; i < values.size(); ++i) {
    switch (shape) {
      case Shape::normal:
        values[i] = random.normal();
        break;
      case Shape::grid:
        values[i] = static_cast<double>(random.below(3));
        break;  // many equal distances
      case Shape::far_away:
        values[i] = 1e6 + random.normal() * 1e-3;
        break;
      case Shape::huge:
        values[i] = random.normal() * 1e25;
        break;
      case Shape::tiny:
        values[i] = random.normal() * 1e-25;
        break;
      case Shape::equal_rows:
        values[i] = static_cast<double>((i / columns) % 2) + static_cast<double>(i % columns);
        break;
    }
  }
  return values;
}

Features doubles(const std::vector<double>& values, std::size_t columns) {
  auto buffer = Buffer<double>::uninitialized(values.size());
  std::copy(values.begin(), values.end(), buffer.begin());
  return Features::dense(std::move(buffer), values.size() / columns, columns);
}
Features floats(const std::vector<double>& values, std::size_t columns) {
  auto buffer = Buffer<float>::uninitialized(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) buffer[i] = static_cast<float>(values[i]);
  return Features::dense(std::move(buffer), values.size() / columns, columns);
}
std::vector<double> row_of(const Features& x, std::size_t row) {
  std::vector<double> values(x.columns());
  for (std::size_t j = 0; j < x.columns(); ++j) values[j] = x.at(row, j);
  return values;
}

// The slow twin: all float64 distances, sorted with the row as tie-break.
void expect_nearest(const Features& rows, const Features& queries, Metric metric, std::size_t k,
                    const Context& context) {
  const NearestRows index(rows, metric, context);
  std::vector<std::int64_t> found(queries.rows() * k);
  std::vector<double> distances(queries.rows() * k);
  index.search(queries, k, found, distances, context);
  std::vector<std::vector<double>> all_rows;
  for (std::size_t i = 0; i < rows.rows(); ++i) all_rows.push_back(row_of(rows, i));
  for (std::size_t q = 0; q < queries.rows(); ++q) {
    const std::vector<double> query = row_of(queries, q);
    std::vector<std::pair<double, std::int64_t>> all;
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      const double rank = metric == Metric::euclidean ? squared_distance(query, all_rows[i])
                                                      : distance(metric, query, all_rows[i]);
      all.emplace_back(rank, static_cast<std::int64_t>(i));
    }
    std::sort(all.begin(), all.end());
    for (std::size_t i = 0; i < k; ++i) {
      ASSERT_EQ(found[q * k + i], all[i].second) << "query " << q << ", neighbour " << i;
      ASSERT_EQ(distances[q * k + i],
                distance(metric, query, all_rows[static_cast<std::size_t>(all[i].second)]));
    }
  }
}

TEST(NearestRows, EqualsSortedFloat64Distances) {
  const Context context({.threads = 2});
  on_every_target([&] {
    for (const Shape shape : kShapes) {
      for (const Metric metric : {Metric::euclidean, Metric::manhattan, Metric::cosine}) {
        SCOPED_TRACE(testing::Message()
                     << "shape " << static_cast<int>(shape) << " metric " << static_cast<int>(metric));
        const auto rows = values_of(shape, 333, 7, 1), queries = values_of(shape, 30, 7, 2);
        expect_nearest(doubles(rows, 7), doubles(queries, 7), metric, 5, context);
        expect_nearest(floats(rows, 7), floats(queries, 7), metric, 5, context);
        expect_nearest(floats(rows, 7), doubles(queries, 7), metric, 1, context);
      }
    }
  });
}

TEST(NearestRows, OddSizesAndManyQueries) {
  const Context context({.threads = 2});
  for (const std::size_t columns : {1, 3, 4, 67, 300}) {
    const auto rows = values_of(Shape::normal, 101, columns, 3),
               queries = values_of(Shape::normal, 140, columns, 4);
    expect_nearest(doubles(rows, columns), doubles(queries, columns), Metric::euclidean, 101, context);
    expect_nearest(floats(rows, columns), floats(queries, columns), Metric::euclidean, 3, context);
  }
  expect_nearest(doubles({1, 2, 3}, 3), doubles({0, 0, 0}, 3), Metric::cosine, 1, context);
  // More equal rows than a reservoir holds.
  expect_nearest(floats(std::vector<double>(3000, 1.0), 2), floats({1, 1, 2, 2}, 2), Metric::euclidean, 7,
                 context);
}

TEST(NearestRows, RowsInPartsAreMergedAlike) {
  const Context one({.threads = 1}), seven({.threads = 7});
  const auto rows = values_of(Shape::grid, 40000, 6, 5), queries = values_of(Shape::grid, 9, 6, 6);
  const Features x = floats(rows, 6), q = floats(queries, 6);
  expect_nearest(x, q, Metric::euclidean, 10, one);
  expect_nearest(x, q, Metric::euclidean, 10, seven);
}

TEST(NearestRows, SparseRowsAreTheirDenseSelves) {
  Buffer<std::uint64_t> starts(4);
  Buffer<std::uint32_t> columns(3);
  Buffer<float> values(3);
  starts[1] = 1, starts[2] = 3, starts[3] = 3;
  columns[0] = 1, columns[1] = 0, columns[2] = 2;
  values[0] = 2, values[1] = 1, values[2] = 3;
  const Features sparse = Features::sparse(3, 3, std::move(starts), std::move(columns), std::move(values));
  const Context context({.threads = 1});
  for (const Metric metric : {Metric::euclidean, Metric::manhattan, Metric::cosine}) {
    expect_nearest(sparse, sparse, metric, 3, context);
  }
}

TEST(NearestRows, RefusesWhatItCannotRank) {
  const Context context({.threads = 1});
  EXPECT_THROW(NearestRows(doubles({1, NAN}, 1), Metric::euclidean, context), DataError);
  EXPECT_THROW(NearestRows(doubles({1, INFINITY}, 1), Metric::euclidean, context), DataError);
  const NearestRows index(doubles({1, 2, 3, 4}, 2), Metric::euclidean, context);
  std::int64_t found[3];
  double distances[3];
  EXPECT_THROW(index.search(doubles({1}, 1), 1, found, distances, context), DataError);
  EXPECT_THROW(index.search(doubles({1, NAN}, 2), 1, found, distances, context), DataError);
  EXPECT_THROW(index.search(doubles({1, 1}, 2), 3, found, distances, context), ParameterError);
  EXPECT_THROW(index.search(doubles({1, 1}, 2), 0, found, distances, context), ParameterError);
}

void expect_assigned(const Features& x, const std::vector<double>& centres) {
  const std::size_t columns = x.columns(), count = centres.size() / columns;
  const NearestCentres nearest(centres, columns);
  std::vector<std::int32_t> labels(x.rows());
  nearest.assign(x, 0, x.rows(), labels);
  for (std::size_t i = 0; i < x.rows(); ++i) {
    const std::vector<double> row = row_of(x, i);
    std::size_t best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t c = 0; c < count; ++c) {
      const double squared = squared_distance(row, std::span(centres).subspan(c * columns, columns));
      if (squared < least) least = squared, best = c;
    }
    ASSERT_EQ(labels[i], static_cast<std::int32_t>(best)) << "row " << i;
  }
  std::vector<std::int32_t> part(x.rows() - 5);
  nearest.assign(x, 5, x.rows(), part);
  EXPECT_TRUE(std::equal(part.begin(), part.end(), labels.begin() + 5));
}

TEST(NearestCentres, EqualsPlainFloat64Distances) {
  on_every_target([] {
    for (const Shape shape : kShapes) {
      SCOPED_TRACE(testing::Message() << "shape " << static_cast<int>(shape));
      for (const std::size_t count : {1, 3, 8, 13}) {
        const auto rows = values_of(shape, 205, 5, 7);
        // Centres among the rows: distance zero, and many ties on the grid.
        const std::vector<double> centres(rows.begin(),
                                          rows.begin() + static_cast<std::ptrdiff_t>(count * 5));
        expect_assigned(doubles(rows, 5), centres);
        expect_assigned(floats(rows, 5), centres);
      }
    }
    const auto wide = values_of(Shape::normal, 60, 601, 8);
    expect_assigned(doubles(wide, 601), {wide.begin(), wide.begin() + 9 * 601});
    expect_assigned(floats(wide, 601), {wide.begin(), wide.begin() + 9 * 601});
  });
}

// Centres that move a little and a lot: what the bounds skip must be what a fresh pass finds.
TEST(NearestCentres, BoundsChangeNothing) {
  const Context context({.threads = 2});
  on_every_target([&] {
    for (const Shape shape : kShapes) {
      SCOPED_TRACE(testing::Message() << "shape " << static_cast<int>(shape));
      const auto rows = values_of(shape, 1700, 6, 10);
      const Features x = doubles(rows, 6);
      std::vector<double> centres(rows.begin(), rows.begin() + 11 * 6);
      NearestCentres::Bounds bounds(x.rows());
      std::vector<std::int32_t> labels(x.rows(), -1), fresh(x.rows());
      std::optional<NearestCentres> before;
      Stream random(11, "moves");
      for (int step = 0; step < 12; ++step) {
        const NearestCentres now(centres, 6);
        std::optional<NearestCentres::Moves> moves;
        if (before) moves.emplace(*before, now, context);
        now.assign(x, 0, 800, std::span(labels).first(800), &bounds, moves ? &*moves : nullptr);
        now.assign(x, 800, x.rows(), std::span(labels).subspan(800), &bounds, moves ? &*moves : nullptr);
        now.assign(x, 0, x.rows(), fresh);
        ASSERT_EQ(labels, fresh) << "step " << step;
        before.emplace(now);
        for (std::size_t i = 0; i < centres.size(); ++i) {
          const double towards = rows[random.below(rows.size() / 6) * 6 + i % 6] - centres[i];
          centres[i] += towards * (step % 3 == 0 ? 0.3 : 1e-4) * random.uniform();
        }
      }
    }
  });
}

TEST(AddToClusters, IsTheSumInRowOrder) {
  const auto values = values_of(Shape::normal, 1000, 11, 12);
  std::vector<std::int32_t> labels(990);
  std::vector<double> weights(1000);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<std::int32_t>(i * 7 % 3);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = 0.3 * static_cast<double>(i % 5);
  on_every_target([&] {
    for (const Features& x : {doubles(values, 11), floats(values, 11)}) {
      for (const auto& w : {weights, std::vector<double>{}}) {
        std::vector<double> sums(33), masses(3), expected(33), expected_masses(3);
        add_to_clusters(x, 10, 1000, labels, w, sums, masses);
        for (std::size_t i = 10; i < 1000; ++i) {
          const auto c = static_cast<std::size_t>(labels[i - 10]);
          const double weight = w.empty() ? 1.0 : w[i];
          for (std::size_t j = 0; j < 11; ++j) expected[c * 11 + j] += weight * x.at(i, j);
          expected_masses[c] += weight;
        }
        EXPECT_EQ(sums, expected);
        EXPECT_EQ(masses, expected_masses);
      }
      std::vector<double> centres(values.begin(), values.begin() + 33), out(990);
      own_squared_distances(x, 10, 1000, centres, labels, out);
      for (std::size_t i = 0; i < out.size(); ++i) {
        double parts[8] = {};
        for (std::size_t j = 0; j < 11; ++j) {
          const double difference = x.at(10 + i, j) - centres[static_cast<std::size_t>(labels[i]) * 11 + j];
          parts[j % 8] += difference * difference;
        }
        ASSERT_EQ(out[i], ((parts[0] + parts[4]) + (parts[2] + parts[6])) +
                              ((parts[1] + parts[5]) + (parts[3] + parts[7])));
      }
    }
  });
}

TEST(SquaredDistancesTo, IsTheFloat32SumOnEveryTarget) {
  const auto values = values_of(Shape::normal, 131, 9, 9);
  const std::vector<std::size_t> candidates = {0, 5, 130, 7, 8, 9, 10, 11, 12, 13};
  on_every_target([&] {
    for (const Features& x : {doubles(values, 9), floats(values, 9)}) {
      std::vector<float> out(candidates.size() * 100);
      squared_distances_to(x, 31, 131, candidates, out);
      for (std::size_t c = 0; c < candidates.size(); ++c) {
        for (std::size_t i = 0; i < 100; ++i) {
          float sum = 0;
          for (std::size_t j = 0; j < 9; ++j) {
            const float difference =
                static_cast<float>(x.at(31 + i, j)) - static_cast<float>(x.at(candidates[c], j));
            sum += difference * difference;
          }
          ASSERT_EQ(out[c * 100 + i], sum);
        }
      }
      EXPECT_EQ(out[2 * 100 + 99], 0.0F);
    }
  });
}

// One centre so far off that its products are infinite in float32, wherever it stands among the others.
TEST(NearestCentres, ProductsBeyondFloat32AreDecidedExactly) {
  on_every_target([] {
    for (std::size_t place = 0; place < 20; ++place) {
      std::vector<double> centres;
      for (std::size_t c = 0; c < 20; ++c) centres.push_back(static_cast<double>(c + 1) * 1e17);
      centres[place] = 3.79e19;
      Buffer<double> row(1);
      row[0] = 2.09e19;
      std::int32_t label = -1;
      NearestCentres(centres, 1).assign(Features::dense(std::move(row), 1, 1), 0, 1, {&label, 1});
      EXPECT_EQ(label, static_cast<std::int32_t>(place));
    }
  });
}

}  // namespace
}  // namespace everyml
