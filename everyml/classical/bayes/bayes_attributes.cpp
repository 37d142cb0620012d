#include <cmath>
#include <limits>

#include "everyml/classical/bayes/bayes_state_impl.h"

// The figures of a naive Bayes by name. A likelihood's figures are shown when it has all columns: a table of
// some of them would not line up with the features.

namespace everyml {
namespace {

/// [classes, columns] from rows of `stride`; NaN for classes without a row.
Figure table_of_seen(const BayesState& state, std::span<const double> rows, std::size_t stride) {
  const std::size_t classes = state.layout.classes, columns = state.layout.columns();
  std::vector<double> values(classes * columns, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t c = 0; c < classes; ++c) {
    if (state.counts.classes[c] == 0) continue;
    for (std::size_t j = 0; j < columns; ++j) values[c * columns + j] = rows[c * stride + j];
  }
  return Figure::table(classes, columns, values);
}

bool only_flags(const BayesLayout& layout) { return layout.bernoulli.size() == layout.columns(); }
bool only_categories(const BayesLayout& layout) { return layout.categorical.size() == layout.columns(); }
bool only_counts(const BayesLayout& layout) { return layout.counts.size() == layout.columns(); }

}  // namespace

Figure NaiveBayesModel::class_prior() const {
  const std::vector<double>& weight = state_->counts.classes;
  const NaiveBayes& settings = state_->settings;
  double total = 0, present = 0;
  for (const double w : weight) total += w, present += w > 0;
  std::vector<double> prior(weight.size());
  for (std::size_t c = 0; c < weight.size(); ++c) {
    if (weight[c] == 0) continue;
    prior[c] = !settings.class_priors.empty()          ? settings.class_priors[c]
               : settings.prior == BayesPrior::uniform ? 1 / present
                                                       : weight[c] / total;
  }
  return Figure::list(prior);
}

Figure NaiveBayesModel::class_count() const { return Figure::list(state_->counts.classes); }

std::optional<Figure> NaiveBayesModel::gaussian_means() const {
  if (!state_->layout.only_gaussian()) return std::nullopt;
  return table_of_seen(*state_, state_->tables.mean, padded(state_->layout.columns()));
}

std::optional<Figure> NaiveBayesModel::gaussian_variances() const {
  if (!state_->layout.only_gaussian()) return std::nullopt;
  return table_of_seen(*state_, state_->tables.variance, state_->layout.columns());
}

std::optional<Figure> NaiveBayesModel::feature_counts() const {
  const BayesLayout& layout = state_->layout;
  if (only_flags(layout)) return Figure::table(layout.classes, layout.columns(), state_->counts.ones);
  if (only_counts(layout)) return Figure::table(layout.classes, layout.columns(), state_->counts.sums);
  return std::nullopt;
}

std::optional<Figure> NaiveBayesModel::feature_log_prob() const {
  const BayesLayout& layout = state_->layout;
  const bool flags = only_flags(layout);
  if (!flags && !only_counts(layout)) return std::nullopt;
  const std::size_t classes = layout.classes, columns = layout.columns();
  const double alpha = state_->settings.alpha;
  std::vector<double> values(classes * columns);
  for (std::size_t c = 0; c < classes; ++c) {
    for (std::size_t j = 0; j < columns; ++j) {
      const std::size_t at = c * columns + j;
      // The tables hold nothing of a flag in a class without a row; the smoothed share is what it would be.
      values[at] = flags ? std::log(state_->counts.ones[at] + alpha) -
                               std::log(state_->counts.observed[at] + 2 * alpha)
                         : state_->tables.log_word[j * classes + c];
    }
  }
  return Figure::table(classes, columns, values);
}

std::optional<Figure> NaiveBayesModel::variance_floor() const {
  if (!state_->layout.only_gaussian()) return std::nullopt;
  return Figure::number(state_->tables.variance_floor);
}

std::optional<Figure> NaiveBayesModel::levels() const {
  const BayesLayout& layout = state_->layout;
  if (!only_categories(layout)) return std::nullopt;
  std::vector<double> levels;
  for (std::size_t k = 0; k < layout.columns(); ++k) {
    levels.push_back(static_cast<double>(layout.level_start[k + 1] - layout.level_start[k]));
  }
  return Figure::list(levels);
}

std::optional<Figure> NaiveBayesModel::level_weights() const {
  const BayesLayout& layout = state_->layout;
  if (!only_categories(layout)) return std::nullopt;
  return Figure::table(layout.classes, layout.levels(), state_->counts.levels);
}

std::optional<Figure> NaiveBayesModel::level_log_prob() const {
  const BayesLayout& layout = state_->layout;
  if (!only_categories(layout)) return std::nullopt;
  const std::size_t classes = layout.classes, levels = layout.levels();
  std::vector<double> values(classes * levels);
  for (std::size_t c = 0; c < classes; ++c) {
    for (std::size_t l = 0; l < levels; ++l) {
      values[c * levels + l] = state_->tables.log_level[l * classes + c];
    }
  }
  return Figure::table(classes, levels, values);
}

}  // namespace everyml
