#include "everyml/foundation/params/param.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"

namespace everyml {
namespace {

std::vector<std::string> names_of(const ParamSet& set) {
  std::vector<std::string> names;
  for (const Param& param : set.params) names.push_back(param.name);
  return names;
}

[[noreturn]] void wrong_type(std::string_view owner, const Param& param, std::string_view got) {
  static const std::map<ParamType, std::string_view> kExpected = {
      {ParamType::boolean, "true or false"},
      {ParamType::integer, "a whole number"},
      {ParamType::number, "a number"},
      {ParamType::text, "a text"},
      {ParamType::choice, "one of its choices"},
      {ParamType::numbers, "numbers separated by commas"},
      {ParamType::texts, "texts separated by commas"}};
  throw ParameterError("parameter.type", fmt::format("{}: {} must be {}, got \"{}\"", owner, param.name,
                                                     kExpected.at(param.type), printable(got)));
}

void check_number(std::string_view owner, const Param& param, double value) {
  if (std::isnan(value)) {
    throw ParameterError("parameter.not_finite",
                         fmt::format("{}: {} must be a number, got nan", owner, param.name));
  }
  if (!param.range.contains(value)) {
    throw ParameterError("parameter.range", fmt::format("{}: {} must be {}, got {}", owner, param.name,
                                                        param.range.sentence(), format_number(value)));
  }
}

std::int64_t whole(std::string_view owner, const Param& param, double value, std::string_view shown) {
  constexpr double kExact = 9007199254740992.0;
  if (!(std::abs(value) <= kExact) || value != std::floor(value)) wrong_type(owner, param, shown);
  return static_cast<std::int64_t>(value);
}

/// Whole numbers as they are written: on the way through a double those beyond 2^53 would become others.
std::optional<std::int64_t> exact_integer(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

ParamValue parse_text(std::string_view owner, const Param& param, std::string_view text) {
  const std::string_view trimmed = trim(text);
  if (param.optional && to_lower_ascii(trimmed) == "none") return {};
  switch (param.type) {
    case ParamType::boolean: {
      const std::string word = to_lower_ascii(trimmed);
      if (word == "true" || word == "yes" || word == "on" || word == "1") return true;
      if (word == "false" || word == "no" || word == "off" || word == "0") return false;
      wrong_type(owner, param, text);
    }
    case ParamType::integer: {
      if (const auto exact = exact_integer(trimmed)) return *exact;
      const auto value = parse_number(trimmed);
      if (!value) wrong_type(owner, param, text);
      return whole(owner, param, *value, text);
    }
    case ParamType::number: {
      const auto value = parse_number(trimmed);
      if (!value) wrong_type(owner, param, text);
      return *value;
    }
    case ParamType::text:
      return std::string(text);
    case ParamType::choice:
      return std::string(trimmed);
    case ParamType::numbers: {
      std::vector<double> values;
      if (trimmed.empty()) return values;
      for (const std::string_view part : split(trimmed, ',')) {
        const auto value = parse_number(trim(part));
        if (!value) wrong_type(owner, param, text);
        values.push_back(*value);
      }
      return values;
    }
    case ParamType::texts: {
      std::vector<std::string> values;
      if (trimmed.empty()) return values;
      for (const std::string_view part : split(trimmed, ',')) values.emplace_back(trim(part));
      return values;
    }
  }
  wrong_type(owner, param, text);
}

ParamValue parse_json_value(std::string_view owner, const Param& param, const Json& value) {
  const auto refuse = [&]() -> ParamValue { wrong_type(owner, param, write_json(value)); };
  if (value.is_null()) return param.optional ? ParamValue{} : refuse();
  switch (param.type) {
    case ParamType::boolean:
      return value.is_boolean() ? ParamValue{value.get<bool>()} : refuse();
    case ParamType::integer:
      if (value.is_number_integer()) {
        const auto exact = exact_integer(write_json(value));
        return exact ? ParamValue{*exact} : refuse();
      }
      if (value.is_number()) return whole(owner, param, value.get<double>(), write_json(value));
      return refuse();
    case ParamType::number:
      if (value.is_number()) return value.get<double>();
      // Infinity has no JSON form; the text one is what to_json writes.
      if (value.is_string()) {
        if (const auto number = parse_number(value.get<std::string>())) return *number;
      }
      return refuse();
    case ParamType::text:
    case ParamType::choice:
      return value.is_string() ? ParamValue{value.get<std::string>()} : refuse();
    case ParamType::numbers: {
      if (!value.is_array()) return refuse();
      std::vector<double> values;
      for (const Json& item : value) {
        if (!item.is_number()) return refuse();
        values.push_back(item.get<double>());
      }
      return values;
    }
    case ParamType::texts: {
      if (!value.is_array()) return refuse();
      std::vector<std::string> values;
      for (const Json& item : value) {
        if (!item.is_string()) return refuse();
        values.push_back(item.get<std::string>());
      }
      return values;
    }
  }
  return refuse();
}

Json value_to_json(const ParamValue& value) {
  return std::visit(
      [](const auto& held) -> Json {
        using T = std::remove_cvref_t<decltype(held)>;
        if constexpr (std::is_same_v<T, std::monostate>)
          return nullptr;
        else if constexpr (std::is_same_v<T, double>) {
          return std::isfinite(held) ? Json(held) : Json(format_number(held));
        } else
          return held;
      },
      value);
}

Json bounds_schema(const Param& param, std::string_view type) {
  Json schema = {{"type", type}};
  if (std::isfinite(param.range.low))
    schema[param.range.low_open ? "exclusiveMinimum" : "minimum"] = param.range.low;
  if (std::isfinite(param.range.high))
    schema[param.range.high_open ? "exclusiveMaximum" : "maximum"] = param.range.high;
  return schema;
}

Json param_schema(const Param& param) {
  Json schema;
  switch (param.type) {
    case ParamType::boolean:
      schema = {{"type", "boolean"}};
      break;
    case ParamType::integer:
      schema = bounds_schema(param, "integer");
      break;
    case ParamType::number:
      schema = bounds_schema(param, "number");
      break;
    case ParamType::text:
      schema = {{"type", "string"}};
      break;
    case ParamType::choice:
      schema = {{"type", "string"}, {"enum", param.choices}};
      break;
    case ParamType::numbers:
      schema = {{"type", "array"}, {"items", bounds_schema(param, "number")}};
      break;
    case ParamType::texts:
      schema = {{"type", "array"}, {"items", {{"type", "string"}}}};
      break;
  }
  if (param.optional) schema = {{"anyOf", {schema, {{"type", "null"}}}}};
  schema["description"] = param.help;
  schema["default"] = value_to_json(param.default_value);
  return schema;
}

}  // namespace

bool Range::contains(double value) const {
  return (low_open ? value > low : value >= low) && (high_open ? value < high : value <= high);
}

bool Range::bounded() const { return std::isfinite(low) || std::isfinite(high); }

std::string Range::sentence() const {
  const bool has_low = std::isfinite(low), has_high = std::isfinite(high);
  if (has_low && has_high && !low_open && !high_open) {
    return fmt::format("between {} and {}", format_number(low), format_number(high));
  }
  const std::string lower =
      has_low ? fmt::format("{} {}", low_open ? "above" : "at least", format_number(low)) : "";
  const std::string upper =
      has_high ? fmt::format("{} {}", high_open ? "below" : "at most", format_number(high)) : "";
  if (has_low && has_high) return lower + " and " + upper;
  if (has_low || has_high) return lower + upper;
  return "any number";
}

std::string_view to_string(ParamType type) {
  switch (type) {
    case ParamType::boolean:
      return "boolean";
    case ParamType::integer:
      return "integer";
    case ParamType::number:
      return "number";
    case ParamType::text:
      return "text";
    case ParamType::choice:
      return "choice";
    case ParamType::numbers:
      return "numbers";
    case ParamType::texts:
      return "texts";
  }
  return "";
}

std::string to_text(const ParamValue& value) {
  return std::visit(
      [](const auto& held) -> std::string {
        using T = std::remove_cvref_t<decltype(held)>;
        if constexpr (std::is_same_v<T, std::monostate>)
          return "none";
        else if constexpr (std::is_same_v<T, bool>)
          return held ? "true" : "false";
        else if constexpr (std::is_same_v<T, std::int64_t>)
          return std::to_string(held);
        else if constexpr (std::is_same_v<T, double>)
          return format_number(held);
        else if constexpr (std::is_same_v<T, std::string>)
          return held;
        else {
          std::string joined;
          for (const auto& item : held) {
            if (!joined.empty()) joined += ",";
            if constexpr (std::is_same_v<T, std::vector<double>>)
              joined += format_number(item);
            else
              joined += item;
          }
          return joined;
        }
      },
      value);
}

void check_param(std::string_view owner, const Param& param, const ParamValue& value) {
  if (const auto* number = std::get_if<double>(&value)) check_number(owner, param, *number);
  if (const auto* integer = std::get_if<std::int64_t>(&value))
    check_number(owner, param, static_cast<double>(*integer));
  if (const auto* numbers = std::get_if<std::vector<double>>(&value)) {
    for (const double item : *numbers) check_number(owner, param, item);
  }
  if (param.type == ParamType::choice) {
    const auto* word = std::get_if<std::string>(&value);
    if (word && std::find(param.choices.begin(), param.choices.end(), *word) == param.choices.end()) {
      throw ParameterError(
          "parameter.choice",
          fmt::format("{}: {} must be one of {}, got \"{}\".{}", owner, param.name,
                      fmt::join(param.choices, ", "), printable(*word), suggestion(*word, param.choices)));
    }
  }
}

const Param& ParamSet::find(std::string_view name) const {
  for (const Param& param : params) {
    if (param.name == name) return param;
  }
  const auto names = names_of(*this);
  throw ParameterError(
      "parameter.unknown",
      fmt::format("{} has no setting \"{}\".{}{}", owner, printable(name), suggestion(name, names),
                  names.empty() ? std::string(" It has no settings.")
                                : fmt::format(" It has: {}.", fmt::join(names, ", "))));
}

void ParamSet::validate(const void* settings) const {
  for (const Param& param : params) check_param(owner, param, param.get(settings));
  for (const ParamRule& rule : rules) {
    if (!rule.holds(settings))
      throw ParameterError("parameter.rule", fmt::format("{}: {}", owner, rule.sentence));
  }
}

void ParamSet::set_text(void* settings, std::string_view name, std::string_view text) const {
  const Param& param = find(name);
  const ParamValue value = parse_text(owner, param, text);
  check_param(owner, param, value);
  param.set(settings, value);
}

void ParamSet::set_json(void* settings, std::string_view name, const Json& json) const {
  const Param& param = find(name);
  const ParamValue value = parse_json_value(owner, param, json);
  check_param(owner, param, value);
  param.set(settings, value);
}

void ParamSet::set_all(void* settings, const Json& object) const {
  if (!object.is_object()) {
    throw ParameterError("parameter.type", fmt::format("{}: settings must be a JSON object", owner));
  }
  for (const auto& [key, value] : object.items()) set_json(settings, key, value);
}

Json ParamSet::to_json(const void* settings) const {
  Json object = Json::object();
  for (const Param& param : params) object[param.name] = value_to_json(param.get(settings));
  return object;
}

Json ParamSet::schema() const {
  Json properties = Json::object();
  for (const Param& param : params) properties[param.name] = param_schema(param);
  return {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
          {"title", owner},
          {"type", "object"},
          {"properties", properties},
          {"additionalProperties", false}};
}

}  // namespace everyml
