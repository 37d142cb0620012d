#include "everyml/classical/neighbors/knn.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "everyml/classical/neighbors/neighbor_rows_impl.h"
#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

/// Rows answered at a time, so that the neighbours of millions of rows are never held at once.
constexpr std::size_t kRowsAtATime = 8192;

/// Calls vote(row of x, neighbour, share); the shares of one row sum to 1.
template <class Vote>
void each_vote(const NeighborRows& rows, const Features& x, const Context& context, const Vote& vote) {
  const std::size_t k = rows.voters();
  std::vector<std::int64_t> found;
  std::vector<double> shares;
  for (std::size_t begin = 0; begin < x.rows(); begin += kRowsAtATime) {
    const std::size_t end = std::min(begin + kRowsAtATime, x.rows());
    found.resize((end - begin) * k);
    shares.resize((end - begin) * k);
    rows.vote_shares(x.slice(begin, end), found, shares, context);
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t j = 0; j < k; ++j) {
        const std::size_t at = (i - begin) * k + j;
        vote(i, static_cast<std::size_t>(found[at]), shares[at]);
      }
    }
  }
}

std::vector<std::string> names_of(std::span<const std::string> names) { return {names.begin(), names.end()}; }

Card card_of(std::string title, std::string summary, Target::Kind target) {
  return {
      .title = std::move(title),
      .summary = std::move(summary),
      .territory = "classical",
      .family = "neighbors",
      .target = target,
      .needs = {.missing = InputNeeds::Missing::impute,
                .categories = InputNeeds::Categories::one_hot,
                .scale = InputNeeds::Scale::standard},
      .complexity = 3,
      .lazy = true,
      .weights = Card::Weights::votes,
      .references = {"Fix and Hodges, \"Discriminatory Analysis, Nonparametric Discrimination: Consistency "
                     "Properties\", USAF School of Aviation Medicine, 1951",
                     "Cover and Hart, \"Nearest Neighbor Pattern Classification\", IEEE Transactions on "
                     "Information Theory 13, 1967"}};
}

std::vector<Trial> small_search() {
  return {{{"neighbors", "15"}},
          {{"neighbors", "15"}, {"weights", "distance"}},
          {{"neighbors", "30"}, {"weights", "distance"}}};
}

std::vector<Axis> neighbor_space() {
  return {{.name = "neighbors", .low = 1, .high = 100, .logarithmic = true, .whole = true},
          {.name = "weights", .choices = {"uniform", "distance"}},
          {.name = "metric", .choices = {"euclidean", "manhattan"}}};
}

}  // namespace

Card KnnClassifier::card() {
  return card_of("k nearest neighbours", "The vote of the training rows most alike", Target::Kind::classes);
}
Card KnnRegressor::card() {
  return card_of("k nearest neighbours", "The mean of the training rows most alike", Target::Kind::numbers);
}
std::vector<Trial> KnnClassifier::search() { return small_search(); }
std::vector<Trial> KnnRegressor::search() { return small_search(); }
std::vector<Axis> KnnClassifier::space() { return neighbor_space(); }
std::vector<Axis> KnnRegressor::space() { return neighbor_space(); }

KnnClassifierModel KnnClassifier::fit(const Dataset& data, const Context& context) const {
  validate(*this);
  data.validate(name, {.target = Target::Kind::classes});
  std::vector<std::size_t> voting;
  NeighborRows rows =
      neighbor_rows_of({.neighbors = neighbors, .votes = weights, .metric = metric}, data, voting, context);
  std::vector<std::int32_t> codes;
  for (const std::size_t row : voting) codes.push_back(data.target.codes()[row]);
  return {std::move(rows), std::move(codes), names_of(data.target.names())};
}

KnnRegressorModel KnnRegressor::fit(const Dataset& data, const Context& context) const {
  validate(*this);
  data.validate(name, {.target = Target::Kind::numbers});
  std::vector<std::size_t> voting;
  NeighborRows rows =
      neighbor_rows_of({.neighbors = neighbors, .votes = weights, .metric = metric}, data, voting, context);
  std::vector<double> values;
  for (const std::size_t row : voting) values.push_back(data.target.values()[row]);
  return {std::move(rows), std::move(values)};
}

