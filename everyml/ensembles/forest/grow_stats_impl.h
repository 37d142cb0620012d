#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "everyml/ensembles/forest/forest_rows_impl.h"
#include "everyml/ensembles/forest/grow_impl.h"

// What is summed over the rows of a node, and what a cut is worth. One struct for each kind of target; the
// grower is a template of it. Sums are of whole numbers and so exact.

namespace everyml {

/// The best cut met so far within one feature. `at`: the left side ends with that cell.
struct ForestBestCut {
  double score = 0;
  std::size_t at = SIZE_MAX;
};

/// Two classes by the Gini index: weight and weight of the second class in one word.
struct PairStats {
  static constexpr std::size_t kClasses = 2;
  struct Item {
    std::uint32_t row;
    std::uint32_t load;  ///< weight, and the class in the top bit
  };
  using Unit = std::uint64_t;

  PairStats(const ForestRows& rows, ForestCriterion) : rows_(&rows) {}
  static constexpr std::size_t width() { return 1; }
  std::size_t answers() const { return 1; }

  Item item(std::uint32_t row, std::uint32_t load) const { return {row, load | rows_->code[row] << 31}; }
  static void add(Unit* cell, const Item& item) {
    const std::uint64_t weight = item.load & 0x7fffffffU;
    *cell += weight | ((0 - std::uint64_t{item.load >> 31}) & (weight << 32));
  }
  /// Rows of class k that weigh so much together.
  static void add_class(Unit* cell, std::size_t k, std::uint64_t weight) {
    *cell += k == 0 ? weight : weight | weight << 32;
  }
  static void join(Unit* into, const Unit* cell) { *into += *cell; }
  static bool empty(const Unit* cell) { return *cell == 0; }
  static double weight(const Unit* cell) { return static_cast<double>(*cell & 0xffffffffU); }
  static bool pure(const Unit* total, std::span<const Item>, const std::uint32_t*) {
    const std::uint64_t second = *total >> 32;
    return second == 0 || second == (*total & 0xffffffffU);
  }

  /// Tries to end the left side with each of the first `count` cells, `start` being on the left already.
  /// The score is the decrease of the weighted impurity but for a factor of the node.
  static void scan(const Unit* cells, std::size_t count, const Unit* start, const Unit* total, double least,
                   ForestBestCut& best) {
    std::uint64_t left = *start;
    for (std::size_t i = 0; i < count; ++i) {
      left += cells[i];
      const double score = score_of(&left, total, least);
      if (score > best.score) best = {score, i};
    }
  }
  /// The score of one cut with these on its left; -1 where a side would be too small.
  static double score_of(const Unit* left, const Unit* total, double least) {
    const auto all = static_cast<std::int64_t>(*total & 0xffffffffU);
    const auto second = static_cast<std::int64_t>(*total >> 32);
    const auto weight = static_cast<std::int64_t>(*left & 0xffffffffU);
    const auto d = static_cast<double>(static_cast<std::int64_t>(*left >> 32) * all - second * weight);
    const auto l = static_cast<double>(weight), r = static_cast<double>(all - weight);
    return l >= least && r >= least ? d * d / (l * r) : -1.0;
  }
  static double gain(double score, const Unit* total) { return 2.0 * score / weight(total); }
  /// What categories are ordered by. `k` is not used.
  static double key(const Unit* cell, std::size_t) { return static_cast<double>(*cell >> 32) / weight(cell); }
  static std::size_t orders(const Unit*) { return 1; }
  static void answer(const Unit* total, std::span<const Item>, const std::uint32_t*, double* out) {
    out[0] = static_cast<double>(*total >> 32) / weight(total);
  }

 private:
  const ForestRows* rows_;
};

/// Any classes by the Gini index or the entropy: the weight of each.
struct ClassStats {
  static constexpr std::size_t kClasses = 0;  ///< known when it runs
  struct Item {
    std::uint32_t row, load, code;
  };
  using Unit = double;

  ClassStats(const ForestRows& rows, ForestCriterion criterion)
      : rows_(&rows),
        entropy_(criterion == ForestCriterion::entropy),
        left_(rows.classes),
        right_(rows.classes),
        nothing_(rows.classes) {}
  std::size_t width() const { return rows_->classes; }
  std::size_t answers() const { return rows_->classes == 2 ? 1 : rows_->classes; }

  Item item(std::uint32_t row, std::uint32_t load) const { return {row, load, rows_->code[row]}; }
  static void add(Unit* cell, const Item& item) { cell[item.code] += static_cast<double>(item.load); }
  static void add_class(Unit* cell, std::size_t k, std::uint64_t weight) {
    cell[k] += static_cast<double>(weight);
  }
  void join(Unit* into, const Unit* cell) const {
    for (std::size_t k = 0; k < width(); ++k) into[k] += cell[k];
  }
  bool empty(const Unit* cell) const { return weight(cell) == 0; }
  double weight(const Unit* cell) const {
    double sum = 0;
    for (std::size_t k = 0; k < width(); ++k) sum += cell[k];
    return sum;
  }
  bool pure(const Unit* total, std::span<const Item>, const std::uint32_t*) const {
    std::size_t some = 0;
    for (std::size_t k = 0; k < width(); ++k) some += total[k] > 0;
    return some <= 1;
  }

