#include <algorithm>

#include "everyml/ensembles/boosting/objective_impl.h"

namespace everyml::boosting_detail {
namespace {

/// (f - y)^2 / 2: gradient f - y, second derivative 1. Its value is the mean of (f - y)^2.
class SquaredLoss final : public NumberLoss {
 public:
  SquaredLoss(const Target& target, std::span<const double> weights, const Context& context)
      : NumberLoss(numbers_of(target), weights, 1, context) {}

  bool unit_hessian() const override { return weights() == nullptr; }

  std::vector<double> start(const Context& context) const override {
    const double total = sum_rows(context, rows(), 1, [&](std::size_t begin, std::size_t end) {
      double sum = 0;
      // Shares of the whole, so that large numbers do not overflow in the sum.
      for (std::size_t i = begin; i < end; ++i) sum += weight(i) / weight_sum() * y()[i];
      return sum;
    });
    return {total};
  }

  void derivatives(std::span<const double> scores, std::span<float> gradient, std::span<float> hessian,
                   std::size_t, const Context& context) const override {
    parallel_for(context, rows(), loss_grain(1), [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i)
        gradient[i] = static_cast<float>(weight(i) * (scores[i] - y()[i]));
      if (hessian.empty()) return;
      for (std::size_t i = begin; i < end; ++i) hessian[i] = static_cast<float>(weight(i));
    });
  }

  double value(std::span<const double> scores, const Context& context) const override {
    return sum_rows(context, rows(), 1, [&](std::size_t begin, std::size_t end) {
      double sum = 0;
      for (std::size_t i = begin; i < end; ++i) {
        const double gap = scores[i] - y()[i];
        sum += weight(i) / weight_sum() * (gap * gap);
      }
      return sum;
    });
  }
};

class Squared final : public BoostingObjective {
 public:
  explicit Squared(const ObjectiveSpec& spec) : BoostingObjective(spec, {.loss_name = "squared error"}) {}

  std::unique_ptr<BoostingLoss> over(const Target& target, std::span<const double> weights,
                                     std::span<const std::int32_t>, const Context& context) const override {
    return std::make_unique<SquaredLoss>(target, weights, context);
  }
  void answers(std::span<double>) const override {}
};

}  // namespace

std::shared_ptr<const BoostingObjective> make_squared(const ObjectiveSpec& spec) {
  return std::make_shared<Squared>(spec);
}

}  // namespace everyml::boosting_detail