KnnClassifierModel::KnnClassifierModel(NeighborRows rows, std::vector<std::int32_t> codes,
                                       std::vector<std::string> names)
    : rows_(std::move(rows)), codes_(std::move(codes)), names_(std::move(names)) {}

void KnnClassifierModel::probabilities(const Features& x, std::span<double> out,
                                       const Context& context) const {
  const std::size_t classes = names_.size();
  std::fill(out.begin(), out.end(), 0.0);
  each_vote(rows_, x, context, [&](std::size_t row, std::size_t neighbor, double share) {
    out[row * classes + static_cast<std::size_t>(codes_[neighbor])] += share;
  });
}

void KnnClassifierModel::neighbors(const Features& x, std::size_t k, std::span<std::int64_t> rows_out,
                                   std::span<double> distances, const Context& context) const {
  rows_.nearest(x, k, rows_out, distances, context);
}

KnnClassifierModel KnnClassifierModel::update(const Dataset& data, const Context& context) const {
  data.validate(KnnClassifier::name, {.target = Target::Kind::classes});
  std::vector<std::string> names = names_;
  std::unordered_map<std::string, std::int32_t> code_of;
  for (std::size_t i = 0; i < names.size(); ++i) code_of.emplace(names[i], static_cast<std::int32_t>(i));
  std::vector<std::int32_t> codes = codes_;
  for (std::size_t i = 0; i < data.rows(); ++i) {
    if (data.weight(i) == 0) continue;
    const std::string& label = data.target.names()[static_cast<std::size_t>(data.target.codes()[i])];
    const auto [place, is_new] = code_of.emplace(label, static_cast<std::int32_t>(names.size()));
    if (is_new) names.push_back(label);
    codes.push_back(place->second);
  }
  return {rows_.with(data, context), std::move(codes), std::move(names)};
}

Json KnnClassifierModel::summary() const {
  Json json = rows_.summary();
  json["classes"] = names_;
  return json;
}

void KnnClassifierModel::save(ArchiveWriter& archive) const {
  rows_.save(archive);
  archive.array("codes", std::span(codes_));
  archive.strings("classes", names_);
}

KnnClassifierModel KnnClassifierModel::load(const ArchiveReader& archive) {
  NeighborRows rows = NeighborRows::load(archive);
  std::vector<std::string> names = archive.strings("classes");
  std::vector<std::int32_t> codes = archive.integers32("codes", rows.size());
  for (const std::int32_t code : codes) {
    if (code < 0 || static_cast<std::size_t>(code) >= names.size())
      archive.refuse("codes", "a class without a name");
  }
  return {std::move(rows), std::move(codes), std::move(names)};
}

KnnRegressorModel::KnnRegressorModel(NeighborRows rows, std::vector<double> values)
    : rows_(std::move(rows)), values_(std::move(values)) {}

void KnnRegressorModel::predict(const Features& x, std::span<double> out, const Context& context) const {
  std::fill(out.begin(), out.end(), 0.0);
  each_vote(rows_, x, context, [&](std::size_t row, std::size_t neighbor, double share) {
    out[row] += share * values_[neighbor];
  });
}

void KnnRegressorModel::neighbors(const Features& x, std::size_t k, std::span<std::int64_t> rows_out,
                                  std::span<double> distances, const Context& context) const {
  rows_.nearest(x, k, rows_out, distances, context);
}

KnnRegressorModel KnnRegressorModel::update(const Dataset& data, const Context& context) const {
  data.validate(KnnRegressor::name, {.target = Target::Kind::numbers});
  std::vector<double> values = values_;
  for (std::size_t i = 0; i < data.rows(); ++i) {
    if (data.weight(i) > 0) values.push_back(data.target.values()[i]);
  }
  return {rows_.with(data, context), std::move(values)};
}

Json KnnRegressorModel::summary() const { return rows_.summary(); }

void KnnRegressorModel::save(ArchiveWriter& archive) const {
  rows_.save(archive);
  archive.array("values", std::span(values_));
}

KnnRegressorModel KnnRegressorModel::load(const ArchiveReader& archive) {
  NeighborRows rows = NeighborRows::load(archive);
  std::vector<double> values = archive.finite_doubles("values", rows.size());
  return {std::move(rows), std::move(values)};
}

}  // namespace everyml
