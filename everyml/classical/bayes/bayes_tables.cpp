#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "everyml/classical/bayes/bayes_state_impl.h"

namespace everyml {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();
/// Below this a precision would overflow.
constexpr double kLeastVariance = 1e-300;

struct Moments {
  double seen = 0, mean = 0, squares = 0;
  double variance() const { return seen > 0 ? squares / seen : 0; }
};

Moments overall_moments(const BayesCounts& counts, std::size_t classes, std::size_t columns, std::size_t k) {
  BayesCounts all{{}, {0.0}, {0.0}, {0.0}, {}, {}, {}, {}};
  for (std::size_t c = 0; c < classes; ++c) {
    const std::size_t at = c * columns + k;
    join_counts(all, {{}, {counts.seen[at]}, {counts.mean[at]}, {counts.squares[at]}, {}, {}, {}, {}});
  }
  return {all.seen[0], all.mean[0], all.squares[0]};
}

void derive_priors(BayesState& state) {
  const std::vector<double>& weight = state.counts.classes;
  std::vector<double>& log_prior = state.tables.log_prior;
  log_prior.assign(weight.size(), kNever);
  double total = 0, present = 0;
  for (const double w : weight) total += w, present += w > 0;
  const bool complement = state.settings.likelihood == BayesLikelihood::complement;
  for (std::size_t c = 0; c < weight.size(); ++c) {
    if (weight[c] == 0) continue;
    if (complement)
      log_prior[c] = 0;  // the complement rule decides by the words alone
    else if (!state.settings.class_priors.empty())
      log_prior[c] = std::log(state.settings.class_priors[c]);
    else if (state.settings.prior == BayesPrior::uniform)
      log_prior[c] = -std::log(present);
    else
      log_prior[c] = std::log(weight[c]) - std::log(total);
  }
}

void derive_gaussian(BayesState& state) {
  const BayesLayout& layout = state.layout;
  const BayesCounts& counts = state.counts;
  BayesTables& tables = state.tables;
  const std::size_t columns = layout.gaussian.size(), pad = padded(columns), classes = layout.classes;
  std::vector<Moments> overall(columns);
  double largest = 0;
  for (std::size_t k = 0; k < columns; ++k) {
    overall[k] = overall_moments(counts, classes, columns, k);
    largest = std::max(largest, overall[k].variance());
  }
  const double floor = state.settings.var_smoothing * largest;
  tables.variance_floor = floor;
  tables.mean.assign(classes * pad, 0.0);
  tables.half_precision.assign(classes * pad, 0.0);
  tables.log_scale.assign(classes * pad, 0.0);
  tables.variance.assign(classes * columns, 0.0);
  for (std::size_t c = 0; c < classes; ++c) {
    if (counts.classes[c] == 0) continue;
    for (std::size_t k = 0; k < columns; ++k) {
      const std::size_t at = c * columns + k, to = c * pad + k;
      // A class that never shows the column says nothing about it: the column as a whole stands in.
      const bool known = counts.seen[at] > 0;
      if (!known && overall[k].seen == 0) continue;
      const Moments own{counts.seen[at], counts.mean[at], counts.squares[at]};
      const Moments& moments = known ? own : overall[k];
      double variance = moments.variance() + floor;
      if (variance < kLeastVariance) {
        const double scale = overall[k].variance() * 1e-12;
        variance = scale > kLeastVariance ? scale : 1.0;
      }
      tables.mean[to] = moments.mean;
      tables.variance[at] = variance;
      tables.half_precision[to] = 0.5 / variance;
      tables.log_scale[to] = -0.5 * std::log(2 * std::numbers::pi * variance);
      tables.base[c] += tables.log_scale[to];
    }
  }
}

void derive_flags(BayesState& state) {
  const std::size_t columns = state.layout.bernoulli.size(), classes = state.layout.classes;
  const double alpha = state.settings.alpha;
  BayesTables& tables = state.tables;
  tables.log_zero.assign(columns * classes, 0.0);
  tables.log_step.assign(columns * classes, 0.0);
  for (std::size_t c = 0; c < classes; ++c) {
    if (state.counts.classes[c] == 0) continue;
    for (std::size_t k = 0; k < columns; ++k) {
      const double observed = state.counts.observed[c * columns + k],
                   ones = state.counts.ones[c * columns + k];
      const double all = std::log(observed + 2 * alpha);
      const double zero = std::log(observed - ones + alpha) - all, one = std::log(ones + alpha) - all;
      tables.log_zero[k * classes + c] = zero;
      tables.log_step[k * classes + c] = one - zero;
      tables.base[c] += zero;
    }
  }
}

void derive_levels(BayesState& state) {
  const BayesLayout& layout = state.layout;
  const std::size_t classes = layout.classes;
  const double alpha = state.settings.alpha;
  state.tables.log_level.assign(layout.levels() * classes, 0.0);
  for (std::size_t c = 0; c < classes; ++c) {
    const double* weight = state.counts.levels.data() + c * layout.levels();
    for (std::size_t k = 0; k < layout.categorical.size(); ++k) {
      const std::size_t begin = layout.level_start[k], end = layout.level_start[k + 1];
      double total = alpha * static_cast<double>(end - begin);
      for (std::size_t l = begin; l < end; ++l) total += weight[l];
      for (std::size_t l = begin; l < end; ++l) {
        state.tables.log_level[l * classes + c] = std::log(weight[l] + alpha) - std::log(total);
      }
    }
  }
}

void derive_words(BayesState& state) {
  const std::size_t words = state.layout.counts.size(), classes = state.layout.classes;
  const double alpha = state.settings.alpha;
  const bool complement = state.settings.likelihood == BayesLikelihood::complement;
  std::vector<double>& log_word = state.tables.log_word;
  log_word.assign(words * classes, 0.0);
  std::vector<double> everywhere(words), count(words);
  for (std::size_t c = 0; c < classes; ++c) {
    for (std::size_t j = 0; j < words; ++j) everywhere[j] += state.counts.sums[c * words + j];
  }
  for (std::size_t c = 0; c < classes; ++c) {
    double total = 0;
    for (std::size_t j = 0; j < words; ++j) {
      const double own = state.counts.sums[c * words + j];
      count[j] = (complement ? std::max(0.0, everywhere[j] - own) : own) + alpha;
      total += count[j];
    }
    for (std::size_t j = 0; j < words; ++j) {
      const double share = std::log(count[j]) - std::log(total);
      log_word[j * classes + c] = complement ? -share : share;
    }
  }
}

bool all_finite(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

}  // namespace

bool derive_tables(BayesState& state) {
  BayesTables& tables = state.tables;
  derive_priors(state);
  tables.base.assign(state.layout.classes, 0.0);
  derive_gaussian(state);
  derive_flags(state);
  derive_levels(state);
  derive_words(state);
  for (const auto* table :
       {&tables.base, &tables.mean, &tables.half_precision, &tables.variance, &tables.log_scale,
        &tables.log_zero, &tables.log_step, &tables.log_level, &tables.log_word}) {
    if (!all_finite(*table)) return false;
  }
  bool possible = false;
  for (std::size_t c = 0; c < tables.base.size(); ++c) {
    tables.base[c] += tables.log_prior[c];
    possible |= std::isfinite(tables.base[c]);
    if (std::isnan(tables.base[c]) || tables.base[c] > std::numeric_limits<double>::max()) return false;
  }
  return possible;
}

}  // namespace everyml
