#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "everyml/ensembles/boosting/objective.h"
#include "everyml/foundation/base/memory.h"
#include "everyml/foundation/base/parallel.h"

// What the objectives of boosting share.

namespace everyml::boosting_detail {

/// Rows of one chunk of a loop over rows with `outputs` scores each.
inline std::size_t loss_grain(std::size_t outputs) {
  const std::size_t grain = 16384 / outputs;
  return grain < 256 ? 256 : grain;
}

/// sum of map(begin, end) over chunks of rows, in order.
template <class Map>
double sum_rows(const Context& context, std::size_t rows, std::size_t outputs, Map&& map) {
  return parallel_reduce<double>(context, rows, loss_grain(outputs), std::forward<Map>(map),
                                 [](double& into, double part) { into += part; });
}

/// A loss with a weight for each row.
class WeightedLoss : public BoostingLoss {
 public:
  double weight(std::size_t row) const { return weights_.empty() ? 1.0 : weights_[row]; }
  const double* weights() const { return weights_.empty() ? nullptr : weights_.data(); }
  double weight_sum() const { return weight_sum_; }

 protected:
  /// weights: [rows], or empty: 1 each.
  WeightedLoss(std::size_t rows, std::span<const double> weights, std::size_t outputs,
               const Context& context);

 private:
  Buffer<double> weights_;
  double weight_sum_ = 0;
};

/// A loss with a number as target and a weight for each row.
class NumberLoss : public WeightedLoss {
 public:
  std::span<const double> y() const { return y_; }

 protected:
  NumberLoss(Buffer<double> y, std::span<const double> weights, std::size_t outputs, const Context& context)
      : WeightedLoss(y.size(), weights, outputs, context), y_(std::move(y)) {}

 private:
  Buffer<double> y_;
};

/// A loss of single rows with one score, given piece by piece without weights.
class PointLoss : public NumberLoss {
 public:
  /// Rows of a piece at most.
  static constexpr std::size_t kPiece = 512;

  void derivatives(std::span<const double> scores, std::span<float> gradient, std::span<float> hessian,
                   std::size_t round, const Context& context) const override;
  double value(std::span<const double> scores, const Context& context) const override;

 protected:
  PointLoss(Buffer<double> y, std::span<const double> weights, const Context& context)
      : NumberLoss(std::move(y), weights, 1, context) {}

  /// First and second derivatives at rows [first, first + n); f, g, h: [n]. h is raised to kLeastCurvature.
  virtual void slopes(std::size_t first, std::size_t n, const double* f, double* g, double* h) const = 0;
  /// The figures that value() averages.
  virtual void losses(std::size_t first, std::size_t n, const double* f, double* out) const = 0;

  /// Weighted sum of the first derivatives when all scores are `score`.
  double slope_at(double score, const Context& context) const;
  /// The score in [low, high] at which slope_at crosses 0. REQUIRES: the loss is convex.
  double balance(double low, double high, const Context& context) const;
  std::pair<double, double> range_of_y() const;
};

/// BoostingObjective whose losses are made by L(target, weights, spec, context) and whose answers come from
/// L::answers(scores).
template <class L>
class PlainObjective final : public BoostingObjective {
 public:
  explicit PlainObjective(const ObjectiveSpec& spec)
      : BoostingObjective(spec, {.target = L::kTarget, .loss_name = L::kLossName}) {}
  std::unique_ptr<BoostingLoss> over(const Target& target, std::span<const double> weights,
                                     std::span<const std::int32_t>, const Context& context) const override {
    return std::make_unique<L>(target, weights, spec(), context);
  }
  void answers(std::span<double> scores) const override { L::answers(scores); }
};

Buffer<double> buffer_of(std::span<const double> values);
Buffer<double> numbers_of(const Target& target);
/// Throws DataError "boosting.target" naming the first row outside of [low, high], or of an open end on it.
/// `what` names the objective: "the poisson objective".
Buffer<double> numbers_within(const Target& target, double low, double high, bool low_open,
                              std::string_view what);
/// The log odds of a mean of zeros and ones, for a mean of 0 or 1 those of half a row among `total`.
double log_odds(double mean, double total);
/// Throws DataError "boosting.overflow" for the first figure that is not finite. `outputs` rows of `rows`.
void require_finite(std::span<const float> figures, std::size_t rows);

using ObjectivePtr = std::shared_ptr<const BoostingObjective>;
ObjectivePtr make_squared(const ObjectiveSpec& spec);
ObjectivePtr make_smooth(const ObjectiveSpec& spec);    ///< huber, fair, log_cosh, expectile
ObjectivePtr make_quantile(const ObjectiveSpec& spec);  ///< absolute, mape, quantile
ObjectivePtr make_positive(const ObjectiveSpec& spec);  ///< poisson, gamma, tweedie
ObjectivePtr make_binary(const ObjectiveSpec& spec);
ObjectivePtr make_cross_entropy(const ObjectiveSpec& spec);
ObjectivePtr make_multinomial(const ObjectiveSpec& spec);
ObjectivePtr make_one_versus_all(const ObjectiveSpec& spec);
ObjectivePtr make_ranking(const ObjectiveSpec& spec);  ///< lambdamart_ndcg, lambdamart_map, pairwise, xe_ndcg
ObjectivePtr make_formula(const ObjectiveSpec& spec);
ObjectivePtr make_survival(const ObjectiveSpec& spec);  ///< cox, aft

}  // namespace everyml::boosting_detail
