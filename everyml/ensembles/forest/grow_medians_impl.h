#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "everyml/ensembles/forest/forest_rows_impl.h"
#include "everyml/ensembles/forest/grow_impl.h"
#include "everyml/ensembles/forest/grow_stats_impl.h"

namespace everyml {

/// Weights and numbers by rank, of which any row can be added or taken in a few steps (Fenwick, "A New Data
/// Structure for Cumulative Frequency Tables", Software: Practice and Experience 24, 1994).
class RankedSums {
 public:
  void reset(std::size_t ranks) {
    weight_.assign(ranks + 1, 0.0);
    sum_.assign(ranks + 1, 0.0);
    all_weight_ = all_sum_ = 0;
  }
  void add(std::size_t rank, double weight, double value) {
    for (std::size_t i = rank + 1; i < weight_.size(); i += i & (~i + 1)) {
      weight_[i] += weight;
      sum_[i] += weight * value;
    }
    all_weight_ += weight;
    all_sum_ += weight * value;
  }
  /// Weighted sum of the distances from the median; values: [ranks].
  double deviation(std::span<const double> values) const {
    if (!(all_weight_ > 0)) return 0;
    std::size_t at = 0;
    double weight = 0, sum = 0;
    for (std::size_t step = std::bit_floor(weight_.size()); step > 0; step >>= 1) {
      const std::size_t next = at + step;
      if (next < weight_.size() && 2 * (weight + weight_[next]) < all_weight_) {
        at = next;
        weight += weight_[next];
        sum += sum_[next];
      }
    }
    const double median = values[std::min(at, values.size() - 1)];
    return (median * weight - sum) + ((all_sum_ - sum) - median * (all_weight_ - weight));
  }

 private:
  std::vector<double> weight_, sum_;  ///< from 1
  double all_weight_ = 0, all_sum_ = 0;
};

/// Numbers by the absolute error. A median is no sum, so a cell holds which of its rows: its weight, and the
/// head of a list of rows (row + 1, 0 ends it). All sums are of whole numbers and so exact.
class MedianStats {
 public:
  struct Item {
    std::uint32_t row, load;
    double value;
  };
  using Unit = double;

  MedianStats(const ForestRows& rows, ForestCriterion) : rows_(&rows) {}
  static constexpr std::size_t width() { return 2; }
  static constexpr std::size_t answers() { return 1; }

  Item item(std::uint32_t row, std::uint32_t load) const { return {row, load, rows_->scaled[row]}; }
  void add(Unit* cell, const Item& item) {
    if (item.row >= next_.size()) next_.resize(item.row + 1);
    cell[0] += static_cast<double>(item.load);
    next_[item.row] = static_cast<std::uint32_t>(cell[1]);
    cell[1] = static_cast<double>(item.row) + 1;
  }
  /// Puts the rows of a cell on the list of another one, which must be no cell of a table.
  void join(Unit* into, const Unit* cell) {
    joined_.resize(next_.size());
    into[0] += cell[0];
    each(cell, next_, [&](std::uint32_t row) {
      joined_[row] = static_cast<std::uint32_t>(into[1]);
      into[1] = static_cast<double>(row) + 1;
    });
  }
  static bool empty(const Unit* cell) { return cell[0] == 0; }
  static double weight(const Unit* cell) { return cell[0]; }
  bool pure(const Unit*, std::span<const Item> items, const std::uint32_t*) const {
    return std::all_of(items.begin(), items.end(),
                       [&](const Item& item) { return item.value == items[0].value; });
  }

  /// Ranks the items of the node whose cuts are looked for next.
  void prepare(std::span<const Item> items) {
    order_.resize(items.size());
    std::iota(order_.begin(), order_.end(), 0U);
    std::sort(order_.begin(), order_.end(),
              [&](std::uint32_t a, std::uint32_t b) { return items[a].value < items[b].value; });
    values_.clear();
    std::uint32_t last = 0;
    for (const Item& item : items) last = std::max(last, item.row);
    if (last >= own_.size()) own_.resize(last + 1);
    for (const std::uint32_t i : order_) {
      const Item& item = items[i];
      if (values_.empty() || item.value != values_.back()) values_.push_back(item.value);
      own_[item.row] = {static_cast<std::uint32_t>(values_.size() - 1), item.load};
    }
    whole_.reset(values_.size());
    for (const Item& item : items) whole_.add(own_[item.row].rank, item.load, item.value);
  }

  void scan(const Unit* cells, std::size_t count, const Unit* start, const Unit* total, double least,
            ForestBestCut& best) {
    left_.reset(values_.size());
    right_ = whole_;
    const double base = whole_.deviation(values_), all = total[0];
    const auto move = [&](std::uint32_t row) {
      const Own& own = own_[row];
      left_.add(own.rank, own.load, values_[own.rank]);
      right_.add(own.rank, -static_cast<double>(own.load), values_[own.rank]);
    };
    each(start, joined_, move);
    double l = start[0];
    for (std::size_t i = 0; i < count; ++i) {
      each(cells + 2 * i, next_, move);
      l += cells[2 * i];
      const double r = all - l;
      if (l < least || r < least || l <= 0 || r <= 0) continue;
      const double score = base - left_.deviation(values_) - right_.deviation(values_);
      if (score > best.score) best = {score, i};
    }
  }
  double gain(double score, const Unit*) const { return score * rows_->target_unit; }
  /// The median of a cell's rows.
  double key(const Unit* cell, std::size_t) {
    pairs_.clear();
    each(cell, next_, [&](std::uint32_t row) {
      pairs_.emplace_back(values_[own_[row].rank], static_cast<double>(own_[row].load));
    });
    return weighted_median(pairs_);
  }
  static std::size_t orders(const Unit*) { return 1; }
  /// The median of the targets as they were given.
  void answer(const Unit*, std::span<const Item> items, const std::uint32_t* origin, double* out) const {
    std::vector<std::pair<double, double>> pairs;
    pairs.reserve(items.size());
    for (const Item& item : items) {
      pairs.emplace_back(rows_->value[origin != nullptr ? origin[item.row] : item.row],
                         static_cast<double>(item.load));
    }
    out[0] = weighted_median(pairs);
  }

 private:
  struct Own {
    std::uint32_t rank, load;
  };

  template <class F>
  static void each(const Unit* cell, const std::vector<std::uint32_t>& next, const F& work) {
    for (auto at = static_cast<std::uint32_t>(cell[1]); at != 0;) {
      const std::uint32_t row = at - 1;
      at = next[row];
      work(row);
    }
  }

  /// The middle of the two between which half of the weight lies.
  static double weighted_median(std::vector<std::pair<double, double>>& pairs) {
    std::sort(pairs.begin(), pairs.end());
    double all = 0, below = 0;
    for (const auto& [value, weight] : pairs) all += weight;
    for (std::size_t i = 0; i + 1 < pairs.size(); ++i) {
      below += pairs[i].second;
      if (2 * below == all) return std::midpoint(pairs[i].first, pairs[i + 1].first);
      if (2 * below > all) return pairs[i].first;
    }
    return pairs.back().first;
  }

  const ForestRows* rows_;
  std::vector<std::uint32_t> next_, joined_, order_;  ///< lists of rows: of the cells, of the start
  std::vector<Own> own_;                              ///< [rows], of the node
  std::vector<double> values_;                        ///< [ranks], ascending
  std::vector<std::pair<double, double>> pairs_;
  RankedSums whole_, left_, right_;
};

}  // namespace everyml
