#include "everyml/classical/trees/binned.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <numeric>
#include <string>
#include <utility>

#include "everyml/classical/trees/binned_bundles_impl.h"
#include "everyml/classical/trees/binned_impl.h"
#include "everyml/foundation/base/memory.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {

using binned_detail::ByColumn;
using binned_detail::CategoryCount;
using binned_detail::CodeArrays;
using binned_detail::ColumnCoder;
using binned_detail::WeightedValue;

struct BinnedFeatures::State {
  std::size_t rows = 0;
  std::vector<FeatureBins> bins;
  std::vector<Place> places;  ///< [columns]; empty: each column has the array of its number
  CodeArrays arrays;

  bool wide(std::size_t column) const { return bins[column].bins > 255; }
  /// Makes room for the codes of all columns, each alone.
  void lay_out() {
    for (const FeatureBins& column : bins) arrays.codes.push_back(column.bins + 1);
    arrays.lay_out(rows);
  }
  /// Of an array.
  template <class Code>
  Code* codes(std::size_t array) {
    return reinterpret_cast<Code*>(arrays.bytes.data() + arrays.start[array]);
  }
  template <class Code>
  const Code* codes(std::size_t array) const {
    return reinterpret_cast<const Code*>(arrays.bytes.data() + arrays.start[array]);
  }
};

namespace {

constexpr std::size_t kRowBlock = 4096, kTileRows = 256, kTileColumns = 32, kSampleColumns = 8;

/// The dense values of either width.
template <class T>
struct DenseView {
  const T* values;
  std::size_t stride;
  const T* at(std::size_t row, std::size_t column) const { return values + row * stride + column; }
};

/// Sorted thresholds of some number columns from the chosen rows.
template <class T>
void bin_dense_columns(const DenseView<T>& x, std::span<const std::size_t> rows,
                       std::span<const double> weights, std::size_t first, std::size_t last,
                       std::size_t max_bins, std::span<FeatureBins> bins) {
  const std::size_t width = last - first, n = rows.size();
  std::vector<T> values(width * n);
  std::vector<std::size_t> sizes(width, 0);
  if (weights.empty()) {
    for (const std::size_t row : rows) {
      const T* cells = x.at(row, first);
      for (std::size_t c = 0; c < width; ++c) {
        values[c * n + sizes[c]] = cells[c];
        sizes[c] += !std::isnan(cells[c]);
      }
    }
    for (std::size_t c = 0; c < width; ++c) {
      if (bins[first + c].category) continue;
      const std::span<T> mine(values.data() + c * n, sizes[c]);
      binned_detail::sort_values(mine);
      binned_detail::fill_from_sorted(std::span<const T>(mine), 0, max_bins, bins[first + c]);
    }
    return;
  }
  std::vector<WeightedValue> pairs;
  for (std::size_t c = first; c < last; ++c) {
    if (bins[c].category) continue;
    pairs.clear();
    for (const std::size_t row : rows) {
      const auto value = static_cast<double>(*x.at(row, c));
      if (!std::isnan(value)) pairs.push_back({value, weights[row]});
    }
    binned_detail::fill_from_weighted(pairs, max_bins, bins[c]);
  }
}

/// Adds up category by category in order of rows.
class CategoryTally {
 public:
  void add(double value, double weight) {
    const std::int32_t category = binned_detail::category_of_value(value);
    if (category < 0) return;
    if (static_cast<std::size_t>(category) < kSmall) {
      if (static_cast<std::size_t>(category) >= small_.size())
        small_.resize(static_cast<std::size_t>(category) + 1, -1.0);
      double& sum = small_[static_cast<std::size_t>(category)];
      sum = (sum < 0 ? 0 : sum) + weight;
    } else {
      large_[category] += weight;
    }
  }
  std::vector<CategoryCount> counts() const {
    std::vector<CategoryCount> all;
    for (std::size_t i = 0; i < small_.size(); ++i)
      if (small_[i] >= 0) all.push_back({static_cast<std::int32_t>(i), small_[i]});
    for (const auto& [category, weight] : large_) all.push_back({category, weight});
    return all;
  }

