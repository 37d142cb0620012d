#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/base/memory.h"
#include "everyml/foundation/data/features.h"

namespace everyml {

enum class Metric : std::uint8_t {
  euclidean,  ///< square root of the sum of squared differences
  manhattan,  ///< sum of absolute differences
  cosine,     ///< 1 - cosine of the angle, 0 below rounding error; 1 when a side is all zeros
};

// The definitions: one float64 sum over columns in order, no fused operations. Everything faster below gives
// the answers that these give, ties included: it computes in float32 with a proved bound on the error, and
// decides by these functions whatever the bound leaves open.

/// REQUIRES: a.size() == b.size().
double squared_distance(std::span<const double> a, std::span<const double> b);
double distance(Metric metric, std::span<const double> a, std::span<const double> b);

/// The largest value of which distances can be measured: its square, summed over many columns, is a float64.
inline constexpr double kLargestMeasurable = 1e150;

/// Throws DataError "data.missing", "data.infinite" or "data.too_large" (beyond kLargestMeasurable) unless
/// distances between the rows can be measured. `what` names the rows in the sentence. Reads everything.
void require_measurable(const Features& x, std::string_view what);

/// Fixed centres, prepared to find the nearest of them by squared Euclidean distance for many rows. Among
/// equally near centres the first wins. Immutable; thread-safe.
class NearestCentres {
 public:
  /// `centres` is row-major [count, columns], finite. REQUIRES: centres not empty, columns > 0.
  NearestCentres(std::span<const double> centres, std::size_t columns);

  std::size_t count() const { return count_; }
  std::size_t columns() const { return columns_; }

  /// What is known of the rows of one data set from the pass before: bounds on the distance to the own centre
  /// and to any other. Rows whose bounds do not overlap after the centres moved keep their centre without
  /// being looked at.
  struct Bounds {
    explicit Bounds(std::size_t rows) : upper(rows), lower(rows) {}
    Buffer<float> upper, lower;
  };
  /// How far the centres moved since the pass that filled the bounds. Made once per step, read by all
  /// threads.
  class Moves {
   public:
    Moves(const NearestCentres& before, const NearestCentres& now, const Context& context);

   private:
    friend class NearestCentres;
    std::vector<float> moved_;     ///< by each centre, rounded up
    std::vector<float> half_gap_;  ///< half the distance to the nearest other centre, rounded down
    float largest_ = 0, second_ = 0;
    std::int32_t which_ = 0;  ///< the centre that moved most
  };

  /// labels[i] takes the nearest centre of row begin + i of x. With `bounds` (of all rows of x) they are
  /// filled; with `moves` besides, `labels` must hold what the pass before found. Neither changes what is
  /// found. Threads may call at once for disjoint rows.
  void assign(const Features& x, std::size_t begin, std::size_t end, std::span<std::int32_t> labels,
              Bounds* bounds = nullptr, const Moves* moves = nullptr) const;

 private:
  struct Pass;
  template <class T>
  void assign_strip(const T* rows, std::size_t count, std::size_t first, Pass& pass) const;
  template <class T>
  std::int32_t nearest_exactly(const T* row) const;

  std::size_t count_, columns_;
  std::vector<double> centres_;
  std::vector<float> shift_;       ///< mean of the centres: taken off both sides, so that less cancels
  std::vector<float> panels_;      ///< centres - shift, see distances_kernel_impl.h
  std::vector<float> half_norms_;  ///< half squared lengths of centres - shift, infinities up to whole panels
  double longest_ = 0;             ///< largest length of centres - shift
};

/// sums [clusters, columns] and masses [clusters] += weight * row and weight, in row order, for rows
/// begin..end of x; labels[i] is the cluster of row begin + i. `weights` has one entry per row of x or is
/// empty.
void add_to_clusters(const Features& x, std::size_t begin, std::size_t end,
                     std::span<const std::int32_t> labels, std::span<const double> weights,
                     std::span<double> sums, std::span<double> masses);

/// out[i]: squared distance of row begin + i of x to the centre labels[i], of centres [clusters, columns];
/// the float64 sum in eight parts, see base/simd.h.
void own_squared_distances(const Features& x, std::size_t begin, std::size_t end,
                           std::span<const double> centres, std::span<const std::int32_t> labels,
                           std::span<double> out);

/// out [candidates, end - begin]: squared Euclidean distances of rows begin..end of x to rows of x itself, as
/// float32 sums over columns in order of the squared differences of the values as float32. The same bits on
/// every CPU, and exactly 0 for equal rows. Good for values of moderate size: see that they are scaled.
void squared_distances_to(const Features& x, std::size_t begin, std::size_t end,
                          std::span<const std::size_t> candidates, std::span<float> out);

/// A fixed set of rows, prepared to find the k nearest to many queries, exactly. Among equally far rows the
/// first wins. Immutable; thread-safe.
class NearestRows {
 public:
  /// Borrowed features keep their owner alive. Sparse rows are made dense.
  /// Throws as require_measurable.
  NearestRows(Features rows, Metric metric, const Context& context);

  const Features& rows() const { return rows_; }
  Metric metric() const { return metric_; }

  /// found, distances: [queries.rows(), k], nearest first. Uses memory in proportion to the output and a few
  /// MB per thread. Throws as the constructor does for queries; ParameterError "parameter.neighbors" unless
  /// 1 <= k <= rows().rows(); DataError "data.feature_count".
  void search(const Features& queries, std::size_t k, std::span<std::int64_t> found,
              std::span<double> distances, const Context& context) const;

 private:
  friend class NearestRowsSearch;
  Features rows_;
  Metric metric_;
  std::vector<float> shift_;
  Buffer<float> lane_;          ///< euclidean: half squared lengths; cosine: reciprocal lengths
  std::vector<float> longest_;  ///< per block of rows: largest length, rounded up
};

}  // namespace everyml
