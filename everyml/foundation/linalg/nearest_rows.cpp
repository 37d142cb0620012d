#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/linalg/distances.h"
#include "everyml/foundation/linalg/distances_exact_impl.h"
#include "everyml/foundation/linalg/distances_kernel_impl.h"

namespace everyml {

using namespace distances_detail;  // NOLINT: the kernels of this very header

namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// Makes the sums of differences, which must be small, scores as the others are.
constexpr auto kMinusOnes = [] {
  std::array<float, kMostBlockRows> values{};
  values.fill(-1.0F);
  return values;
}();

float rounded_up(double value) { return static_cast<float>(value * (1 + 0x1p-22)); }

/// Sparse rows made dense; dense ones as they are.
Features made_dense(Features x) {
  if (x.storage() != Features::Storage::sparse32) return x;
  auto values = Buffer<float>::uninitialized(x.rows() * x.columns());
  std::vector<float> scratch;
  for (std::size_t i = 0; i < x.rows(); ++i) {
    std::copy_n(x.tile32(i, i + 1, scratch), x.columns(), values.data() + i * x.columns());
  }
  return Features::dense(std::move(values), x.rows(), x.columns());
}

struct Found {
  double rank;
  std::int64_t row;
  bool operator<(const Found& other) const {
    return rank != other.rank ? rank < other.rank : row < other.row;
  }
};

}  // namespace

NearestRows::NearestRows(Features rows, Metric metric, const Context& context)
    : rows_(made_dense(std::move(rows))), metric_(metric), shift_(rows_.columns(), 0.0F) {
  require_measurable(rows_, "training rows");
  const std::size_t n = rows_.rows(), columns = rows_.columns(), block = block_rows();
  // Blocks of columns sums joined in order: the shift is the same at any number of threads.
  constexpr std::size_t kGrain = 4096;
  if (metric == Metric::euclidean) {
    const auto sums = parallel_reduce<std::vector<double>>(
        context, n, kGrain,
        [&](std::size_t begin, std::size_t end) {
          std::vector<double> part(columns, 0.0), scratch;
          for (std::size_t i = begin; i < end; ++i) {
            const double* x = rows_.tile64(i, i + 1, scratch);
            for (std::size_t j = 0; j < columns; ++j) part[j] += x[j];
          }
          return part;
        },
        [](std::vector<double>& into, std::vector<double>&& part) {
          for (std::size_t j = 0; j < into.size(); ++j) into[j] += part[j];
        });
    for (std::size_t j = 0; j < columns; ++j) {
      shift_[j] = static_cast<float>(sums[j] / static_cast<double>(n));
      if (!std::isfinite(shift_[j])) shift_[j] = 0;
    }
  }
  if (metric != Metric::manhattan) lane_ = Buffer<float>((n + block - 1) / block * block);
  longest_.assign((n + block - 1) / block, 0.0F);
  parallel_for(
      context, longest_.size(), std::max<std::size_t>(1, kGrain / block), [&](std::size_t b, std::size_t e) {
        std::vector<double> scratch;
        for (std::size_t i = b * block; i < std::min(n, e * block); ++i) {
          const double* x = rows_.tile64(i, i + 1, scratch);
          double squared = 0, absolute = 0;
          for (std::size_t j = 0; j < columns; ++j) {
            const double value = x[j] - static_cast<double>(shift_[j]);
            squared += value * value;
            absolute += std::abs(value);
          }
          const double length = metric_ == Metric::manhattan ? absolute : std::sqrt(squared);
          float& longest = longest_[i / block];
          longest = std::max(longest, rounded_up(length));
          if (metric_ == Metric::euclidean) lane_[i] = static_cast<float>(0.5 * squared);
          if (metric_ == Metric::cosine) {
            // Lengths that float32 cannot hold make a score that is not a number: such rows are decided
            // exactly.
            const bool held = length > 1e-15 && length < 1e15;
            lane_[i] = squared == 0 && absolute == 0 ? 0.0F : held ? static_cast<float>(1.0 / length) : kNaN;
          }
        }
      });
}

