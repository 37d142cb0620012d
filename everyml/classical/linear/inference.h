#pragma once

namespace everyml {

// Tail probabilities and quantiles used by the tables of coefficients. Arguments that have no answer (NaN,
// degrees of freedom that are not positive) give NaN. Thread-safe.

/// P(|T| >= |t|) of Student's t.
double student_two_sided(double t, double degrees);
/// t with P(T <= t) = p, p in (0, 1).
double student_quantile(double p, double degrees);
/// P(|Z| >= |z|) of the standard normal.
double gaussian_two_sided(double z);
/// z with P(Z <= z) = p, p in (0, 1).
double gaussian_quantile(double p);
/// P(F >= f) of Fisher's F.
double fisher_upper(double f, double degrees1, double degrees2);

}  // namespace everyml
