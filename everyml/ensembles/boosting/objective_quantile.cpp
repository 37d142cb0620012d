#include <algorithm>
#include <cmath>

#include "everyml/ensembles/boosting/objective_impl.h"
#include "everyml/ensembles/boosting/weighted_quantile_impl.h"
#include "everyml/foundation/base/error.h"

// Losses made of straight lines, which medians and quantiles make smallest. Their second derivative is 0; the
// row's share of the loss stands for it, and leaves are renewed by the exact quantile of their rows.

namespace everyml::boosting_detail {
namespace {

/// For each level a: a (y - f) below the target, (1 - a) (f - y) above it; times 2 for the median alone,
/// which makes it |f - y|; a row's loss may be scaled. Source: Koenker and Bassett, "Regression quantiles",
/// Econometrica 46, 1978. value() is the mean over levels.
class PinballLoss final : public NumberLoss {
 public:
  /// `shares`: [rows], what each row's loss is times, besides its weight; empty: 1.
  PinballLoss(const Target& target, std::span<const double> weights, std::vector<double> levels,
              double factor, Buffer<double> shares, const Context& context)
      : NumberLoss(numbers_of(target), weights, levels.size(), context),
        levels_(std::move(levels)),
        factor_(factor),
        shares_(std::move(shares)) {}

  bool unit_hessian() const override { return weights() == nullptr && shares_.empty(); }
  bool renews_leaves() const override { return true; }

  std::vector<double> start(const Context& context) const override {
    std::vector<double> best;
    for (const double level : levels_) {
      context.check();
      std::vector<Weighted> items;
      items.reserve(rows());
      for (std::size_t i = 0; i < rows(); ++i) {
        if (weight(i) > 0) items.push_back({y()[i], weight(i) * share(i)});
      }
      best.push_back(weighted_quantile(items, level));
    }
    return best;
  }

  void derivatives(std::span<const double> scores, std::span<float> gradient, std::span<float> hessian,
                   std::size_t, const Context& context) const override {
    parallel_for(context, rows(), loss_grain(outputs()), [&](std::size_t begin, std::size_t end) {
      for (std::size_t o = 0; o < outputs(); ++o) {
        const double up = factor_ * (1.0 - levels_[o]), down = -factor_ * levels_[o];
        const double* f = scores.data() + o * rows();
        for (std::size_t i = begin; i < end; ++i) {
          const double w = weight(i) * share(i);
          const double slope = f[i] > y()[i] ? up : (f[i] < y()[i] ? down : 0.5 * (up + down));
          gradient[o * rows() + i] = static_cast<float>(w * slope);
          if (!hessian.empty()) hessian[o * rows() + i] = static_cast<float>(w);
        }
      }
    });
  }

  double value(std::span<const double> scores, const Context& context) const override {
    const double total = sum_rows(context, rows(), outputs(), [&](std::size_t begin, std::size_t end) {
      double sum = 0;
      for (std::size_t o = 0; o < outputs(); ++o) {
        for (std::size_t i = begin; i < end; ++i) {
          const double gap = y()[i] - scores[o * rows() + i];
          sum +=
              weight(i) / weight_sum() * share(i) * (gap > 0 ? levels_[o] * gap : (levels_[o] - 1.0) * gap);
        }
      }
      return sum;
    });
    return factor_ * total / static_cast<double>(outputs());
  }

  double renewed(std::size_t output, std::span<const std::uint32_t> some,
                 std::span<const double> scores) const override {
    std::vector<Weighted> items;
    items.reserve(some.size());
    for (const std::uint32_t i : some) {
      if (weight(i) > 0) items.push_back({y()[i] - scores[output * rows() + i], weight(i) * share(i)});
    }
    return weighted_quantile(items, levels_[output]);
  }

 private:
  double share(std::size_t row) const { return shares_.empty() ? 1.0 : shares_[row]; }

  std::vector<double> levels_;
  double factor_;
  Buffer<double> shares_;
};

class Absolute final : public BoostingObjective {
 public:
  explicit Absolute(const ObjectiveSpec& spec)
      : BoostingObjective(spec,
                          {.loss_name = spec.kind == ObjectiveKind::mape ? "mean absolute percentage error"
                                                                         : "mean absolute error"}) {}
  std::unique_ptr<BoostingLoss> over(const Target& target, std::span<const double> weights,
                                     std::span<const std::int32_t>, const Context& context) const override {
    Buffer<double> shares;
    if (spec().kind == ObjectiveKind::mape) {
      shares = Buffer<double>::uninitialized(target.size());
      // Targets nearer to 0 than 1 count as 1, or a few of them would outweigh all others.
      for (std::size_t i = 0; i < shares.size(); ++i)
        shares[i] = 1.0 / std::max(1.0, std::abs(target.values()[i]));
    }
    return std::make_unique<PinballLoss>(target, weights, std::vector<double>{0.5}, 2.0, std::move(shares),
                                         context);
  }
  void answers(std::span<double>) const override {}
};

class Quantile final : public BoostingObjective {
 public:
  explicit Quantile(const ObjectiveSpec& spec)
      : BoostingObjective(spec, {.outputs = spec.levels.size(), .loss_name = "pinball loss"}) {}
  std::unique_ptr<BoostingLoss> over(const Target& target, std::span<const double> weights,
                                     std::span<const std::int32_t>, const Context& context) const override {
    return std::make_unique<PinballLoss>(target, weights, spec().levels, 1.0, Buffer<double>(), context);
  }
  /// Sorted, so that levels do not cross; that never makes the loss larger. Source: Chernozhukov,
  /// Fernandez-Val and Galichon, "Quantile and probability curves without crossing", Econometrica 78, 2010.
  void answers(std::span<double> scores) const override {
    for (std::size_t at = 0; outputs() > 1 && at < scores.size(); at += outputs())
      std::sort(scores.begin() + static_cast<std::ptrdiff_t>(at),
                scores.begin() + static_cast<std::ptrdiff_t>(at + outputs()));
  }
};

}  // namespace

ObjectivePtr make_quantile(const ObjectiveSpec& spec) {
  if (spec.kind != ObjectiveKind::quantile) return std::make_shared<Absolute>(spec);
  double before = 0;
  for (const double level : spec.levels) {
    if (!(level > before && level < 1))
      throw ParameterError("parameter.levels", "levels must ascend and each lie between 0 and 1");
    before = level;
  }
  if (spec.levels.empty() || spec.levels.size() > 1000)
    throw ParameterError("parameter.levels", "the quantile objective needs 1 to 1000 levels");
  return std::make_shared<Quantile>(spec);
}

}  // namespace everyml::boosting_detail
