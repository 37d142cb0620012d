#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <vector>

#include "everyml/ensembles/boosting/formula.h"
#include "everyml/ensembles/boosting/objective_impl.h"
#include "everyml/ensembles/boosting/weighted_quantile_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"

namespace everyml::boosting_detail {
namespace {

constexpr std::array<std::string_view, 3> kLossVariables = {"y", "f", "w"};
constexpr std::array<std::string_view, 1> kAnswerVariables = {"f"};
constexpr std::size_t kScore = 1, kWeight = 2;

/// The loss that a formula spells. A formula that names w says itself how weights count; else its value is
/// times w. On concave and straight stretches the second derivative is no guide: where it is below a
/// thousandth of the mean of the positive ones, it is raised to that and until the row's own step is no
/// longer than ten times the common one, the sum of the sizes of first derivatives over the sum of second
/// ones of the rows where these are positive; to 1 where none is.
class FormulaLoss final : public NumberLoss {
 public:
  FormulaLoss(const Target& target, std::span<const double> weights, std::shared_ptr<const Formula> formula,
              const Context& context)
      : NumberLoss(numbers_of(target), weights, 1, context),
        formula_(std::move(formula)),
        own_weights_(formula_->uses(kWeight)) {}

  std::vector<double> start(const Context& context) const override;

  void derivatives(std::span<const double> scores, std::span<float> gradient, std::span<float> hessian,
                   std::size_t, const Context& context) const override {
    auto curvature = Buffer<double>::uninitialized(rows());
    struct Positive {
      double sum = 0, weight = 0, slopes = 0;
    };
    const auto positive = parallel_reduce<Positive>(
        context, rows(), loss_grain(1),
        [&](std::size_t begin, std::size_t end) {
          Positive part;
          each_block(
              begin, end, [&](std::size_t r) { return scores[r]; },
              [&](std::size_t r, double, double first, double second) {
                gradient[r] = static_cast<float>(first);
                curvature[r] = second;
                // Per copy: a weight of k has k times the second derivative of one.
                if (second > 0) part.sum += second, part.weight += weight(r), part.slopes += std::abs(first);
              });
          return part;
        },
        [](Positive& into, Positive part) {
          into.sum += part.sum, into.weight += part.weight, into.slopes += part.slopes;
        });
    const double least = positive.weight > 0 ? 1e-3 * (positive.sum / positive.weight) : 1.0;
    const double reach = positive.slopes > 0 ? 10 * (positive.slopes / positive.sum) : 0.0;
    parallel_for(context, rows(), loss_grain(1), [&](std::size_t begin, std::size_t end) {
      for (std::size_t r = begin; r < end; ++r) {
        double raised = std::max(curvature[r], least * weight(r));
        if (reach > 0 && curvature[r] < least * weight(r))
          raised = std::max(raised, std::abs(static_cast<double>(gradient[r])) / reach);
        hessian[r] = static_cast<float>(raised);
      }
    });
    require_finite(gradient, rows());
    require_finite(hessian, rows());
  }

  double value(std::span<const double> scores, const Context& context) const override {
    return total(context, [&](std::size_t r) { return scores[r]; }).value / weight_sum();
  }

 private:
  struct Totals {
    double value = 0, first = 0, second = 0;
  };

  /// use(row, value, first, second), weights counted, for rows of weight > 0; the others are 0 with
  /// derivatives 0. Throws DataError "boosting.formula" for the first row where a figure is not finite.
  template <class Score, class Use>
  void each_block(std::size_t begin, std::size_t end, Score&& score, Use&& use) const {
    Formula::Workspace workspace(*formula_);
    std::array<double, Formula::kBlock> f, w, value, first, second;
    for (std::size_t at = begin; at < end; at += Formula::kBlock) {
      const std::size_t n = std::min(Formula::kBlock, end - at);
      for (std::size_t i = 0; i < n; ++i) f[i] = score(at + i), w[i] = weight(at + i);
      const std::array<const double*, 3> inputs = {y().data() + at, f.data(), w.data()};
      formula_->differentiate(n, inputs, kScore, value.data(), first.data(), second.data(), workspace);
      for (std::size_t i = 0; i < n; ++i) {
        const double times = own_weights_ ? 1.0 : w[i];
        if (w[i] == 0) {
          use(at + i, 0.0, 0.0, 0.0);
          continue;
        }
        if (!std::isfinite(value[i]) || !std::isfinite(first[i]) || !std::isfinite(second[i])) {
          throw DataError(
              "boosting.formula",
              fmt::format("the formula or a derivative of it has no finite value in row {}, where "
                          "y = {} and f = {}",
                          at + i + 1, format_number(y()[at + i]), format_number(f[i])));
        }
        use(at + i, times * value[i], times * first[i], times * second[i]);
      }
    }
  }