 private:
  static constexpr std::size_t kSmall = std::size_t{1} << 20;
  std::vector<double> small_;
  std::map<std::int32_t, double> large_;
};

template <class T>
void bin_dense(const DenseView<T>& x, std::size_t row_count, std::span<const std::size_t> sample,
               std::span<const double> weights, std::size_t max_bins, std::span<FeatureBins> bins,
               const Context& context) {
  parallel_for(context, bins.size(), kSampleColumns, [&](std::size_t first, std::size_t last) {
    bin_dense_columns(x, sample, weights, first, last, max_bins, bins);
  });
  parallel_for(context, bins.size(), 1, [&](std::size_t column, std::size_t) {
    if (!bins[column].category) return;
    // Every row counts here: a rare category may not be in the sample.
    CategoryTally tally;
    for (std::size_t row = 0; row < row_count; ++row) {
      const double weight = weights.empty() ? 1.0 : weights[row];
      if (weight > 0) tally.add(static_cast<double>(*x.at(row, column)), weight);
    }
    binned_detail::fill_from_categories(tally.counts(), max_bins, bins[column]);
  });
}

/// One column of a sparse matrix; what is not stored is zero.
void bin_sparse_column(std::span<const float> values, std::span<const std::uint32_t> places,
                       std::span<const std::size_t> rows, std::span<const double> weights, double all_weight,
                       std::size_t max_bins, FeatureBins& bins) {
  const auto weight_of = [&](std::size_t i) { return weights.empty() ? 1.0 : weights[rows[places[i]]]; };
  double stored = 0;
  for (std::size_t i = 0; i < values.size(); ++i) stored += weight_of(i);
  const bool zeros = values.size() < rows.size();
  if (bins.category) {
    CategoryTally tally;
    for (std::size_t i = 0; i < values.size(); ++i) tally.add(static_cast<double>(values[i]), weight_of(i));
    if (zeros) tally.add(0, std::max(0.0, all_weight - stored));
    binned_detail::fill_from_categories(tally.counts(), max_bins, bins);
    return;
  }
  if (weights.empty()) {
    std::vector<float> present;
    for (const float value : values)
      if (!std::isnan(value)) present.push_back(value);
    binned_detail::sort_values(present);
    binned_detail::fill_from_sorted(std::span<const float>(present), rows.size() - values.size(), max_bins,
                                    bins);
    return;
  }
  std::vector<WeightedValue> pairs;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isnan(values[i])) pairs.push_back({static_cast<double>(values[i]), weight_of(i)});
  if (zeros) pairs.push_back({0.0, std::max(0.0, all_weight - stored)});
  binned_detail::fill_from_weighted(pairs, max_bins, bins);
}

void bin_sparse(const ByColumn& entries, std::span<const std::size_t> rows, std::span<const double> weights,
                std::size_t max_bins, std::span<FeatureBins> bins, const Context& context) {
  double all_weight = 0;
  for (const std::size_t row : rows) all_weight += weights.empty() ? 1.0 : weights[row];
  parallel_for(context, bins.size(), 16, [&](std::size_t first, std::size_t last) {
    for (std::size_t c = first; c < last; ++c) {
      const std::size_t from = entries.start[c], count = entries.start[c + 1] - from;
      bin_sparse_column(std::span(entries.value).subspan(from, count),
                        std::span(entries.row).subspan(from, count), rows, weights, all_weight, max_bins,
                        bins[c]);
    }
  });
}

/// Rows of positive weight, or a random part of them.
std::vector<std::size_t> sample_of_rows(std::size_t rows, std::span<const double> weights, std::size_t wanted,
                                        const Context& context) {
  std::vector<std::size_t> all;
  all.reserve(rows);
  for (std::size_t row = 0; row < rows; ++row)
    if (weights.empty() || weights[row] > 0) all.push_back(row);
  if (wanted == 0 || all.size() <= wanted) return all;
  std::vector<std::size_t> chosen = context.random("bins-sample").sample(all.size(), wanted);
  for (std::size_t& row : chosen) row = all[row];
  return chosen;
}

}  // namespace

namespace binned_detail {

/// Codes all rows of all columns. The flags tell which columns met a value that is missing.
template <class State>
class Encoding {
 public:
  Encoding(State& state, const Context& context)
      : state_(state), context_(context), missing_(state.bins.size()) {
    coders_.reserve(state.bins.size());
    for (const FeatureBins& bins : state.bins) coders_.emplace_back(bins);
    state.lay_out();
  }