/// One search of some queries among some rows: candidates by float32 score, then the exact answer.
class NearestRowsSearch {
 public:
  NearestRowsSearch(const NearestRows& index, const Features& queries, std::size_t first_query,
                    std::size_t count, std::size_t k)
      : index_(index),
        columns_(queries.columns()),
        count_(count),
        k_(k),
        capacity_(4 * k + 4 * kMostBlockRows),
        panels_((count + kPanel - 1) / kPanel * kPanel * columns_),
        slopes_(count),
        widest_(count, 0.0F),
        items_(count * capacity_),
        reservoirs_(count) {
    wide_ = queries.storage() == Features::Storage::dense64;
    if (wide_) {
      q64_ = queries.tile64(first_query, first_query + count, scratch64_);
    } else {
      q32_ = queries.tile32(first_query, first_query + count, scratch32_);
    }
    for (std::size_t q = 0; q < count; ++q) {
      prepare(q);
      reservoirs_[q] = {.items = items_.data() + q * capacity_,
                        .size = 0,
                        .capacity = static_cast<std::uint32_t>(capacity_),
                        .limit = kInfinity};
    }
  }

  void scan(std::size_t begin_block, std::size_t end_block, const Context& context);
  /// The exact k nearest of the scanned rows for query q, best first; fewer when fewer were scanned.
  std::vector<Found> answer(std::size_t q);

 private:
  void prepare(std::size_t q);
  void shrink(std::size_t q);
  void keep_exact_best(std::size_t q);
  double exact(std::size_t q, std::uint32_t row) const;
  /// Bound on the error of a score of query q against rows no longer than `longest`.
  float error(std::size_t q, float longest) const {
    const float length = slopes_[q];
    const float relative = relative_;
    if (index_.metric_ == Metric::manhattan) return relative * (length + longest) + floor_;
    if (index_.metric_ == Metric::cosine) return 1.5F * relative + floor_;
    const float both = length + longest;
    return relative * (0.5F * longest * longest + length * longest) + square_ * both * both + floor_;
  }

  const NearestRows& index_;
  const std::size_t columns_, count_, k_, capacity_;
  bool wide_ = false;
  const double* q64_ = nullptr;
  const float* q32_ = nullptr;
  std::vector<double> scratch64_;
  std::vector<float> scratch32_;
  std::vector<float> panels_;
  std::vector<float> slopes_;  ///< length of each query
  std::vector<float> widest_;  ///< largest error bound met by each query
  std::vector<Candidate> items_;
  std::vector<Reservoir> reservoirs_;
  const float relative_ = rounded_up(kernel_error(columns_));
  const float square_ = rounded_up(definition_error(columns_, 1.0));
  const float floor_ = rounded_up(kernel_floor(columns_)) + 0x1p-140F;
};

void NearestRowsSearch::prepare(std::size_t q) {
  double squared = 0, absolute = 0;
  const auto value_at = [&](std::size_t j) {
    const double value = wide_ ? q64_[q * columns_ + j] : static_cast<double>(q32_[q * columns_ + j]);
    return value - static_cast<double>(index_.shift_[j]);
  };
  for (std::size_t j = 0; j < columns_; ++j) {
    const double value = value_at(j);
    squared += value * value;
    absolute += std::abs(value);
  }
  const double length = std::sqrt(squared);
  const bool unit = index_.metric_ == Metric::cosine && length > 0;
  float* panel = panels_.data() + q / kPanel * columns_ * kPanel + q % kPanel;
  for (std::size_t j = 0; j < columns_; ++j) {
    panel[j * kPanel] = static_cast<float>(unit ? value_at(j) / length : value_at(j));
  }
  slopes_[q] = rounded_up(index_.metric_ == Metric::manhattan ? absolute : length);
}

