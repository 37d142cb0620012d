#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace everyml::detail {

/// A running sum whose error does not grow with the number of terms. Source: Neumaier, ZAMM 54 (1974).
class Sum {
 public:
  void add(double term) {
    const double next = sum_ + term;
    error_ += std::abs(sum_) >= std::abs(term) ? (sum_ - next) + term : (term - next) + sum_;
    sum_ = next;
  }
  double value() const { return std::isfinite(sum_) ? sum_ + error_ : sum_; }

 private:
  double sum_ = 0, error_ = 0;
};

inline double weight_of(std::span<const double> weights, std::size_t row) {
  return weights.empty() ? 1 : weights[row];
}

/// ParameterError "metrics.length" naming both.
void check_length(std::string_view what, std::size_t has, std::size_t wanted);
/// ParameterError "metrics.class" for a code outside 0..classes-1.
void check_codes(std::string_view what, std::span<const std::int32_t> codes, std::size_t classes);
/// DataError "metrics.not_finite".
void check_finite(std::string_view what, std::span<const double> values);
/// Checks lengths, signs and that something is left; returns the sum of the weights.
double check_weights(std::size_t rows, std::span<const double> weights);

/// Sum of weight * term(row) over the sum of weights. Terms of rows without weight are not asked for.
template <class Term>
double weighted_mean(std::size_t rows, std::span<const double> weights, Term&& term) {
  const double total = check_weights(rows, weights);
  Sum sum;
  for (std::size_t row = 0; row < rows; ++row) {
    const double weight = weight_of(weights, row);
    if (weight > 0) sum.add(weight * term(row));
  }
  return sum.value() / total;
}

}  // namespace everyml::detail
