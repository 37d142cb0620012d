#include "everyml/classical/clustering/kmeans.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/random.h"

namespace everyml {
namespace {

Features features_of(std::vector<double> values, std::size_t columns) {
  Buffer<double> buffer(values.size());
  std::copy(values.begin(), values.end(), buffer.begin());
  return Features::dense(std::move(buffer), values.size() / columns, columns);
}

Features floats_of(const Features& x) {
  Buffer<float> buffer(x.rows() * x.columns());
  for (std::size_t i = 0; i < buffer.size(); ++i)
    buffer[i] = static_cast<float>(x.at(i / x.columns(), i % x.columns()));
  return Features::dense(std::move(buffer), x.rows(), x.columns());
}

/// The numbers of a CSV file without its header and its last column.
Features example(const std::string& file) {
  std::ifstream in(std::string(EVERYML_SOURCE_DIR) + "/examples/data/" + file);
  EXPECT_TRUE(in) << file;
  std::string line, cell;
  std::getline(in, line);
  const auto columns = static_cast<std::size_t>(std::count(line.begin(), line.end(), ','));
  std::vector<double> values;
  while (std::getline(in, line)) {
    std::istringstream cells(line);
    for (std::size_t j = 0; j < columns && std::getline(cells, cell, ','); ++j)
      values.push_back(std::stod(cell));
  }
  return features_of(std::move(values), columns);
}

Dataset blobs(std::size_t rows, std::size_t columns, std::size_t clusters, double spread,
              std::uint64_t seed) {
  Stream random(seed, "blobs");
  std::vector<double> centres(clusters * columns), values(rows * columns);
  for (double& value : centres) value = random.uniform(-10, 10);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = centres[(i / columns) % clusters * columns + i % columns] + spread * random.normal();
  }
  return {.features = features_of(std::move(values), columns)};
}

/// Clusters ten deviations apart on a lattice.
Dataset lattice(std::size_t clusters, std::uint64_t seed) {
  Stream random(seed, "lattice");
  std::vector<double> values(60 * clusters * 4);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t c = (i / 4) % clusters, places[] = {c % 3, c / 3 % 3, c / 9, 0};
    values[i] = 10.0 * static_cast<double>(places[i % 4]) + random.normal();
  }
  return {.features = features_of(std::move(values), 4)};
}

Dataset uniform_noise(std::size_t rows, std::size_t columns, std::uint64_t seed) {
  Stream random(seed, "noise");
  std::vector<double> values(rows * columns);
  for (double& value : values) value = random.uniform();
  return {.features = features_of(std::move(values), columns)};
}

std::vector<std::int32_t> labels_of(const KMeansModel& model, const Features& x, const Context& context) {
  std::vector<std::int32_t> labels(x.rows());
  model.assign(x, labels, context);
  return labels;
}

std::string bytes_of(const KMeansModel& model) {
  ArchiveWriter archive;
  model.save(archive);
  return archive.bytes();
}

/// Lloyd as in the paper, nothing else.
std::vector<std::int32_t> plain_lloyd(const Features& x, std::vector<double> centres) {
  const std::size_t columns = x.columns(), clusters = centres.size() / columns;
  std::vector<std::int32_t> labels(x.rows(), -1);
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < x.rows(); ++i) {
      double least = std::numeric_limits<double>::infinity();
      std::int32_t nearest = 0;
      for (std::size_t c = 0; c < clusters; ++c) {
        double squared = 0;
        for (std::size_t j = 0; j < columns; ++j) {
          squared += (x.at(i, j) - centres[c * columns + j]) * (x.at(i, j) - centres[c * columns + j]);
        }
        if (squared < least) least = squared, nearest = static_cast<std::int32_t>(c);
      }
      changed = changed || labels[i] != nearest;
      labels[i] = nearest;
    }
    std::vector<double> sums(centres.size()), counts(clusters);
    for (std::size_t i = 0; i < x.rows(); ++i) {
      const auto c = static_cast<std::size_t>(labels[i]);
      ++counts[c];
      for (std::size_t j = 0; j < columns; ++j) sums[c * columns + j] += x.at(i, j);
    }
    for (std::size_t c = 0; c < clusters; ++c) {
      EXPECT_GT(counts[c], 0) << "this start empties a cluster, which plain Lloyd does not define";
      for (std::size_t j = 0; j < columns; ++j) centres[c * columns + j] = sums[c * columns + j] / counts[c];
    }
  }
  return labels;
}

