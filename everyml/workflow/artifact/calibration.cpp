#include <algorithm>
#include <cmath>
#include <limits>

#include "everyml/workflow/artifact/artifact.h"

namespace everyml {
namespace {

double sigmoid(double p, double slope, double offset) {
  constexpr double kEdge = 1e-12;
  p = std::clamp(p, kEdge, 1 - kEdge);
  return 1 / (1 + std::exp(-(slope * std::log(p / (1 - p)) + offset)));
}

double interpolate(double p, const std::vector<double>& knots, const std::vector<double>& levels) {
  const auto above =
      static_cast<std::size_t>(std::upper_bound(knots.begin(), knots.end(), p) - knots.begin());
  if (above == 0) return levels.front();
  if (above == knots.size()) return levels.back();
  const double width = knots[above] - knots[above - 1];
  const double part = width > 0 ? (p - knots[above - 1]) / width : 0;
  return levels[above - 1] + part * (levels[above] - levels[above - 1]);
}

}  // namespace

void Calibration::apply(std::span<double> probabilities) const {
  if (method == Method::none) return;
  for (std::size_t row = 0; row + classes <= probabilities.size(); row += classes) {
    const std::span<double> p = probabilities.subspan(row, classes);
    // Two passes, so that the raw values are still there when all mapped ones are 0, and nothing is
    // allocated.
    const auto mapped = [&](std::size_t k) {
      return method == Method::sigmoid ? sigmoid(p[k], slope[k], offset[k])
                                       : interpolate(p[k], knots[k], levels[k]);
    };
    double sum = 0;
    for (std::size_t k = 0; k < classes; ++k) sum += mapped(k);
    if (!(sum > 0)) continue;
    for (std::size_t k = 0; k < classes; ++k) p[k] = mapped(k) / sum;
  }
}

double Conformal::bound(double level) const {
  const auto n = static_cast<double>(scores.size());
  // (n + 1) level of 19 scores and 0.95 is 19, whatever the last bit of the product says.
  const double place = std::ceil((n + 1) * level - 1e-9);
  if (place > n) return std::numeric_limits<double>::infinity();
  return scores[static_cast<std::size_t>(std::max(place, 1.0)) - 1];
}

}  // namespace everyml
