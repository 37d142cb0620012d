#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "everyml/classical/bayes/bayes_predict_impl.h"
#include "everyml/classical/bayes/gaussian_kernels_impl.h"
#include "everyml/classical/bayes/padded_rows_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/base/text.h"

namespace everyml {
namespace {

[[noreturn]] void refuse(const BayesState& state, std::string_view code, std::size_t row, std::size_t column,
                         double x, std::string_view needed) {
  throw DataError(code, fmt::format("naive-bayes: feature \"{}\" is {} in row {}; {}",
                                    printable(state.feature_name(column)), format_number(x), row, needed));
}

/// Adds to score[c] what a flag, category or count cell says. False when the cell is no finite number: the
/// row then needs the careful way.
template <class Real>
bool add_cell(const BayesState& state, std::size_t row, std::size_t column, double x, Real* score) {
  if (!std::isfinite(x)) return false;
  const BayesLayout& layout = state.layout;
  const std::size_t classes = layout.classes, place = layout.place[column];
  const double* step = nullptr;
  Real times = 1;
  switch (layout.column[column]) {
    case BayesColumn::gaussian:
      return true;
    case BayesColumn::bernoulli:
      if (!(x > 0)) return true;
      step = state.tables.log_step.data() + place * classes;
      break;
    case BayesColumn::categorical: {
      const std::size_t first = layout.level_start[place];
      const auto levels = static_cast<double>(layout.level_start[place + 1] - first);
      if (!(x >= 0) || x >= levels || x != std::floor(x)) return true;  // a level not seen says nothing
      step = state.tables.log_level.data() + (first + static_cast<std::size_t>(x)) * classes;
      break;
    }
    case BayesColumn::counts:
      if (x < 0) refuse(state, "data.negative_count", row, column, x, "counts must be at least 0");
      step = state.tables.log_word.data() + place * classes;
      times = static_cast<Real>(x);
      break;
  }
  for (std::size_t c = 0; c < classes; ++c) score[c] += times * static_cast<Real>(step[c]);
  return true;
}

/// Log-sum-exp in place. False when no score is finite or one is NaN.
template <class Real>
bool softmax(Real* score, std::size_t classes) {
  Real top = -std::numeric_limits<Real>::infinity();
  for (std::size_t c = 0; c < classes; ++c) {
    if (std::isnan(score[c])) return false;
    top = std::max(top, score[c]);
  }
  if (!std::isfinite(top)) return false;
  if (classes == 2) {
    // One exponential instead of two; the other one is that of 0.
    const bool first = score[0] >= score[1];
    const Real other = std::exp(first ? score[1] - score[0] : score[0] - score[1]);
    score[first ? 0 : 1] = 1 / (1 + other);
    score[first ? 1 : 0] = other / (1 + other);
    return true;
  }
  Real sum = 0;
  for (std::size_t c = 0; c < classes; ++c) sum += score[c] = std::exp(score[c] - top);
  for (std::size_t c = 0; c < classes; ++c) score[c] /= sum;
  return true;
}

/// What is asked of a row: its log joint scores as they are, or the probabilities that follow from them.
enum class Answer : std::uint8_t { probabilities, log_joint };

/// Turns log joint scores into the answer in place. False when they do not allow one.
template <class Real>
bool finish(Answer answer, Real* score, std::size_t classes) {
  if (answer == Answer::probabilities) return softmax(score, classes);
  return std::none_of(score, score + classes, [](Real value) { return std::isnan(value); });
}

/// One row cell by cell; missing cells are passed over.
template <class Real>
bool careful_row(const BayesState& state, const double* x, std::size_t row, Answer answer,
                 std::vector<Real>& score) {
  const BayesLayout& layout = state.layout;
  const BayesTables& tables = state.tables;
  const std::size_t classes = layout.classes, pad = padded(layout.gaussian.size());
  score.assign(tables.base.begin(), tables.base.end());
  for (std::size_t j = 0; j < layout.columns(); ++j) {
    if (std::isinf(x[j])) refuse(state, "data.infinite", row, j, x[j], "features must be finite numbers");
    const bool missing = std::isnan(x[j]);
    const std::size_t place = layout.place[j];
    if (layout.column[j] == BayesColumn::gaussian) {
      for (std::size_t c = 0; c < classes; ++c) {
        const std::size_t at = c * pad + place;
        const Real deviation = static_cast<Real>(x[j]) - static_cast<Real>(tables.mean[at]);
        score[c] -= missing ? static_cast<Real>(tables.log_scale[at])
                            : deviation * deviation * static_cast<Real>(tables.half_precision[at]);
      }
    } else if (!missing) {
      add_cell(state, row, j, x[j], score.data());
    } else if (layout.column[j] == BayesColumn::bernoulli) {
      for (std::size_t c = 0; c < classes; ++c)
        score[c] -= static_cast<Real>(tables.log_zero[place * classes + c]);
    }
  }
  return finish(answer, score.data(), classes);
}

/// A row with a missing cell, or so far from every class that its likelihoods leave the range of doubles;
/// those of long double hold any finite row.
void rescue_row(const BayesState& state, const Features& x, std::size_t row, Answer answer, double* out) {
  std::vector<double> scratch, score;
  const double* values = x.tile64(row, row + 1, scratch);
  if (careful_row(state, values, row, answer, score)) {
    std::copy(score.begin(), score.end(), out);
    return;
  }
  std::vector<long double> wide;
  if (!careful_row(state, values, row, answer, wide)) {
    throw DataError("data.spread",
                    fmt::format("naive-bayes: row {} is too far from every class to be told apart", row));
  }
  std::transform(wide.begin(), wide.end(), out, [](long double p) { return static_cast<double>(p); });
}

class RowScorer {
 public:
  RowScorer(const BayesState& state, const Features& x, Answer answer, std::span<double> out)
      : state_(state), x_(x), answer_(answer), out_(out) {
    for (std::size_t j = 0; j < state.layout.columns(); ++j) {
      if (state.layout.column[j] != BayesColumn::gaussian) discrete_.push_back(j);
    }
  }