  void scan(const Unit* cells, std::size_t count, const Unit* start, const Unit* total, double least,
            ForestBestCut& best) const {
    const std::size_t n = width();
    const double all = weight(total), base = worth(total, all);
    std::copy_n(start, n, left_.data());
    double l = weight(start);
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t k = 0; k < n; ++k) {
        left_[k] += cells[i * n + k];
        l += cells[i * n + k];
        right_[k] = total[k] - left_[k];
      }
      const double r = all - l;
      if (l < least || r < least || l <= 0 || r <= 0) continue;
      const double score = worth(left_.data(), l) + worth(right_.data(), r) - base;
      if (score > best.score) best = {score, i};
    }
  }
  double score_of(const Unit* left, const Unit* total, double least) const {
    ForestBestCut cut{-1, SIZE_MAX};
    scan(left, 1, nothing_.data(), total, least, cut);
    return cut.score;
  }
  static double gain(double score, const Unit*) { return score; }
  /// Share of class k.
  double key(const Unit* cell, std::size_t k) const { return cell[k] / weight(cell); }
  std::size_t orders(const Unit*) const { return width() == 2 ? 1 : width(); }
  void answer(const Unit* total, std::span<const Item>, const std::uint32_t*, double* out) const {
    const double all = weight(total);
    if (width() == 2) {
      out[0] = total[1] / all;
      return;
    }
    for (std::size_t k = 0; k < width(); ++k) out[k] = total[k] / all;
  }

 private:
  /// Minus the weighted impurity, but for what is the same on both sides of a cut.
  double worth(const Unit* cell, double sum) const {
    double out = 0;
    if (!entropy_) {
      for (std::size_t k = 0; k < width(); ++k) out += cell[k] * cell[k];
      return out / sum;
    }
    for (std::size_t k = 0; k < width(); ++k) {
      if (cell[k] > 0) out += cell[k] * std::log2(cell[k] / sum);
    }
    return out;
  }

  const ForestRows* rows_;
  bool entropy_;
  mutable std::vector<double> left_, right_;
  std::vector<double> nothing_;  ///< zeros
};

/// Numbers by the squared error or the Poisson deviance: weight and weighted sum.
struct NumberStats {
  struct Item {
    std::uint32_t row, load;
    double value;
  };
  using Unit = double;

  NumberStats(const ForestRows& rows, ForestCriterion criterion)
      : rows_(&rows), poisson_(criterion == ForestCriterion::poisson) {}
  static constexpr std::size_t width() { return 2; }
  static constexpr std::size_t answers() { return 1; }

  Item item(std::uint32_t row, std::uint32_t load) const {
    return {row, load, static_cast<double>(load) * rows_->scaled[row]};
  }
  static void add(Unit* cell, const Item& item) {
    cell[0] += static_cast<double>(item.load);
    cell[1] += item.value;
  }
  static void join(Unit* into, const Unit* cell) {
    into[0] += cell[0];
    into[1] += cell[1];
  }
  static bool empty(const Unit* cell) { return cell[0] == 0; }
  static double weight(const Unit* cell) { return cell[0]; }
  /// `origin` leads from an item's row to the row of the training set; null: it is that.
  bool pure(const Unit*, std::span<const Item> items, const std::uint32_t* origin) const {
    const auto value = [&](const Item& item) {
      return rows_->value[origin != nullptr ? origin[item.row] : item.row];
    };
    const double first = value(items[0]);
    for (const Item& item : items) {
      if (value(item) != first) return false;
    }
    return true;
  }

  void scan(const Unit* cells, std::size_t count, const Unit* start, const Unit* total, double least,
            ForestBestCut& best) const {
    const double all = total[0], sum = total[1];
    double l = start[0], s = start[1];
    for (std::size_t i = 0; i < count; ++i) {
      l += cells[2 * i];
      s += cells[2 * i + 1];
      const double r = all - l;
      if (l < least || r < least || l <= 0 || r <= 0) continue;
      double score;
      if (!poisson_) {
        const double d = s * all - sum * l;
        score = d * d / (l * r);
      } else {
        const double t = sum - s;
        if (!(s > 0 && t > 0)) continue;
        score = s * std::log(s / l) + t * std::log(t / r) - sum * std::log(sum / all);
      }
      if (score > best.score) best = {score, i};
    }
  }
  double gain(double score, const Unit* total) const {
    const double unit = rows_->target_unit;
    return poisson_ ? score * unit : score * unit * unit / total[0];
  }
  static double key(const Unit* cell, std::size_t) { return cell[1] / cell[0]; }
  static std::size_t orders(const Unit*) { return 1; }
  /// The mean, from the targets as they were given; that of equal ones is exact.
  void answer(const Unit*, std::span<const Item> items, const std::uint32_t* origin, double* out) const;

 private:
  const ForestRows* rows_;
  bool poisson_;
};

}  // namespace everyml
