#include <algorithm>
#include <cmath>
#include <numeric>

#include "everyml/foundation/base/error.h"
#include "everyml/workflow/explain/explain.h"

namespace everyml {
namespace {

constexpr double kFloor = 1e-12;
constexpr std::size_t kFolds = 5;
/// Below this many rows of a class a step function fits noise; Niculescu-Mizil and Caruana (ICML 2005) found
/// the sigmoid better up to about a thousand rows.
constexpr std::size_t kIsotonicRows = 1000;

double logit(double p) {
  p = std::clamp(p, kFloor, 1 - kFloor);
  return std::log(p / (1 - p));
}

double weight_of(std::span<const double> weights, std::size_t row) {
  return weights.empty() ? 1.0 : weights[row];
}

struct Sample {
  double score, label, weight;
};

/// Platt's sigmoid sigma(slope * logit(p) + offset) by Newton's method with his smoothed targets.
/// Reference: Lin, Lin and Weng, "A note on Platt's probabilistic outputs", Machine Learning 68 (2007).
std::pair<double, double> fit_sigmoid(std::span<const Sample> samples) {
  double positive = 0, negative = 0;
  for (const Sample& s : samples) (s.label > 0 ? positive : negative) += s.weight;
  const double high = (positive + 1) / (positive + 2), low = 1 / (negative + 2);
  const auto loss_at = [&](double a, double b) {
    double loss = 0;
    for (const Sample& s : samples) {
      const double t = s.label > 0 ? high : low, z = a * s.score + b;
      loss += s.weight * ((z >= 0 ? std::log1p(std::exp(-z)) : std::log1p(std::exp(z)) - z) + (1 - t) * z);
    }
    return loss;
  };
  double a = 1, b = 0, loss = loss_at(a, b);
  for (int iteration = 0; iteration < 100; ++iteration) {
    double ga = 0, gb = 0, haa = 1e-12, hab = 0, hbb = 1e-12;
    for (const Sample& s : samples) {
      const double t = s.label > 0 ? high : low, p = 1 / (1 + std::exp(-(a * s.score + b)));
      const double gradient = s.weight * (p - t), curvature = s.weight * p * (1 - p);
      ga += gradient * s.score;
      gb += gradient;
      haa += curvature * s.score * s.score;
      hab += curvature * s.score;
      hbb += curvature;
    }
    if (std::abs(ga) < 1e-9 && std::abs(gb) < 1e-9) break;
    const double determinant = haa * hbb - hab * hab;
    if (!(determinant > 0)) break;
    const double da = -(hbb * ga - hab * gb) / determinant, db = -(haa * gb - hab * ga) / determinant;
    double step = 1;
    while (step > 1e-10 &&
           !(loss_at(a + step * da, b + step * db) <= loss + 1e-4 * step * (ga * da + gb * db)))
      step /= 2;
    if (step <= 1e-10) break;
    a += step * da;
    b += step * db;
    const double next = loss_at(a, b);
    if (std::abs(loss - next) < 1e-13 * (1 + std::abs(loss))) break;
    loss = next;
  }
  return {a, b};
}

/// Pool adjacent violators. Scores ascending in, knots (scores) and their levels out.
void fit_isotonic(std::vector<Sample> samples, std::vector<double>& knots, std::vector<double>& levels) {
  std::stable_sort(samples.begin(), samples.end(),
                   [](const Sample& x, const Sample& y) { return x.score < y.score; });
  struct Block {
    double from, to, sum, weight;
  };
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < samples.size();) {
    Block block{samples[i].score, samples[i].score, 0, 0};
    while (i < samples.size() && samples[i].score == block.from) {
      block.sum += samples[i].weight * samples[i].label;
      block.weight += samples[i].weight;
      ++i;
    }
    if (block.weight == 0) continue;
    while (!blocks.empty() && blocks.back().sum * block.weight >= block.sum * blocks.back().weight) {
      block.from = blocks.back().from;
      block.sum += blocks.back().sum;
      block.weight += blocks.back().weight;
      blocks.pop_back();
    }
    blocks.push_back(block);
  }
  knots.clear();
  levels.clear();
  for (const Block& block : blocks) {
    const double level = block.sum / block.weight;
    knots.push_back(block.from);
    levels.push_back(level);
    if (block.from != block.to) {
      knots.push_back(block.to);
      levels.push_back(level);
    }
  }
}

Calibration fit_method(Calibration::Method method, std::span<const double> p,
                       std::span<const std::int32_t> codes, std::size_t classes,
                       std::span<const double> weights, std::span<const std::size_t> rows) {
  Calibration calibration;
  calibration.method = method;
  calibration.classes = classes;
  if (method == Calibration::Method::none) return calibration;
  for (std::size_t k = 0; k < classes; ++k) {
    std::vector<Sample> samples;
    samples.reserve(rows.size());
    for (const std::size_t row : rows) {
      const double raw = p[row * classes + k];
      samples.push_back({method == Calibration::Method::sigmoid ? logit(raw) : raw,
                         codes[row] == static_cast<std::int32_t>(k) ? 1.0 : 0.0, weight_of(weights, row)});
    }
    if (method == Calibration::Method::sigmoid) {
      const auto [slope, offset] = fit_sigmoid(samples);
      calibration.slope.push_back(slope);
      calibration.offset.push_back(offset);
    } else {
      fit_isotonic(std::move(samples), calibration.knots.emplace_back(), calibration.levels.emplace_back());
    }
  }
  return calibration;
}

double log_loss(std::span<const double> p, std::span<const std::int32_t> codes, std::size_t classes,
                std::span<const double> weights, std::span<const std::size_t> rows) {
  double loss = 0, total = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double weight = weight_of(weights, rows[i]);
    loss -= weight * std::log(std::max(p[i * classes + static_cast<std::size_t>(codes[rows[i]])], 1e-6));
    total += weight;
  }
  return total > 0 ? loss / total : 0;
}

