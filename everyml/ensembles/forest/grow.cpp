#include "everyml/ensembles/forest/grow_makers_impl.h"

namespace everyml {

template <class Code>
std::unique_ptr<ForestGrower<Code>> make_grower(const ForestCodes<Code>& codes, const ForestRows& rows,
                                                const GrowRules& rules) {
  if (rules.criterion == ForestCriterion::absolute) return make_median_grower(codes, rows, rules);
  if (rows.classes == 0) return make_number_grower(codes, rows, rules);
  // Draws of copies weigh the same each time; other weights may come together by chance, and need room.
  double heaviest = 0;
  for (const std::uint32_t row : rows.present) heaviest = std::max(heaviest, 1.0 * rows.weight[row]);
  const double most = heaviest * static_cast<double>(rows.copy_count) * (rows.balance_draws ? 4 : 1);
  const bool fits = most < 2147483648.0;
  if (rows.classes == 2 && rules.criterion == ForestCriterion::gini && fits)
    return make_pair_grower(codes, rows, rules);
  return make_class_grower(codes, rows, rules);
}

template std::unique_ptr<ForestGrower<std::uint8_t>> make_grower(const ForestCodes<std::uint8_t>&,
                                                                 const ForestRows&, const GrowRules&);
template std::unique_ptr<ForestGrower<std::uint16_t>> make_grower(const ForestCodes<std::uint16_t>&,
                                                                  const ForestRows&, const GrowRules&);

}  // namespace everyml
