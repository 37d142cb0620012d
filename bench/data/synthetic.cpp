#include "bench/data/synthetic.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <stdexcept>
#include <thread>

namespace everyml::bench {
namespace {

using Column = Population::Column;

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

std::vector<Column> numbers(const std::string& prefix, std::size_t count) {
  std::vector<Column> columns;
  for (std::size_t j = 0; j < count; ++j) columns.push_back({prefix + std::to_string(j)});
  return columns;
}

/// Level k with probability in proportion to 1 / (k + 1)^power.
class Zipf {
 public:
  Zipf(std::size_t levels, double power) : cumulative_(levels) {
    double sum = 0;
    for (std::size_t k = 0; k < levels; ++k) {
      cumulative_[k] = sum += std::pow(static_cast<double>(k + 1), -power);
    }
    for (double& value : cumulative_) value /= sum;
  }
  std::size_t draw(Stream& random) const {
    const auto at = std::upper_bound(cumulative_.begin(), cumulative_.end(), random.uniform());
    return std::min<std::size_t>(static_cast<std::size_t>(at - cumulative_.begin()), cumulative_.size() - 1);
  }

 private:
  std::vector<double> cumulative_;
};

/// 28 numbers, 21 of them normal, the others functions of these; two classes of about the same size.
class Higgs final : public Population {
 public:
  Higgs() : columns_(numbers("x", 28)) {
    Stream random(0, "synhiggs mean");
    std::array<float, 28> x;
    double sum = 0;
    constexpr int kRows = 400000;
    for (int i = 0; i < kRows; ++i) sum += score(random, x.data());
    mean_ = sum / kRows;
  }
  std::span<const Column> columns() const override { return columns_; }
  float row(Stream& random, float* x) const override {
    const double s = score(random, x);
    return random.uniform() < sigmoid(s - mean_) ? 1.0F : 0.0F;
  }

 private:
  static double score(Stream& random, float* x) {
    std::array<double, 28> v;
    for (std::size_t j = 0; j < 21; ++j) v[j] = random.normal();
    v[21] = std::hypot(v[0] + v[1], v[2] - v[3]);
    v[22] = v[4] * v[5] + v[6];
    v[23] = std::fabs(v[7] + v[8]);
    v[24] = std::exp(v[9] / 2) * v[10];
    v[25] = std::max(v[11], v[12]) - v[13];
    v[26] = std::sqrt(v[14] * v[14] + v[15] * v[15] + v[16] * v[16]);
    v[27] = std::tanh(v[17] + v[18] * v[19]);
    for (std::size_t j = 0; j < 28; ++j) x[j] = static_cast<float>(v[j]);
    return 0.9 * std::sin(1.5 * v[21]) + 0.6 * v[22] * v[23] - 0.5 * v[26] + 0.7 * v[27] * v[25] +
           (v[24] > 0 ? 0.4 * v[20] : 0.0) + 0.3 * v[0] * v[9];
  }
  std::vector<Column> columns_;
  double mean_ = 0;
};

/// Flights and whether they are late: five categories, a time of the day, a distance, a day.
class Airline final : public Population {
 public:
  Airline() : carriers_(22, 1.1), airports_(300, 1.1) {
    Stream random(0, "synairline effects");
    for (int i = 0; i < 22; ++i) carrier_effect_.push_back(0.3 * random.normal());
    for (int i = 0; i < 300; ++i) origin_effect_.push_back(0.3 * random.normal());
    for (int i = 0; i < 300 * 300; ++i) {
      pair_effect_.push_back(0.2 * random.normal());
      distance_.push_back(std::round(std::exp(6.4 + 0.6 * random.normal())));
    }
  }
  std::span<const Column> columns() const override { return columns_; }
  float row(Stream& random, float* x) const override {
    const std::size_t month = random.below(12), day = random.below(31), weekday = random.below(7);
    const bool morning = random.below(2) == 0;
    const double minute = std::clamp(
        std::floor(60 * (morning ? 8 + 2 * random.normal() : 17 + 2.5 * random.normal())), 0.0, 1439.0);
    const std::size_t carrier = carriers_.draw(random), origin = airports_.draw(random);
    const std::size_t dest = airports_.draw(random), pair = origin * 300 + dest;
    x[0] = static_cast<float>(month);
    x[1] = static_cast<float>(day);
    x[2] = static_cast<float>(weekday);
    x[3] = static_cast<float>(minute);
    x[4] = static_cast<float>(carrier);
    x[5] = static_cast<float>(origin);
    x[6] = static_cast<float>(dest);
    x[7] = static_cast<float>(distance_[pair]);
    const double logit =
        carrier_effect_[carrier] + origin_effect_[origin] + hour(minute / 60) + pair_effect_[pair] - 1.4;
    return random.uniform() < sigmoid(logit) ? 1.0F : 0.0F;
  }

