#include <algorithm>
#include <cmath>
#include <limits>

#include "everyml/ensembles/boosting/objective_impl.h"
#include "everyml/ensembles/boosting/objective_kernels_impl.h"
#include "everyml/foundation/base/error.h"

// Means that are positive, by their logarithm: p = e^f. value() is the mean deviance, which is twice the loss
// up to what the target alone decides. Source: McCullagh and Nelder, "Generalized linear models", 1989; for
// powers between 1 and 2 Jorgensen, "Exponential dispersion models", JRSS B 49, 1987.

namespace everyml::boosting_detail {
namespace {

class LogMeanLoss : public PointLoss {
 public:
  static constexpr auto kTarget = Target::Kind::numbers;
  static void answers(std::span<double> scores) { exponentials(scores.size(), scores.data()); }

  /// The log of the mean, at which the loss is smallest for every power; a mean of 0 counts as half of 1
  /// spread over the rows.
  std::vector<double> start(const Context& context) const override {
    const double mean = sum_rows(context, rows(), 1, [&](std::size_t begin, std::size_t end) {
      double sum = 0;
      for (std::size_t i = begin; i < end; ++i) sum += weight(i) / weight_sum() * y()[i];
      return sum;
    });
    return {std::log(mean > 0 ? mean : 0.5 / (weight_sum() + 1.0))};
  }

 protected:
  LogMeanLoss(Buffer<double> y, std::span<const double> weights, const Context& context)
      : PointLoss(std::move(y), weights, context) {}
};

constexpr double kMost = std::numeric_limits<double>::infinity();

/// p - y f: gradient p - y. The second derivative p is stated e^0.7 times larger, which holds each step of
/// the log mean near 0.7 at most where p is far too small.
class PoissonLoss final : public LogMeanLoss {
 public:
  static constexpr std::string_view kLossName = "Poisson deviance";
  PoissonLoss(const Target& target, std::span<const double> weights, const ObjectiveSpec&,
              const Context& context)
      : LogMeanLoss(numbers_within(target, 0, kMost, false, "the poisson objective"), weights, context) {}

 protected:
  void slopes(std::size_t first, std::size_t n, const double* f, double* g, double* h) const override {
    std::copy(f, f + n, g);
    exponentials(n, g);
    for (std::size_t i = 0; i < n; ++i) {
      h[i] = 2.0137527074704766 * g[i];  // e^0.7
      g[i] -= y()[first + i];
    }
  }
  void losses(std::size_t first, std::size_t n, const double* f, double* out) const override {
    std::copy(f, f + n, out);
    exponentials(n, out);
    for (std::size_t i = 0; i < n; ++i) {
      const double yi = y()[first + i];
      out[i] = 2.0 * ((yi > 0 ? yi * (std::log(yi) - f[i]) - yi : 0.0) + out[i]);
    }
  }
};

/// f + y e^-f: gradient 1 - y e^-f, second derivative y e^-f.
class GammaLoss final : public LogMeanLoss {
 public:
  static constexpr std::string_view kLossName = "gamma deviance";
  GammaLoss(const Target& target, std::span<const double> weights, const ObjectiveSpec&,
            const Context& context)
      : LogMeanLoss(numbers_within(target, 0, kMost, true, "the gamma objective"), weights, context) {}

 protected:
  void ratios(std::size_t first, std::size_t n, const double* f, double* out) const {
    for (std::size_t i = 0; i < n; ++i) out[i] = -f[i];
    exponentials(n, out);
    for (std::size_t i = 0; i < n; ++i) out[i] *= y()[first + i];
  }
  void slopes(std::size_t first, std::size_t n, const double* f, double* g, double* h) const override {
    ratios(first, n, f, h);
    for (std::size_t i = 0; i < n; ++i) g[i] = 1.0 - h[i];
  }
  void losses(std::size_t first, std::size_t n, const double* f, double* out) const override {
    ratios(first, n, f, out);
    for (std::size_t i = 0; i < n; ++i) out[i] = 2.0 * (f[i] - std::log(y()[first + i]) + out[i] - 1.0);
  }
};

/// e^((2 - q) f) / (2 - q) - y e^((1 - q) f) / (1 - q) for the power q.
class TweedieLoss final : public LogMeanLoss {
 public:
  static constexpr std::string_view kLossName = "Tweedie deviance";
  TweedieLoss(const Target& target, std::span<const double> weights, const ObjectiveSpec& spec,
              const Context& context)
      : LogMeanLoss(numbers_within(target, 0, kMost, false, "the tweedie objective"), weights, context),
        low_(1.0 - spec.power),
        high_(2.0 - spec.power) {}

 protected:
  /// a = y e^((1 - q) f), b = e^((2 - q) f).
  void terms(std::size_t first, std::size_t n, const double* f, double* a, double* b) const {
    for (std::size_t i = 0; i < n; ++i) a[i] = low_ * f[i], b[i] = high_ * f[i];
    exponentials(n, a);
    exponentials(n, b);
    // 0 e^.. is 0 even where the power is beyond doubles.
    for (std::size_t i = 0; i < n; ++i) a[i] = y()[first + i] > 0 ? a[i] * y()[first + i] : 0.0;
  }
  void slopes(std::size_t first, std::size_t n, const double* f, double* g, double* h) const override {
    terms(first, n, f, g, h);
    for (std::size_t i = 0; i < n; ++i) {
      const double a = g[i], b = h[i];
      g[i] = b - a;
      h[i] = high_ * b - low_ * a;
    }
  }
  void losses(std::size_t first, std::size_t n, const double* f, double* out) const override {
    double b[kPiece];
    terms(first, n, f, out, b);
    for (std::size_t i = 0; i < n; ++i) {
      const double yi = y()[first + i];
      const double own = yi > 0 ? std::pow(yi, high_) / (low_ * high_) : 0.0;
      out[i] = 2.0 * (own - out[i] / low_ + b[i] / high_);
    }
  }

 private:
  double low_, high_;  ///< 1 - q in (-1, 0), 2 - q in (0, 1)
};

}  // namespace

ObjectivePtr make_positive(const ObjectiveSpec& spec) {
  if (spec.kind == ObjectiveKind::poisson) return std::make_shared<PlainObjective<PoissonLoss>>(spec);
  if (spec.kind == ObjectiveKind::gamma) return std::make_shared<PlainObjective<GammaLoss>>(spec);
  if (!(spec.power > 1 && spec.power < 2))
    throw ParameterError("parameter.power", "the power of the tweedie objective must lie between 1 and 2");
  return std::make_shared<PlainObjective<TweedieLoss>>(spec);
}

}  // namespace everyml::boosting_detail
