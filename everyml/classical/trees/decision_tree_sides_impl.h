#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "everyml/classical/trees/decision_tree_grow_impl.h"

// The two sides of a split while rows move from right to left, one row at a time. Each has
//   void start(const NodeTotals&)   all rows of the node are right
//   void move(std::uint32_t row)
//   bool beats(double bar) const    false only where score() is not above the bar; costs no division
//   double score() const            larger is better; what it grows by over base() is the gain
//   double base() const             the score of the undivided node
//   double left_rows() const        sum of weights on the left (only of weighted rows)

namespace everyml::cart {

/// Gini of two classes, rows of weight 1: all sums are whole numbers.
class GiniTwoSides {
 public:
  explicit GiniTwoSides(const Rows& rows) : code_(rows.code.data()) {}
  void start(const NodeTotals& totals) {
    n_ = totals.mass;
    ones_ = totals.masses[1];
    left_ = left_ones_ = 0;
  }
  void move(std::uint32_t row) {
    left_ += 1;
    left_ones_ += code_[row];
  }
  double score() const { return score_of(static_cast<double>(left_), static_cast<double>(left_ones_)); }
  double base() const { return n_ - 2 * (n_ - ones_) * ones_ / n_; }
  bool beats(double bar) const {
    const double left = static_cast<double>(left_), left_ones = static_cast<double>(left_ones_),
                 right = n_ - left, right_ones = ones_ - left_ones;
    const double l = (left - left_ones) * left_ones, r = (right - right_ones) * right_ones;
    return (l * right + r * left) * (1 - kSlack) <= 0.5 * (n_ - bar) * (left * right);
  }
  double left_rows() const { return static_cast<double>(left_); }

 private:
  /// More than the rounding of both ways to count.
  static constexpr double kSlack = 1e-13;
  double score_of(double left, double left_ones) const {
    const double right = n_ - left, right_ones = ones_ - left_ones;
    const double l = (left - left_ones) * left_ones, r = (right - right_ones) * right_ones;
    return n_ - 2 * (l * right + r * left) / (left * right);
  }
  const std::uint16_t* code_;
  double n_ = 0, ones_ = 0;
  std::int64_t left_ = 0, left_ones_ = 0;
};

/// Sums of the classes' masses; Own says what a class's mass adds to a side's sum.
template <bool kEntropy>
class ClassSides {
 public:
  explicit ClassSides(const Rows& rows) : rows_(rows), left_(rows.classes) {}
  void start(const NodeTotals& totals) {
    for (const std::uint32_t row : moved_) left_[rows_.code[row]] = 0;
    moved_.clear();
    totals_ = &totals;
    left_mass_ = left_rows_ = left_sum_ = right_sum_ = 0;
    for (const double mass : totals.masses) right_sum_ += own(mass);
    base_sum_ = right_sum_;
  }
  void move(std::uint32_t row) {
    const std::size_t c = rows_.code[row];
    const double mass = rows_.mass_at(row), left = left_[c], right = totals_->masses[c] - left;
    if constexpr (kEntropy) {
      left_sum_ += own(left + mass) - own(left);
      right_sum_ += own(right - mass) - own(right);
    } else {
      left_sum_ += mass * (2 * left + mass);
      right_sum_ -= mass * (2 * right - mass);
    }
    left_[c] = left + mass;
    left_mass_ += mass;
    left_rows_ += rows_.weight_at(row);
    moved_.push_back(row);
  }
  double score() const {
    const double right_mass = totals_->mass - left_mass_;
    if (!(left_mass_ > 0) || !(right_mass > 0)) return -std::numeric_limits<double>::infinity();
    return side(left_sum_, left_mass_) + side(right_sum_, right_mass);
  }
  double base() const { return side(base_sum_, totals_->mass); }
  bool beats(double) const { return true; }
  double left_rows() const { return left_rows_; }

  static double own(double mass) {
    if constexpr (kEntropy)
      return xlogx(mass);
    else
      return mass * mass;
  }
  static double side(double sum, double mass) {
    if constexpr (kEntropy)
      return sum - xlogx(mass);
    else
      return sum / mass;
  }