  template <class T>
  void dense(const DenseView<T>& x) {
    const std::size_t blocks = (state_.rows + kRowBlock - 1) / kRowBlock;
    const std::size_t tiles = (state_.bins.size() + kTileColumns - 1) / kTileColumns;
    parallel_for(context_, blocks * tiles, 1, [&](std::size_t task, std::size_t) {
      const std::size_t first = (task % tiles) * kTileColumns;
      const std::size_t last = std::min(first + kTileColumns, state_.bins.size());
      const std::size_t end = std::min((task / tiles + 1) * kRowBlock, state_.rows);
      for (std::size_t row = task / tiles * kRowBlock; row < end; row += kTileRows)
        for (std::size_t c = first; c < last; ++c)
          encode(x.at(row, c), x.stride, row, std::min(kTileRows, end - row), c);
    });
  }

  void sparse(const Features::SparseView& x) {
    parallel_for(context_, state_.bins.size(), 4, [&](std::size_t first, std::size_t last) {
      const float zero = 0;
      for (std::size_t c = first; c < last; ++c) encode(&zero, 0, 0, state_.rows, c);
    });
    for (auto& flag : missing_) flag.store(0, std::memory_order_relaxed);
    std::vector<std::atomic<std::size_t>> stored(state_.bins.size());
    parallel_for(context_, state_.rows, kRowBlock, [&](std::size_t begin, std::size_t end) {
      for (std::size_t row = begin; row < end; ++row) {
        for (std::uint64_t k = x.row_starts[row]; k < x.row_starts[row + 1]; ++k) {
          encode(&x.values[k], 1, row, 1, x.columns[k]);
          stored[x.columns[k]].fetch_add(1, std::memory_order_relaxed);
        }
      }
    });
    // A zero that is not stored may be an unknown category.
    for (std::size_t c = 0; c < state_.bins.size(); ++c) {
      const FeatureBins& bins = state_.bins[c];
      if (stored[c].load() < state_.rows && bins.code(0) == bins.bins) missing_[c].store(1);
    }
  }

  bool missing(std::size_t column) const { return missing_[column].load(std::memory_order_relaxed) != 0; }

 private:
  template <class T>
  void encode(const T* values, std::size_t stride, std::size_t row, std::size_t count, std::size_t c) {
    const bool missing =
        state_.wide(c)
            ? coders_[c].encode(values, stride, count, state_.template codes<std::uint16_t>(c) + row)
            : coders_[c].encode(values, stride, count, state_.template codes<std::uint8_t>(c) + row);
    if (missing) missing_[c].store(1, std::memory_order_relaxed);
  }

  State& state_;
  const Context& context_;
  std::vector<ColumnCoder> coders_;
  std::vector<std::atomic<std::uint8_t>> missing_;
};

}  // namespace binned_detail

BinnedFeatures BinnedFeatures::make(const Features& x, std::span<const FeatureInfo> info,
                                    std::span<const double> weights, const BinSettings& settings,
                                    const Context& context) {
  auto state = std::make_shared<State>();
  state->rows = x.rows();
  state->bins.resize(x.columns());
  for (std::size_t c = 0; c < info.size(); ++c)
    state->bins[c].category = info[c].kind == FeatureInfo::Kind::category;
  const auto max_bins = static_cast<std::size_t>(std::clamp(settings.max_bins, 2, 65535));
  const std::vector<std::size_t> sample = sample_of_rows(x.rows(), weights, settings.sample_rows, context);
  if (const double* values = x.dense64()) {
    bin_dense(DenseView<double>{values, x.stride()}, x.rows(), sample, weights, max_bins, state->bins,
              context);
  } else if (const float* narrow = x.dense32()) {
    bin_dense(DenseView<float>{narrow, x.stride()}, x.rows(), sample, weights, max_bins, state->bins,
              context);
  } else {
    const Features::SparseView sparse = x.sparse32();
    const ByColumn entries = binned_detail::by_column(sparse, x.columns(), sample);
    bin_sparse(entries, sample, weights, max_bins, state->bins, context);
    if (settings.bundle) {
      binned_detail::Bundled bundled =
          binned_detail::bundle_columns(sparse, x.rows(), state->bins, entries, sample.size(), context);
      state->places = std::move(bundled.places);
      state->arrays = std::move(bundled.arrays);
      BinnedFeatures shared;
      shared.state_ = std::move(state);
      return shared;
    }
  }
  BinnedFeatures made;
  made.state_ = std::move(state);
  BinnedFeatures coded = made.with_rows(x, context);
  return coded;
}

