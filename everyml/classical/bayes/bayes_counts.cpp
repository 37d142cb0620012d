#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "everyml/classical/bayes/bayes_state_impl.h"
#include "everyml/classical/bayes/gaussian_kernels_impl.h"
#include "everyml/classical/bayes/padded_rows_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/base/text.h"

namespace everyml {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// Rows per chunk. Chunks are few enough that their statistics together stay below the data itself.
std::size_t rows_per_chunk(const Dataset& data, const BayesLayout& layout) {
  const auto sparse = data.features.sparse32();
  const std::size_t cells =
      sparse.row_starts.empty() ? data.rows() * data.columns() : sparse.values.size() + data.rows();
  const std::size_t state = layout.classes * layout.width();
  const std::size_t chunks = std::clamp<std::size_t>(cells / (4 * state), 1, 64);
  return std::max<std::size_t>((data.rows() + chunks - 1) / chunks, 512);
}

struct Chunk {
  const Dataset& data;
  std::span<const std::int32_t> codes;
  const BayesLayout& layout;
  std::size_t begin, end;

  const double* weights() const { return data.weights.empty() ? nullptr : data.weights.data(); }
};

[[noreturn]] void refuse_infinite(const Dataset& data) {
  data.validate(NaiveBayes::name, {.missing_allowed = true});
  throw DataError("data.infinite", "naive-bayes: features must be finite numbers");
}

/// Moments about each class's first row of the chunk. That row is one of those summed, so the squared
/// deviations cannot be smaller than its own: cancellation costs at most a factor of the number of rows in
/// rounding.
bool fast_moments(const Chunk& chunk, BayesCounts& counts) {
  const BayesLayout& layout = chunk.layout;
  const std::size_t columns = layout.gaussian.size(), pad = padded(columns);
  std::vector<double> shift(layout.classes * pad), sum(layout.classes * pad), square(layout.classes * pad),
      scratch;
  std::vector<bool> met(layout.classes);
  std::size_t left = layout.classes;
  for (std::size_t row = chunk.begin; row < chunk.end && left > 0; ++row) {
    const auto c = static_cast<std::size_t>(chunk.codes[row]);
    if (met[c] || chunk.data.weight(row) == 0) continue;
    met[c] = true;
    --left;
    const double* values = chunk.data.features.tile64(row, row + 1, scratch);
    for (std::size_t k = 0; k < columns; ++k) shift[c * pad + k] = values[layout.gaussian[k]];
  }
  gaussian_rows(chunk.data.features, layout, chunk.begin, chunk.end,
                [&](const auto* rows, std::size_t n, std::size_t stride, std::size_t first) {
                  const double* weights = chunk.weights();
                  add_moments(rows, n, columns, stride, chunk.codes.data() + first,
                              weights == nullptr ? nullptr : weights + first, shift.data(), sum.data(),
                              square.data());
                });
  for (std::size_t c = 0; c < layout.classes; ++c) {
    const double weight = counts.classes[c];
    if (weight == 0) continue;
    for (std::size_t k = 0; k < columns; ++k) {
      const double s = sum[c * pad + k], q = square[c * pad + k];
      if (!std::isfinite(s) || !std::isfinite(q)) return false;
      const std::size_t at = c * columns + k;
      counts.seen[at] = weight;
      counts.mean[at] = shift[c * pad + k] + s / weight;
      counts.squares[at] = std::max(0.0, q - s * (s / weight));
    }
  }
  return true;
}

/// The same cell by cell, passing over missing ones.
void careful_moments(const Chunk& chunk, BayesCounts& counts) {
  const std::size_t columns = chunk.layout.gaussian.size();
  std::vector<double> shift(counts.seen.size(), kMissing), sum(counts.seen.size()),
      square(counts.seen.size());
  std::fill(counts.seen.begin(), counts.seen.end(), 0.0);
  bool infinite = false;
  gathered_rows(chunk.data.features, chunk.layout.gaussian, chunk.begin, chunk.end,
                [&](const double* rows, std::size_t n, std::size_t stride, std::size_t first) {
                  for (std::size_t r = 0; r < n; ++r, rows += stride) {
                    const double weight = chunk.data.weight(first + r);
                    if (weight == 0) continue;
                    const std::size_t at = static_cast<std::size_t>(chunk.codes[first + r]) * columns;
                    for (std::size_t k = 0; k < columns; ++k) {
                      const double x = rows[k];
                      double& origin = shift[at + k];
                      origin = std::isnan(origin) ? x : origin;
                      const double deviation = x - origin;
                      const bool present = !std::isnan(x);
                      infinite |= std::isinf(x);
                      counts.seen[at + k] += present ? weight : 0.0;
                      sum[at + k] += present ? weight * deviation : 0.0;
                      square[at + k] += present ? weight * deviation * deviation : 0.0;
                    }
                  }
                });
  if (infinite) refuse_infinite(chunk.data);
  for (std::size_t at = 0; at < sum.size(); ++at) {
    const double weight = counts.seen[at];
    counts.mean[at] = weight == 0 ? 0.0 : shift[at] + sum[at] / weight;
    counts.squares[at] = weight == 0 ? 0.0 : square[at] - sum[at] * (sum[at] / weight);
    // A difference that rounds below zero is zero; what left the range of doubles must stay visible.
    if (counts.squares[at] < 0) counts.squares[at] = 0.0;
  }
}

/// Flags, categories and counts of one row.
struct CellCounter {
  const Chunk& chunk;
  BayesCounts& counts;
  bool infinite = false;

