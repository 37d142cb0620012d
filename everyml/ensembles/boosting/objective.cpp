#include "everyml/ensembles/boosting/objective.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "everyml/ensembles/boosting/objective_impl.h"
#include "everyml/ensembles/boosting/objective_kernels_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"

namespace everyml {

using namespace boosting_detail;

double BoostingLoss::renewed(std::size_t output, std::span<const std::uint32_t> some,
                             std::span<const double> scores) const {
  std::vector<float> gradient(outputs_ * rows_), hessian(outputs_ * rows_);
  derivatives(scores, gradient, hessian, 0, Context().serial());
  double g = 0, h = 0;
  for (const std::uint32_t row : some) {
    g += static_cast<double>(gradient[output * rows_ + row]);
    h += static_cast<double>(hessian[output * rows_ + row]);
  }
  return h > 0 ? -g / h : 0.0;
}

std::shared_ptr<const BoostingObjective> BoostingObjective::make(const ObjectiveSpec& spec) {
  using K = ObjectiveKind;
  switch (spec.kind) {
    case K::squared:
      return make_squared(spec);
    case K::huber:
    case K::fair:
    case K::log_cosh:
    case K::expectile:
      return make_smooth(spec);
    case K::absolute:
    case K::mape:
    case K::quantile:
      return make_quantile(spec);
    case K::poisson:
    case K::gamma:
    case K::tweedie:
      return make_positive(spec);
    case K::cross_entropy:
      return make_cross_entropy(spec);
    case K::binary:
      return make_binary(spec);
    case K::multinomial:
      return make_multinomial(spec);
    case K::one_versus_all:
      return make_one_versus_all(spec);
    case K::lambdamart_ndcg:
    case K::lambdamart_map:
    case K::pairwise:
    case K::xe_ndcg:
      return make_ranking(spec);
    case K::cox:
    case K::aft:
      return make_survival(spec);
    case K::formula:
      return make_formula(spec);
  }
  throw ParameterError("parameter.objective", "there is no objective of that number");
}

void BoostingObjective::save(ArchiveWriter& archive) const {
  archive.text("kind", name_of(spec_.kind));
  archive.integer("classes", static_cast<std::int64_t>(spec_.classes));
  archive.number("width", spec_.width);
  archive.array("levels", spec_.levels);
  archive.number("power", spec_.power);
  archive.number("spread", spec_.spread);
  archive.text("formula", spec_.formula);
  archive.text("answer", spec_.answer);
  archive.integer("places", static_cast<std::int64_t>(spec_.places));
  archive.number("steepness", spec_.steepness);
}

std::shared_ptr<const BoostingObjective> BoostingObjective::load(const ArchiveReader& archive) {
  ObjectiveSpec spec;
  const std::string kind = archive.text("kind");
  bool known = false;
  for (const auto& choice : choices_of(ObjectiveKind{})) {
    if (choice.name == kind) spec.kind = choice.value, known = true;
  }
  if (!known) archive.refuse("kind", "it is no objective that is known here");
  spec.classes = static_cast<std::size_t>(archive.integer("classes", 0, 1 << 20));
  spec.width = archive.number("width");
  spec.levels = archive.doubles("levels");
  spec.power = archive.number("power");
  spec.spread = archive.number("spread");
  spec.formula = archive.text("formula");
  spec.answer = archive.text("answer");
  spec.places = static_cast<std::size_t>(archive.integer("places", 1, 1 << 30));
  spec.steepness = archive.number("steepness");
  try {
    return make(spec);
  } catch (const ParameterError& error) {
    archive.refuse("kind", error.what());
  }
}

namespace boosting_detail {

WeightedLoss::WeightedLoss(std::size_t rows, std::span<const double> weights, std::size_t outputs,
                           const Context& context)
    : BoostingLoss(rows, outputs), weights_(buffer_of(weights)) {
  weight_sum_ = static_cast<double>(rows);
  if (!weights_.empty()) {
    weight_sum_ = sum_rows(context, weights_.size(), 1, [&](std::size_t begin, std::size_t end) {
      double sum = 0;
      for (std::size_t i = begin; i < end; ++i) sum += weights_[i];
      return sum;
    });
  }
}

Buffer<double> buffer_of(std::span<const double> values) {
  auto copy = Buffer<double>::uninitialized(values.size());
  std::copy(values.begin(), values.end(), copy.begin());
  return copy;
}

Buffer<double> numbers_of(const Target& target) { return buffer_of(target.values()); }

Buffer<double> numbers_within(const Target& target, double low, double high, bool low_open,
                              std::string_view what) {
  const auto values = target.values();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double y = values[i];
    if (y >= low && y <= high && !(low_open && y == low)) continue;
    const std::string range = std::isinf(high)
                                  ? fmt::format("{} {}", low_open ? "greater than" : "at least", low)
                                  : fmt::format("from {} to {}", low, high);
    throw DataError("boosting.target", fmt::format("{} needs targets {}, but row {} has {}", what, range,
                                                   i + 1, format_number(y)));
  }
  return buffer_of(values);
}

double log_odds(double mean, double total) {
  const double least = 0.5 / (total + 1.0);
  const double p = std::clamp(mean, least, 1.0 - least);
  return std::log(p / (1.0 - p));
}

void require_finite(std::span<const float> figures, std::size_t rows) {
  for (std::size_t i = 0; i < figures.size(); ++i) {
    if (std::isfinite(figures[i])) continue;
    throw DataError(
        "boosting.overflow",
        fmt::format("the loss of row {} grew beyond what its derivatives can hold; scale the target "
                    "or lower the learning rate",
                    i % rows + 1));
  }
}

void PointLoss::derivatives(std::span<const double> scores, std::span<float> gradient,
                            std::span<float> hessian, std::size_t, const Context& context) const {
  parallel_for(context, rows(), loss_grain(1), [&](std::size_t begin, std::size_t end) {
    std::array<double, kPiece> g, h;
    float worst = 0;
    for (std::size_t at = begin; at < end; at += kPiece) {
      const std::size_t n = std::min(kPiece, end - at);
      slopes(at, n, scores.data() + at, g.data(), h.data());
      for (std::size_t i = 0; i < n; ++i) {
        const double w = weight(at + i);
        gradient[at + i] = static_cast<float>(w * g[i]);
        const auto curvature = static_cast<float>(w * std::max(h[i], kLeastCurvature));
        if (!hessian.empty()) hessian[at + i] = curvature;
        worst += 0.0F * (gradient[at + i] + curvature);  // stays 0 unless a figure is not finite
      }
    }
    if (worst == 0) return;
    require_finite(gradient, rows());
    require_finite(hessian, rows());
  });
}

double PointLoss::value(std::span<const double> scores, const Context& context) const {
  const double total = sum_rows(context, rows(), 1, [&](std::size_t begin, std::size_t end) {
    std::array<double, kPiece> out;
    double sum = 0;
    for (std::size_t at = begin; at < end; at += kPiece) {
      const std::size_t n = std::min(kPiece, end - at);
      losses(at, n, scores.data() + at, out.data());
      for (std::size_t i = 0; i < n; ++i) sum += weight(at + i) * out[i];
    }
    return sum;
  });
  return total / weight_sum();
}

double PointLoss::slope_at(double score, const Context& context) const {
  return sum_rows(context, rows(), 1, [&](std::size_t begin, std::size_t end) {
    std::array<double, kPiece> f, g, h;
    f.fill(score);
    double sum = 0;
    for (std::size_t at = begin; at < end; at += kPiece) {
      const std::size_t n = std::min(kPiece, end - at);
      slopes(at, n, f.data(), g.data(), h.data());
      for (std::size_t i = 0; i < n; ++i) sum += weight(at + i) * g[i];
    }
    return sum;
  });
}

double PointLoss::balance(double low, double high, const Context& context) const {
  double at_low = slope_at(low, context), at_high = slope_at(high, context);
  if (!(at_low < 0)) return low;
  if (!(at_high > 0)) return high;
  // The Illinois rule: the line through both ends, where an end that stays twice counts half; Dowell and
  // Jarratt, "A modified regula falsi method", BIT 11, 1971. Every fourth step halves the interval.
  int side = 0;
  for (int step = 1; step <= 200; ++step) {
    double middle = low + (high - low) * (at_low / (at_low - at_high));
    if (step % 4 == 0 || !(middle > low && middle < high)) middle = low + (high - low) / 2;
    if (!(middle > low && middle < high) || high - low <= 1e-14 * (std::abs(low) + std::abs(high))) break;
    const double slope = slope_at(middle, context);
    if (slope == 0) return middle;
    if (slope < 0) {
      low = middle, at_low = slope;
      if (side < 0) at_high /= 2;
      side = -1;
    } else {
      high = middle, at_high = slope;
      if (side > 0) at_low /= 2;
      side = 1;
    }
  }
  return low + (high - low) / 2;
}

std::pair<double, double> PointLoss::range_of_y() const {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (std::size_t i = 0; i < rows(); ++i) {
    if (weight(i) > 0) low = std::min(low, y()[i]), high = std::max(high, y()[i]);
  }
  return low <= high ? std::pair{low, high} : std::pair{0.0, 0.0};
}

}  // namespace boosting_detail
}  // namespace everyml