BinnedFeatures BinnedFeatures::with_rows(const Features& x, const Context& context) const {
  auto state = std::make_shared<State>();
  state->rows = x.rows();
  state->bins = state_->bins;
  binned_detail::Encoding<State> encoding(*state, context);
  if (const double* values = x.dense64()) {
    encoding.dense(DenseView<double>{values, x.stride()});
  } else if (const float* narrow = x.dense32()) {
    encoding.dense(DenseView<float>{narrow, x.stride()});
  } else {
    encoding.sparse(x.sparse32());
  }
  // The bins are made once: what other rows miss does not change them.
  if (state_->arrays.start.empty()) {
    for (std::size_t c = 0; c < state->bins.size(); ++c) state->bins[c].has_missing = encoding.missing(c);
  }
  BinnedFeatures made;
  made.state_ = std::move(state);
  return made;
}

BinnedFeatures BinnedFeatures::select_rows(std::span<const std::size_t> rows, const Context& context) const {
  auto state = std::make_shared<State>();
  state->rows = rows.size();
  state->bins = state_->bins;
  state->places = state_->places;
  state->arrays.codes = state_->arrays.codes;
  state->arrays.lay_out(rows.size());
  constexpr std::size_t kRows = 65536;
  const std::size_t blocks = (rows.size() + kRows - 1) / kRows;
  parallel_for(context, blocks * arrays(), 1, [&](std::size_t task, std::size_t) {
    const std::size_t a = task % arrays(), begin = task / arrays() * kRows;
    const std::size_t end = std::min(begin + kRows, rows.size());
    const auto take = [&](const auto* from, auto* to) {
      for (std::size_t i = begin; i < end; ++i) to[i] = from[rows[i]];
    };
    if (const std::uint8_t* narrow = array8(a)) {
      take(narrow, state->codes<std::uint8_t>(a));
    } else {
      take(array16(a), state->codes<std::uint16_t>(a));
    }
  });
  BinnedFeatures made;
  made.state_ = std::move(state);
  return made;
}

std::size_t BinnedFeatures::rows() const { return state_->rows; }
std::size_t BinnedFeatures::columns() const { return state_->bins.size(); }
const FeatureBins& BinnedFeatures::bins(std::size_t column) const { return state_->bins[column]; }
std::size_t BinnedFeatures::arrays() const { return state_->arrays.codes.size(); }
std::uint32_t BinnedFeatures::array_codes(std::size_t array) const { return state_->arrays.codes[array]; }
const std::uint8_t* BinnedFeatures::array8(std::size_t array) const {
  return state_->arrays.wide(array) ? nullptr : std::as_const(*state_).codes<std::uint8_t>(array);
}
const std::uint16_t* BinnedFeatures::array16(std::size_t array) const {
  return state_->arrays.wide(array) ? std::as_const(*state_).codes<std::uint16_t>(array) : nullptr;
}
BinnedFeatures::Place BinnedFeatures::place(std::size_t column) const {
  if (!state_->places.empty()) return state_->places[column];
  return {.array = static_cast<std::uint32_t>(column), .first = 0, .zero = 0};
}
const std::uint8_t* BinnedFeatures::codes8(std::size_t column) const {
  if (state_->places.empty()) return array8(column);
  const Place& at = state_->places[column];
  return at.array == Place::kNone || at.shared() ? nullptr : array8(at.array);
}
const std::uint16_t* BinnedFeatures::codes16(std::size_t column) const {
  if (state_->places.empty()) return array16(column);
  const Place& at = state_->places[column];
  return at.array == Place::kNone || at.shared() ? nullptr : array16(at.array);
}
std::uint32_t BinnedFeatures::code(std::size_t row, std::size_t column) const {
  const Place at = place(column);
  if (at.array == Place::kNone) return at.zero;
  const std::uint32_t code = state_->arrays.get(at.array, row);
  if (!at.shared()) return code;
  const std::uint32_t own = code - at.first;  // of other columns' codes beyond those of this one
  if (own >= bins(column).codes() - 1) return at.zero;
  return own + (own >= at.zero ? 1 : 0);
}

std::shared_ptr<const BinnedFeatures> shared_bins(const Dataset& data, const BinSettings& settings,
                                                  const Context& context) {
  const auto make = [&] {
    return BinnedFeatures::make(data.features, data.info, data.weights, settings, context);
  };
  if (data.derived == nullptr) return std::make_shared<const BinnedFeatures>(make());
  // The rows that thresholds are taken from are drawn by the seed.
  const std::string key = fmt::format("bins {} {} {} {}", settings.max_bins, settings.sample_rows,
                                      settings.bundle, context.seed());
  return data.derived->get<BinnedFeatures>(key, make);
}

}  // namespace everyml
