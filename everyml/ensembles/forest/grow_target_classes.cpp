#include "everyml/ensembles/forest/grow_makers_impl.h"
#include "everyml/ensembles/forest/grow_targets_impl.h"

namespace everyml {

std::unique_ptr<ForestGrower<std::uint8_t>> make_target_class_grower(const ForestCodes<std::uint8_t>& codes,
                                                                     const ForestRows& rows,
                                                                     const GrowRules& rules) {
  return std::make_unique<TreeGrower<TargetClassStats, std::uint8_t>>(codes, rows, rules);
}
std::unique_ptr<ForestGrower<std::uint16_t>> make_target_class_grower(const ForestCodes<std::uint16_t>& codes,
                                                                      const ForestRows& rows,
                                                                      const GrowRules& rules) {
  return std::make_unique<TreeGrower<TargetClassStats, std::uint16_t>>(codes, rows, rules);
}

}  // namespace everyml
