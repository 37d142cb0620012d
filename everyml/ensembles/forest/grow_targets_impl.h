#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "everyml/ensembles/forest/grow_stats_impl.h"

// What is summed over the rows of a node where several targets are learned together, see grow_stats_impl.h.
// The score of a cut is the mean of what it is worth for each target.

namespace everyml {

/// Several targets of classes: the weight, and that of each class of each target.
struct TargetClassStats {
  struct Item {
    std::uint32_t row, load;
    std::uint32_t source;  ///< row of the training set
  };
  using Unit = double;

  TargetClassStats(const ForestRows& rows, ForestCriterion criterion)
      : rows_(&rows), entropy_(criterion == ForestCriterion::entropy), left_(rows.several.answers()) {}
  std::size_t width() const { return 1 + left_.size(); }
  std::size_t answers() const { return left_.size(); }

  static Item item(std::uint32_t row, std::uint32_t load) { return {row, load, row}; }
  void add(Unit* cell, const Item& item) const {
    const std::size_t count = rows_->several.count;
    const std::uint32_t* code = rows_->several.code.data() + item.source * count;
    const auto load = static_cast<double>(item.load);
    cell[0] += load;
    for (std::size_t t = 0; t < count; ++t) cell[1 + code[t]] += load;
  }
  void join(Unit* into, const Unit* cell) const {
    for (std::size_t k = 0; k < width(); ++k) into[k] += cell[k];
  }
  static bool empty(const Unit* cell) { return cell[0] == 0; }
  static double weight(const Unit* cell) { return cell[0]; }
  bool pure(const Unit* total, std::span<const Item>, const std::uint32_t*) const {
    for (std::size_t k = 1; k < width(); ++k) {
      if (total[k] > 0 && total[k] < total[0]) return false;
    }
    return true;
  }

  void scan(const Unit* cells, std::size_t count, const Unit* start, const Unit* total, double least,
            ForestBestCut& best) const {
    const std::size_t n = left_.size();
    const double all = total[0], base = worth(sum_of(total + 1), all);
    std::copy_n(start + 1, n, left_.data());
    double l = start[0];
    for (std::size_t i = 0; i < count; ++i) {
      const Unit* cell = cells + i * (n + 1);
      l += cell[0];
      for (std::size_t k = 0; k < n; ++k) left_[k] += cell[1 + k];
      const double r = all - l;
      if (l < least || r < least || l <= 0 || r <= 0) continue;
      double left = 0, right = 0;
      for (std::size_t k = 0; k < n; ++k) {
        left += own(left_[k]);
        right += own(total[1 + k] - left_[k]);
      }
      const double score = worth(left, l) + worth(right, r) - base;
      if (score > best.score) best = {score, i};
    }
  }
  static double gain(double score, const Unit*) { return score; }
  /// Share of a class of a target.
  static double key(const Unit* cell, std::size_t k) { return cell[1 + k] / cell[0]; }
  std::size_t orders(const Unit*) const { return left_.size(); }
  void answer(const Unit* total, std::span<const Item>, const std::uint32_t*, double* out) const {
    for (std::size_t k = 0; k < left_.size(); ++k) out[k] = total[1 + k] / total[0];
  }

 private:
  double own(double weight) const {
    if (!entropy_) return weight * weight;
    return weight > 0 ? weight * std::log2(weight) : 0.0;
  }
  double sum_of(const Unit* weights) const {
    double sum = 0;
    for (std::size_t k = 0; k < left_.size(); ++k) sum += own(weights[k]);
    return sum;
  }
  /// Minus the weighted impurity, but for what is the same on both sides of a cut.
  double worth(double sum, double weight) const {
    const auto targets = static_cast<double>(rows_->several.count);
    return entropy_ ? sum / targets - own(weight) : sum / (targets * weight);
  }

  const ForestRows* rows_;
  bool entropy_;
  mutable std::vector<double> left_;
};

/// Several targets of numbers: the weight, and the weighted sum of each.
struct TargetNumberStats {
  struct Item {
    std::uint32_t row, load;
    std::uint32_t source;  ///< row of the training set
  };
  using Unit = double;