TEST(KMeans, IrisHasThePublishedInertia) {
  const Context context({.threads = 2});
  const Dataset iris{.features = example("iris.csv")};
  const KMeansModel model = KMeans{.clusters = 3}.fit(iris, context);
  EXPECT_NEAR(model.facts().inertia, 78.8514, 5e-5);
  auto sizes = model.facts().sizes;
  std::sort(sizes.begin(), sizes.end());
  EXPECT_EQ(sizes, (std::vector<double>{38, 50, 62}));
  EXPECT_TRUE(model.facts().converged);
  EXPECT_EQ(model.verdict(), "");
  // scikit-learn's silhouette_score of this partition.
  EXPECT_NEAR(model.facts().silhouette, 0.5528190, 1e-5);
}

TEST(KMeans, DigitsReachTheInertiaOfManyRestarts) {
  const Context context({.threads = 2});
  const Dataset digits{.features = example("digits8x8.csv")};
  ASSERT_EQ(digits.columns(), 64U);
  const KMeansModel model = KMeans{.clusters = 10, .restarts = 100}.fit(digits, context);
  EXPECT_LE(model.facts().inertia, 1165178);
}

TEST(KMeans, LabelsEqualAPlainLloydFromTheSameStart) {
  const Context context({.threads = 2});
  const Features digits = example("digits8x8.csv");
  const Dataset cloud = blobs(5000, 7, 6, 4.0, 1);
  for (const Features& x : {digits, cloud.features, floats_of(digits), floats_of(cloud.features)}) {
    std::vector<double> start;
    for (std::size_t i = 0; i < 9; ++i) {
      for (std::size_t j = 0; j < x.columns(); ++j) start.push_back(x.at(i * 11, j));
    }
    const KMeansModel model = KMeans{.tolerance = 0}.fit_from({.features = x}, start, context);
    EXPECT_EQ(labels_of(model, x, context), plain_lloyd(x, start));
  }
}

TEST(KMeans, RunsOfScikitLearnFromTheSameStarts) {
  const Context context({.threads = 2});
  std::ifstream in(std::string(EVERYML_SOURCE_DIR) + "/tests/golden/clustering/kmeans.json");
  const Json golden = Json::parse(in);
  ASSERT_EQ(golden["runs"].size(), 8U);
  for (const Json& run : golden["runs"]) {
    const Dataset data{.features = example(run["file"]),
                       .weights = run["weights"].get<std::vector<double>>()};
    std::vector<double> start;
    for (const std::size_t row : run["start"]) {
      for (std::size_t j = 0; j < data.columns(); ++j) start.push_back(data.features.at(row, j));
    }
    const KMeansModel model = KMeans{.max_iterations = 1000, .tolerance = 0}.fit_from(data, start, context);
    SCOPED_TRACE(run["file"].dump() + run["start"].dump());
    EXPECT_EQ(labels_of(model, data.features, context), run["labels"].get<std::vector<std::int32_t>>());
    EXPECT_NEAR(model.facts().inertia, run["inertia"].get<double>(), 1e-10 * run["inertia"].get<double>());
    EXPECT_NEAR(model.facts().silhouette, run["silhouette"].get<double>(), 1e-6);
    for (std::size_t i = 0; i < start.size(); ++i) {
      EXPECT_NEAR(model.centres()[i], run["centres"][i].get<double>(), 1e-10);
    }
  }
}

TEST(KMeans, SameBytesAtOneTwoAndSevenThreads) {
  const Dataset cloud = blobs(9000, 3, 4, 2.0, 2);
  for (const KMeans& settings :
       {KMeans{.clusters = 5}, KMeans{.clusters = 5, .initial = KMeansStart::random}, KMeans{}}) {
    const std::string one = bytes_of(settings.fit(cloud, Context({.threads = 1, .seed = 3})));
    EXPECT_EQ(one, bytes_of(settings.fit(cloud, Context({.threads = 2, .seed = 3}))));
    EXPECT_EQ(one, bytes_of(settings.fit(cloud, Context({.threads = 7, .seed = 3}))));
  }
}

TEST(KMeans, AWeightIsThatManyCopies) {
  const Context context({.threads = 1});
  const Dataset once = blobs(300, 2, 3, 3.0, 4);
  Dataset weighted = once;
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < once.rows(); ++i) {
    weighted.weights.push_back(static_cast<double>(i % 4));
    for (std::size_t copy = 0; copy < i % 4; ++copy) rows.push_back(i);
  }
  const Dataset copied = once.select_rows(rows);
  std::vector<double> start;
  for (std::size_t i = 0; i < 3; ++i)
    start.insert(start.end(), {once.features.at(i, 0), once.features.at(i, 1)});
  const KMeansModel a = KMeans{}.fit_from(weighted, start, context),
                    b = KMeans{}.fit_from(copied, start, context);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(a.centres()[i], b.centres()[i], 1e-12);
  EXPECT_EQ(a.facts().sizes, b.facts().sizes);
  EXPECT_NEAR(a.facts().inertia, b.facts().inertia, 1e-9 * b.facts().inertia);
  const KMeansModel c = KMeans{.clusters = 3}.fit(weighted, context),
                    d = KMeans{.clusters = 3}.fit(copied, context);
  EXPECT_NEAR(c.facts().inertia, d.facts().inertia, 1e-9 * d.facts().inertia);
}

