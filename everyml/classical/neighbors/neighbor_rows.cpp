#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "everyml/classical/neighbors/knn.h"
#include "everyml/classical/neighbors/neighbor_rows_impl.h"
#include "everyml/foundation/base/error.h"

namespace everyml {

NeighborRows::NeighborRows(Settings settings, Features rows, std::vector<double> weights,
                           std::vector<std::int64_t> ids, std::int64_t seen, const Context& context)
    : settings_(settings),
      index_(std::make_shared<const NearestRows>(std::move(rows), settings.metric, context)),
      weights_(std::move(weights)),
      ids_(std::move(ids)),
      seen_(seen) {}

std::size_t NeighborRows::voters() const {
  return std::min(static_cast<std::size_t>(settings_.neighbors), size());
}

// Turns the distances of one row's neighbours into shares of its vote.
void NeighborRows::to_shares(std::span<const std::int64_t> found, std::span<double> distances) const {
  const bool met = settings_.votes == Votes::distance && distances.front() == 0;
  const double nearest = distances.front();
  double sum = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    double vote = 1;
    // The nearest over each distance, and not one over it: the same shares, and nothing overflows.
    if (settings_.votes == Votes::distance) vote = met ? (distances[i] == 0 ? 1 : 0) : nearest / distances[i];
    if (!weights_.empty()) vote *= weights_[static_cast<std::size_t>(found[i])];
    distances[i] = vote;
    sum += vote;
  }
  for (double& vote : distances) vote /= sum;
}

void NeighborRows::vote_shares(const Features& x, std::span<std::int64_t> found, std::span<double> votes,
                               const Context& context) const {
  const std::size_t k = voters();
  index_->search(x, k, found, votes, context);
  for (std::size_t i = 0; i < x.rows(); ++i) to_shares(found.subspan(i * k, k), votes.subspan(i * k, k));
}

void NeighborRows::nearest(const Features& x, std::size_t k, std::span<std::int64_t> rows_out,
                           std::span<double> distances, const Context& context) const {
  index_->search(x, k, rows_out, distances, context);
  if (ids_.empty()) return;
  for (std::int64_t& row : rows_out) row = ids_[static_cast<std::size_t>(row)];
}

namespace {

Buffer<double> as_doubles(const Features& x) {
  auto values = Buffer<double>::uninitialized(x.rows() * x.columns());
  std::vector<double> scratch;
  for (std::size_t i = 0; i < x.rows(); ++i) {
    std::copy_n(x.tile64(i, i + 1, scratch), x.columns(), values.data() + i * x.columns());
  }
  return values;
}

Buffer<float> as_floats(const Features& x) {
  auto values = Buffer<float>::uninitialized(x.rows() * x.columns());
  std::vector<float> scratch;
  for (std::size_t i = 0; i < x.rows(); ++i) {
    std::copy_n(x.tile32(i, i + 1, scratch), x.columns(), values.data() + i * x.columns());
  }
  return values;
}

template <class T>
Features joined(const Buffer<T>& a, const Buffer<T>& b, std::size_t columns) {
  auto values = Buffer<T>::uninitialized(a.size() + b.size());
  std::copy(a.begin(), a.end(), values.begin());
  std::copy(b.begin(), b.end(), values.begin() + a.size());
  const std::size_t rows = values.size() / columns;
  return Features::dense(std::move(values), rows, columns);
}

}  // namespace

Features owned_rows(const Features& x) {
  if (x.storage() == Features::Storage::dense64) return Features::dense(as_doubles(x), x.rows(), x.columns());
  return Features::dense(as_floats(x), x.rows(), x.columns());
}

NeighborRows neighbor_rows_of(NeighborRows::Settings settings, const Dataset& data,
                              std::vector<std::size_t>& voting, const Context& context) {
  voting.clear();
  for (std::size_t i = 0; i < data.rows(); ++i) {
    if (data.weight(i) > 0) voting.push_back(i);
  }
  const auto seen = static_cast<std::int64_t>(data.rows());
  if (voting.size() == data.rows()) {
    return {settings, owned_rows(data.features), data.weights, {}, seen, context};
  }
  std::vector<double> weights;
  for (const std::size_t row : voting) weights.push_back(data.weights[row]);
  return {settings,
          owned_rows(data.features.select_rows(voting)),
          std::move(weights),
          std::vector<std::int64_t>(voting.begin(), voting.end()),
          seen,
          context};
}

