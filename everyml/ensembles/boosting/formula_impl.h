#pragma once

#include <string_view>
#include <vector>

#include "everyml/ensembles/boosting/formula.h"

namespace everyml::boosting_detail {

/// Reads the text; see Formula.
std::vector<Formula::Step> parse_formula(std::string_view text, std::span<const std::string_view> variables);

/// The value of a step of one or two arguments and of power, with fixed bits.
double apply_step(Formula::Op op, double a, double b, double number);

/// log x and a^p with fixed bits, within a few units in the last place (pow: times |p log a|).
double fixed_log(double x);
double fixed_power(double a, double p);

}  // namespace everyml::boosting_detail
