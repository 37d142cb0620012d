#include <algorithm>
#include <bit>
#include <cmath>

#include "everyml/classical/trees/decision_tree_levels_impl.h"
#include "everyml/classical/trees/decision_tree_sides_impl.h"
#include "everyml/classical/trees/decision_tree_targets_impl.h"

namespace everyml::cart {

void LevelOrder::read_levels(const Rows& rows, const NodeTotals& totals,
                             std::span<const std::uint32_t> values) {
  levels_.clear();
  masses_.clear();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i == 0 || (values[i] & kNew) != 0) {
      levels_.push_back({.begin = i, .masses = masses_.size()});
      masses_.resize(masses_.size() + rows.sums());
    }
    Level& level = levels_.back();
    level.end = i + 1;
    const std::uint32_t row = values[i] & kRow;
    const double mass = rows.mass_at(row);
    level.mass += mass;
    if (rows.classes > 0)
      masses_[level.masses + rows.code[row]] += mass;
    else if (rows.targets > 0)
      add_targets(rows, totals, row, mass, masses_.data() + level.masses);
    else
      level.key += mass * (rows.y[row] - totals.centre);
  }
  for (Level& level : levels_) {
    if (rows.classes == 0 && rows.targets == 0 && level.mass > 0) level.key /= level.mass;
    if (rows.classes == 2) level.key = level.mass > 0 ? masses_[level.masses + 1] / level.mass : 0;
  }
}

/// Shares of a level along the direction in which the levels' shares differ most, found by repeated
/// multiplication with their weighted scatter.
void LevelOrder::principal_keys(std::size_t classes) {
  constexpr int kRounds = 30;
  std::vector<double> mean(classes), direction(classes), next(classes);
  double whole = 0;
  for (const Level& level : levels_) {
    whole += level.mass;
    for (std::size_t c = 0; c < classes; ++c) mean[c] += masses_[level.masses + c];
  }
  for (double& one : mean) one /= whole;
  const auto along = [&](const Level& level) {
    double sum = 0;
    for (std::size_t c = 0; c < classes; ++c)
      sum += direction[c] * (masses_[level.masses + c] / level.mass - mean[c]);
    return sum;
  };
  for (std::size_t c = 0; c < classes; ++c) direction[c] = 1.0 / static_cast<double>(c + 1);
  for (int round = 0; round < kRounds; ++round) {
    std::fill(next.begin(), next.end(), 0.0);
    for (const Level& level : levels_) {
      if (!(level.mass > 0)) continue;
      const double part = along(level) * level.mass;
      for (std::size_t c = 0; c < classes; ++c)
        next[c] += part * (masses_[level.masses + c] / level.mass - mean[c]);
    }
    double largest = 0;
    for (const double one : next) largest = std::max(largest, std::abs(one));
    if (!(largest > 0)) break;
    for (std::size_t c = 0; c < classes; ++c) direction[c] = next[c] / largest;
  }
  for (Level& level : levels_) level.key = level.mass > 0 ? along(level) : 0;
}

/// Keys 0 for the levels of the best of all sets, 1 for the others; the first level is always left.
void LevelOrder::exact_keys(const Rows& rows, const NodeTotals& totals) {
  const std::size_t classes = rows.sums(), others = levels_.size() - 1;
  const bool entropy = rows.aim == Aim::entropy;
  const auto side = [&](const std::vector<double>& masses, double whole) {
    if (rows.targets > 0) return side_of_targets(rows, totals, masses.data(), whole);
    double mass = 0, sum = 0;
    for (const double one : masses) {
      mass += one;
      sum += entropy ? ClassSides<true>::own(one) : ClassSides<false>::own(one);
    }
    if (!(mass > 0)) return -std::numeric_limits<double>::infinity();
    return entropy ? ClassSides<true>::side(sum, mass) : ClassSides<false>::side(sum, mass);
  };
  std::vector<double> left(classes), right(classes);
  double best = -std::numeric_limits<double>::infinity();
  std::size_t chosen = 0;
  for (std::size_t set = 0; set + 1 < (std::size_t{1} << others); ++set) {
    std::fill(left.begin(), left.end(), 0.0);
    std::fill(right.begin(), right.end(), 0.0);
    double left_mass = 0, right_mass = 0;
    for (std::size_t k = 0; k < levels_.size(); ++k) {
      const bool goes_left = k == 0 || ((set >> (k - 1)) & 1) != 0;
      auto& place = goes_left ? left : right;
      (goes_left ? left_mass : right_mass) += levels_[k].mass;
      for (std::size_t c = 0; c < classes; ++c) place[c] += masses_[levels_[k].masses + c];
    }
    const double score = side(left, left_mass) + side(right, right_mass);
    if (score <= best) continue;
    best = score + kTie * totals.impurity;
    chosen = set;
  }
  for (std::size_t k = 0; k < levels_.size(); ++k)
    levels_[k].key = k == 0 || ((chosen >> (k - 1)) & 1) != 0 ? 0 : 1;
}

std::span<const std::uint32_t> LevelOrder::arrange(const Rows& rows, const NodeTotals& totals,
                                                   std::size_t feature, std::span<const std::uint32_t> values,
                                                   Stream* stream, std::size_t& only) {
  (void)feature;
  read_levels(rows, totals, values);
  bool one_cut = false;
  if (stream != nullptr && levels_.size() > 1) {
    bool left = false, right = false;
    while (!left || !right) {
      left = right = false;
      for (Level& level : levels_) {
        level.key = static_cast<double>(stream->below(2));
        left = left || level.key == 0;
        right = right || level.key == 1;
      }
    }
    one_cut = true;
  } else if ((rows.classes > 2 || rows.targets > 0) && levels_.size() > 1) {
    one_cut = levels_.size() <= kExactLevels;
    if (one_cut)
      exact_keys(rows, totals);
    else
      principal_keys(rows.sums());
  }
  std::stable_sort(levels_.begin(), levels_.end(),
                   [](const Level& a, const Level& b) { return a.key < b.key; });
  arranged_.clear();
  for (const Level& level : levels_) {
    if (one_cut && level.key == 0) only = level.end - level.begin + arranged_.size();
    for (std::size_t i = level.begin; i < level.end; ++i) {
      const std::uint32_t entry = values[i] & ~kNew;
      arranged_.push_back(i == level.begin ? entry | kNew : entry);
    }
  }
  return arranged_;
}

std::vector<std::uint64_t> LevelOrder::left_set(const Rows& rows, std::size_t feature,
                                                std::span<const std::uint32_t> values,
                                                std::size_t left) const {
  std::vector<std::uint64_t> set((rows.levels[feature] + 63) / 64);
  for (std::size_t i = 0; i < left; ++i) {
    if ((values[i] & kNew) == 0) continue;
    const auto code = static_cast<std::size_t>(rows.value(values[i] & kRow, feature));
    set[code / 64] |= std::uint64_t{1} << (code % 64);
  }
  return set;
}

}  // namespace everyml::cart
