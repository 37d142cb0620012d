#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "everyml/classical/clustering/kmeans.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace {

constexpr std::size_t kGrain = 2304;

}  // namespace

KMeansModel::KMeansModel(std::vector<double> centres, std::size_t columns, KMeansFacts facts)
    : centres_(std::move(centres)), nearest_(centres_, columns), facts_(std::move(facts)) {}

std::string KMeansModel::verdict() const {
  if (facts_.choice.empty()) return "";
  return cluster_count() == 1 ? "no clusters" : fmt::format("{} clusters", cluster_count());
}

void KMeansModel::assign(const Features& x, std::span<std::int32_t> out, const Context& context) const {
  require_measurable(x, KMeans::name);
  parallel_for(context, x.rows(), kGrain, [&](std::size_t begin, std::size_t end) {
    nearest_.assign(x, begin, end, out.subspan(begin, end - begin));
  });
}

void KMeansModel::transform(const Features& x, std::span<double> out, const Context& context) const {
  require_measurable(x, KMeans::name);
  const std::size_t columns = feature_count(), clusters = cluster_count();
  parallel_for(context, x.rows(), kGrain, [&](std::size_t begin, std::size_t end) {
    std::vector<double> scratch;
    for (std::size_t i = begin; i < end; ++i) {
      const std::span<const double> row(x.tile64(i, i + 1, scratch), columns);
      for (std::size_t c = 0; c < clusters; ++c) {
        out[i * clusters + c] = std::sqrt(squared_distance(row, centres().subspan(c * columns, columns)));
      }
    }
  });
}

Json KMeansModel::summary() const {
  Json centers = Json::array(), choice = Json::array();
  for (std::size_t c = 0; c < cluster_count(); ++c) {
    const auto row = centres().subspan(c * feature_count(), feature_count());
    centers.push_back(std::vector<double>(row.begin(), row.end()));
  }
  for (const ClusterCandidate& candidate : facts_.choice) {
    choice.push_back({{"clusters", candidate.clusters},
                      {"gap", candidate.gap},
                      {"gap_error", candidate.gap_error},
                      {"silhouette", candidate.silhouette},
                      {"evidence", candidate.evidence}});
  }
  Json json = {{"clusters", cluster_count()},     {"inertia", facts_.inertia},
               {"silhouette", facts_.silhouette}, {"sizes", facts_.sizes},
               {"centers", std::move(centers)},   {"iterations", facts_.iterations},
               {"converged", facts_.converged}};
  if (!facts_.choice.empty()) {
    json["choice"] = std::move(choice);
    json["verdict"] = verdict();
  }
  return json;
}

void KMeansModel::save(ArchiveWriter& archive) const {
  archive.array("centres", std::span(centres_), {cluster_count(), feature_count()});
  archive.array("sizes", std::span(facts_.sizes));
  archive.number("inertia", facts_.inertia);
  archive.number("silhouette", facts_.silhouette);
  archive.integer("iterations", facts_.iterations);
  archive.boolean("converged", facts_.converged);
  std::vector<double> choice;
  for (const ClusterCandidate& c : facts_.choice) {
    choice.insert(choice.end(),
                  {static_cast<double>(c.clusters), c.gap, c.gap_error, c.silhouette, c.evidence});
  }
  if (!choice.empty()) archive.array("choice", std::span<const double>(choice), {facts_.choice.size(), 5});
}

KMeansModel KMeansModel::load(const ArchiveReader& archive) {
  constexpr double kMost = std::numeric_limits<double>::max();
  const std::vector<std::uint64_t> shape = archive.shape("centres");
  if (shape.size() != 2 || shape[0] == 0 || shape[1] == 0)
    archive.refuse("centres", "not a table of centres");
  std::vector<double> centres = archive.doubles("centres");
  if (!std::all_of(centres.begin(), centres.end(),
                   [](double value) { return std::abs(value) <= kLargestMeasurable; })) {
    archive.refuse("centres", "a value that is no place of a centre");
  }
  KMeansFacts facts;
  facts.sizes = archive.finite_doubles("sizes", shape[0]);
  facts.inertia = archive.number("inertia", 0, kMost);
  facts.silhouette = archive.number("silhouette", -1, 1);
  facts.iterations = static_cast<int>(archive.integer("iterations", 0, 1000000));
  facts.converged = archive.boolean("converged");
  if (archive.has("choice")) {
    const std::vector<std::uint64_t> choice_shape = archive.shape("choice");
    if (choice_shape.size() != 2 || choice_shape[0] == 0 || choice_shape[1] != 5) {
      archive.refuse("choice", "not a table of candidates");
    }
    const std::vector<double> choice = archive.finite_doubles("choice", choice_shape[0] * 5);
    for (std::size_t i = 0; i < choice.size(); i += 5) {
      if (!(choice[i] >= 1 && choice[i] <= 100 && choice[i] == std::floor(choice[i]))) {
        archive.refuse("choice", "a number of clusters out of range");
      }
      facts.choice.push_back(
          {static_cast<int>(choice[i]), choice[i + 1], choice[i + 2], choice[i + 3], choice[i + 4]});
    }
  }
  return {std::move(centres), shape[1], std::move(facts)};
}

}  // namespace everyml
