#include <algorithm>

#include "everyml/ensembles/boosting/weighted_quantile_impl.h"

namespace everyml::boosting_detail {

double weighted_quantile(std::span<Weighted> items, double level) {
  if (items.empty()) return 0.0;
  double total = 0;
  for (const Weighted& item : items) total += item.weight;
  const double goal = level * total, slack = 1e-12 * total;
  const auto less = [](const Weighted& a, const Weighted& b) { return a.value < b.value; };
  std::size_t low = 0, high = items.size();
  double below = 0;
  // The item sought stays within [low, high); what lies below `low` weighs `below`.
  while (high - low > 1) {
    const std::size_t middle = low + (high - low) / 2;
    std::nth_element(items.begin() + static_cast<std::ptrdiff_t>(low),
                     items.begin() + static_cast<std::ptrdiff_t>(middle),
                     items.begin() + static_cast<std::ptrdiff_t>(high), less);
    double left = 0;
    for (std::size_t i = low; i < middle; ++i) left += items[i].weight;
    if (below + left >= goal - slack) {
      high = middle;
    } else {
      below += left;
      low = middle;
    }
  }
  const double value = items[low].value;
  if (below + items[low].weight > goal + slack || low + 1 == items.size()) return value;
  const auto after =
      std::min_element(items.begin() + static_cast<std::ptrdiff_t>(low + 1), items.end(), less);
  return value + (after->value - value) / 2;
}

}  // namespace everyml::boosting_detail
