#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "everyml/classical/trees/tree_parts.h"
#include "everyml/foundation/base/random.h"
#include "everyml/foundation/data/dataset.h"

// Small tables of several targets, and a slow look at whether every split of a tree is the best there is.

namespace everyml::testing_targets {

template <class T>
Buffer<T> buffer_of(const std::vector<T>& values) {
  auto out = Buffer<T>::uninitialized(values.size());
  std::copy(values.begin(), values.end(), out.begin());
  return out;
}

/// Numbers that hang on the features, each target in its own way, with noise.
inline Dataset numbers(std::size_t rows, std::size_t columns, std::size_t targets, std::uint64_t seed) {
  Stream stream(seed, "targets.test", 0);
  std::vector<double> x;
  for (std::size_t i = 0; i < rows * columns; ++i) x.push_back(std::floor(stream.uniform() * 40) / 4);
  Dataset data{.features = Features::dense(buffer_of(x), rows, columns)};
  for (std::size_t t = 0; t < targets; ++t) {
    std::vector<double> y;
    for (std::size_t i = 0; i < rows; ++i) {
      const double* row = x.data() + i * columns;
      y.push_back(row[t % columns] + (row[(t + 1) % columns] > 5 ? 3.0 : 0.0) + stream.uniform());
    }
    if (t == 0)
      data.target = Target::numbers(buffer_of(y));
    else
      data.further.push_back(Target::numbers(buffer_of(y)));
  }
  return data;
}

/// The same as classes: the numbers' parts above and below some bounds, 2 classes for the first, then 3, 4,
/// ...
inline Dataset classes(std::size_t rows, std::size_t columns, std::size_t targets, std::uint64_t seed) {
  const Dataset from = numbers(rows, columns, targets, seed);
  Dataset data{.features = from.features};
  for (std::size_t t = 0; t < targets; ++t) {
    const std::size_t count = 2 + t;
    std::vector<std::string> names;
    for (std::size_t c = 0; c < count; ++c)
      names.push_back("t" + std::to_string(t) + "c" + std::to_string(c));
    std::vector<std::int32_t> codes;
    for (const double y : from.target_at(t).values())
      codes.push_back(static_cast<std::int32_t>(
          std::min<std::size_t>(static_cast<std::size_t>(y / 14 * static_cast<double>(count)), count - 1)));
    Target target = Target::classes(buffer_of(codes), names);
    if (t == 0)
      data.target = target;
    else
      data.further.push_back(target);
  }
  return data;
}

enum class Measure { squared, poisson, gini, entropy };

/// The mean over the targets of the impurity, summed over rows, straight from its definition.
inline double impurity(const Dataset& data, std::span<const std::size_t> rows, Measure measure) {
  double all = 0;
  for (const std::size_t i : rows) all += data.weight(i);
  double sum = 0;
  for (std::size_t t = 0; t < data.target_count(); ++t) {
    const Target& target = data.target_at(t);
    if (measure == Measure::squared || measure == Measure::poisson) {
      double mean = 0;
      for (const std::size_t i : rows) mean += data.weight(i) * target.values()[i] / all;
      for (const std::size_t i : rows) {
        const double y = target.values()[i];
        sum += data.weight(i) * (measure == Measure::squared ? (y - mean) * (y - mean)
                                 : y > 0                     ? y * std::log(y / mean)
                                                             : 0.0);
      }
      continue;
    }
    std::vector<double> share(target.class_count());
    for (const std::size_t i : rows)
      share[static_cast<std::size_t>(target.codes()[i])] += data.weight(i) / all;
    for (const double p : share) {
      if (measure == Measure::gini) sum += all * p * (1 - p);
      if (measure == Measure::entropy && p > 0) sum -= all * p * std::log(p);
    }
  }
  return sum / static_cast<double>(data.target_count());
}

inline double gain_of(const Dataset& data, std::span<const std::size_t> rows, std::size_t feature,
                      double threshold, Measure measure) {
  std::vector<std::size_t> left, right;
  for (const std::size_t i : rows) (data.features.at(i, feature) <= threshold ? left : right).push_back(i);
  if (left.empty() || right.empty()) return -std::numeric_limits<double>::infinity();
  return impurity(data, rows, measure) - impurity(data, left, measure) - impurity(data, right, measure);
}

/// Every split of the tree is as good as the best of all, every leaf holds the weighted means or shares times
/// `factor`, and no leaf could be split further. Features are numbers without missing cells.
inline void expect_best_splits(const TreeParts& parts, std::size_t tree, const Dataset& data, Measure measure,
                               double factor = 1) {
  struct Place {
    std::int32_t child;
    std::vector<std::size_t> rows;
  };
  std::vector<std::size_t> present;
  for (std::size_t i = 0; i < data.rows(); ++i) {
    if (data.weight(i) > 0) present.push_back(i);
  }
  const std::size_t first = parts.first_node[tree], nodes = parts.first_node[tree + 1] - first;
  std::vector<Place> stack{{nodes > 0 ? 0 : -1, present}};
  while (!stack.empty()) {
    const Place place = std::move(stack.back());
    stack.pop_back();
    double best = -std::numeric_limits<double>::infinity();
    const double whole = impurity(data, place.rows, measure), slack = 1e-7 * (1 + whole);
    for (std::size_t j = 0; j < data.columns(); ++j) {
      for (const std::size_t i : place.rows)
        best = std::max(best, gain_of(data, place.rows, j, data.features.at(i, j), measure));
    }
    if (place.child >= 0) {
      const std::size_t node = first + static_cast<std::size_t>(place.child);
      const auto feature = static_cast<std::size_t>(parts.feature[node]);
      const double gain = gain_of(data, place.rows, feature, parts.threshold[node], measure);
      ASSERT_NEAR(gain, best, slack) << "node " << node;
      std::vector<std::size_t> left, right;
      for (const std::size_t i : place.rows)
        (data.features.at(i, feature) <= parts.threshold[node] ? left : right).push_back(i);
      stack.push_back({parts.left[node], left});
      stack.push_back({parts.right[node], right});
      continue;
    }
    EXPECT_FALSE(best > slack && whole > slack)
        << "a leaf of " << place.rows.size() << " rows could be split";
    const std::size_t leaf = parts.first_leaf[tree] + static_cast<std::size_t>(~place.child);
    const double* value = parts.leaf_value.data() + leaf * parts.width;
    double all = 0;
    for (const std::size_t i : place.rows) all += data.weight(i);
    for (std::size_t t = 0; t < data.target_count(); ++t) {
      const Target& target = data.target_at(t);
      const std::size_t width = std::max<std::size_t>(target.class_count(), 1);
      for (std::size_t c = 0; c < width; ++c, ++value) {
        double mean = 0;
        for (const std::size_t i : place.rows)
          mean += data.weight(i) / all *
                  (target.class_count() == 0                          ? target.values()[i]
                   : static_cast<std::size_t>(target.codes()[i]) == c ? 1.0
                                                                      : 0.0);
        EXPECT_NEAR(*value, mean * factor, 1e-12 * (1 + std::abs(mean)));
      }
    }
  }
}

}  // namespace everyml::testing_targets
