#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>
#include <utility>

#include "everyml/classical/trees/binned_bundles_impl.h"
#include "everyml/classical/trees/binned_layout_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml::binned_detail {
namespace {

using Place = BinnedFeatures::Place;

constexpr std::size_t kRowBlock = 4096;
/// Codes of an array fit 16 bits.
constexpr std::size_t kMostCodes = 65536;
/// Arrays that may still take columns, and how many of them a column tries.
constexpr std::size_t kMostOpen = 256, kMostTries = 64;
/// Columns that are other than zero in more of the rows stand alone.
constexpr double kDensest = 0.8;

/// Puts columns, one after the other, into the first array where they meet nobody.
class FirstFit {
 public:
  explicit FirstFit(std::size_t rows) : rows_(rows) {}

  /// `rows`: where the column is other than zero. `codes`: how many codes it has beside that of zero.
  void add(std::uint32_t column, std::span<const std::uint32_t> rows, std::uint32_t codes) {
    std::size_t tries = 0;
    for (std::size_t k = 0; k < open_.size() && tries < kMostTries; ++k) {
      Bundle& bundle = bundles_[open_[k]];
      if (bundle.used + rows.size() > rows_ || bundle.codes + codes > kMostCodes) continue;
      ++tries;
      if (meets(bundle, rows)) continue;
      put(bundle, column, rows, codes);
      if (bundle.used == rows_ || bundle.codes == kMostCodes) close(k);
      return;
    }
    if (open_.size() == kMostOpen) close(fullest());
    open_.push_back(bundles_.size());
    bundles_.emplace_back();
    bundles_.back().taken.assign((rows_ + 63) / 64, 0);
    put(bundles_.back(), column, rows, codes);
  }

  struct Bundle {
    std::vector<std::uint32_t> columns;
    std::vector<std::uint64_t> taken;  ///< a bit per row; empty when closed
    std::size_t used = 0;              ///< bits set
    std::uint32_t codes = 1;
  };
  std::vector<Bundle> take() { return std::move(bundles_); }

 private:
  static bool meets(const Bundle& bundle, std::span<const std::uint32_t> rows) {
    return std::any_of(rows.begin(), rows.end(),
                       [&](std::uint32_t row) { return ((bundle.taken[row / 64] >> (row % 64)) & 1) != 0; });
  }
  static void put(Bundle& bundle, std::uint32_t column, std::span<const std::uint32_t> rows,
                  std::uint32_t codes) {
    for (const std::uint32_t row : rows) bundle.taken[row / 64] |= std::uint64_t{1} << (row % 64);
    bundle.used += rows.size();
    bundle.codes += codes;
    bundle.columns.push_back(column);
  }
  std::size_t fullest() const {
    return static_cast<std::size_t>(
        std::max_element(open_.begin(), open_.end(),
                         [&](std::size_t a, std::size_t b) { return bundles_[a].used < bundles_[b].used; }) -
        open_.begin());
  }
  void close(std::size_t k) {
    std::vector<std::uint64_t>().swap(bundles_[open_[k]].taken);
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(k));
  }

  std::size_t rows_;
  std::vector<Bundle> bundles_;
  std::vector<std::size_t> open_;  ///< of bundles_, ascending
};

class Bundling {
 public:
  Bundling(const Features::SparseView& x, std::size_t rows, std::span<FeatureBins> bins,
           const Context& context)
      : x_(x), rows_(rows), bins_(bins), context_(context) {}

  Bundled run(const ByColumn& sample, std::size_t sample_rows) {
    find_missing();
    place_sample(sample, sample_rows);
    const std::vector<std::uint8_t> parted = encode();
    if (std::find(parted.begin(), parted.end(), 1) != parted.end()) place_parted(parted);
    return std::move(out_);
  }

 private:
  void find_missing();
  void place_sample(const ByColumn& sample, std::size_t sample_rows);
  void settle(std::vector<FirstFit::Bundle> bundles);
  void stand_alone(std::uint32_t column);
  std::vector<std::uint8_t> encode();
  void place_parted(const std::vector<std::uint8_t>& parted);

  std::uint32_t code(std::uint32_t column, float value) const {
    const FeatureBins& bins = bins_[column];
    const auto wide = static_cast<double>(value);
    if (!bins.category && bins.bins == 2 && !std::isnan(value)) return wide > bins.threshold[0] ? 1 : 0;
    return bins.code(wide);
  }
  static std::uint32_t shared_code(const Place& place, std::uint32_t code) {
    return place.first + code - (code > place.zero ? 1 : 0);
  }

  const Features::SparseView& x_;
  std::size_t rows_;
  std::span<FeatureBins> bins_;
  const Context& context_;
  Bundled out_;
};

