#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "everyml/workflow/report/chart_impl.h"
#include "everyml/workflow/report/report.h"

namespace everyml::report_impl {

/// " for “yes”", or nothing where there is one sum.
std::string of_class(const ColumnContributions& all, std::size_t sum);
void widen(Axis& axis, double value);
/// A little space on both sides.
void give_room(Axis& axis);

/// The column, by its place, whose values say most of why rows of like values in `column` are moved by
/// different amounts: that of the largest correlation between its rank and what is left of the contributions
/// when the mean of the neighbours is taken away. None where columns of noise would reach as much.
std::optional<std::size_t> companion_of(const ColumnContributions& all, std::size_t sum, std::size_t column);

/// What the columns of numbers and dates add against their values, those of most weight first; `order` as the
/// swarm shows them. Empty when there are none with enough values.
Markup dependence_of_contributions(const LearnResult& result, std::size_t sum,
                                   std::span<const std::size_t> order, Gallery& gallery);

}  // namespace everyml::report_impl
