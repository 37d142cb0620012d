#pragma once

#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace everyml {

/// A fitted figure with its shape. Values are finite but for NaN, where an entry does not exist, and ratios
/// that are honestly infinite, as the t of a coefficient without error.
struct Figure {
  std::vector<std::size_t> shape;  ///< empty: one number; [n]: a list; [rows, columns]: a table
  std::vector<double> values;      ///< row-major

  static Figure number(double value) { return {{}, {value}}; }
  /// None for NaN.
  static std::optional<Figure> number_if_any(double value) {
    if (std::isnan(value)) return std::nullopt;
    return number(value);
  }
  static Figure list(std::span<const double> values) {
    return {{values.size()}, {values.begin(), values.end()}};
  }
  /// REQUIRES: values.size() == rows * columns.
  static Figure table(std::size_t rows, std::size_t columns, std::span<const double> values) {
    return {{rows, columns}, {values.begin(), values.end()}};
  }
};

/// A figure that models of type M show by name. A model type that has any declares
///   static constexpr auto attributes();  a std::array of these, names distinct
/// and every face then shows them; nothing else names them.
template <class M>
struct Attribute {
  std::string_view name;  ///< the field's standard word, snake_case; static storage
  std::string_view help;  ///< one sentence with shape and unit; static storage
  /// None when this particular fit has no such figure. Const work only; safe from many threads.
  std::optional<Figure> (*read)(const M& model);
};

/// An attribute without its model's type. The texts live as long as the program.
struct AttributeInfo {
  std::string_view name;
  std::string_view help;
};

}  // namespace everyml
