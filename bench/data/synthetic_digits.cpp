#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "bench/data/synthetic.h"

namespace everyml::bench {
namespace {

struct Point {
  double x, y;
};
/// A quadratic curve of Bezier in the unit square, y downwards.
struct Stroke {
  Point from, towards, to;
};

/// Three to five strokes per digit.
const std::array<std::vector<Stroke>, 10>& templates() {
  static const std::array<std::vector<Stroke>, 10> digits = {{
      {{{.5, .1}, {.15, .1}, {.2, .5}},
       {{.2, .5}, {.15, .9}, {.5, .9}},
       {{.5, .9}, {.85, .9}, {.8, .5}},
       {{.8, .5}, {.85, .1}, {.5, .1}}},
      {{{.35, .25}, {.45, .2}, {.52, .1}},
       {{.52, .1}, {.5, .5}, {.5, .9}},
       {{.35, .9}, {.5, .89}, {.65, .9}}},
      {{{.25, .3}, {.25, .1}, {.5, .1}},
       {{.5, .1}, {.85, .12}, {.7, .45}},
       {{.7, .45}, {.5, .7}, {.22, .9}},
       {{.22, .9}, {.5, .88}, {.8, .9}}},
      {{{.25, .15}, {.9, .05}, {.65, .4}},
       {{.65, .4}, {.6, .48}, {.42, .48}},
       {{.42, .48}, {.9, .5}, {.72, .8}},
       {{.72, .8}, {.55, .98}, {.22, .85}}},
      {{{.6, .1}, {.4, .35}, {.2, .6}}, {{.2, .6}, {.5, .6}, {.85, .6}}, {{.65, .4}, {.64, .65}, {.62, .92}}},
      {{{.75, .12}, {.5, .1}, {.32, .12}},
       {{.32, .12}, {.3, .3}, {.28, .45}},
       {{.28, .45}, {.8, .35}, {.76, .68}},
       {{.76, .68}, {.7, .98}, {.25, .86}}},
      {{{.65, .1}, {.3, .25}, {.26, .6}},
       {{.26, .6}, {.25, .92}, {.52, .9}},
       {{.52, .9}, {.82, .85}, {.74, .62}},
       {{.74, .62}, {.55, .38}, {.27, .65}}},
      {{{.22, .14}, {.5, .12}, {.8, .13}},
       {{.8, .13}, {.6, .45}, {.5, .65}},
       {{.5, .65}, {.45, .78}, {.42, .92}}},
      {{{.5, .48}, {.15, .35}, {.45, .1}},
       {{.45, .1}, {.9, .15}, {.5, .48}},
       {{.5, .48}, {.1, .7}, {.45, .9}},
       {{.45, .9}, {.95, .85}, {.5, .48}}},
      {{{.72, .35}, {.7, .1}, {.45, .12}},
       {{.45, .12}, {.15, .25}, {.35, .48}},
       {{.35, .48}, {.6, .55}, {.72, .35}},
       {{.72, .35}, {.72, .65}, {.55, .92}}},
  }};
  return digits;
}

/// Ink of a pen of that radius along the strokes: 1 inside, falling to 0 over the blurred edge.
class Digits final : public Population {
 public:
  static constexpr std::size_t kSide = 28;
  Digits() {
    for (std::size_t i = 0; i < kSide * kSide; ++i) columns_.push_back({"p" + std::to_string(i)});
  }
  std::span<const Column> columns() const override { return columns_; }
  std::size_t classes() const override { return 10; }

  float row(Stream& random, float* x) const override {
    const std::size_t digit = random.below(10);
    const double angle = random.uniform(-15, 15) * std::numbers::pi / 180, shear = random.uniform(-0.2, 0.2);
    const double scale = 20 * random.uniform(0.85, 1.15);
    const double right = 14 + random.uniform(-2, 2), down = 14 + random.uniform(-2, 2);
    const double radius = random.uniform(1.5, 3) / 2, blur = random.uniform(0.4, 0.8);
    std::array<double, kSide * kSide> nearest;
    nearest.fill(1e9);
    for (const Stroke& stroke : templates()[digit]) {
      // Each hand bends its strokes a little differently.
      const Point towards = {stroke.towards.x + 0.04 * random.normal(),
                             stroke.towards.y + 0.04 * random.normal()};
      constexpr int kSteps = 24;
      for (int i = 0; i <= kSteps; ++i) {
        const double t = static_cast<double>(i) / kSteps, s = 1 - t;
        const double u = s * s * stroke.from.x + 2 * s * t * towards.x + t * t * stroke.to.x - 0.5;
        const double v = s * s * stroke.from.y + 2 * s * t * towards.y + t * t * stroke.to.y - 0.5;
        const double sheared = u + shear * v;
        touch({right + scale * (std::cos(angle) * sheared - std::sin(angle) * v),
               down + scale * (std::sin(angle) * sheared + std::cos(angle) * v)},
              nearest);
      }
    }
    for (std::size_t i = 0; i < nearest.size(); ++i) {
      const double ink = 0.5 - (std::sqrt(nearest[i]) - radius) / (2 * blur);
      x[i] = static_cast<float>(std::round(255 * std::clamp(ink, 0.0, 1.0)));
    }
    return static_cast<float>(digit);
  }

 private:
  /// Squared distances of the pixels around a point of the pen.
  static void touch(Point p, std::array<double, kSide * kSide>& nearest) {
    const int left = std::max(0, static_cast<int>(p.x) - 3), top = std::max(0, static_cast<int>(p.y) - 3);
    for (int r = top; r < std::min(28, top + 8); ++r) {
      for (int c = left; c < std::min(28, left + 8); ++c) {
        const double dx = c + 0.5 - p.x, dy = r + 0.5 - p.y;
        double& best = nearest[static_cast<std::size_t>(r * 28 + c)];
        best = std::min(best, dx * dx + dy * dy);
      }
    }
  }
  std::vector<Column> columns_;
};

}  // namespace

std::unique_ptr<Population> digit_population() { return std::make_unique<Digits>(); }

}  // namespace everyml::bench
