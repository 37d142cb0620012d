#pragma once

#include "everyml/ensembles/forest/grow_tree_impl.h"

// One source for each kind of sums, because each is compiled for both widths of codes.

namespace everyml {

std::unique_ptr<ForestGrower<std::uint8_t>> make_pair_grower(const ForestCodes<std::uint8_t>& codes,
                                                             const ForestRows& rows, const GrowRules& rules);
std::unique_ptr<ForestGrower<std::uint16_t>> make_pair_grower(const ForestCodes<std::uint16_t>& codes,
                                                              const ForestRows& rows, const GrowRules& rules);
std::unique_ptr<ForestGrower<std::uint8_t>> make_class_grower(const ForestCodes<std::uint8_t>& codes,
                                                              const ForestRows& rows, const GrowRules& rules);
std::unique_ptr<ForestGrower<std::uint16_t>> make_class_grower(const ForestCodes<std::uint16_t>& codes,
                                                               const ForestRows& rows,
                                                               const GrowRules& rules);
std::unique_ptr<ForestGrower<std::uint8_t>> make_number_grower(const ForestCodes<std::uint8_t>& codes,
                                                               const ForestRows& rows,
                                                               const GrowRules& rules);
std::unique_ptr<ForestGrower<std::uint16_t>> make_number_grower(const ForestCodes<std::uint16_t>& codes,
                                                                const ForestRows& rows,
                                                                const GrowRules& rules);
std::unique_ptr<ForestGrower<std::uint8_t>> make_median_grower(const ForestCodes<std::uint8_t>& codes,
                                                               const ForestRows& rows,
                                                               const GrowRules& rules);
std::unique_ptr<ForestGrower<std::uint16_t>> make_median_grower(const ForestCodes<std::uint16_t>& codes,
                                                                const ForestRows& rows,
                                                                const GrowRules& rules);
std::unique_ptr<ForestGrower<std::uint8_t>> make_target_number_grower(const ForestCodes<std::uint8_t>& codes,
                                                                      const ForestRows& rows,
                                                                      const GrowRules& rules);
std::unique_ptr<ForestGrower<std::uint16_t>> make_target_number_grower(
    const ForestCodes<std::uint16_t>& codes, const ForestRows& rows, const GrowRules& rules);
std::unique_ptr<ForestGrower<std::uint8_t>> make_target_class_grower(const ForestCodes<std::uint8_t>& codes,
                                                                     const ForestRows& rows,
                                                                     const GrowRules& rules);
std::unique_ptr<ForestGrower<std::uint16_t>> make_target_class_grower(const ForestCodes<std::uint16_t>& codes,
                                                                      const ForestRows& rows,
                                                                      const GrowRules& rules);

}  // namespace everyml
