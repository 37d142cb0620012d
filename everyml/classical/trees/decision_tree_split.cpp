#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <variant>

#include "everyml/classical/trees/decision_tree_levels_impl.h"
#include "everyml/classical/trees/decision_tree_sides_impl.h"
#include "everyml/classical/trees/decision_tree_targets_impl.h"

namespace everyml::cart {
namespace {

using AnySides = std::variant<GiniTwoSides, ClassSides<false>, ClassSides<true>, SumSides<false>,
                              SumSides<true>, MedianSides, TargetClassSides<false>, TargetClassSides<true>,
                              TargetSumSides<false>, TargetSumSides<true>>;

AnySides sides_for(const Rows& rows) {
  if (rows.several_classes()) {
    if (rows.aim == Aim::entropy) return TargetClassSides<true>(rows);
    return TargetClassSides<false>(rows);
  }
  if (rows.targets > 0) {
    if (rows.aim == Aim::poisson) return TargetSumSides<true>(rows);
    return TargetSumSides<false>(rows);
  }
  switch (rows.aim) {
    case Aim::gini:
      if (rows.classes == 2 && rows.mass.empty() && rows.weight.empty()) return GiniTwoSides(rows);
      return ClassSides<false>(rows);
    case Aim::entropy:
      return ClassSides<true>(rows);
    case Aim::squared:
      return SumSides<false>(rows);
    case Aim::poisson:
      return SumSides<true>(rows);
    case Aim::absolute:
      break;
  }
  return MedianSides(rows);
}

/// The best place in a list of values.
struct Place {
  double gain = -std::numeric_limits<double>::infinity();
  std::size_t left = 0;  ///< entries with values on the left
  bool constant = true;
};

/// A list split in two: its values in order, then its gaps.
struct List {
  std::span<const std::uint32_t> values, gaps;
};

List list_of(std::span<const std::uint32_t> entries) {
  if ((entries.back() & kGap) == 0) return {entries, {}};
  const auto first = std::partition_point(entries.begin(), entries.end(),
                                          [](std::uint32_t entry) { return (entry & kGap) == 0; });
  const auto known = static_cast<std::size_t>(first - entries.begin());
  return {entries.first(known), entries.subspan(known)};
}

/// Moves `first` and then the values to the left one by one. `only`: the one number of values to judge at, 0:
/// all. `last_too`: also judges when all values are left.
template <class Sides>
Place best_place(Sides& sides, const NodeTotals& totals, std::span<const std::uint32_t> first,
                 std::span<const std::uint32_t> values, const Limits& limits, double tie, std::size_t only,
                 bool last_too) {
  Place place;
  sides.start(totals);
  if (limits.known_only) {
    if constexpr (std::is_same_v<Sides, MedianSides>) {
      for (const std::uint32_t entry : first) sides.leave_out(entry & kRow);
    }
    first = {};
  }
  for (const std::uint32_t entry : first) sides.move(entry & kRow);
  const double base = sides.base();
  double bar = -std::numeric_limits<double>::infinity();
  const std::size_t n = values.size();
  for (std::size_t i = 0; i < n; ++i) {
    sides.move(values[i] & kRow);
    if (i + 1 < n ? (values[i + 1] & kNew) == 0 : !last_too) continue;
    place.constant = false;
    if (only != 0 && i + 1 != only) continue;
    const double left = limits.unit ? static_cast<double>(first.size() + i + 1) : sides.left_rows();
    if (left < limits.min_leaf || totals.rows - left < limits.min_leaf) continue;
    if (!sides.beats(bar)) continue;
    const double score = sides.score();
    if (score <= bar) continue;
    bar = score + tie;
    place.gain = score - base;
    place.left = i + 1;
  }
  return place;
}

}  // namespace

struct Searcher::State {
  State(const Rows& all, Limits bounds) : rows(all), limits(bounds), sides(sides_for(all)) {}
  const Rows& rows;
  Limits limits;
  AnySides sides;
  std::span<const std::uint32_t> members;
  const NodeTotals* totals = nullptr;
  double tie = 0;
  NodeTotals known;
  LevelOrder levels;

