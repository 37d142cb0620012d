#include <algorithm>
#include <cmath>

#include "everyml/classical/trees/decision_tree_grow_impl.h"

// Stand-in questions: for each other feature the split that sends most rows the way the main question does
// (Breiman et al. 1984, section 5.3). One is kept only when it does better than sending all rows to the
// larger side, and when it sends at least two rows each way.

namespace everyml::cart {
namespace {

constexpr double kLeastRows = 2;

/// The best stand-in on one feature; agreement is a sum of weights here.
struct Candidate {
  Surrogate surrogate;
  std::vector<std::uint8_t> sides;  ///< categories
};

/// The rows that have a value here, in its order; sums over those that have an answer to the main question
/// too.
struct Known {
  double left = 0, right = 0;
  std::span<const std::uint32_t> entries;
};

Known known_of(const Rows& rows, std::span<const std::uint32_t> entries,
               std::span<const std::uint8_t> left_of) {
  Known known;
  std::size_t n = 0;
  for (; n < entries.size() && (entries[n] & kGap) == 0; ++n) {
    const std::uint32_t row = entries[n] & kRow;
    if (left_of[row] == 1) known.left += rows.weight_at(row);
    if (left_of[row] == 0) known.right += rows.weight_at(row);
  }
  known.entries = entries.first(n);
  return known;
}

Candidate on_number(const Rows& rows, const Known& known, std::span<const std::uint8_t> left_of,
                    std::size_t feature, double majority) {
  Candidate best;
  best.surrogate.agreement = majority;
  double below_left = 0, below_right = 0;
  for (std::size_t i = 0; i + 1 < known.entries.size(); ++i) {
    const std::uint32_t row = known.entries[i] & kRow;
    if (left_of[row] == 1) below_left += rows.weight_at(row);
    if (left_of[row] == 0) below_right += rows.weight_at(row);
    if ((known.entries[i + 1] & kNew) == 0) continue;
    const double below = below_left + below_right, above = known.left + known.right - below;
    if (below < kLeastRows || above < kLeastRows) continue;
    const double straight = below_left + (known.right - below_right);
    const double reversed = below_right + (known.left - below_left);
    const double agree = std::max(straight, reversed);
    if (agree <= best.surrogate.agreement) continue;
    best.surrogate = {.feature = static_cast<std::int32_t>(feature),
                      .threshold = between_values(rows.value(row, feature),
                                                  rows.value(known.entries[i + 1] & kRow, feature)),
                      .reversed = reversed > straight,
                      .agreement = agree};
  }
  return best;
}

/// Each level goes where most of its rows go.
Candidate on_category(const Rows& rows, const Known& known, std::span<const std::uint8_t> left_of,
                      std::size_t feature, double majority) {
  Candidate best;
  std::vector<double> left(rows.levels[feature]), right(rows.levels[feature]);
  for (const std::uint32_t entry : known.entries) {
    const std::uint32_t row = entry & kRow;
    const auto code = static_cast<std::size_t>(rows.value(row, feature));
    if (left_of[row] != 2) (left_of[row] == 1 ? left : right)[code] += rows.weight_at(row);
  }
  best.sides.assign(left.size(), 2);
  double to_left = 0, to_right = 0, agree = 0;
  for (std::size_t c = 0; c < left.size(); ++c) {
    const double both = left[c] + right[c];
    if (!(both > 0)) continue;
    const bool goes_left = left[c] > right[c];
    best.sides[c] = goes_left ? 1 : 0;
    (goes_left ? to_left : to_right) += both;
    agree += std::max(left[c], right[c]);
  }
  if (to_left < kLeastRows || to_right < kLeastRows || agree <= majority) return best;
  best.surrogate.feature = static_cast<std::int32_t>(feature);
  best.surrogate.agreement = agree;
  return best;
}

}  // namespace

void find_surrogates(const Rows& rows, std::span<const std::uint32_t> all_entries, const Node& node,
                     std::span<const std::uint8_t> left_of, int most, Tree& tree,
                     std::vector<Surrogate>& found) {
  std::vector<Candidate> candidates;
  const auto list_of = [&](std::size_t f) {
    return all_entries.subspan(f * rows.rows + node.begin, node.end - node.begin);
  };
  const Known main = known_of(rows, list_of(static_cast<std::size_t>(node.feature)), left_of);
  const double whole = main.left + main.right, majority = std::max(main.left, main.right);
  for (std::size_t f = 0; f < rows.columns; ++f) {
    if (static_cast<std::int32_t>(f) == node.feature) continue;
    const Known known = known_of(rows, list_of(f), left_of);
    Candidate one = rows.levels[f] > 0 ? on_category(rows, known, left_of, f, majority)
                                       : on_number(rows, known, left_of, f, majority);
    if (one.surrogate.feature < 0) continue;
    candidates.push_back(std::move(one));
  }
  std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return a.surrogate.agreement > b.surrogate.agreement;
  });
  if (candidates.size() > static_cast<std::size_t>(most)) candidates.resize(static_cast<std::size_t>(most));
  for (Candidate& one : candidates) {
    one.surrogate.agreement /= whole;
    if (!one.sides.empty()) {
      one.surrogate.set = static_cast<std::int32_t>(tree.surrogate_sets.size());
      tree.surrogate_sets.push_back(std::move(one.sides));
    }
    found.push_back(one.surrogate);
  }
}

std::uint8_t surrogate_side(const Surrogate& surrogate, const std::vector<std::vector<std::uint8_t>>& sets,
                            double value) {
  if (std::isnan(value)) return 2;
  if (surrogate.set < 0) return (value <= surrogate.threshold) != surrogate.reversed ? 1 : 0;
  const auto& sides = sets[static_cast<std::size_t>(surrogate.set)];
  if (!(value >= 0) || value >= static_cast<double>(sides.size()) || value != std::floor(value)) return 2;
  return sides[static_cast<std::size_t>(value)];
}

}  // namespace everyml::cart