TEST(KMeans, AnEmptyClusterTakesTheFurthestRow) {
  const Context context({.threads = 1});
  // Both rows of the middle lie nearer to the first centre; the second is left empty and takes 100, the
  // furthest.
  const Dataset data{.features = features_of({0, 1, 2, 100}, 1)};
  const std::vector<double> start = {1, 1000, 2000};
  const KMeansModel model = KMeans{.tolerance = 0}.fit_from(data, start, context);
  auto centres = std::vector<double>(model.centres().begin(), model.centres().end());
  std::sort(centres.begin(), centres.end());
  EXPECT_EQ(centres.back(), 100);
  for (const double size : model.facts().sizes) EXPECT_GT(size, 0);
  EXPECT_EQ(model.facts().inertia, 0.5);
}

TEST(KMeans, FewerDifferentRowsThanClusters) {
  const Context context({.threads = 1});
  const Dataset data{.features = features_of(std::vector<double>(20, 3.0), 2)};
  const KMeansModel model = KMeans{.clusters = 4}.fit(data, context);
  EXPECT_EQ(model.cluster_count(), 4U);
  EXPECT_EQ(model.facts().inertia, 0);
  EXPECT_EQ(KMeans{}.fit(data, context).verdict(), "no clusters");
  const Dataset row{.features = features_of({1, 2}, 2)};
  EXPECT_EQ(KMeans{}.fit(row, context).cluster_count(), 1U);
  EXPECT_THROW((KMeans{.clusters = 2}.fit(row, context)), DataError);
  EXPECT_THROW((KMeans{.clusters = 0}.fit(row, context)), ParameterError);
}

struct Recorder : Observer {
  std::vector<std::vector<double>> frames;
  int stop_after = -1, steps = 0;
  bool wants_frames() const override { return true; }
  void frame(const Frame& frame) override {
    EXPECT_EQ(frame.name, "centroids");
    EXPECT_EQ(frame.values.size(), frame.rows * frame.columns);
    frames.emplace_back(frame.values.begin(), frame.values.end());
  }
  void metric(std::string_view, std::size_t, double) override { ++steps; }
  bool stop() override { return stop_after >= 0 && steps >= stop_after; }
};

TEST(KMeans, TheLastFrameIsTheModel) {
  Recorder recorder;
  const Context context({.threads = 2, .observer = &recorder});
  const KMeansModel model = KMeans{.clusters = 5}.fit(blobs(2000, 3, 5, 4.0, 5), context);
  ASSERT_GT(recorder.frames.size(), 1U);
  EXPECT_EQ(recorder.frames.size(), static_cast<std::size_t>(model.facts().iterations) + 1);
  EXPECT_EQ(recorder.frames.back(), std::vector<double>(model.centres().begin(), model.centres().end()));
}

TEST(KMeans, AStopLeavesAValidModel) {
  Recorder recorder;
  recorder.stop_after = 2;
  const Context context({.threads = 2, .observer = &recorder});
  const Dataset data = blobs(2000, 3, 5, 4.0, 6);
  const KMeansModel model = KMeans{.clusters = 8}.fit(data, context);
  EXPECT_EQ(recorder.steps, 2);
  EXPECT_FALSE(model.facts().converged);
  EXPECT_EQ(model.cluster_count(), 8U);
  EXPECT_EQ(recorder.frames.back(), std::vector<double>(model.centres().begin(), model.centres().end()));
  double inertia = 0;
  std::vector<double> distances(data.rows() * 8);
  model.transform(data.features, distances, context);
  for (std::size_t i = 0; i < data.rows(); ++i) {
    inertia += std::pow(*std::min_element(distances.begin() + static_cast<std::ptrdiff_t>(i * 8),
                                          distances.begin() + static_cast<std::ptrdiff_t>(i * 8 + 8)),
                        2);
  }
  EXPECT_NEAR(model.facts().inertia, inertia, 1e-9 * inertia);
}

TEST(KMeans, SaysNoClustersOnNoise) {
  const Context context({.threads = 2});
  for (const ClusterChoice choice : {ClusterChoice::gap, ClusterChoice::silhouette}) {
    int none = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const Dataset noise = uniform_noise(150 + 20 * seed, 2 + seed % 4, seed);
      none += KMeans{.choice = choice}.fit(noise, context.with_seed(seed)).verdict() == "no clusters" ? 1 : 0;
    }
    EXPECT_GE(none, 19) << static_cast<int>(choice);
  }
}

