#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "everyml/foundation/base/json.h"

namespace everyml {

/// Numbers a setting may take.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;
  bool high_open = false;

  bool contains(double value) const;
  bool bounded() const;
  /// "at least 0", "above 0", "between 0 and 1", "above 0 and below 1".
  std::string sentence() const;
};
constexpr Range at_least(double low) { return {.low = low}; }
constexpr Range above(double low) { return {.low = low, .low_open = true}; }
constexpr Range at_most(double high) { return {.high = high}; }
constexpr Range between(double low, double high) { return {.low = low, .high = high}; }
constexpr Range strictly_between(double low, double high) {
  return {.low = low, .high = high, .low_open = true, .high_open = true};
}

/// A setting's value without its C++ type; monostate is "not set" of an optional one.
using ParamValue = std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<double>,
                                std::vector<std::string>>;

enum class ParamType : std::uint8_t { boolean, integer, number, text, choice, numbers, texts };
std::string_view to_string(ParamType type);

/// One setting as the faces see it.
struct Param {
  std::string name;  ///< "alpha"; of nested settings "solver.tolerance"
  std::string help;
  ParamType type = ParamType::number;
  bool optional = false;
  Range range;                       ///< of numbers, integers and each element of `numbers`
  std::vector<std::string> choices;  ///< of type choice
  ParamValue default_value;

  std::function<ParamValue(const void* settings)> get;
  /// REQUIRES: the value passed check_param.
  std::function<void(void* settings, const ParamValue& value)> set;
};

/// A rule over several settings.
struct ParamRule {
  std::string sentence;  ///< what must hold, for example "min_rows must not exceed max_rows"
  std::function<bool(const void* settings)> holds;
};

/// All settings of one algorithm, made by `describe<Settings>()` in field.h.
struct ParamSet {
  std::string owner;  ///< "ridge": begins every error sentence
  std::vector<Param> params;
  std::vector<ParamRule> rules;

  /// Throws ParameterError "parameter.unknown" with a did-you-mean.
  const Param& find(std::string_view name) const;
  /// Throws ParameterError "parameter.range", "parameter.choice", "parameter.not_finite" or "parameter.rule":
  /// "ridge: alpha must be at least 0, got -1".
  void validate(const void* settings) const;
  /// Parses, checks and sets. Text forms: numbers, true/false, a choice's name, lists as "1,2,3", "none" for
  /// an optional one. Throws ParameterError "parameter.type" besides those above.
  void set_text(void* settings, std::string_view name, std::string_view text) const;
  void set_json(void* settings, std::string_view name, const Json& value) const;
  /// Sets every member of a JSON object; unknown names are refused.
  void set_all(void* settings, const Json& object) const;
  Json to_json(const void* settings) const;
  /// JSON Schema (draft 2020-12) of the settings object.
  Json schema() const;
};

/// Throws as ParamSet::validate does for one value.
void check_param(std::string_view owner, const Param& param, const ParamValue& value);
/// "0.5", "true", "uniform", "none", "1, 2, 3".
std::string to_text(const ParamValue& value);

}  // namespace everyml
