#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/io/json_scan_impl.h"

namespace everyml::detail {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view bytes_tag = ":bytes:";

int hex_value(char c) {
  const auto at = hex_digits.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

std::uint32_t read_unit(std::string_view four) {
  std::uint32_t unit = 0;
  std::from_chars(four.data(), four.data() + four.size(), unit, 16);
  return unit;
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | (point >> 6));
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | (point >> 12));
    put(0x80 | ((point >> 6) & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | (point >> 18));
    put(0x80 | ((point >> 12) & 0x3F));
    put(0x80 | ((point >> 6) & 0x3F));
    put(0x80 | (point & 0x3F));
  }
}

void append_value(std::string& out, const Json& value, unsigned depth, std::size_t& count) {
  if (depth > JsonScanner::max_depth - 2) {
    throw UnsupportedError("model.value", "a value for a model file is nested too deep");
  }
  if (++count > max_tree_values) {
    throw UnsupportedError("model.value",
                           fmt::format("a value for a model file holds more than {} parts", max_tree_values));
  }
  switch (value.type()) {
    case Json::value_t::null:
      out += "null";
      return;
    case Json::value_t::boolean:
      out += value.get<bool>() ? "true" : "false";
      return;
    case Json::value_t::number_integer:
      out += fmt::format("{}", value.get<std::int64_t>());
      return;
    case Json::value_t::number_unsigned:
      out += fmt::format("{}", value.get<std::uint64_t>());
      return;
    case Json::value_t::number_float:
      append_number(out, value.get<double>());
      return;
    case Json::value_t::string:
      append_text(out, value.get_ref<const std::string&>());
      return;
    case Json::value_t::array: {
      out += '[';
      bool first = true;
      for (const Json& item : value) {
        if (!std::exchange(first, false)) out += ',';
        append_value(out, item, depth + 1, count);
      }
      out += ']';
      return;
    }
    case Json::value_t::object: {
      out += '{';
      bool first = true;
      for (const auto& [name, item] : value.get_ref<const Json::object_t&>()) {
        if (!std::exchange(first, false)) out += ',';
        append_text(out, name);
        out += ':';
        append_value(out, item, depth + 1, count);
      }
      out += '}';
      return;
    }
    default:
      throw UnsupportedError("model.value", "a model file cannot hold this kind of JSON value");
  }
}

Json decode_token(std::string_view raw, const JsonScanner& scanner) {
  if (raw == "true") return true;
  if (raw == "false") return false;
  if (raw == "null") return nullptr;
  if (raw == "\":nan\"" || raw == "\":inf\"" || raw == "\":-inf\"") return decode_number(raw, scanner);
  if (raw.front() == '"') return decode_text(raw.substr(1, raw.size() - 2), scanner);
  if (raw.find_first_of(".eE") != std::string_view::npos) return decode_number(raw, scanner);
  std::uint64_t natural = 0;
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), natural);
  if (error == std::errc() && natural > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
    return natural;
  return decode_integer(raw, scanner);
}

// Recursion is bounded: the text has passed JsonScanner::value, which ends at max_depth.
Json build(JsonScanner& scanner) {
  if (scanner.accept('[')) {
    Json::array_t items;
    if (scanner.accept(']')) return items;
    do items.push_back(build(scanner));
    while (scanner.accept(','));
    scanner.expect(']');
    return items;
  }
  if (!scanner.accept('{')) return decode_token(scanner.value(), scanner);
  Json::object_t members;
  if (scanner.accept('}')) return members;
  do {
    std::string name = decode_text(scanner.key(), scanner);
    // Its own insert looks for the name from the start each time, which hostile text would turn into hours.
    static_cast<Json::object_t::Container&>(members).emplace_back(std::move(name), build(scanner));
  } while (scanner.accept(','));
  scanner.expect('}');
  std::vector<std::string_view> names;
  names.reserve(members.size());
  for (const auto& member : members) names.push_back(member.first);
  std::sort(names.begin(), names.end());
  if (std::adjacent_find(names.begin(), names.end()) != names.end()) scanner.fail("a name occurs twice");
  return members;
}

}  // namespace

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

