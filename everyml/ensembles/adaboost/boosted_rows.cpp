#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "everyml/classical/trees/tree_ensemble.h"
#include "everyml/ensembles/adaboost/boosted_rows_impl.h"
#include "everyml/ensembles/adaboost/small_trees_model.h"
#include "everyml/foundation/base/error.h"

namespace everyml {

BoostedRows boosted_rows(const Dataset& data, std::string_view learner) {
  if (data.rows() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    throw DataError("data.rows", fmt::format("{}: {} rows are more than 2147483647; give it a sample",
                                             learner, data.rows()));
  }
  BoostedRows rows;
  const bool classes = data.target.kind() == Target::Kind::classes;
  const std::size_t groups = classes ? data.target.class_count() : 1;
  const auto group = [&](std::size_t row) {
    return classes ? static_cast<std::size_t>(data.target.codes()[row]) : std::size_t{0};
  };
  rows.starts.assign(groups + 1, 0);
  for (std::size_t row = 0; row < data.rows(); ++row)
    if (data.weight(row) > 0) ++rows.starts[group(row) + 1];
  std::partial_sum(rows.starts.begin(), rows.starts.end(), rows.starts.begin());
  rows.row_of.resize(rows.starts.back());
  std::vector<std::size_t> at(rows.starts.begin(), rows.starts.end() - 1);
  for (std::size_t row = 0; row < data.rows(); ++row)
    if (data.weight(row) > 0) rows.row_of[at[group(row)]++] = static_cast<std::uint32_t>(row);
  rows.weight.reserve(rows.row_of.size());
  for (const std::uint32_t row : rows.row_of) rows.weight.push_back(data.weight(row));
  rows.weight_sum = std::accumulate(rows.weight.begin(), rows.weight.end(), 0.0);
  return rows;
}

PackedCodes packed_codes(const Dataset& data, const BoostedRows& rows, int max_bins, const Context& context) {
  const BinSettings settings{.max_bins = max_bins};
  return {*shared_bins(data, settings, context), data.info, rows.row_of, context};
}

std::vector<std::string> column_names(const Dataset& data) {
  std::vector<std::string> names;
  names.reserve(data.columns());
  for (std::size_t j = 0; j < data.columns(); ++j) names.push_back(data.feature_name(j));
  return names;
}

Json top_importances(std::span<const std::string> names, std::span<const double> importances) {
  std::vector<std::size_t> order(names.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return importances[a] > importances[b]; });
  Json top = Json::array();
  for (std::size_t i = 0; i < std::min<std::size_t>(order.size(), 10); ++i) {
    if (importances[order[i]] > 0)
      top.push_back({{"feature", names[order[i]]}, {"importance", importances[order[i]]}});
  }
  return top;
}

std::vector<double> vote_importances(const TreeEnsemble& trees, std::span<const double> votes) {
  const TreeParts& parts = trees.parts();
  std::vector<double> importances(parts.features);
  double all = 0;
  for (std::size_t t = 0; t < parts.trees(); ++t) {
    double sum = 0;
    for (std::size_t node = parts.first_node[t]; node < parts.first_node[t + 1]; ++node)
      sum += static_cast<double>(parts.gain[node]);
    if (!(sum > 0)) continue;
    for (std::size_t node = parts.first_node[t]; node < parts.first_node[t + 1]; ++node) {
      importances[static_cast<std::size_t>(parts.feature[node])] +=
          votes[t] * static_cast<double>(parts.gain[node]) / sum;
    }
    all += votes[t];
  }
  if (all > 0)
    for (double& importance : importances) importance /= all;
  return importances;
}

std::vector<std::string> load_names(const ArchiveReader& archive, std::size_t features) {
  std::vector<std::string> names = archive.strings("features");
  if (names.size() != features) archive.refuse("features", "each feature of the trees has one name");
  return names;
}

std::size_t SmallTreesClasses::present() const {
  return static_cast<std::size_t>(
      std::count_if(priors.begin(), priors.end(), [](double prior) { return prior > 0; }));
}

void SmallTreesClasses::save(ArchiveWriter& archive) const {
  archive.strings("features", features);
  archive.strings("classes", classes);
  archive.array("priors", priors);
}

void SmallTreesClasses::load(const ArchiveReader& archive) {
  features = load_names(archive, trees.feature_count());
  classes = archive.strings("classes");
  if (classes.empty()) archive.refuse("classes", "there must be at least one class");
  priors = archive.finite_doubles("priors", classes.size());
  for (const double prior : priors)
    if (prior < 0) archive.refuse("priors", "a share is negative");
  if (present() < 2) archive.refuse("priors", "at least two classes have rows");
}

Json SmallTreesClasses::shares() const {
  Json all = Json::array();
  for (std::size_t c = 0; c < classes.size(); ++c)
    all.push_back({{"name", classes[c]}, {"share", priors[c]}});
  return all;
}

}  // namespace everyml