 private:
  /// Catmull and Rom's spline through a value for every fourth hour: late flights pile up until evening.
  static double hour(double h) {
    constexpr std::array<double, 9> knots = {0.5, 0.2, -0.8, -0.5, -0.1, 0.3, 0.6, 0.2, -0.8};
    const auto k = static_cast<std::size_t>(std::min(h / 4, 5.999));
    const double t = h / 4 - static_cast<double>(k);
    const double a = knots[k], b = knots[k + 1], c = knots[k + 2], d = knots[k + 3];
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
  }
  std::vector<Column> columns_ = {{"month", 12},   {"day"},         {"weekday", 7}, {"minute"},
                                  {"carrier", 22}, {"origin", 300}, {"dest", 300},  {"distance"}};
  Zipf carriers_, airports_;
  std::vector<double> carrier_effect_, origin_effect_, pair_effect_, distance_;
};

/// Documents of queries: 136 numbers, every second one heavy-tailed; relevance 0 to 4 by fifths of a random
/// net of three layers of tanh over 20 of the columns, plus noise.
class Ranking final : public Population {
 public:
  Ranking() : columns_(numbers("x", 136)) {
    Stream random(0, "synltr net");
    used_ = random.sample(136, 20);
    first_ = weights(random, 20 * 16, 20);
    second_ = weights(random, 16 * 16, 16);
    third_ = weights(random, 16, 16);
    constexpr std::size_t kRows = 100000;
    std::vector<double> scores(kRows);
    std::array<float, 136> x;
    for (double& s : scores) s = score(random, x.data());
    std::sort(scores.begin(), scores.end());
    for (std::size_t k = 0; k < 4; ++k) cuts_[k] = scores[kRows * (k + 1) / 5];
  }
  std::span<const Column> columns() const override { return columns_; }
  std::size_t classes() const override { return 5; }
  bool queries() const override { return true; }
  float row(Stream& random, float* x) const override {
    const double s = score(random, x);
    return static_cast<float>(std::upper_bound(cuts_.begin(), cuts_.end(), s) - cuts_.begin());
  }

 private:
  static std::vector<double> weights(Stream& random, std::size_t count, double fan_in) {
    std::vector<double> values(count);
    for (double& w : values) w = 2 * random.normal() / std::sqrt(fan_in);
    return values;
  }
  double score(Stream& random, float* x) const {
    std::array<double, 136> z;
    for (std::size_t j = 0; j < 136; ++j) {
      z[j] = random.normal();
      x[j] = static_cast<float>(j % 2 == 0 ? z[j] : std::exp(z[j]));
    }
    std::array<double, 16> a{}, b{};
    for (std::size_t k = 0; k < 16; ++k) {
      for (std::size_t j = 0; j < 20; ++j) a[k] += first_[k * 20 + j] * z[used_[j]];
      a[k] = std::tanh(a[k]);
    }
    double s = 0;
    for (std::size_t k = 0; k < 16; ++k) {
      for (std::size_t j = 0; j < 16; ++j) b[k] += second_[k * 16 + j] * a[j];
      s += third_[k] * std::tanh(b[k]);
    }
    return s + 0.5 * random.normal();
  }
  std::vector<Column> columns_;
  std::vector<std::size_t> used_;
  std::vector<double> first_, second_, third_;
  std::array<double, 4> cuts_{};
};

/// Many normal columns, each correlated .5 with the one before; 30 count, and the signs of 3 pairs.
class Wide final : public Population {
 public:
  explicit Wide(std::size_t count) : columns_(numbers("x", count)) {
    Stream random(0, "wide effects", count);
    informative_ = random.sample(count, std::min<std::size_t>(30, count));
    for (std::size_t j = 0; j < informative_.size(); ++j) effect_.push_back(0.3 * random.normal());
    const std::vector<std::size_t> order = random.permutation(count);
    for (std::size_t j = 0; j + 1 < std::min<std::size_t>(6, count); j += 2) {
      pairs_.push_back({order[j], order[j + 1]});
    }
  }
  std::span<const Column> columns() const override { return columns_; }
  float row(Stream& random, float* x) const override {
    double before = random.normal();
    const double rest = std::sqrt(0.75);
    for (std::size_t j = 0; j < columns_.size(); ++j) {
      x[j] = static_cast<float>(before);
      before = 0.5 * before + rest * random.normal();
    }
    double logit = 0;
    for (std::size_t j = 0; j < informative_.size(); ++j) logit += effect_[j] * x[informative_[j]];
    for (const auto& [a, b] : pairs_) logit += (x[a] > 0) != (x[b] > 0) ? 0.7 : -0.7;
    return random.uniform() < sigmoid(logit) ? 1.0F : 0.0F;
  }