TEST(KMeans, FindsClustersWhereThereAreSome) {
  const Context context({.threads = 2});
  EXPECT_GE(KMeans{}.fit({.features = example("iris.csv")}, context).cluster_count(), 2U);
  EXPECT_GE((KMeans{.choice = ClusterChoice::silhouette}.fit({.features = example("iris.csv")}, context))
                .cluster_count(),
            2U);
  for (const ClusterChoice choice : {ClusterChoice::gap, ClusterChoice::silhouette}) {
    int right = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const std::size_t clusters = 3 + seed % 7;
      const Dataset data = lattice(clusters, seed);
      right +=
          KMeans{.choice = choice}.fit(data, context.with_seed(seed)).cluster_count() == clusters ? 1 : 0;
    }
    EXPECT_GE(right, 19) << static_cast<int>(choice);
  }
}

TEST(KMeans, SaveAndLoad) {
  const Context context({.threads = 1});
  const Dataset data = blobs(500, 4, 3, 1.0, 8);
  for (const KMeans& settings : {KMeans{.clusters = 3}, KMeans{}}) {
    const KMeansModel model = settings.fit(data, context);
    const std::string bytes = bytes_of(model);
    const KMeansModel loaded = KMeansModel::load(ArchiveReader::from_bytes(bytes, "test"));
    EXPECT_EQ(bytes_of(loaded), bytes);
    EXPECT_EQ(loaded.summary(), model.summary());
    EXPECT_EQ(labels_of(loaded, data.features, context), labels_of(model, data.features, context));
  }
}

TEST(KMeans, LoadRefusesWhatCannotBe) {
  const auto archive_with = [](const auto& change) {
    ArchiveWriter archive;
    std::vector<double> centres = {1, 2, 3, 4}, sizes = {1, 2};
    double silhouette = 0.5;
    std::vector<std::uint64_t> shape = {2, 2};
    change(centres, sizes, silhouette, shape);
    archive.array("centres", std::span<const double>(centres), shape);
    archive.array("sizes", std::span<const double>(sizes));
    archive.number("inertia", 1.0);
    archive.number("silhouette", silhouette);
    archive.integer("iterations", 3);
    archive.boolean("converged", true);
    return ArchiveReader::from_bytes(archive.bytes(), "test");
  };
  EXPECT_EQ(KMeansModel::load(archive_with([](auto&, auto&, auto&, auto&) {})).cluster_count(), 2U);
  EXPECT_THROW(KMeansModel::load(archive_with([](auto& c, auto&, auto&, auto&) { c[1] = NAN; })),
               FormatError);
  EXPECT_THROW(KMeansModel::load(archive_with([](auto&, auto& s, auto&, auto&) { s.push_back(1); })),
               FormatError);
  EXPECT_THROW(KMeansModel::load(archive_with([](auto&, auto&, auto& s, auto&) { s = 2; })), FormatError);
  EXPECT_THROW(KMeansModel::load(archive_with([](auto&, auto&, auto&, auto& s) { s = {4}; })), FormatError);
  EXPECT_THROW(KMeansModel::load(archive_with([](auto& c, auto&, auto&, auto& s) { c.clear(), s = {0, 2}; })),
               FormatError);
  EXPECT_THROW(KMeansModel::load(ArchiveReader::from_bytes(ArchiveWriter().bytes(), "test")), FormatError);
}

TEST(KMeans, RefusesValuesItCannotMeasure) {
  const Context context({.threads = 1});
  EXPECT_THROW(KMeans{}.fit({.features = features_of({1, NAN}, 1)}, context), DataError);
  EXPECT_THROW(KMeans{}.fit({.features = features_of({1, INFINITY}, 1)}, context), DataError);
  const KMeansModel model = KMeans{.clusters = 1}.fit({.features = features_of({1, 2}, 1)}, context);
  std::vector<std::int32_t> labels(1);
  EXPECT_THROW(model.assign(features_of({NAN}, 1), labels, context), DataError);
  const std::vector<double> bad = {1, 2, 3};
  EXPECT_THROW(KMeans{}.fit_from({.features = features_of({1, 2}, 2)}, bad, context), ParameterError);
  // A model of such a centre could be saved, but not opened again.
  const std::vector<double> far = {1e200};
  EXPECT_THROW(KMeans{}.fit_from({.features = features_of({1, 2}, 1)}, far, context), ParameterError);
}

}  // namespace
}  // namespace everyml