/// Sets has_missing: a stored NaN, or a category that is not known, be it the zero of entries not stored.
void Bundling::find_missing() {
  const bool categories =
      std::any_of(bins_.begin(), bins_.end(), [](const FeatureBins& b) { return b.category; });
  std::vector<std::atomic<std::uint8_t>> missing(bins_.size());
  std::vector<std::atomic<std::size_t>> stored(categories ? bins_.size() : 0);
  parallel_for(context_, rows_, kRowBlock, [&](std::size_t begin, std::size_t end) {
    for (std::uint64_t k = x_.row_starts[begin]; k < x_.row_starts[end]; ++k) {
      const bool nan = std::isnan(x_.values[k]);
      if (!nan && !categories) continue;
      const std::uint32_t column = x_.columns[k];
      if (categories) stored[column].fetch_add(1, std::memory_order_relaxed);
      if (nan || (bins_[column].category && code(column, x_.values[k]) == bins_[column].bins))
        missing[column].store(1, std::memory_order_relaxed);
    }
  });
  for (std::size_t c = 0; c < bins_.size(); ++c) {
    const bool unknown_zero =
        bins_[c].category && stored[c].load() < rows_ && bins_[c].code(0) == bins_[c].bins;
    bins_[c].has_missing = missing[c].load() != 0 || unknown_zero;
  }
}

void Bundling::stand_alone(std::uint32_t column) {
  out_.places[column].array = static_cast<std::uint32_t>(out_.arrays.codes.size());
  out_.places[column].first = 0;
  out_.arrays.codes.push_back(bins_[column].bins + 1);
}

void Bundling::settle(std::vector<FirstFit::Bundle> bundles) {
  for (const FirstFit::Bundle& bundle : bundles) {
    if (bundle.columns.size() == 1) {
      stand_alone(bundle.columns[0]);
      continue;
    }
    std::uint32_t next = 1;
    for (const std::uint32_t column : bundle.columns) {
      out_.places[column].array = static_cast<std::uint32_t>(out_.arrays.codes.size());
      out_.places[column].first = next;
      next += bins_[column].codes() - 1;
    }
    out_.arrays.codes.push_back(next);
  }
}

void Bundling::place_sample(const ByColumn& sample, std::size_t sample_rows) {
  out_.places.resize(bins_.size());
  FirstFit fit(sample_rows);
  std::vector<std::uint32_t> rows;
  for (std::uint32_t c = 0; c < bins_.size(); ++c) {
    Place& place = out_.places[c];
    place.zero = bins_[c].code(0);
    if (bins_[c].codes() < 2) continue;
    rows.clear();
    for (std::size_t k = sample.start[c]; k < sample.start[c + 1]; ++k)
      if (code(c, sample.value[k]) != place.zero) rows.push_back(sample.row[k]);
    const bool dense = static_cast<double>(rows.size()) > kDensest * static_cast<double>(sample_rows);
    if (bins_[c].category || dense || bins_[c].codes() > kMostCodes / 2) {
      stand_alone(c);
    } else {
      fit.add(c, rows, bins_[c].codes() - 1);
    }
    if (c % 1024 == 0) context_.check();
  }
  settle(fit.take());
}

/// By column: whether it met another of its array on some row. Of two that meet the later one is parted.
std::vector<std::uint8_t> Bundling::encode() {
  CodeArrays& arrays = out_.arrays;
  arrays.lay_out(rows_);
  std::vector<std::uint32_t> rest(arrays.codes.size(), 0);
  for (const Place& place : out_.places)
    if (place.array != Place::kNone && !place.shared()) rest[place.array] = place.zero;
  std::vector<std::atomic<std::uint8_t>> parted(bins_.size());
  parallel_for(context_, rows_, kRowBlock, [&](std::size_t begin, std::size_t end) {
    for (std::size_t a = 0; a < rest.size(); ++a)
      for (std::size_t row = begin; row < end; ++row) arrays.put(a, row, rest[a]);
    for (std::size_t row = begin; row < end; ++row) {
      for (std::uint64_t k = x_.row_starts[row]; k < x_.row_starts[row + 1]; ++k) {
        const std::uint32_t column = x_.columns[k];
        const Place& place = out_.places[column];
        if (place.array == Place::kNone) continue;
        const std::uint32_t own = code(column, x_.values[k]);
        if (!place.shared()) {
          arrays.put(place.array, row, own);
        } else if (own != place.zero) {
          if (arrays.get(place.array, row) != 0) {
            parted[column].store(1, std::memory_order_relaxed);
          } else {
            arrays.put(place.array, row, shared_code(place, own));
          }
        }
      }
    }
  });
  std::vector<std::uint8_t> out;
  for (const auto& flag : parted) out.push_back(flag.load(std::memory_order_relaxed));
  return out;
}