NeighborRows NeighborRows::with(const Dataset& data, const Context& context) const {
  if (data.columns() != columns()) {
    throw DataError("data.feature_count",
                    fmt::format("nearest neighbours: the model has {} features, the new rows {}", columns(),
                                data.columns()));
  }
  std::vector<std::size_t> voting;
  const NeighborRows added = neighbor_rows_of(settings_, data, voting, context);
  Features all = rows().dense32() != nullptr && added.rows().dense32() != nullptr
                     ? joined(as_floats(rows()), as_floats(added.rows()), columns())
                     : joined(as_doubles(rows()), as_doubles(added.rows()), columns());
  std::vector<double> weights;
  if (!weights_.empty() || !added.weights_.empty()) {
    weights = weights_.empty() ? std::vector<double>(size(), 1.0) : weights_;
    if (added.weights_.empty()) {
      weights.resize(size() + added.size(), 1.0);
    } else {
      weights.insert(weights.end(), added.weights_.begin(), added.weights_.end());
    }
  }
  std::vector<std::int64_t> ids;
  if (!ids_.empty() || !added.ids_.empty()) {
    for (std::size_t i = 0; i < size(); ++i)
      ids.push_back(ids_.empty() ? static_cast<std::int64_t>(i) : ids_[i]);
    for (std::size_t i = 0; i < added.size(); ++i) {
      ids.push_back(seen_ + (added.ids_.empty() ? static_cast<std::int64_t>(i) : added.ids_[i]));
    }
  }
  return {settings_, std::move(all), std::move(weights), std::move(ids), seen_ + added.seen_, context};
}

Json NeighborRows::summary() const {
  return {{"rows", size()},
          {"features", columns()},
          {"neighbors", voters()},
          {"weights", name_of(settings_.votes)},
          {"metric", name_of(settings_.metric)}};
}

void NeighborRows::save(ArchiveWriter& archive) const {
  archive.integer("neighbors", settings_.neighbors);
  archive.text("weights", name_of(settings_.votes));
  archive.text("metric", name_of(settings_.metric));
  archive.integer("seen", seen_);
  const std::vector<std::uint64_t> shape{size(), columns()};
  if (const double* values = rows().dense64()) {
    archive.array("rows", std::span(values, size() * columns()), shape);
  } else {
    archive.array("rows32", std::span(rows().dense32(), size() * columns()), shape);
  }
  if (!weights_.empty()) archive.array("row_weights", std::span(weights_));
  if (!ids_.empty()) archive.array("row_ids", std::span(ids_));
}

namespace {

template <class E>
E choice_from(const ArchiveReader& archive, std::string_view key) {
  const std::string text = archive.text(key);
  for (const auto& choice : choices_of(E{})) {
    if (choice.name == text) return choice.value;
  }
  archive.refuse(key, fmt::format("an unknown choice, \"{}\"", text));
}

template <class T>
Features rows_from(const ArchiveReader& archive, std::string_view key, const std::vector<T>& values) {
  const std::vector<std::uint64_t> shape = archive.shape(key);
  if (shape.size() != 2 || shape[0] == 0 || shape[1] == 0) archive.refuse(key, "not a table of rows");
  if (!std::all_of(values.begin(), values.end(),
                   [](T value) { return std::abs(static_cast<double>(value)) <= kLargestMeasurable; })) {
    archive.refuse(key, "a value that cannot be measured");
  }
  auto buffer = Buffer<T>::uninitialized(values.size());
  std::copy(values.begin(), values.end(), buffer.begin());
  return Features::dense(std::move(buffer), shape[0], shape[1]);
}

}  // namespace

NeighborRows NeighborRows::load(const ArchiveReader& archive) {
  Settings settings;
  settings.neighbors = static_cast<int>(archive.integer("neighbors", 1, 100000));
  settings.votes = choice_from<Votes>(archive, "weights");
  settings.metric = choice_from<Metric>(archive, "metric");
  Features rows = archive.has("rows") ? rows_from(archive, "rows", archive.doubles("rows"))
                                      : rows_from(archive, "rows32", archive.floats("rows32"));
  constexpr std::int64_t kMost = std::int64_t{1} << 53;
  const std::int64_t seen = archive.integer("seen", static_cast<std::int64_t>(rows.rows()), kMost);
  std::vector<double> weights;
  if (archive.has("row_weights")) {
    weights = archive.finite_doubles("row_weights", rows.rows());
    for (const double weight : weights) {
      if (weight <= 0) archive.refuse("row_weights", "a weight that is not above 0");
    }
  }
  std::vector<std::int64_t> ids;
  if (archive.has("row_ids")) {
    ids = archive.integers64("row_ids");
    if (ids.size() != rows.rows()) archive.refuse("row_ids", "another number of rows");
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (ids[i] < (i == 0 ? 0 : ids[i - 1] + 1) || ids[i] >= seen)
        archive.refuse("row_ids", "rows out of order");
    }
  }
  return {settings, std::move(rows), std::move(weights), std::move(ids), seen, Context({.threads = 1})};
}

}  // namespace everyml
