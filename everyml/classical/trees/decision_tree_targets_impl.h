#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "everyml/classical/trees/decision_tree_grow_impl.h"

// The sides of a split of several targets; see decision_tree_sides_impl.h. A score is the mean of what the
// targets would give alone, and so is the gain.

namespace everyml::cart {

/// Adds a row to the sums of its targets, [Rows::sums()].
inline void add_targets(const Rows& rows, const NodeTotals& totals, std::uint32_t row, double mass,
                        double* sums) {
  const std::size_t k = rows.targets, at = row * k;
  if (rows.several_classes()) {
    for (std::size_t t = 0; t < k; ++t) sums[rows.codes[at + t]] += mass;
    return;
  }
  for (std::size_t t = 0; t < k; ++t) sums[t] += mass * (rows.ys[at + t] - totals.centres[t]);
}

/// Score of one side with these sums; minus infinity where it may not be.
inline double side_of_targets(const Rows& rows, const NodeTotals& totals, const double* sums, double mass) {
  constexpr double kNever = -std::numeric_limits<double>::infinity();
  if (!(mass > 0)) return kNever;
  const auto targets = static_cast<double>(rows.targets);
  double score = 0;
  for (std::size_t i = 0; i < rows.sums(); ++i) {
    if (rows.aim == Aim::entropy) {
      score += xlogx(sums[i]);
    } else if (rows.aim == Aim::poisson) {
      // A side that has seen nothing of a target would answer 0, which no later event forgives.
      if (!(totals.masses[i] > 0)) continue;
      if (!(sums[i] > 0)) return kNever;
      score += sums[i] * std::log(sums[i] / mass);
    } else {
      score += sums[i] * sums[i];
    }
  }
  if (rows.aim == Aim::entropy) return score / targets - xlogx(mass);
  if (rows.aim == Aim::poisson) return score / targets;
  return score / (targets * mass);
}

/// Sums of the classes' masses of every target.
template <bool kEntropy>
class TargetClassSides {
 public:
  explicit TargetClassSides(const Rows& rows) : rows_(rows), left_(rows.sums()) {}
  void start(const NodeTotals& totals) {
    totals_ = &totals;
    std::fill(left_.begin(), left_.end(), 0.0);
    left_mass_ = left_rows_ = left_sum_ = right_sum_ = 0;
    for (const double mass : totals.masses) right_sum_ += own(mass);
    base_sum_ = right_sum_;
  }
  void move(std::uint32_t row) {
    const double mass = rows_.mass_at(row);
    const std::uint32_t* places = rows_.codes.data() + row * rows_.targets;
    for (std::size_t t = 0; t < rows_.targets; ++t) {
      const std::size_t c = places[t];
      const double left = left_[c], right = totals_->masses[c] - left;
      if constexpr (kEntropy) {
        left_sum_ += own(left + mass) - own(left);
        right_sum_ += own(right - mass) - own(right);
      } else {
        left_sum_ += mass * (2 * left + mass);
        right_sum_ -= mass * (2 * right - mass);
      }
      left_[c] = left + mass;
    }
    left_mass_ += mass;
    left_rows_ += rows_.weight_at(row);
  }
  double score() const {
    const double right_mass = totals_->mass - left_mass_;
    if (!(left_mass_ > 0) || !(right_mass > 0)) return -std::numeric_limits<double>::infinity();
    return side(left_sum_, left_mass_) + side(right_sum_, right_mass);
  }
  double base() const { return side(base_sum_, totals_->mass); }
  bool beats(double) const { return true; }
  double left_rows() const { return left_rows_; }

 private:
  static double own(double mass) {
    if constexpr (kEntropy)
      return xlogx(mass);
    else
      return mass * mass;
  }
  double side(double sum, double mass) const {
    const auto targets = static_cast<double>(rows_.targets);
    if constexpr (kEntropy)
      return sum / targets - xlogx(mass);
    else
      return sum / (targets * mass);
  }

  const Rows& rows_;
  const NodeTotals* totals_ = nullptr;
  std::vector<double> left_;
  double left_mass_ = 0, left_rows_ = 0, left_sum_ = 0, right_sum_ = 0, base_sum_ = 0;
};

/// Sums of every target's numbers, for squares counted from the node's means.
template <bool kPoisson>
class TargetSumSides {
 public:
  explicit TargetSumSides(const Rows& rows) : rows_(rows), left_(rows.targets), right_(rows.targets) {}
  void start(const NodeTotals& totals) {
    totals_ = &totals;
    std::fill(left_.begin(), left_.end(), 0.0);
    left_mass_ = left_rows_ = 0;
  }
  void move(std::uint32_t row) {
    const double mass = rows_.mass_at(row);
    const double* y = rows_.ys.data() + row * rows_.targets;
    const double* centre = totals_->centres.data();
    double* left = left_.data();
    for (std::size_t t = 0; t < rows_.targets; ++t) left[t] += mass * (y[t] - centre[t]);
    left_mass_ += mass;
    left_rows_ += rows_.weight_at(row);
  }
  double score() const {
    const double right_mass = totals_->mass - left_mass_;
    if constexpr (kPoisson) {
      for (std::size_t t = 0; t < rows_.targets; ++t) right_[t] = totals_->masses[t] - left_[t];
      return side_of_targets(rows_, *totals_, left_.data(), left_mass_) +
             side_of_targets(rows_, *totals_, right_.data(), right_mass);
    } else {
      if (!(left_mass_ > 0) || !(right_mass > 0)) return -std::numeric_limits<double>::infinity();
      double left = 0, right = 0;
      for (std::size_t t = 0; t < rows_.targets; ++t) {
        const double rest = totals_->masses[t] - left_[t];
        left += left_[t] * left_[t];
        right += rest * rest;
      }
      return (left / left_mass_ + right / right_mass) / static_cast<double>(rows_.targets);
    }
  }
  bool beats(double) const { return true; }
  double base() const {
    double sum = 0;
    for (std::size_t t = 0; t < rows_.targets; ++t) {
      const double one = totals_->masses[t];
      if constexpr (kPoisson)
        sum += one > 0 ? one * std::log(one / totals_->mass) : 0;
      else
        sum += one * one / totals_->mass;
    }
    return sum / static_cast<double>(rows_.targets);
  }
  double left_rows() const { return left_rows_; }

 private:
  const Rows& rows_;
  const NodeTotals* totals_ = nullptr;
  std::vector<double> left_;
  mutable std::vector<double> right_;
  double left_mass_ = 0, left_rows_ = 0;
};

}  // namespace everyml::cart