/// Cross-validated log loss of one method over interleaved folds of a shuffled order.
double judged_loss(Calibration::Method method, std::span<const double> p, std::span<const std::int32_t> codes,
                   std::size_t classes, std::span<const double> weights, std::span<const std::size_t> order) {
  double total = 0;
  for (std::size_t fold = 0; fold < kFolds; ++fold) {
    std::vector<std::size_t> train, test;
    for (std::size_t i = 0; i < order.size(); ++i) (i % kFolds == fold ? test : train).push_back(order[i]);
    const Calibration calibration = fit_method(method, p, codes, classes, weights, train);
    std::vector<double> held(test.size() * classes);
    for (std::size_t i = 0; i < test.size(); ++i) {
      std::copy_n(p.begin() + static_cast<std::ptrdiff_t>(test[i] * classes), classes,
                  held.begin() + static_cast<std::ptrdiff_t>(i * classes));
    }
    calibration.apply(held);
    total += log_loss(held, codes, classes, weights, test) * static_cast<double>(test.size());
  }
  return total / static_cast<double>(order.size());
}

}  // namespace

Calibration fit_calibration(std::span<const double> probabilities, std::span<const std::int32_t> codes,
                            std::size_t classes, std::span<const double> weights,
                            std::optional<Calibration::Method> method, const Context& context) {
  if (classes < 2 || probabilities.size() != codes.size() * classes) {
    throw ParameterError("parameter.output_size",
                         "calibration needs [rows, classes] probabilities of 2 or more classes");
  }
  std::vector<std::size_t> every(codes.size());
  std::iota(every.begin(), every.end(), std::size_t{0});
  if (method) return fit_method(*method, probabilities, codes, classes, weights, every);

  std::vector<std::size_t> counts(classes, 0);
  for (const std::int32_t code : codes) ++counts[static_cast<std::size_t>(code)];
  const std::size_t rarest = *std::min_element(counts.begin(), counts.end());
  Calibration::Method best = Calibration::Method::none;
  if (rarest < 2 * kFolds) return fit_method(best, probabilities, codes, classes, weights, every);

  context.random("calibration").shuffle(every);
  double best_loss = judged_loss(best, probabilities, codes, classes, weights, every);
  for (const auto candidate : {Calibration::Method::sigmoid, Calibration::Method::isotonic}) {
    if (candidate == Calibration::Method::isotonic && rarest < kIsotonicRows) continue;
    context.check();
    const double loss = judged_loss(candidate, probabilities, codes, classes, weights, every);
    // A map that hardly helps is one more thing to explain.
    if (loss < best_loss - 0.001) {
      best = candidate;
      best_loss = loss;
    }
  }
  std::sort(every.begin(), every.end());
  return fit_method(best, probabilities, codes, classes, weights, every);
}

void calibrate_across_folds(std::span<double> probabilities, std::span<const std::int32_t> codes,
                            std::size_t classes, std::span<const double> weights,
                            std::span<const std::size_t> fold, Calibration::Method method,
                            const Context& context) {
  if (fold.size() != codes.size()) {
    throw ParameterError("parameter.output_size", "calibration needs the fold of every row");
  }
  if (method == Calibration::Method::none) return;
  const std::vector<double> raw(probabilities.begin(), probabilities.end());
  const std::size_t folds = fold.empty() ? 0 : *std::max_element(fold.begin(), fold.end()) + 1;
  for (std::size_t f = 0; f < folds; ++f) {
    context.check();
    std::vector<double> learned, own, learned_weights;
    std::vector<std::int32_t> learned_codes;
    std::vector<std::size_t> rows;
    const bool alone = static_cast<std::size_t>(std::count(fold.begin(), fold.end(), f)) == fold.size();
    for (std::size_t row = 0; row < fold.size(); ++row) {
      const double* at = raw.data() + row * classes;
      if (fold[row] == f) {
        rows.push_back(row);
        own.insert(own.end(), at, at + classes);
        if (!alone) continue;
      }
      learned.insert(learned.end(), at, at + classes);
      learned_codes.push_back(codes[row]);
      if (!weights.empty()) learned_weights.push_back(weights[row]);
    }
    fit_calibration(learned, learned_codes, classes, learned_weights, method, context).apply(own);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::copy_n(own.begin() + static_cast<std::ptrdiff_t>(i * classes), classes,
                  probabilities.begin() + static_cast<std::ptrdiff_t>(rows[i] * classes));
    }
  }
}

Conformal conformal_of_values(std::span<const double> predicted, std::span<const double> truth) {
  if (predicted.size() != truth.size()) {
    throw ParameterError("parameter.output_size", "conformal: as many predictions as true values are needed");
  }
  Conformal conformal;
  for (std::size_t row = 0; row < truth.size(); ++row)
    conformal.scores.push_back(std::abs(truth[row] - predicted[row]));
  std::sort(conformal.scores.begin(), conformal.scores.end());
  return conformal;
}

Conformal conformal_of_probabilities(std::span<const double> probabilities,
                                     std::span<const std::int32_t> codes, std::size_t classes) {
  if (probabilities.size() != codes.size() * classes) {
    throw ParameterError("parameter.output_size", "conformal: [rows, classes] probabilities are needed");
  }
  Conformal conformal;
  for (std::size_t row = 0; row < codes.size(); ++row) {
    // A share of votes may round to a hair above 1.
    conformal.scores.push_back(
        std::max(0.0, 1 - probabilities[row * classes + static_cast<std::size_t>(codes[row])]));
  }
  std::sort(conformal.scores.begin(), conformal.scores.end());
  return conformal;
}

}  // namespace everyml