  template <class Score>
  Totals total(const Context& context, Score&& score) const {
    return parallel_reduce<Totals>(
        context, rows(), loss_grain(1),
        [&](std::size_t begin, std::size_t end) {
          Totals part;
          each_block(begin, end, score, [&](std::size_t, double value, double first, double second) {
            part.value += value, part.first += first, part.second += second;
          });
          return part;
        },
        [](Totals& into, const Totals& part) {
          into.value += part.value, into.first += part.first, into.second += part.second;
        });
  }
  /// The totals at one score for all; a value of infinity where the formula has none.
  Totals at_constant(double score, const Context& context) const {
    try {
      return total(context, [score](std::size_t) { return score; });
    } catch (const DataError&) {
      return {.value = std::numeric_limits<double>::infinity()};
    }
  }

  std::shared_ptr<const Formula> formula_;
  bool own_weights_;
};

/// The best of 0, the mean and the median of the target, improved by Newton steps that are halved until they
/// help.
std::vector<double> FormulaLoss::start(const Context& context) const {
  std::vector<Weighted> items;
  double mean = 0;
  for (std::size_t r = 0; r < rows(); ++r) {
    mean += weight(r) / weight_sum() * y()[r];
    if (weight(r) > 0) items.push_back({y()[r], weight(r)});
  }
  double best = 0;
  Totals at_best = at_constant(0, context);
  for (const double candidate : {mean, weighted_quantile(items, 0.5)}) {
    const Totals at = at_constant(candidate, context);
    if (at.value < at_best.value) best = candidate, at_best = at;
  }
  // Scores begin at 0 where no constant will do; the first derivatives then say which row it is.
  if (!std::isfinite(at_best.value)) return {0.0};
  for (int round = 0; round < 100; ++round) {
    const double curvature = at_best.second > 0 ? at_best.second : std::max(1.0, std::abs(at_best.second));
    double step = -at_best.first / curvature;
    bool better = false;
    for (int halving = 0; halving < 40 && std::abs(step) > 1e-14 * std::abs(best); ++halving, step /= 2) {
      const Totals at = at_constant(best + step, context);
      if (!(at.value < at_best.value)) continue;
      best += step, at_best = at, better = true;
      break;
    }
    if (!better) break;
  }
  return {best};
}

class FormulaObjective final : public BoostingObjective {
 public:
  explicit FormulaObjective(const ObjectiveSpec& spec)
      : BoostingObjective(spec, {.loss_name = "mean of the formula"}),
        loss_(std::make_shared<Formula>(spec.formula, kLossVariables)) {
    if (!loss_->uses(kScore))
      throw ParameterError("parameter.formula", "formula: the score f does not occur");
    if (!spec.answer.empty()) answer_ = std::make_unique<Formula>(spec.answer, kAnswerVariables);
  }

  std::unique_ptr<BoostingLoss> over(const Target& target, std::span<const double> weights,
                                     std::span<const std::int32_t>, const Context& context) const override {
    return std::make_unique<FormulaLoss>(target, weights, loss_, context);
  }
  void answers(std::span<double> scores) const override {
    if (answer_ == nullptr) return;
    for (double& score : scores) score = answer_->value(std::span(&score, 1));
  }

 private:
  std::shared_ptr<const Formula> loss_;
  std::unique_ptr<Formula> answer_;
};

}  // namespace

ObjectivePtr make_formula(const ObjectiveSpec& spec) {
  if (spec.formula.empty())
    throw ParameterError("parameter.formula",
                         "the formula objective needs a formula in y and f, such as 0.5*(y-f)^2");
  return std::make_shared<FormulaObjective>(spec);
}

}  // namespace everyml::boosting_detail
