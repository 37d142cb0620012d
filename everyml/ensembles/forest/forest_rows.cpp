#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "everyml/ensembles/forest/forest_rows_impl.h"
#include "everyml/ensembles/forest/forest_settings.h"
#include "everyml/ensembles/forest/grow_stats_impl.h"
#include "everyml/ensembles/forest/grow_targets_impl.h"

namespace everyml {
namespace {

/// Weights that are no whole numbers are rounded to this many units of the largest.
constexpr double kUnits = 1 << 20;
/// The same where classes are balanced in each draw, which multiplies them again.
constexpr std::uint32_t kDrawUnits = 1 << 12;
/// Copies are drawn one by one when there are no more than so many for each row.
constexpr double kMostCopies = 16;

/// What a row of each class counts, so that all classes count alike; rows without a weight are no rows.
std::vector<double> balanced(const ForestRows& rows, const Dataset& data) {
  std::vector<double> sums(rows.classes, 0.0);
  double all = 0;
  for (std::size_t i = 0; i < data.rows(); ++i) {
    sums[rows.code[i]] += data.weight(i);
    all += data.weight(i);
  }
  const auto some =
      static_cast<double>(std::count_if(sums.begin(), sums.end(), [](double sum) { return sum > 0; }));
  for (double& sum : sums) sum = sum > 0 ? all / (some * sum) : 0.0;
  return sums;
}

void set_weights(ForestRows& rows, const Dataset& data, std::span<const double> class_weights) {
  const std::size_t n = data.rows();
  std::vector<double> weight(n);
  bool whole = class_weights.empty(), ones = whole;
  double largest = 0, sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    weight[i] = data.weight(i);
    if (!(weight[i] > 0)) continue;
    sum += weight[i];
    whole = whole && weight[i] == std::floor(weight[i]) && weight[i] <= kUnits;
    ones = ones && weight[i] == 1;
    if (!class_weights.empty()) weight[i] *= class_weights[rows.code[i]];
    largest = std::max(largest, weight[i]);
    rows.present.push_back(static_cast<std::uint32_t>(i));
  }
  const bool copies = whole && sum <= kMostCopies * static_cast<double>(rows.present.size());
  rows.unit = whole ? 1.0 : largest / kUnits;
  rows.copies = copies;
  rows.weight.assign(n, 0);
  for (const std::uint32_t i : rows.present) {
    const double units = whole ? weight[i] : std::round(weight[i] / largest * kUnits);
    rows.weight[i] = static_cast<std::uint32_t>(std::max(1.0, units));
  }
  rows.copy_count = rows.present.size();
  if (copies && !ones) {
    rows.copies_before.assign(1, 0);
    for (const std::uint32_t i : rows.present) {
      rows.copies_before.push_back(rows.copies_before.back() + rows.weight[i]);
    }
    rows.copy_count = rows.copies_before.back();
    // What is drawn are copies: each counts once.
    for (const std::uint32_t i : rows.present) rows.weight[i] = 1;
  }
  if (!rows.balance_draws) return;
  for (const std::uint32_t i : rows.present) {
    rows.weight[i] =
        copies ? kDrawUnits
               : std::max(1U, static_cast<std::uint32_t>(std::round(weight[i] / largest * kDrawUnits)));
  }
  rows.unit = (copies ? 1.0 : largest) / kDrawUnits;
}

/// Multiplies the loads of each class so that all classes present weigh alike.
void balance(const ForestRows& rows, std::vector<std::uint32_t>& loads) {
  std::vector<double> sums(rows.classes, 0.0);
  double all = 0;
  for (const std::uint32_t i : rows.present) {
    sums[rows.code[i]] += loads[i];
    all += loads[i];
  }
  const auto some =
      static_cast<double>(std::count_if(sums.begin(), sums.end(), [](double sum) { return sum > 0; }));
  constexpr double kMost = 1 << 28;
  for (const std::uint32_t i : rows.present) {
    if (loads[i] == 0) continue;
    const double load = loads[i] * (all / (some * sums[rows.code[i]]));
    loads[i] = static_cast<std::uint32_t>(std::clamp(std::round(load), 1.0, kMost));
  }
}

/// Targets as whole multiples of a power of two, small enough that all sums are exact. Value i of target
/// `place` of `count` stands at i * count + place; `exponent`: all lie below 2 to it. Returns by what power
/// of two they were multiplied besides.
int scale_target(const ForestRows& rows, std::span<const double> value, std::span<double> scaled,
                 std::size_t count, std::size_t place, int exponent, bool centred) {
  double centre = 0, weight = 0;
  for (const std::uint32_t i : rows.present) {
    const double load = rows.weight[i];
    centre += load * std::ldexp(value[i * count + place], -exponent);
    weight += load;
  }
  centre = centred ? centre / weight : 0.0;
  double widest = 0;
  for (const std::uint32_t i : rows.present) {
    double& one = scaled[i * count + place];
    one = std::ldexp(value[i * count + place], -exponent) - centre;
    widest = std::max(widest, std::abs(one));
  }
  if (widest == 0) return 0;
  // Draws may meet a row more than once; their sum has 53 bits and a few to spare.
  const double total = 4 * std::max(weight, static_cast<double>(rows.copy_count));
  const int bits = std::clamp(52 - static_cast<int>(std::ceil(std::log2(total))), 8, 40);
  const int shift = bits - (std::ilogb(widest) + 1);
  for (const std::uint32_t i : rows.present) {
    double& one = scaled[i * count + place];
    one = std::nearbyint(std::ldexp(one, shift));
  }
  return shift;
}

/// The power of two that all values of present rows lie below; none when all are 0.
std::optional<int> exponent_of(const ForestRows& rows, std::span<const double> value, std::size_t count) {
  double largest = 0;
  for (const std::uint32_t i : rows.present) {
    for (std::size_t t = 0; t < count; ++t) largest = std::max(largest, std::abs(value[i * count + t]));
  }
  if (largest == 0) return std::nullopt;
  return std::ilogb(largest) + 1;
}

/// Gains are in the user's units squared where these are no monsters, so that they fit a float.
int exponent_of_gains(int exponent) { return std::abs(exponent) <= 50 ? exponent : 0; }

void set_target(ForestRows& rows, bool centred) {
  rows.scaled.assign(rows.value.size(), 0);
  const std::optional<int> exponent = exponent_of(rows, rows.value, 1);
  if (!exponent) return;
  const int shift = scale_target(rows, rows.value, rows.scaled, 1, 0, *exponent, centred);
  rows.target_unit = std::ldexp(1.0, exponent_of_gains(*exponent) - shift);
}

/// Targets of one scale, so that their errors add up; each is rounded by its own width.
void set_targets(ForestRows& rows, const Dataset& data, bool centred) {
  ForestRows::Several& several = rows.several;
  several.count = data.target_count();
  const bool classes = data.target.kind() == Target::Kind::classes;
  several.first.assign(1, 0);
  for (std::size_t t = 0; t < several.count; ++t) {
    const std::size_t width = classes ? data.target_at(t).class_count() : 1;
    several.first.push_back(several.first.back() + static_cast<std::uint32_t>(width));
  }
  const std::size_t cells = data.rows() * several.count;
  (classes ? several.code.resize(cells) : several.value.resize(cells));
  for (std::size_t t = 0; t < several.count; ++t) {
    const Target& target = data.target_at(t);
    for (std::size_t i = 0; i < data.rows(); ++i) {
      const std::size_t at = i * several.count + t;
      if (classes)
        several.code[at] = several.first[t] + static_cast<std::uint32_t>(target.codes()[i]);
      else
        several.value[at] = target.values()[i];
    }
  }
  several.unit.assign(several.count, 1.0);
  if (classes) return;
  several.scaled.assign(cells, 0);
  const std::optional<int> exponent = exponent_of(rows, several.value, several.count);
  if (!exponent) return;
  for (std::size_t t = 0; t < several.count; ++t) {
    const int shift = scale_target(rows, several.value, several.scaled, several.count, t, *exponent, centred);
    several.unit[t] = std::ldexp(1.0, -shift);
  }
  rows.target_unit = std::ldexp(1.0, exponent_of_gains(*exponent));
}

}  // namespace