  void score(std::size_t begin, std::size_t end) const {
    const BayesTables& tables = state_.tables;
    const std::size_t classes = state_.layout.classes;
    for (std::size_t row = begin; row < end; ++row)
      std::copy(tables.base.begin(), tables.base.end(), at(row));
    if (!state_.layout.gaussian.empty()) {
      gaussian_rows(x_, state_.layout, begin, end,
                    [&](const auto* rows, std::size_t n, std::size_t stride, std::size_t first) {
                      subtract_distances(rows, n, state_.layout.gaussian.size(), stride, classes,
                                         tables.mean.data(), tables.half_precision.data(), at(first));
                    });
    }
    std::vector<double> scratch;
    for (std::size_t row = begin; row < end; ++row) {
      const bool plain = discrete_.empty() || add_discrete(row, scratch);
      if (!plain || !finish(answer_, at(row), classes)) rescue_row(state_, x_, row, answer_, at(row));
    }
  }

 private:
  double* at(std::size_t row) const { return out_.data() + row * state_.layout.classes; }

  bool add_discrete(std::size_t row, std::vector<double>& scratch) const {
    const auto sparse = x_.sparse32();
    bool plain = true;
    if (!sparse.row_starts.empty() && state_.layout.sparse_friendly()) {
      for (std::uint64_t i = sparse.row_starts[row]; i < sparse.row_starts[row + 1]; ++i) {
        plain &= add_cell(state_, row, sparse.columns[i], static_cast<double>(sparse.values[i]), at(row));
      }
      return plain;
    }
    const double* values = x_.tile64(row, row + 1, scratch);
    for (const std::size_t j : discrete_) plain &= add_cell(state_, row, j, values[j], at(row));
    return plain;
  }

  const BayesState& state_;
  const Features& x_;
  Answer answer_;
  std::span<double> out_;
  std::vector<std::size_t> discrete_;
};

void answer_rows(const BayesState& state, const Features& x, Answer answer, std::span<double> out,
                 const Context& context) {
  const RowScorer scorer(state, x, answer, out);
  const std::size_t cost = state.layout.classes * state.layout.columns() + 1;
  const std::size_t grain = std::clamp<std::size_t>((std::size_t{1} << 20) / cost, 16, 8192);
  parallel_for(context, x.rows(), grain,
               [&](std::size_t begin, std::size_t end) { scorer.score(begin, end); });
}

}  // namespace

void class_probabilities(const BayesState& state, const Features& x, std::span<double> out,
                         const Context& context) {
  answer_rows(state, x, Answer::probabilities, out, context);
}

void log_joint(const BayesState& state, const Features& x, std::span<double> out, const Context& context) {
  answer_rows(state, x, Answer::log_joint, out, context);
}

}  // namespace everyml