  void add(std::size_t row, std::size_t column, double x, double weight, std::size_t c) {
    const BayesLayout& layout = chunk.layout;
    if (!std::isfinite(x)) {
      infinite |= std::isinf(x);
      return;
    }
    const std::size_t place = layout.place[column];
    switch (layout.column[column]) {
      case BayesColumn::gaussian:
        break;
      case BayesColumn::bernoulli: {
        const std::size_t at = c * layout.bernoulli.size() + place;
        counts.observed[at] += weight;
        if (x > 0) counts.ones[at] += weight;
        break;
      }
      case BayesColumn::categorical: {
        const std::size_t first = layout.level_start[place], levels = layout.level_start[place + 1] - first;
        if (!(x >= 0) || x >= static_cast<double>(levels) || x != std::floor(x)) {
          throw DataError(
              "data.category_code",
              fmt::format("naive-bayes: category \"{}\" has the code {} in row {}; with {} levels codes are "
                          "whole numbers from 0 to {}",
                          printable(chunk.data.feature_name(column)), format_number(x), row, levels,
                          levels - 1));
        }
        counts.levels[c * layout.levels() + first + static_cast<std::size_t>(x)] += weight;
        break;
      }
      case BayesColumn::counts:
        if (x < 0) {
          throw DataError(
              "data.negative_count",
              fmt::format("naive-bayes: feature \"{}\" is {} in row {}; counts must be at least 0",
                          printable(chunk.data.feature_name(column)), format_number(x), row));
        }
        counts.sums[c * layout.counts.size() + place] += weight * x;
        break;
    }
  }

  void add_dense() {
    std::vector<double> scratch;
    std::vector<std::size_t> columns;
    for (std::size_t j = 0; j < chunk.layout.columns(); ++j) {
      if (chunk.layout.column[j] != BayesColumn::gaussian) columns.push_back(j);
    }
    for (std::size_t row = chunk.begin; row < chunk.end; ++row) {
      const double weight = chunk.data.weight(row);
      if (weight == 0) continue;
      const double* values = chunk.data.features.tile64(row, row + 1, scratch);
      const auto c = static_cast<std::size_t>(chunk.codes[row]);
      for (const std::size_t j : columns) add(row, j, values[j], weight, c);
    }
  }