  TargetNumberStats(const ForestRows& rows, ForestCriterion criterion)
      : rows_(&rows), poisson_(criterion == ForestCriterion::poisson), left_(rows.several.count) {
    for (const double unit : rows.several.unit) share_.push_back(worth_of_unit(unit));
  }
  std::size_t width() const { return 1 + left_.size(); }
  std::size_t answers() const { return left_.size(); }

  static Item item(std::uint32_t row, std::uint32_t load) { return {row, load, row}; }
  void add(Unit* cell, const Item& item) const {
    const std::size_t count = left_.size();
    const double* scaled = rows_->several.scaled.data() + item.source * count;
    const auto load = static_cast<double>(item.load);
    cell[0] += load;
    for (std::size_t t = 0; t < count; ++t) cell[1 + t] += load * scaled[t];
  }
  void join(Unit* into, const Unit* cell) const {
    for (std::size_t k = 0; k < width(); ++k) into[k] += cell[k];
  }
  static bool empty(const Unit* cell) { return cell[0] == 0; }
  static double weight(const Unit* cell) { return cell[0]; }
  bool pure(const Unit*, std::span<const Item> items, const std::uint32_t*) const {
    const std::size_t count = left_.size();
    const double* first = rows_->several.value.data() + items[0].source * count;
    for (const Item& item : items) {
      if (!std::equal(first, first + count, rows_->several.value.data() + item.source * count)) return false;
    }
    return true;
  }

  void scan(const Unit* cells, std::size_t count, const Unit* start, const Unit* total, double least,
            ForestBestCut& best) const {
    const std::size_t n = left_.size();
    const double all = total[0];
    std::copy_n(start + 1, n, left_.data());
    double l = start[0];
    for (std::size_t i = 0; i < count; ++i) {
      const Unit* cell = cells + i * (n + 1);
      l += cell[0];
      for (std::size_t t = 0; t < n; ++t) left_[t] += cell[1 + t];
      const double r = all - l;
      if (l < least || r < least || l <= 0 || r <= 0) continue;
      double score = 0;
      if (!poisson_) {
        for (std::size_t t = 0; t < n; ++t) {
          const double d = left_[t] * all - total[1 + t] * l;
          score += share_[t] * (d * d);
        }
        score /= l * r;
      } else {
        score = poisson_score(total, l, r);
      }
      if (score > best.score) best = {score, i};
    }
  }
  double gain(double score, const Unit* total) const {
    const double unit = rows_->target_unit;
    return poisson_ ? score * unit : score * unit * unit / total[0];
  }
  /// Mean of target k.
  static double key(const Unit* cell, std::size_t k) { return cell[1 + k] / cell[0]; }
  std::size_t orders(const Unit*) const { return left_.size(); }
  /// The means, from the targets as they were given; those of equal ones are exact.
  void answer(const Unit* total, std::span<const Item> items, const std::uint32_t* origin, double* out) const;

 private:
  /// What a target counts in a score, its unit and the mean over the targets together.
  double worth_of_unit(double unit) const {
    return (poisson_ ? unit : unit * unit) / static_cast<double>(left_.size());
  }
  /// Minus infinity where a side has seen nothing of a target that the node has some of.
  double poisson_score(const Unit* total, double l, double r) const {
    double score = 0;
    for (std::size_t t = 0; t < left_.size(); ++t) {
      const double sum = total[1 + t], s = left_[t], rest = sum - s;
      if (!(sum > 0)) continue;
      if (!(s > 0 && rest > 0)) return -std::numeric_limits<double>::infinity();
      score += share_[t] * (s * std::log(s / l) + rest * std::log(rest / r) - sum * std::log(sum / total[0]));
    }
    return score;
  }

  const ForestRows* rows_;
  bool poisson_;
  mutable std::vector<double> left_;
  std::vector<double> share_;
};

}  // namespace everyml
