#pragma once

#include <cmath>

namespace everyml {

/// An unevaluated sum of two doubles, about 32 decimal digits. For small problems that double cannot settle.
/// Needs strict IEEE arithmetic: no contraction, no reassociation.
/// References: Dekker, "A floating-point technique for extending the available precision", Numerische
/// Mathematik 18 (1971); Knuth, "The Art of Computer Programming" 2, section 4.2.2.
struct DoubleDouble {
  double high = 0.0;
  double low = 0.0;

  constexpr DoubleDouble() = default;
  constexpr DoubleDouble(double value) : high(value) {}  // NOLINT: a double is one
  constexpr DoubleDouble(double h, double l) : high(h), low(l) {}
  explicit operator double() const { return high + low; }

  /// a + b exactly. REQUIRES: |a| >= |b| or a == 0.
  static DoubleDouble quick_sum(double a, double b) {
    const double sum = a + b;
    return {sum, b - (sum - a)};
  }
  static DoubleDouble sum(double a, double b) {
    const double total = a + b, part = total - a;
    return {total, (a - (total - part)) + (b - part)};
  }
  /// a * b exactly, away from overflow.
  static DoubleDouble product(double a, double b) {
    constexpr double kSplit = 134217729.0;  // 2^27 + 1
    const double ta = kSplit * a, tb = kSplit * b;
    const double a1 = ta - (ta - a), a2 = a - a1, b1 = tb - (tb - b), b2 = b - b1;
    const double whole = a * b;
    return {whole, ((a1 * b1 - whole) + a1 * b2 + a2 * b1) + a2 * b2};
  }

  friend DoubleDouble operator-(DoubleDouble a) { return {-a.high, -a.low}; }
  friend DoubleDouble operator+(DoubleDouble a, DoubleDouble b) {
    DoubleDouble s = sum(a.high, b.high);
    const DoubleDouble t = sum(a.low, b.low);
    s = quick_sum(s.high, s.low + t.high);
    return quick_sum(s.high, s.low + t.low);
  }
  friend DoubleDouble operator-(DoubleDouble a, DoubleDouble b) { return a + -b; }
  friend DoubleDouble operator*(DoubleDouble a, DoubleDouble b) {
    const DoubleDouble p = product(a.high, b.high);
    return quick_sum(p.high, p.low + (a.high * b.low + a.low * b.high));
  }
  friend DoubleDouble operator/(DoubleDouble a, DoubleDouble b) {
    const double first = a.high / b.high;
    DoubleDouble rest = a - b * DoubleDouble(first);
    const double second = rest.high / b.high;
    rest = rest - b * DoubleDouble(second);
    const DoubleDouble head = quick_sum(first, second);
    return head + DoubleDouble(rest.high / b.high);
  }
  DoubleDouble& operator+=(DoubleDouble b) { return *this = *this + b; }
  DoubleDouble& operator-=(DoubleDouble b) { return *this = *this - b; }

  friend bool operator<(DoubleDouble a, DoubleDouble b) {
    return a.high < b.high || (a.high == b.high && a.low < b.low);
  }
};

inline DoubleDouble square_root(DoubleDouble a) {
  if (!(a.high > 0.0)) return {};
  // One Newton step on the double's root doubles its digits.
  const double root = std::sqrt(a.high);
  const DoubleDouble rest = a - DoubleDouble::product(root, root);
  return DoubleDouble::quick_sum(root, rest.high / (2.0 * root));
}
inline double square_root(double a) { return std::sqrt(a); }

}  // namespace everyml