ForestRows ForestRows::of(const Dataset& data, ForestClassWeights balance, bool centred) {
  ForestRows rows;
  rows.balance_draws = balance == ForestClassWeights::balanced_trees;
  const std::size_t n = data.rows();
  if (!data.further.empty()) {
    set_weights(rows, data, {});
    set_targets(rows, data, centred);
    return rows;
  }
  if (data.target.kind() == Target::Kind::classes) {
    rows.classes = data.target.class_count();
    rows.code.resize(n);
    for (std::size_t i = 0; i < n; ++i) rows.code[i] = static_cast<std::uint32_t>(data.target.codes()[i]);
  }
  set_weights(rows, data,
              balance == ForestClassWeights::balanced ? balanced(rows, data) : std::vector<double>());
  if (data.target.kind() == Target::Kind::numbers) {
    rows.value.assign(data.target.values().begin(), data.target.values().end());
    set_target(rows, centred);
  }
  return rows;
}

void ForestRows::draw(Stream& stream, ForestSampling sampling, double share,
                      std::vector<std::uint32_t>& loads) const {
  loads.assign(weight.size(), 0);
  const auto row_of = [&](std::uint64_t copy) {
    if (copies_before.empty()) return present[copy];
    const auto after = std::upper_bound(copies_before.begin(), copies_before.end(), copy);
    return present[static_cast<std::size_t>(after - copies_before.begin()) - 1];
  };
  const auto wanted = std::clamp<std::uint64_t>(
      static_cast<std::uint64_t>(std::llround(share * static_cast<double>(copy_count))), 1, copy_count);
  if (sampling == ForestSampling::bootstrap) {
    for (std::uint64_t i = 0; i < wanted; ++i) {
      ++loads[row_of(draw_below(stream, static_cast<std::uint32_t>(copy_count)))];
    }
  } else if (sampling == ForestSampling::subsample && wanted < copy_count) {
    // Selection sampling: Knuth, The Art of Computer Programming, volume 2, algorithm 3.4.2 S.
    std::uint64_t left = wanted;
    for (std::uint64_t copy = 0; left > 0; ++copy) {
      if (draw_below(stream, static_cast<std::uint32_t>(copy_count - copy)) < left) {
        ++loads[row_of(copy)];
        --left;
      }
    }
  } else if (copies_before.empty()) {
    for (const std::uint32_t row : present) loads[row] = 1;
  } else {
    for (std::size_t i = 0; i < present.size(); ++i) {
      loads[present[i]] = static_cast<std::uint32_t>(copies_before[i + 1] - copies_before[i]);
    }
  }
  for (const std::uint32_t row : present) loads[row] *= weight[row];
  if (balance_draws) balance(*this, loads);
}

