#include <algorithm>
#include <cmath>

#include "everyml/ensembles/boosting/objective_impl.h"
#include "everyml/ensembles/boosting/objective_kernels_impl.h"
#include "everyml/foundation/base/error.h"

// Losses of the gap r = f - y that are smooth: Huber, Fair, log cosh, expectiles.

namespace everyml::boosting_detail {
namespace {

/// A loss of the gap alone, best at a score between the least and the largest target.
class GapLoss : public PointLoss {
 public:
  static constexpr auto kTarget = Target::Kind::numbers;
  static void answers(std::span<double>) {}

  std::vector<double> start(const Context& context) const override {
    const auto [low, high] = range_of_y();
    return {balance(low, high, context)};
  }

 protected:
  GapLoss(const Target& target, std::span<const double> weights, const Context& context)
      : PointLoss(numbers_of(target), weights, context) {}
};

/// r^2 / 2 within the width, width (|r| - width / 2) beyond. 1 stands for the second derivative, which is 0
/// beyond the width: the parabola through it then lies above the loss, so a full step never climbs.
/// Source: Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 35, 1964.
class HuberLoss final : public GapLoss {
 public:
  static constexpr std::string_view kLossName = "Huber loss";
  HuberLoss(const Target& target, std::span<const double> weights, const ObjectiveSpec& spec,
            const Context& context)
      : GapLoss(target, weights, context), width_(spec.width) {}
  bool unit_hessian() const override { return weights() == nullptr; }

 protected:
  void slopes(std::size_t first, std::size_t n, const double* f, double* g, double* h) const override {
    for (std::size_t i = 0; i < n; ++i) {
      g[i] = std::clamp(f[i] - y()[first + i], -width_, width_);
      h[i] = 1.0;
    }
  }
  void losses(std::size_t first, std::size_t n, const double* f, double* out) const override {
    for (std::size_t i = 0; i < n; ++i) {
      const double gap = std::abs(f[i] - y()[first + i]);
      out[i] = gap <= width_ ? 0.5 * gap * gap : width_ * (gap - 0.5 * width_);
    }
  }

 private:
  double width_;
};

/// width^2 (|r| / width - log(1 + |r| / width)). Source: Fair, "On the robust estimation of econometric
/// models", Annals of Economic and Social Measurement 3, 1974.
class FairLoss final : public GapLoss {
 public:
  static constexpr std::string_view kLossName = "Fair loss";
  FairLoss(const Target& target, std::span<const double> weights, const ObjectiveSpec& spec,
           const Context& context)
      : GapLoss(target, weights, context), width_(spec.width) {}

 protected:
  void slopes(std::size_t first, std::size_t n, const double* f, double* g, double* h) const override {
    for (std::size_t i = 0; i < n; ++i) {
      const double gap = f[i] - y()[first + i], part = width_ / (std::abs(gap) + width_);
      g[i] = gap * part;
      h[i] = part * part;
    }
  }
  void losses(std::size_t first, std::size_t n, const double* f, double* out) const override {
    for (std::size_t i = 0; i < n; ++i) {
      const double part = std::abs(f[i] - y()[first + i]) / width_;
      out[i] = width_ * width_ * (part - std::log1p(part));
    }
  }

 private:
  double width_;
};

/// log cosh r. tanh(r) / r stands for the second derivative 1 - tanh^2(r), which dies away so fast that
/// Newton steps from afar overshoot: it is the flattest parabola that stays above the loss. Source: de Leeuw
/// and Lange, "Sharp quadratic majorization in one dimension", Computational Statistics & Data Analysis 53,
/// 2009.
class LogCoshLoss final : public GapLoss {
 public:
  static constexpr std::string_view kLossName = "log-cosh loss";
  LogCoshLoss(const Target& target, std::span<const double> weights, const ObjectiveSpec&,
              const Context& context)
      : GapLoss(target, weights, context) {}

 protected:
  void slopes(std::size_t first, std::size_t n, const double* f, double* g, double* h) const override {
    double e[kPiece] = {};
    for (std::size_t i = 0; i < n; ++i) e[i] = -2.0 * std::abs(f[i] - y()[first + i]);
    exponentials(n, e);
    for (std::size_t i = 0; i < n; ++i) {
      const double gap = f[i] - y()[first + i], size = std::abs(gap);
      // Below 1e-4 the quotient would lose the small gap; its series does not.
      const double tanh = size < 1e-4 ? size : (1.0 - e[i]) / (1.0 + e[i]);
      g[i] = std::copysign(tanh, gap);
      h[i] = size < 1e-4 ? 1.0 : tanh / size;
    }
  }
  void losses(std::size_t first, std::size_t n, const double* f, double* out) const override {
    double zero[kPiece] = {}, e[kPiece] = {};
    for (std::size_t i = 0; i < n; ++i) e[i] = 2.0 * std::abs(f[i] - y()[first + i]);
    logistic_losses(n, e, zero, out);
    // log cosh r = log(1 + e^2r) - r - log 2
    for (std::size_t i = 0; i < n; ++i) out[i] -= 0.5 * e[i] + 0.6931471805599453;
  }
};

/// Twice the level times r^2 / 2 below the target, twice 1 - level above it: the level 1/2 is squared error.
/// Source: Newey and Powell, "Asymmetric least squares estimation and testing", Econometrica 55, 1987.
class ExpectileLoss final : public GapLoss {
 public:
  static constexpr std::string_view kLossName = "expectile loss";
  ExpectileLoss(const Target& target, std::span<const double> weights, const ObjectiveSpec& spec,
                const Context& context)
      : GapLoss(target, weights, context), level_(spec.levels.front()) {}

 protected:
  double side(double gap) const { return 2.0 * (gap < 0 ? level_ : 1.0 - level_); }
  void slopes(std::size_t first, std::size_t n, const double* f, double* g, double* h) const override {
    for (std::size_t i = 0; i < n; ++i) {
      const double gap = f[i] - y()[first + i];
      h[i] = side(gap);
      g[i] = h[i] * gap;
    }
  }
  void losses(std::size_t first, std::size_t n, const double* f, double* out) const override {
    for (std::size_t i = 0; i < n; ++i) {
      const double gap = f[i] - y()[first + i];
      out[i] = 0.5 * side(gap) * gap * gap;
    }
  }

 private:
  double level_;
};

}  // namespace

ObjectivePtr make_smooth(const ObjectiveSpec& spec) {
  const bool wide = spec.kind == ObjectiveKind::huber || spec.kind == ObjectiveKind::fair;
  if (wide && !(spec.width > 0 && std::isfinite(spec.width)))
    throw ParameterError("parameter.width", "the width of the loss must be greater than 0");
  if (spec.kind == ObjectiveKind::huber) return std::make_shared<PlainObjective<HuberLoss>>(spec);
  if (spec.kind == ObjectiveKind::fair) return std::make_shared<PlainObjective<FairLoss>>(spec);
  if (spec.kind == ObjectiveKind::log_cosh) return std::make_shared<PlainObjective<LogCoshLoss>>(spec);
  if (spec.levels.empty() || !(spec.levels[0] > 0 && spec.levels[0] < 1))
    throw ParameterError("parameter.levels", "the expectile objective needs a level between 0 and 1");
  return std::make_shared<PlainObjective<ExpectileLoss>>(spec);
}

}  // namespace everyml::boosting_detail