  /// Cells that are not stored are 0: they add nothing to a sum, and a flag there is observed and not set.
  void add_sparse(const Features::SparseView& view) {
    const std::size_t flags = chunk.layout.bernoulli.size();
    for (std::size_t c = 0; c < chunk.layout.classes; ++c) {
      std::fill_n(counts.observed.begin() + static_cast<std::ptrdiff_t>(c * flags), flags, counts.classes[c]);
    }
    for (std::size_t row = chunk.begin; row < chunk.end; ++row) {
      const double weight = chunk.data.weight(row);
      if (weight == 0) continue;
      const auto c = static_cast<std::size_t>(chunk.codes[row]);
      for (std::uint64_t i = view.row_starts[row]; i < view.row_starts[row + 1]; ++i) {
        const std::size_t column = view.columns[i];
        const auto x = static_cast<double>(view.values[i]);
        if (chunk.layout.column[column] != BayesColumn::bernoulli) {
          add(row, column, x, weight, c);
          continue;
        }
        const std::size_t at = c * flags + chunk.layout.place[column];
        infinite |= std::isinf(x);
        if (std::isnan(x))
          counts.observed[at] = std::max(0.0, counts.observed[at] - weight);
        else if (x > 0)
          counts.ones[at] += weight;
      }
    }
    // Weights subtracted from their own sum may leave less than what was set, by rounding alone.
    for (std::size_t at = 0; at < counts.ones.size(); ++at) {
      counts.observed[at] = std::max(counts.observed[at], counts.ones[at]);
    }
  }
};

BayesCounts count_chunk(const Chunk& chunk) {
  const BayesLayout& layout = chunk.layout;
  BayesCounts counts = empty_counts(layout);
  for (std::size_t row = chunk.begin; row < chunk.end; ++row) {
    counts.classes[static_cast<std::size_t>(chunk.codes[row])] += chunk.data.weight(row);
  }
  if (!layout.gaussian.empty() && !fast_moments(chunk, counts)) careful_moments(chunk, counts);
  if (!layout.only_gaussian()) {
    CellCounter cells{chunk, counts};
    const auto sparse = chunk.data.features.sparse32();
    if (!sparse.row_starts.empty() && layout.sparse_friendly())
      cells.add_sparse(sparse);
    else
      cells.add_dense();
    if (cells.infinite) refuse_infinite(chunk.data);
  }
  return counts;
}

void add_to(std::vector<double>& into, const std::vector<double>& part) {
  for (std::size_t i = 0; i < into.size(); ++i) into[i] += part[i];
}

}  // namespace

BayesCounts empty_counts(const BayesLayout& layout) {
  const std::size_t c = layout.classes, g = c * layout.gaussian.size(), b = c * layout.bernoulli.size();
  using Zeros = std::vector<double>;
  return {Zeros(c),
          Zeros(g),
          Zeros(g),
          Zeros(g),
          Zeros(b),
          Zeros(b),
          Zeros(c * layout.levels()),
          Zeros(c * layout.counts.size())};
}

void join_counts(BayesCounts& into, const BayesCounts& part) {
  add_to(into.classes, part.classes);
  for (std::size_t i = 0; i < into.seen.size(); ++i) {
    const double a = into.seen[i], b = part.seen[i], both = a + b;
    if (b == 0) continue;
    const double delta = part.mean[i] - into.mean[i];
    into.mean[i] = a == 0 ? part.mean[i] : into.mean[i] + delta * (b / both);
    into.squares[i] =
        a == 0 ? part.squares[i] : into.squares[i] + part.squares[i] + delta * delta * (a * (b / both));
    into.seen[i] = both;
  }
  add_to(into.observed, part.observed);
  add_to(into.ones, part.ones);
  add_to(into.levels, part.levels);
  add_to(into.sums, part.sums);
}

BayesCounts count_rows(const Dataset& data, std::span<const std::int32_t> codes, const BayesLayout& layout,
                       const Context& context) {
  return parallel_reduce<BayesCounts>(
      context, data.rows(), rows_per_chunk(data, layout),
      [&](std::size_t begin, std::size_t end) { return count_chunk({data, codes, layout, begin, end}); },
      [](BayesCounts& into, BayesCounts&& part) { join_counts(into, part); });
}

}  // namespace everyml
