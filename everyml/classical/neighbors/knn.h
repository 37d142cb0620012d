#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "everyml/foundation/data/dataset.h"
#include "everyml/foundation/io/archive.h"
#include "everyml/foundation/linalg/distances.h"
#include "everyml/foundation/model/attributes.h"
#include "everyml/foundation/model/card.h"
#include "everyml/foundation/model/registry.h"
#include "everyml/foundation/params/field.h"

namespace everyml {

constexpr auto choices_of(Metric) {
  return std::array{Choice{Metric::euclidean, "euclidean"}, Choice{Metric::manhattan, "manhattan"},
                    Choice{Metric::cosine, "cosine"}};
}

/// How much a neighbour's vote counts.
enum class Votes : std::uint8_t {
  uniform,   ///< all alike
  distance,  ///< in inverse proportion to its distance; neighbours at distance 0 outvote all others
};
constexpr auto choices_of(Votes) {
  return std::array{Choice{Votes::uniform, "uniform"}, Choice{Votes::distance, "distance"}};
}

/// The training rows of a nearest-neighbour model and how they are asked. Immutable; thread-safe.
class NeighborRows {
 public:
  struct Settings {
    int neighbors = 5;
    Votes votes = Votes::uniform;
    Metric metric = Metric::euclidean;
  };
  /// `ids` names the row of the training set each row was; empty: row i was row i. `weights` may be empty.
  NeighborRows(Settings settings, Features rows, std::vector<double> weights, std::vector<std::int64_t> ids,
               std::int64_t seen, const Context& context);

  const Settings& settings() const { return settings_; }
  const Features& rows() const { return index_->rows(); }
  std::size_t size() const { return rows().rows(); }
  std::size_t columns() const { return rows().columns(); }
  std::span<const double> weights() const { return weights_; }
  std::span<const std::int64_t> ids() const { return ids_; }
  /// Rows of the training set, those of weight zero included.
  std::int64_t seen() const { return seen_; }
  /// Neighbours that vote: the setting, or all rows when there are fewer.
  std::size_t voters() const;

  /// found, shares: [x.rows(), voters()]: who votes on each row, nearest first, in the numbering of rows(),
  /// and each one's share of the vote; the shares of a row sum to 1.
  void vote_shares(const Features& x, std::span<std::int64_t> found, std::span<double> shares,
                   const Context& context) const;
  /// As ShowsNeighbors; rows in the numbering of the training set.
  void nearest(const Features& x, std::size_t k, std::span<std::int64_t> rows_out,
               std::span<double> distances, const Context& context) const;

  /// Both training sets one after the other.
  NeighborRows with(const Dataset& data, const Context& context) const;

  void save(ArchiveWriter& archive) const;
  static NeighborRows load(const ArchiveReader& archive);
  Json summary() const;

 private:
  void to_shares(std::span<const std::int64_t> found, std::span<double> distances) const;

  Settings settings_;
  std::shared_ptr<const NearestRows> index_;
  std::vector<double> weights_;
  std::vector<std::int64_t> ids_;
  std::int64_t seen_;
};

/// Keeps the training rows and answers with the weighted vote of the nearest.
class KnnClassifierModel {
 public:
  KnnClassifierModel(NeighborRows rows, std::vector<std::int32_t> codes, std::vector<std::string> names);

  std::size_t feature_count() const { return rows_.columns(); }
  std::span<const std::string> class_names() const { return names_; }
  /// out: [rows, classes]. Throws as require_measurable.
  void probabilities(const Features& x, std::span<double> out, const Context& context) const;
  /// Row numbers are those of the training set. Throws ParameterError "parameter.neighbors" for more than it
  /// has.
  void neighbors(const Features& x, std::size_t k, std::span<std::int64_t> rows_out,
                 std::span<double> distances, const Context& context) const;
  /// A model of both sets of rows; classes not met before are added after the known ones.
  KnnClassifierModel update(const Dataset& data, const Context& context) const;
  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static KnnClassifierModel load(const ArchiveReader& archive);

  static constexpr auto attributes() {
    return std::array{
        Attribute<KnnClassifierModel>{"training_rows", "Number of training rows, those of weight 0 included.",
                                      [](const KnnClassifierModel& m) -> std::optional<Figure> {
                                        return Figure::number(static_cast<double>(m.rows_.seen()));
                                      }}};
  }

 private:
  NeighborRows rows_;
  std::vector<std::int32_t> codes_;
  std::vector<std::string> names_;
};

/// Keeps the training rows and answers with the weighted mean of the nearest.
class KnnRegressorModel {
 public:
  KnnRegressorModel(NeighborRows rows, std::vector<double> values);

  std::size_t feature_count() const { return rows_.columns(); }
  /// out: [rows]. Throws as require_measurable.
  void predict(const Features& x, std::span<double> out, const Context& context) const;
  void neighbors(const Features& x, std::size_t k, std::span<std::int64_t> rows_out,
                 std::span<double> distances, const Context& context) const;
  KnnRegressorModel update(const Dataset& data, const Context& context) const;
  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static KnnRegressorModel load(const ArchiveReader& archive);

  static constexpr auto attributes() {
    return std::array{
        Attribute<KnnRegressorModel>{"training_rows", "Number of training rows, those of weight 0 included.",
                                     [](const KnnRegressorModel& m) -> std::optional<Figure> {
                                       return Figure::number(static_cast<double>(m.rows_.seen()));
                                     }}};
  }

 private:
  NeighborRows rows_;
  std::vector<double> values_;
};

/// Classes by the vote of the nearest training rows. Exact: the neighbours are those of float64 distances,
/// equally far ones in row order. Row weights multiply votes; rows of weight zero do not vote. Reference: Fix
/// and Hodges, "Discriminatory Analysis, Nonparametric Discrimination", USAF School of Aviation Medicine,
/// 1951; Cover and Hart, "Nearest Neighbor Pattern Classification", IEEE Trans. Inf. Theory 13 (1967).
struct KnnClassifier {
  int neighbors = 5;
  Votes weights = Votes::uniform;
  Metric metric = Metric::euclidean;

  static constexpr std::string_view name = "knn-classifier";
  static constexpr auto fields() {
    return std::tuple{Field{&KnnClassifier::neighbors, "neighbors", "How many of the nearest rows vote.",
                            between(1, 100000)},
                      Field{&KnnClassifier::weights, "weights", "Whether nearer neighbours count for more."},
                      Field{&KnnClassifier::metric, "metric", "What near means."}};
  }
  static Card card();
  static std::vector<Trial> search();
  static std::vector<Axis> space();
  KnnClassifierModel fit(const Dataset& data, const Context& context) const;
};

/// A number by the mean of the nearest training rows; exact as KnnClassifier.
struct KnnRegressor {
  int neighbors = 5;
  Votes weights = Votes::uniform;
  Metric metric = Metric::euclidean;

  static constexpr std::string_view name = "knn-regressor";
  static constexpr auto fields() {
    return std::tuple{Field{&KnnRegressor::neighbors, "neighbors",
                            "How many of the nearest rows are averaged.", between(1, 100000)},
                      Field{&KnnRegressor::weights, "weights", "Whether nearer neighbours count for more."},
                      Field{&KnnRegressor::metric, "metric", "What near means."}};
  }
  static Card card();
  static std::vector<Trial> search();
  static std::vector<Axis> space();
  KnnRegressorModel fit(const Dataset& data, const Context& context) const;
};

}  // namespace everyml