 private:
  const Rows& rows_;
  const NodeTotals* totals_ = nullptr;
  std::vector<double> left_;
  std::vector<std::uint32_t> moved_;
  double left_mass_ = 0, left_rows_ = 0, left_sum_ = 0, right_sum_ = 0, base_sum_ = 0;
};

/// Sums of the numbers, counted from the node's mean for squares.
template <bool kPoisson>
class SumSides {
 public:
  explicit SumSides(const Rows& rows) : rows_(rows) {}
  void start(const NodeTotals& totals) {
    totals_ = &totals;
    centre_ = kPoisson ? 0 : totals.centre;
    left_ = left_mass_ = left_rows_ = 0;
  }
  void move(std::uint32_t row) {
    const double mass = rows_.mass_at(row);
    left_ += mass * (rows_.y[row] - centre_);
    left_mass_ += mass;
    left_rows_ += rows_.weight_at(row);
  }
  double score() const {
    const double right = totals_->sum - left_, right_mass = totals_->mass - left_mass_;
    if (!(left_mass_ > 0) || !(right_mass > 0)) return -std::numeric_limits<double>::infinity();
    if constexpr (kPoisson) {
      // A side that has seen nothing would answer 0, which no later event forgives.
      if (!(left_ > 0) || !(right > 0)) return -std::numeric_limits<double>::infinity();
      return left_ * std::log(left_ / left_mass_) + right * std::log(right / right_mass);
    } else {
      return left_ * left_ / left_mass_ + right * right / right_mass;
    }
  }
  bool beats(double bar) const {
    if constexpr (kPoisson) return true;
    constexpr double kSlack = 1e-13;
    const double right = totals_->sum - left_, right_mass = totals_->mass - left_mass_;
    return (left_ * left_ * right_mass + right * right * left_mass_) * (1 + kSlack) >=
           bar * (left_mass_ * right_mass);
  }
  double base() const {
    const double sum = totals_->sum;
    if constexpr (kPoisson)
      return sum > 0 ? sum * std::log(sum / totals_->mass) : 0;
    else
      return sum * sum / totals_->mass;
  }
  double left_rows() const { return left_rows_; }

 private:
  const Rows& rows_;
  const NodeTotals* totals_ = nullptr;
  double centre_ = 0, left_ = 0, left_mass_ = 0, left_rows_ = 0;
};

/// Absolute deviations from each side's median, by sums over the ranks of the node's numbers (Fenwick, "A New
/// Data Structure for Cumulative Frequency Tables", Software: Practice and Experience 24, 1994).
class MedianSides {
 public:
  explicit MedianSides(const Rows& rows) : rows_(rows), rank_(rows.rows) {}

  /// Ranks of the node's numbers, before any start().
  void node(std::span<const std::uint32_t> members) {
    sorted_.assign(members.begin(), members.end());
    std::sort(sorted_.begin(), sorted_.end(), [&](std::uint32_t a, std::uint32_t b) {
      return rows_.y[a] < rows_.y[b] || (rows_.y[a] == rows_.y[b] && a < b);
    });
    values_.clear();
    for (const std::uint32_t row : sorted_) {
      if (values_.empty() || rows_.y[row] != values_.back()) values_.push_back(rows_.y[row]);
      rank_[row] = static_cast<std::uint32_t>(values_.size() - 1);
    }
    centre_ = rows_.y[sorted_[sorted_.size() / 2]];
    for (double& value : values_) value -= centre_;
    whole_.reset(values_.size());
    for (const std::uint32_t row : members) add(whole_, row, rows_.mass_at(row));
  }
  void start(const NodeTotals&) {
    left_.reset(values_.size());
    right_ = whole_;
    left_rows_ = 0;
    base_ = -deviation(right_);
  }
  /// Takes rows out of the node altogether, after start().
  void leave_out(std::uint32_t row) {
    add(right_, row, -rows_.mass_at(row));
    base_ = -deviation(right_);
  }
  void move(std::uint32_t row) {
    const double mass = rows_.mass_at(row);
    add(left_, row, mass);
    add(right_, row, -mass);
    left_rows_ += rows_.weight_at(row);
  }
  double score() const { return -(deviation(left_) + deviation(right_)); }
  double base() const { return base_; }
  bool beats(double) const { return true; }
  double left_rows() const { return left_rows_; }

 private:
  struct Sums {
    std::vector<double> mass, sum;  // Fenwick trees, from 1
    double all_mass = 0, all_sum = 0;
    void reset(std::size_t n) {
      mass.assign(n + 1, 0);
      sum.assign(n + 1, 0);
      all_mass = all_sum = 0;
    }
  };
  void add(Sums& sums, std::uint32_t row, double mass) const {
    const double value = mass * values_[rank_[row]];
    for (std::size_t i = rank_[row] + 1; i < sums.mass.size(); i += i & (~i + 1)) {
      sums.mass[i] += mass;
      sums.sum[i] += value;
    }
    sums.all_mass += mass;
    sums.all_sum += value;
  }
  double deviation(const Sums& sums) const {
    if (!(sums.all_mass > 0)) return 0;
    std::size_t at = 0;
    double mass = 0, sum = 0;
    for (std::size_t step = std::size_t{1} << 31; step > 0; step >>= 1) {
      const std::size_t next = at + step;
      if (next < sums.mass.size() && mass + sums.mass[next] < sums.all_mass / 2) {
        at = next;
        mass += sums.mass[next];
        sum += sums.sum[next];
      }
    }
    const double median = values_[std::min(at, values_.size() - 1)];
    return (median * mass - sum) + ((sums.all_sum - sum) - median * (sums.all_mass - mass));
  }

  const Rows& rows_;
  std::vector<std::uint32_t> rank_, sorted_;
  std::vector<double> values_;
  double centre_ = 0, left_rows_ = 0, base_ = 0;
  Sums whole_, left_, right_;
};

}  // namespace everyml::cart
