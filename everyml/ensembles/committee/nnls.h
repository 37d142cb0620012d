#pragma once

#include <span>
#include <vector>

namespace everyml {

/// The x >= 0 of least |A x - b|^2, from the Gram matrix A'A ([n, n], symmetric) and A'b ([n]). Of columns
/// that repeat each other the first is used. Ends after 30 n changes of the set of positive entries at the
/// latest. REQUIRES: finite figures. Thread-safe. Reference: Lawson and Hanson, "Solving Least Squares
/// Problems", Prentice-Hall 1974, chapter 23.
std::vector<double> nonnegative_least_squares(std::span<const double> gram, std::span<const double> moment);

/// Greedy selection with replacement: starting from nothing, the member whose addition to the mean of those
/// chosen so far leaves the least squared error is added, `rounds` times; the counts divided by `rounds` are
/// the weights. The same figures as above. Of equal members the first is taken. Reference: Caruana,
/// Niculescu-Mizil, Crew and Ksikes, "Ensemble Selection from Libraries of Models", ICML 2004.
std::vector<double> greedy_selection(std::span<const double> gram, std::span<const double> moment,
                                     int rounds);

}  // namespace everyml
