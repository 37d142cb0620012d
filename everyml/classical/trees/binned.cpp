#include "everyml/classical/trees/binned.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <numeric>
#include <string>
#include <utility>

#include "everyml/classical/trees/binned_bundles_impl.h"
#include "everyml/classical/trees/binned_encode_impl.h"
#include "everyml/classical/trees/binned_impl.h"
#include "everyml/classical/trees/binned_layout_impl.h"
#include "everyml/foundation/base/memory.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {

using binned_detail::ByColumn;
using binned_detail::CategoryCount;
using binned_detail::CodeArrays;
using binned_detail::DenseView;
using binned_detail::Layout;
using binned_detail::WeightedValue;

struct BinnedFeatures::State {
  std::size_t rows = 0;
  std::vector<FeatureBins> bins;
  std::vector<Place> places;  ///< [columns]; empty: each column has the array of its number
  CodeArrays arrays;
};

namespace {

constexpr std::size_t kSampleColumns = 8;

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
  Layout layout = binned_detail::plain_layout(state->bins);
  if (settings.bundle && x.storage() != Features::Storage::sparse32 &&
      x.rows() >= binned_detail::kFewestRows) {
    const std::vector<std::uint8_t> missing = binned_detail::missing_of_small(x, state->bins, context);
    for (std::size_t c = 0; c < x.columns(); ++c) state->bins[c].has_missing = missing[c] != 0;
    layout = binned_detail::dense_layout(state->bins, x.rows(), settings.block_columns);
  }
  state->arrays.codes = layout.codes;
  state->arrays.lay_out(x.rows(), layout.blocks);
  const std::vector<std::uint8_t> missing =
      binned_detail::encode_rows(x, state->bins, layout, state->arrays, context);
  for (std::size_t c = 0; c < x.columns(); ++c) state->bins[c].has_missing = missing[c] != 0;
  state->places = std::move(layout.places);
  BinnedFeatures made;
  made.state_ = std::move(state);
  return made;
}

BinnedFeatures BinnedFeatures::with_rows(const Features& x, const Context& context) const {
  auto state = std::make_shared<State>();
  state->rows = x.rows();
  state->bins = state_->bins;
  const Layout layout = binned_detail::plain_layout(state->bins);
  state->arrays.codes = layout.codes;
  state->arrays.lay_out(x.rows());
  binned_detail::encode_rows(x, state->bins, layout, state->arrays, context);
  BinnedFeatures made;
  made.state_ = std::move(state);
  return made;
}

BinnedFeatures BinnedFeatures::select_rows(std::span<const std::size_t> rows, const Context& context) const {
  auto state = std::make_shared<State>();
  state->rows = rows.size();
  state->bins = state_->bins;
  state->places = state_->places;
  const CodeArrays& from = state_->arrays;
  CodeArrays& to = state->arrays;
  to.codes = from.codes;
  std::vector<std::vector<std::uint32_t>> together;
  for (const CodeArrays::Block& block : from.blocks) together.push_back(block.arrays);
  to.lay_out(rows.size(), together);
  constexpr std::size_t kRows = 65536;
  const std::size_t pieces = (rows.size() + kRows - 1) / kRows;
  const std::size_t parts = from.blocks.empty() ? arrays() : from.blocks.size();
  parallel_for(context, pieces * parts, 1, [&](std::size_t task, std::size_t) {
    const std::size_t p = task % parts, begin = task / parts * kRows;
    const std::size_t end = std::min(begin + kRows, rows.size());
    if (!from.blocks.empty()) {
      const std::size_t width = from.blocks[p].row_bytes;
      const std::uint8_t* source = from.bytes.data() + from.blocks[p].start;
      std::uint8_t* target = to.bytes.data() + to.blocks[p].start;
      for (std::size_t i = begin; i < end; ++i)
        std::memcpy(target + i * width, source + rows[i] * width, width);
    } else if (from.wide(p)) {
      for (std::size_t i = begin; i < end; ++i) to.at16(p)[i] = from.at16(p)[rows[i]];
    } else {
      for (std::size_t i = begin; i < end; ++i) to.at8(p)[i] = from.at8(p)[rows[i]];
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
BinnedFeatures::Codes BinnedFeatures::array(std::size_t array) const {
  const CodeArrays& all = state_->arrays;
  Codes codes;
  if (all.wide(array)) {
    codes.wide = all.at16(array);
  } else {
    codes.narrow = all.at8(array);
  }
  codes.stride = all.stride(array);
  return codes;
}
std::size_t BinnedFeatures::blocks() const { return state_->arrays.blocks.size(); }
BinnedFeatures::Block BinnedFeatures::block(std::size_t number) const {
  const CodeArrays::Block& block = state_->arrays.blocks[number];
  return {state_->arrays.bytes.data() + block.start, block.row_bytes, block.arrays};
}
BinnedFeatures::Place BinnedFeatures::place(std::size_t column) const {
  if (!state_->places.empty()) return state_->places[column];
  return {.array = static_cast<std::uint32_t>(column)};
}
const std::uint8_t* BinnedFeatures::codes8(std::size_t column) const {
  const Place at = place(column);
  return at.array == Place::kNone || !at.alone() || blocks() > 0 ? nullptr : array(at.array).narrow;
}
const std::uint16_t* BinnedFeatures::codes16(std::size_t column) const {
  const Place at = place(column);
  return at.array == Place::kNone || !at.alone() || blocks() > 0 ? nullptr : array(at.array).wide;
}
std::uint32_t BinnedFeatures::code(std::size_t row, std::size_t column) const {
  const Place at = place(column);
  if (at.array == Place::kNone) return at.zero;
  const std::uint32_t code = state_->arrays.get(at.array, row);
  if (at.alone()) return code;
  if (at.multiplied()) return code / at.step % bins(column).codes();
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
  const std::string key = fmt::format("bins {} {} {} {} {}", settings.max_bins, settings.sample_rows,
                                      settings.bundle, settings.block_columns, context.seed());
  return data.derived->get<BinnedFeatures>(key, make);
}

}  // namespace everyml
