#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "everyml/ensembles/boosting/objective_impl.h"
#include "everyml/ensembles/boosting/objective_kernels_impl.h"
#include "everyml/foundation/base/error.h"

// Times until an event. A positive target is the time of an event, a negative one the time until which
// nothing had happened (censored), which is how other tools write it too.

namespace everyml::boosting_detail {
namespace {

void require_times(const Target& target) {
  const auto y = target.values();
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (y[i] == 0)
      throw DataError("boosting.target",
                      fmt::format("times must not be 0, but row {} has it; positive is the "
                                  "time of an event, negative a time without one",
                                  i + 1));
  }
}

/// Minus the log partial likelihood with Breslow's rule for equal times:
/// sum over events w_i (log R(t_i) - f_i), R(t) the sum of w_j e^f_j over rows with time >= t.
/// Gradient e^f_i A(t_i) - [event], A(t) = sum over events at or before t of w / R. The second derivative is
/// the exact diagonal (of a copy, where weights are not 1). Source: Cox, "Regression models and life-tables",
/// JRSS B 34, 1972; Breslow, "Covariance analysis of censored survival data", Biometrics 30, 1974. value() is
/// divided by all weight.
class CoxLoss final : public BoostingLoss {
 public:
  static constexpr auto kTarget = Target::Kind::numbers;
  static constexpr std::string_view kLossName = "negative log partial likelihood";
  static void answers(std::span<double> scores) { exponentials(scores.size(), scores.data()); }

  CoxLoss(const Target& target, std::span<const double> weights, const ObjectiveSpec&, const Context&)
      : BoostingLoss(target.size(), 1), weights_(buffer_of(weights)) {
    require_times(target);
    const auto y = target.values();
    for (std::size_t i = 0; i < rows(); ++i) {
      weight_sum_ += weight(i);
      if (weight(i) > 0) order_.push_back(static_cast<std::uint32_t>(i));
    }
    std::stable_sort(order_.begin(), order_.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return std::abs(y[a]) > std::abs(y[b]); });
    for (std::size_t i = 0; i < order_.size(); ++i) {
      const double time = std::abs(y[order_[i]]);
      if (i == 0 || time != std::abs(y[order_[i - 1]])) tie_.push_back(i);
      event_.push_back(y[order_[i]] > 0 ? 1 : 0);
    }
    tie_.push_back(order_.size());
  }

  std::vector<double> start(const Context&) const override { return {0.0}; }

  void derivatives(std::span<const double> scores, std::span<float> gradient, std::span<float> hessian,
                   std::size_t, const Context& context) const override {
    std::fill(gradient.begin(), gradient.end(), 0.0F);
    std::fill(hessian.begin(), hessian.end(), 0.0F);
    const std::vector<double> log_risk = log_risks(scores, context);
    // From the earliest time: log of A(t) and of B(t) = sum of w / R^2, which stay in range where e^f does
    // not.
    double log_a = -kInfinity, log_b = -kInfinity;
    for (std::size_t t = log_risk.size(); t-- > 0;) {
      if (t % 4096 == 0) context.check();
      double events = 0;
      for (std::size_t i = tie_[t]; i < tie_[t + 1]; ++i) events += event_[i] != 0 ? weight(order_[i]) : 0.0;
      if (events > 0) {
        log_a = log_add(log_a, std::log(events) - log_risk[t]);
        log_b = log_add(log_b, std::log(events) - 2 * log_risk[t]);
      }
      for (std::size_t i = tie_[t]; i < tie_[t + 1]; ++i) {
        const std::uint32_t r = order_[i];
        const double w = weight(r), share = std::exp(scores[r] + log_a);
        // Each of the w copies by itself, so that weights are copies.
        const double square = std::exp(2 * scores[r] + log_b);
        gradient[r] = static_cast<float>(w * (share - event_[i]));
        hessian[r] = static_cast<float>(w * std::max(share - square, kLeastCurvature));
      }
    }
    require_finite(gradient, rows());
  }

  double value(std::span<const double> scores, const Context& context) const override {
    const std::vector<double> log_risk = log_risks(scores, context);
    double total = 0;
    for (std::size_t t = 0; t < log_risk.size(); ++t) {
      for (std::size_t i = tie_[t]; i < tie_[t + 1]; ++i)
        total += event_[i] != 0 ? weight(order_[i]) * (log_risk[t] - scores[order_[i]]) : 0.0;
    }
    return total / weight_sum_;
  }

 private:
  static constexpr double kInfinity = std::numeric_limits<double>::infinity();
  double weight(std::size_t row) const { return weights_.empty() ? 1.0 : weights_[row]; }