std::string unescape_json(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  for (std::size_t at = 0; at < raw.size();) {
    const std::size_t escape = std::min(raw.find('\\', at), raw.size());
    out.append(raw, at, escape - at);
    if (escape == raw.size()) break;
    const char kind = raw[escape + 1];
    at = escape + 2;
    switch (kind) {
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 't':
        out += '\t';
        break;
      case 'u': {
        std::uint32_t point = read_unit(raw.substr(at, 4));
        at += 4;
        if (point >= 0xD800 && point <= 0xDBFF) {
          point = 0x10000 + ((point - 0xD800) << 10) + (read_unit(raw.substr(at + 2, 4)) - 0xDC00);
          at += 6;
        }
        append_utf8(out, point);
        break;
      }
      default:
        out += kind;
    }
  }
  return out;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00";
      out += hex_digits[static_cast<unsigned char>(c) >> 4];
      out += hex_digits[static_cast<unsigned char>(c) & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_text(std::string& out, std::string_view text) {
  if (!is_utf8(text)) {
    out += '"';
    out += bytes_tag;
    for (const char c : text) {
      out += hex_digits[static_cast<unsigned char>(c) >> 4];
      out += hex_digits[static_cast<unsigned char>(c) & 15];
    }
    out += '"';
  } else if (text.starts_with(':')) {
    append_json_string(out, ":" + std::string(text));
  } else {
    append_json_string(out, text);
  }
}

void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "\":nan\"";
  } else if (std::isinf(value)) {
    out += value > 0 ? "\":inf\"" : "\":-inf\"";
  } else {
    char digits[32];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
    const std::string_view text(digits, static_cast<std::size_t>(end - digits));
    out += text;
    if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
  }
}

void append_value(std::string& out, const Json& value) {
  std::size_t count = 0;
  append_value(out, value, 0, count);
}

std::string decode_text(std::string_view raw, const JsonScanner& scanner) {
  std::string text = unescape_json(raw);
  if (!text.starts_with(':')) return text;
  if (text.starts_with("::")) return text.substr(1);
  const std::string_view hex = std::string_view(text).substr(std::min(bytes_tag.size(), text.size()));
  if (!text.starts_with(bytes_tag) || hex.size() % 2 != 0) scanner.fail("expected text");
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = hex_value(hex[i]), low = hex_value(hex[i + 1]);
    if (high < 0 || low < 0) scanner.fail("bytes are written in lower case hexadecimal digits");
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

double decode_number(std::string_view raw, const JsonScanner& scanner) {
  if (raw == "\":nan\"") return std::numeric_limits<double>::quiet_NaN();
  if (raw == "\":inf\"") return std::numeric_limits<double>::infinity();
  if (raw == "\":-inf\"") return -std::numeric_limits<double>::infinity();
  double value = 0;
  const std::errc error = std::from_chars(raw.data(), raw.data() + raw.size(), value).ec;
  if (error != std::errc()) scanner.fail("a number is too large or too small for 64 bits");
  return value;
}

std::int64_t decode_integer(std::string_view raw, const JsonScanner& scanner) {
  std::int64_t value = 0;
  const std::errc error = std::from_chars(raw.data(), raw.data() + raw.size(), value).ec;
  if (error != std::errc()) scanner.fail("a whole number is too large for 64 bits");
  return value;
}

Json decode_value(std::string_view raw, std::string_view code, std::string_view source) {
  JsonScanner counter(raw, code, source);
  counter.value();
  if (counter.values() > max_tree_values) {
    counter.fail(fmt::format("one value holds more than {} parts", max_tree_values));
  }
  JsonScanner scanner(raw, code, source);
  return build(scanner);
}

}  // namespace everyml::detail