  /// Totals of the rows that have a value.
  const NodeTotals& known_totals(const List& list) {
    known.masses.assign(totals->masses.size(), 0);
    known.rows = known.mass = known.sum = 0;
    known.centre = totals->centre;
    known.centres = totals->centres;
    known.impurity = totals->impurity;
    for (const std::uint32_t entry : list.values) {
      const std::uint32_t row = entry & kRow;
      const double mass = rows.mass_at(row);
      known.rows += rows.weight_at(row);
      known.mass += mass;
      if (rows.classes > 0)
        known.masses[rows.code[row]] += mass;
      else if (rows.targets > 0)
        add_targets(rows, known, row, mass, known.masses.data());
      else
        known.sum += mass * (rows.y[row] - (rows.aim == Aim::poisson ? 0 : known.centre));
    }
    return known;
  }

  /// Values left of a random threshold.
  std::size_t random_place(std::size_t feature, std::span<const std::uint32_t> values, Stream& stream) const {
    const double low = rows.value(values.front() & kRow, feature),
                 high = rows.value(values.back() & kRow, feature);
    const double threshold = low + (high / 2 - low / 2) * 2 * stream.uniform();
    const auto place = std::partition_point(values.begin(), values.end() - 1, [&](std::uint32_t entry) {
      return rows.value(entry & kRow, feature) <= threshold;
    });
    return std::max<std::size_t>(static_cast<std::size_t>(place - values.begin()), 1);
  }

  template <class Sides>
  Split best(Sides& sides_of_aim, std::size_t feature, std::span<const std::uint32_t> entries,
             Stream* stream) {
    Split split;
    List list = list_of(entries);
    if (list.values.empty()) {
      split.constant = true;
      return split;
    }
    const NodeTotals& all = limits.known_only && !list.gaps.empty() ? known_totals(list) : *totals;
    const std::size_t levels_here = rows.levels[feature];
    std::size_t only = 0;
    if (levels_here > 0) {
      list.values = levels.arrange(rows, all, feature, list.values, stream, only);
    } else if (stream != nullptr && (rows.value(list.values.front() & kRow, feature) <
                                     rows.value(list.values.back() & kRow, feature))) {
      only = random_place(feature, list.values, *stream);
    }
    const bool gaps = !list.gaps.empty() && !limits.known_only;
    const auto leave_out = limits.known_only ? list.gaps : std::span<const std::uint32_t>{};
    Place place = best_place(sides_of_aim, all, leave_out, list.values, limits, tie, only, gaps);
    bool missing_left = false;
    if (gaps) {
      const Place other = best_place(sides_of_aim, all, list.gaps, list.values, limits, tie, only, false);
      if (other.gain > place.gain + tie) {
        place.gain = other.gain;
        place.left = other.left;
        missing_left = true;
      }
    }
    split.constant = place.constant && !gaps;
    if (place.left == 0) return split;
    split.feature = static_cast<std::int32_t>(feature);
    split.gain = place.gain;
    split.missing_left = missing_left;
    split.left_values = static_cast<std::uint32_t>(place.left);
    split.gap_split = place.left == list.values.size();
    if (levels_here > 0) split.set = levels.left_set(rows, feature, list.values, place.left);
    return split;
  }
};

Searcher::Searcher(const Rows& rows, Limits limits) : state_(std::make_unique<State>(rows, limits)) {}
Searcher::~Searcher() = default;

void Searcher::node(std::span<const std::uint32_t> members, const NodeTotals& totals) {
  state_->members = members;
  state_->totals = &totals;
  state_->tie = kTie * totals.impurity;
  if (auto* median = std::get_if<MedianSides>(&state_->sides)) median->node(members);
}

Split Searcher::best(std::size_t feature, std::span<const std::uint32_t> entries, Stream* stream) {
  return std::visit([&](auto& sides) { return state_->best(sides, feature, entries, stream); },
                    state_->sides);
}

}  // namespace everyml::cart
