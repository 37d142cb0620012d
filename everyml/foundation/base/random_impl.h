#pragma once

namespace everyml {

/// Natural logarithm from exact operations alone, within 2 units in the last place. The system's logarithm
/// may differ in the last bit between systems, and the values of a stream must not. REQUIRES: x positive,
/// finite and not subnormal.
double portable_log(double x);

/// The value below which a standard normal falls with probability p, to about 1 part in 1e16.
/// Reference: Wichura, "Algorithm AS 241", Applied Statistics 37 (1988). REQUIRES: 0 < p < 1.
double normal_quantile(double p);

}  // namespace everyml