  static double log_add(double a, double b) {
    const double top = std::max(a, b);
    return top == -kInfinity ? top : top + std::log1p(std::exp(std::min(a, b) - top));
  }

  /// log R of each distinct time, the latest first.
  std::vector<double> log_risks(std::span<const double> scores, const Context& context) const {
    std::vector<double> logs;
    logs.reserve(tie_.size());
    double top = -kInfinity, sum = 0;  // R = sum * e^top, top the largest score met
    for (std::size_t t = 0; t + 1 < tie_.size(); ++t) {
      if (t % 4096 == 0) context.check();
      for (std::size_t i = tie_[t]; i < tie_[t + 1]; ++i) {
        const std::uint32_t r = order_[i];
        if (scores[r] > top) {
          sum *= std::exp(top - scores[r]);
          top = scores[r];
        }
        sum += weight(r) * std::exp(scores[r] - top);
      }
      logs.push_back(top + std::log(sum));
    }
    return logs;
  }

  Buffer<double> weights_;
  std::vector<std::uint32_t> order_;  ///< rows by descending time
  std::vector<std::size_t> tie_;      ///< places in order_ where a new time begins, and the end
  std::vector<std::uint8_t> event_;   ///< by place in order_
  double weight_sum_ = 0;
};

/// log(time) = f + spread * e with normal e: z = (log t - f) / spread. An event costs
/// z^2 / 2 + log(spread t sqrt(2 pi)), a censored row -log(1 - Phi(z)).
/// Source: Wei, "The accelerated failure time model", Statistics in Medicine 11, 1992.
class AftLoss final : public PointLoss {
 public:
  static constexpr auto kTarget = Target::Kind::numbers;
  static constexpr std::string_view kLossName = "negative log likelihood of the times";
  static void answers(std::span<double> scores) { exponentials(scores.size(), scores.data()); }

  AftLoss(const Target& target, std::span<const double> weights, const ObjectiveSpec& spec,
          const Context& context)
      : PointLoss(log_times(target), weights, context), spread_(spec.spread) {
    for (const double y : target.values()) event_.push_back(y > 0 ? 1 : 0);
  }

  std::vector<double> start(const Context& context) const override {
    const auto [low, high] = range_of_y();
    // Censored rows alone would push it to infinity: eight spreads above the last time is where they rest.
    return {balance(low, high + 8 * spread_, context)};
  }

 protected:
  /// phi(z) / (1 - Phi(z)), and log(1 - Phi(z)).
  static std::pair<double, double> tail(double z) {
    if (z < 30) {
      const double rest = 0.5 * std::erfc(z * 0.7071067811865476);
      return {0.3989422804014327 * std::exp(-0.5 * z * z) / rest, std::log(rest)};
    }
    // Far out the quotient of two numbers near 0 is z (1 + 1/z^2 - 2/z^4 ...).
    const double ratio = z * (1 + (1 - 2 / (z * z)) / (z * z));
    return {ratio, -0.5 * z * z - std::log(2.5066282746310002 * ratio)};
  }
  void slopes(std::size_t first, std::size_t n, const double* f, double* g, double* h) const override {
    for (std::size_t i = 0; i < n; ++i) {
      const double z = (y()[first + i] - f[i]) / spread_;
      if (event_[first + i] != 0) {
        g[i] = -z / spread_;
        h[i] = 1 / (spread_ * spread_);
      } else {
        const double ratio = tail(z).first;
        g[i] = -ratio / spread_;
        h[i] = ratio * (ratio - z) / (spread_ * spread_);
      }
    }
  }
  void losses(std::size_t first, std::size_t n, const double* f, double* out) const override {
    for (std::size_t i = 0; i < n; ++i) {
      const double log_time = y()[first + i], z = (log_time - f[i]) / spread_;
      out[i] = event_[first + i] != 0 ? 0.5 * z * z + std::log(spread_ * 2.5066282746310002) + log_time
                                      : -tail(z).second;
    }
  }

 private:
  static Buffer<double> log_times(const Target& target) {
    require_times(target);
    auto logs = Buffer<double>::uninitialized(target.size());
    for (std::size_t i = 0; i < logs.size(); ++i) logs[i] = std::log(std::abs(target.values()[i]));
    return logs;
  }
  double spread_;
  std::vector<std::uint8_t> event_;
};

}  // namespace

ObjectivePtr make_survival(const ObjectiveSpec& spec) {
  if (spec.kind == ObjectiveKind::cox) return std::make_shared<PlainObjective<CoxLoss>>(spec);
  if (!(spec.spread > 0 && std::isfinite(spec.spread)))
    throw ParameterError("parameter.spread", "the spread of the aft objective must be greater than 0");
  return std::make_shared<PlainObjective<AftLoss>>(spec);
}

}  // namespace everyml::boosting_detail
