#pragma once

#include <span>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/features.h"

namespace everyml {

/// offset + x_row . w in the order fixed by portable::dot; w: [columns].
double portable_row_dot(const Features& x, std::size_t row, const double* w);

/// Rows below which a prediction stays on the calling thread.
std::size_t prediction_grain(const Features& x);

/// out[r] = intercept + x_r . w for all rows, in parallel when there are many. A few rows allocate nothing.
void portable_predict(const Features& x, std::span<const double> w, double intercept, std::span<double> out,
                      const Context& context);

}  // namespace everyml