/// Takes the parted columns out of their arrays and puts them together anew, by all rows.
void Bundling::place_parted(const std::vector<std::uint8_t>& parted) {
  struct Entry {
    std::uint32_t row, code;
  };
  CodeArrays& arrays = out_.arrays;
  std::vector<std::vector<Entry>> entries(bins_.size());
  for (std::size_t row = 0; row < rows_; ++row) {
    for (std::uint64_t k = x_.row_starts[row]; k < x_.row_starts[row + 1]; ++k) {
      const std::uint32_t column = x_.columns[k];
      if (parted[column] == 0) continue;
      const Place& place = out_.places[column];
      const std::uint32_t own = code(column, x_.values[k]);
      if (own == place.zero) continue;
      entries[column].push_back({static_cast<std::uint32_t>(row), own});
      if (arrays.get(place.array, row) == shared_code(place, own)) arrays.put(place.array, row, 0);
    }
  }
  const std::size_t before = arrays.codes.size();
  FirstFit fit(rows_);
  std::vector<std::uint32_t> rows;
  for (std::uint32_t c = 0; c < bins_.size(); ++c) {
    if (parted[c] == 0) continue;
    rows.clear();
    for (const Entry& entry : entries[c]) rows.push_back(entry.row);
    fit.add(c, rows, bins_[c].codes() - 1);
    context_.check();
  }
  settle(fit.take());
  arrays.lay_out(rows_, before);
  for (std::size_t a = before; a < arrays.codes.size(); ++a)
    for (std::size_t row = 0; row < rows_; ++row) arrays.put(a, row, 0);
  for (std::uint32_t c = 0; c < bins_.size(); ++c) {
    if (parted[c] == 0) continue;
    const Place& place = out_.places[c];
    if (!place.shared())
      for (std::size_t row = 0; row < rows_; ++row) arrays.put(place.array, row, place.zero);
    for (const Entry& entry : entries[c])
      arrays.put(place.array, entry.row, place.shared() ? shared_code(place, entry.code) : entry.code);
  }
}

}  // namespace

ByColumn by_column(const Features::SparseView& x, std::size_t columns, std::span<const std::size_t> rows) {
  ByColumn out;
  out.start.assign(columns + 1, 0);
  for (const std::size_t row : rows)
    for (std::uint64_t k = x.row_starts[row]; k < x.row_starts[row + 1]; ++k) ++out.start[x.columns[k] + 1];
  std::partial_sum(out.start.begin(), out.start.end(), out.start.begin());
  out.row.resize(out.start.back());
  out.value.resize(out.start.back());
  std::vector<std::size_t> next(out.start.begin(), out.start.end() - 1);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::uint64_t k = x.row_starts[rows[i]]; k < x.row_starts[rows[i] + 1]; ++k) {
      const std::size_t at = next[x.columns[k]]++;
      out.row[at] = static_cast<std::uint32_t>(i);
      out.value[at] = x.values[k];
    }
  }
  return out;
}

void CodeArrays::lay_out(std::size_t rows, std::size_t kept) {
  start.clear();
  std::size_t at = 0, keep = 0;
  for (std::size_t a = 0; a < codes.size(); ++a) {
    if (a == kept) keep = at;
    start.push_back(at);
    at += (rows * (wide(a) ? 2 : 1) + 63) / 64 * 64;
  }
  auto wanted = Buffer<std::uint8_t>::uninitialized(at);
  if (kept > 0) std::copy_n(bytes.data(), kept < codes.size() ? keep : at, wanted.data());
  bytes = std::move(wanted);
}

void CodeArrays::lay_out(std::size_t rows, const std::vector<std::vector<std::uint32_t>>& together) {
  if (together.empty()) return lay_out(rows);
  start.assign(codes.size(), 0);
  apart.assign(codes.size(), 0);
  blocks.clear();
  std::size_t at = 0;
  for (const std::vector<std::uint32_t>& arrays : together) {
    const std::uint32_t bytes_each = wide(arrays[0]) ? 2 : 1;
    Block block{.start = at,
                .row_bytes = tile_row_bytes(bytes_each == 2 ? kWideKind : 0, arrays.size()),
                .arrays = arrays};
    for (std::size_t k = 0; k < arrays.size(); ++k) {
      start[arrays[k]] = at + k * bytes_each;
      apart[arrays[k]] = block.row_bytes;
    }
    at += (rows * block.row_bytes + 63) / 64 * 64;
    blocks.push_back(std::move(block));
  }
  bytes = Buffer<std::uint8_t>::uninitialized(at);
}

Bundled bundle_columns(const Features::SparseView& x, std::size_t rows, std::span<FeatureBins> bins,
                       const ByColumn& sample, std::size_t sample_rows, const Context& context) {
  return Bundling(x, rows, bins, context).run(sample, sample_rows);
}

}  // namespace everyml::binned_detail