namespace {

/// The weighted mean; that of equal values is exact.
template <class Item, class Value>
double mean_of(std::span<const Item> items, double weight, const Value& value) {
  const double first = value(items[0]);
  double largest = 0;
  bool same = true;
  for (const Item& item : items) {
    same = same && value(item) == first;
    largest = std::max(largest, std::abs(value(item)));
  }
  if (same) return first;
  // Scaled by a power of two, which is exact, so that no sum overflows.
  const int exponent = std::ilogb(largest) + 1;
  double sum = 0;
  for (const Item& item : items) sum += static_cast<double>(item.load) * std::ldexp(value(item), -exponent);
  return std::ldexp(sum / weight, exponent);
}

}  // namespace

void NumberStats::answer(const Unit* total, std::span<const Item> items, const std::uint32_t* origin,
                         double* out) const {
  out[0] = mean_of(items, total[0], [&](const Item& item) {
    return rows_->value[origin != nullptr ? origin[item.row] : item.row];
  });
}

void TargetNumberStats::answer(const Unit* total, std::span<const Item> items, const std::uint32_t*,
                               double* out) const {
  const ForestRows::Several& several = rows_->several;
  for (std::size_t t = 0; t < several.count; ++t) {
    out[t] = mean_of(items, total[0],
                     [&](const Item& item) { return several.value[item.source * several.count + t]; });
  }
}

}  // namespace everyml
