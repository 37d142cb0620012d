#include <algorithm>
#include <cmath>
#include <vector>

#include "everyml/ensembles/boosting/answer_unit_impl.h"

namespace everyml::boosting_detail {
namespace {

constexpr int kBitsOfTree = 35, kBitsOfBase = 50;
/// A base so much larger than the trees that these would keep fewer bits is left alone.
constexpr int kLeastBitsOfTree = 22;
/// New answers of a first tree may be as many powers of two larger than those that set the unit.
constexpr int kLaterBits = 12;
/// Such small numbers have no finer multiples.
constexpr int kLeastExponent = -1000;

double rounded(double value, int exponent) {
  const double whole = std::ldexp(value, -exponent);
  // From here on every double is a whole number.
  if (std::abs(whole) >= 0x1p52) return value;
  // 0 is added so that there is no zero of the other sign.
  return std::ldexp(std::nearbyint(whole), exponent) + 0.0;
}

/// The exponent of the unit; less than kLeastExponent: none.
int exponent_of(std::span<const double> leaves, double base) {
  double largest = 0;
  for (const double value : leaves) largest = std::max(largest, std::abs(value));
  if (!(largest > 0) || !std::isfinite(largest)) return kLeastExponent - 1;
  const int exponent = std::ilogb(largest) - kBitsOfTree;
  if (base == 0) return exponent;
  const int of_base = std::ilogb(base) - kBitsOfBase;
  return of_base > std::ilogb(largest) - kLeastBitsOfTree ? kLeastExponent - 1 : std::max(exponent, of_base);
}

}  // namespace

void round_answers(double unit, std::span<double> answers) {
  const int exponent = std::ilogb(unit);
  for (double& value : answers) value = rounded(value, exponent);
}

double set_unit(GrownTree& first, double& base) {
  if (first.nodes.size() < 2) return 0;
  std::vector<double> leaves;
  for (std::size_t i = 0; i < first.nodes.size(); ++i)
    if (first.nodes[i].feature < 0) leaves.push_back(first.values[i]);
  double start = base;
  int exponent = exponent_of(leaves, start);
  if (exponent < kLeastExponent) return 0;
  // A largest number that was rounded up to a power of two asks for twice the unit, so that the rounded
  // numbers tell the same unit as the ones that were given.
  for (int before = exponent - 1; before != exponent;) {
    before = exponent;
    round_answers(std::ldexp(1.0, exponent), leaves);
    start = rounded(start, exponent);
    exponent = exponent_of(leaves, start);
    if (exponent < kLeastExponent) return 0;
  }
  base = start;
  const double unit = std::ldexp(1.0, exponent);
  for (std::size_t i = 0, leaf = 0; i < first.nodes.size(); ++i)
    if (first.nodes[i].feature < 0) first.values[i] = leaves[leaf++];
  return unit;
}

double unit_of(const TreeParts& parts) {
  if (parts.outputs != 1 || parts.trees() == 0 || !parts.linear_start.empty()) return 0;
  const std::size_t leaves = parts.first_leaf[1];
  if (leaves < 2) return 0;
  const int most = exponent_of(std::span(parts.leaf_value).first(leaves), parts.base[0]);
  for (int exponent = most; exponent >= std::max(kLeastExponent, most - kLaterBits); --exponent) {
    const auto whole = [&](double value) { return rounded(value, exponent) == value; };
    if (whole(parts.base[0]) && std::ranges::all_of(parts.leaf_value, whole))
      return std::ldexp(1.0, exponent);
  }
  return 0;
}

}  // namespace everyml::boosting_detail