 private:
  std::vector<Column> columns_;
  std::vector<std::size_t> informative_;
  std::vector<double> effect_;
  std::vector<std::pair<std::size_t, std::size_t>> pairs_;
};

/// 40 fields of categories, 10 to 100,000 levels in even steps of the logarithm, frequent ones first.
class Sparse final : public Population {
 public:
  Sparse() {
    Stream random(0, "sparse effects");
    for (std::size_t f = 0; f < 40; ++f) {
      const auto levels =
          static_cast<std::size_t>(std::llround(std::pow(10, 1 + 4.0 * static_cast<double>(f) / 39)));
      columns_.push_back({"f" + std::to_string(f), levels});
      fields_.emplace_back(levels, 1.05);
      std::vector<double> effect(levels);
      for (double& e : effect) e = 0.25 * random.normal();
      effects_.push_back(std::move(effect));
    }
  }
  std::span<const Column> columns() const override { return columns_; }
  bool one_hot() const override { return true; }
  float row(Stream& random, float* x) const override {
    double logit = -1;
    for (std::size_t f = 0; f < 40; ++f) {
      const std::size_t level = fields_[f].draw(random);
      x[f] = static_cast<float>(level);
      logit += effects_[f][level];
    }
    return random.uniform() < sigmoid(logit) ? 1.0F : 0.0F;
  }

 private:
  std::vector<Column> columns_;
  std::vector<Zipf> fields_;
  std::vector<std::vector<double>> effects_;
};

}  // namespace

std::unique_ptr<Population> population(const std::string& name, std::size_t columns) {
  if (name == "synhiggs") return std::make_unique<Higgs>();
  if (name == "synairline") return std::make_unique<Airline>();
  if (name == "synltr") return std::make_unique<Ranking>();
  if (name == "wide") return std::make_unique<Wide>(columns);
  if (name == "sparse") return std::make_unique<Sparse>();
  if (name == "synmnist") return digit_population();
  throw std::invalid_argument("no population is called \"" + name + "\"");
}

void draw_rows(const Population& from, const std::string& name, std::uint64_t seed, std::size_t begin,
               std::size_t rows, float* x, float* y) {
  const std::size_t width = from.columns().size(), blocks = (rows + kBlockRows - 1) / kBlockRows;
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t b = next++; b < blocks; b = next++) {
      Stream random(seed, name, begin / kBlockRows + b);
      for (std::size_t r = b * kBlockRows; r < std::min(rows, (b + 1) * kBlockRows); ++r) {
        y[r] = from.row(random, x + r * width);
      }
    }
  };
  std::vector<std::jthread> others;
  for (unsigned t = 1; t < std::max(1U, std::thread::hardware_concurrency()); ++t) others.emplace_back(work);
  work();
}

std::vector<std::uint32_t> query_sizes(std::uint64_t seed, std::size_t rows) {
  Stream random(seed, "query sizes");
  std::vector<std::uint32_t> sizes;
  for (std::size_t done = 0; done < rows; done += sizes.back()) {
    // A sum of exponential gaps until 120: Poisson with that mean.
    std::uint32_t count = 0;
    for (double gap = random.exponential(); gap < 120; gap += random.exponential()) ++count;
    sizes.push_back(static_cast<std::uint32_t>(std::min<std::size_t>(std::max(count, 1U), rows - done)));
  }
  return sizes;
}

}  // namespace everyml::bench