double NearestRowsSearch::exact(std::size_t q, std::uint32_t row) const {
  const Features& rows = index_.rows_;
  const auto against = [&](const auto* query) {
    if (const double* x = rows.dense64()) {
      return exact_rank(index_.metric_, query, x + std::size_t{row} * rows.stride(), columns_);
    }
    return exact_rank(index_.metric_, query, rows.dense32() + std::size_t{row} * rows.stride(), columns_);
  };
  return wide_ ? against(q64_ + q * columns_) : against(q32_ + q * columns_);
}

void NearestRowsSearch::keep_exact_best(std::size_t q) {
  Reservoir& kept = reservoirs_[q];
  std::vector<std::pair<Found, Candidate>> ranked;
  ranked.reserve(kept.size);
  for (std::uint32_t i = 0; i < kept.size; ++i) {
    ranked.push_back({{exact(q, kept.items[i].row), kept.items[i].row}, kept.items[i]});
  }
  const std::size_t k = std::min<std::size_t>(k_, ranked.size());
  std::partial_sort(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(k), ranked.end(),
                    [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t i = 0; i < k; ++i) kept.items[i] = ranked[i].second;
  kept.size = static_cast<std::uint32_t>(k);
}

// Scores carry the bound of their block on top, so the k-th smallest score is above the k-th smallest
// distance; what lies above it by more than two bounds cannot be among the nearest.
void NearestRowsSearch::shrink(std::size_t q) {
  Reservoir& kept = reservoirs_[q];
  if (kept.size > k_) {
    Candidate* end = kept.items + kept.size;
    const auto order = [](const Candidate& a, const Candidate& b) {
      // Scores that are not numbers come last and stay.
      const bool a_nan = std::isnan(a.score), b_nan = std::isnan(b.score);
      return a_nan || b_nan ? !a_nan && b_nan : a.score < b.score;
    };
    std::nth_element(kept.items, kept.items + k_ - 1, end, order);
    const float kth = kept.items[k_ - 1].score;
    if (kth < kept.limit) kept.limit = kth;
    const float bound = kept.limit + 2.02F * widest_[q];
    end = std::partition(kept.items, end, [bound](const Candidate& c) { return !(c.score > bound); });
    kept.size = static_cast<std::uint32_t>(end - kept.items);
  }
  // Many equals: settle them now, so that memory stays bounded whatever the data.
  if (kept.size + 2 * kMostBlockRows > kept.capacity) keep_exact_best(q);
}

void NearestRowsSearch::scan(std::size_t begin_block, std::size_t end_block, const Context& context) {
  const std::size_t block = block_rows(), stride = block_stride(), n = index_.rows_.rows();
  const Product product = index_.metric_ == Metric::manhattan ? Product::difference : Product::dot;
  Buffer<float> packed_buffer(columns_ * stride + stride);
  float* packed = packed_buffer.data();
  const Features& rows = index_.rows_;
  for (std::size_t b = begin_block; b < end_block; ++b) {
    if ((b - begin_block) % 256 == 255) context.check();
    const std::size_t first = b * block, lanes = std::min(block, n - first);
    if (const double* x = rows.dense64()) {
      pack(RowsAt<double>{.values = x + first * rows.stride(), .stride = rows.stride(), .count = lanes},
           columns_, index_.shift_.data(), packed, packed + columns_ * stride);
    } else {
      pack(
          RowsAt<float>{
              .values = rows.dense32() + first * rows.stride(), .stride = rows.stride(), .count = lanes},
          columns_, index_.shift_.data(), packed, packed + columns_ * stride);
    }
    Scoring scoring{.lanes = lanes, .first_row = static_cast<std::uint32_t>(first)};
    if (index_.metric_ == Metric::euclidean) scoring.offset = index_.lane_.data() + first;
    if (index_.metric_ == Metric::cosine) scoring.scale = index_.lane_.data() + first;
    if (index_.metric_ == Metric::manhattan) scoring.scale = kMinusOnes.data();
    for (std::size_t p = 0; p < count_; p += kPanel) {
      const std::size_t used = std::min(kPanel, count_ - p);
      Asked asked[kPanel];
      for (std::size_t c = 0; c < used; ++c) {
        const float bound = error(p + c, index_.longest_[b]);
        widest_[p + c] = std::max(widest_[p + c], bound);
        asked[c] = {.reservoir = &reservoirs_[p + c], .bias = bound, .slack = 2.02F * bound};
      }
      scan_panel(product, packed, columns_, panels_.data() + p * columns_, used, scoring, asked);
      for (std::size_t q = p; q < p + used; ++q) {
        if (reservoirs_[q].size + kMostBlockRows > reservoirs_[q].capacity) shrink(q);
      }
    }
  }
}

std::vector<Found> NearestRowsSearch::answer(std::size_t q) {
  shrink(q);
  const Reservoir& kept = reservoirs_[q];
  std::vector<Found> found(kept.size);
  for (std::uint32_t i = 0; i < kept.size; ++i) found[i] = {exact(q, kept.items[i].row), kept.items[i].row};
  std::sort(found.begin(), found.end());
  if (found.size() > k_) found.resize(k_);
  return found;
}

void NearestRows::search(const Features& queries, std::size_t k, std::span<std::int64_t> found,
                         std::span<double> distances, const Context& context) const {
  if (queries.columns() != rows_.columns()) {
    throw DataError("data.feature_count",
                    fmt::format("nearest neighbours: the rows have {} features, the queries {}",
                                rows_.columns(), queries.columns()));
  }
  if (k < 1 || k > rows_.rows()) {
    throw ParameterError(
        "parameter.neighbors",
        fmt::format("nearest neighbours: between 1 and {} rows can be asked for, got {}", rows_.rows(), k));
  }
  require_measurable(queries, "rows asked about");
  const auto write = [&](std::size_t query, std::span<const Found> nearest) {
    for (std::size_t i = 0; i < k; ++i) {
      found[query * k + i] = nearest[i].row;
      distances[query * k + i] = finished(metric_, nearest[i].rank);
    }
  };
  // The answer is exact, so any cut of the work gives the same bits. Many queries: each task packs all rows
  // for a few hundred of them. Few queries: the rows are cut and the exact parts merged.
  constexpr std::size_t kQueries = 256, kFew = 128, kRows = 16384;
  const std::size_t blocks = longest_.size();
  if (queries.rows() > kFew) {
    parallel_for(context, queries.rows(), kQueries, [&](std::size_t begin, std::size_t end) {
      NearestRowsSearch task(*this, queries, begin, end - begin, k);
      task.scan(0, blocks, context);
      for (std::size_t q = begin; q < end; ++q) write(q, task.answer(q - begin));
    });
    return;
  }
  if (queries.rows() == 0) return;
  const std::size_t grain = std::max<std::size_t>(1, kRows / block_rows()),
                    parts = (blocks + grain - 1) / grain;
  std::vector<std::vector<Found>> part_found(parts * queries.rows());
  parallel_for(context, blocks, grain, [&](std::size_t begin, std::size_t end) {
    NearestRowsSearch task(*this, queries, 0, queries.rows(), k);
    task.scan(begin, end, context);
    for (std::size_t q = 0; q < queries.rows(); ++q)
      part_found[begin / grain * queries.rows() + q] = task.answer(q);
  });
  for (std::size_t q = 0; q < queries.rows(); ++q) {
    std::vector<Found> all;
    for (std::size_t p = 0; p < parts; ++p) {
      const auto& part = part_found[p * queries.rows() + q];
      all.insert(all.end(), part.begin(), part.end());
    }
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(k), all.end());
    write(q, all);
  }
}

}  // namespace everyml
