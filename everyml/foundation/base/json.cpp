#include "everyml/foundation/base/json.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"

namespace everyml {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kDeepest = 64;

// simdjson is fast and strict but does not say where a fault is, so a refused text is walked a second time by
// a reader that does.
struct FaultFinder : nlohmann::json_sax<Json> {
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t& written) override {
    // An integer arrives here only when 64 bits cannot hold it.
    if (written.find_first_of(".eE") != written.npos) return true;
    huge_integer = written;
    return false;
  }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
    place = position == 0 ? 0 : position - 1;
    return false;
  }

  std::size_t place = 0;
  std::string huge_integer;
};

// The bracket that opens the first value nested too deeply.
std::size_t too_deep_at(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kDeepest) return i;
    } else if (c == ']' || c == '}') {
      depth -= depth > 0 ? 1 : 0;
    }
  }
  return text.size();
}

class Reader {
 public:
  Reader(std::string_view text, std::string_view what) : text_(text), what_(printable(what)) {}

  Json read() {
    dom::parser parser;
    // Empty arrays and scalars count differently there; this keeps its stack short, tree_of draws the exact
    // line.
    simdjson::error_code error = parser.allocate(std::max<std::size_t>(text_.size(), 1), kDeepest + 1);
    dom::element root;
    if (!error) error = parser.parse(text_.data(), text_.size()).get(root);
    if (error) refuse(error);
    return tree_of(root, nullptr);
  }

 private:
  // The way from the root to the object being read, for messages.
  struct Step {
    const Step* outer;
    std::string_view key;
    std::size_t index;
    std::size_t depth;  ///< arrays and objects around the value
  };

  static std::string path_of(const Step* step) {
    if (step == nullptr) return "";
    const std::string here =
        step->key.data() ? fmt::format("/{}", printable(step->key)) : fmt::format("/{}", step->index);
    return path_of(step->outer) + here;
  }

  [[noreturn]] void refuse(simdjson::error_code error) const {
    if (error == simdjson::MEMALLOC) {
      throw ResourceError("resource.memory", fmt::format("There is no memory left to read {}.", what_));
    }
    if (error == simdjson::CAPACITY) {
      throw FormatError("json.size",
                        fmt::format("{} is larger than the 4 GiB that a JSON text may have.", what_));
    }
    if (error == simdjson::DEPTH_ERROR) {
      fail_at(too_deep_at(text_), "json.depth", fmt::format("values are nested more than {} deep", kDeepest));
    }
    FaultFinder finder;
    Json::sax_parse(text_.begin(), text_.end(), &finder);
    if (!finder.huge_integer.empty()) {
      fail_at(text_.find(finder.huge_integer), "json.number",
              "this whole number needs more than 64 bits; write it as text, or with an exponent");
    }
    fail_at(finder.place, "json.syntax", text_.empty() ? "the text is empty" : "this is not valid JSON");
  }

  [[noreturn]] void fail_at(std::size_t place, std::string_view code, std::string_view reason) const {
    const std::string_view before = text_.substr(0, std::min(place, text_.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t column = before.size() - (before.rfind('\n') + 1) + 1;
    const std::string_view rest = text_.substr(before.size());
    const std::string near =
        rest.empty() ? "at its end" : fmt::format("near \"{}\"", printable(rest.substr(0, 80), 20));
    throw FormatError(code,
                      fmt::format("{}, line {}, column {}: {} ({}).", what_, line, column, reason, near));
  }

  Json tree_of(dom::element element, const Step* at) const {
    const bool nests = element.is_array() || element.is_object();
    if (nests && at != nullptr && at->depth >= kDeepest) refuse(simdjson::DEPTH_ERROR);
    switch (element.type()) {
      case dom::element_type::ARRAY:
        return array_of(element.get_array().value_unsafe(), at);
      case dom::element_type::OBJECT:
        return object_of(element.get_object().value_unsafe(), at);
      case dom::element_type::INT64:
        return Json(element.get_int64().value_unsafe());
      case dom::element_type::UINT64:
        return Json(element.get_uint64().value_unsafe());
      case dom::element_type::DOUBLE:
        return Json(element.get_double().value_unsafe());
      case dom::element_type::BOOL:
        return Json(element.get_bool().value_unsafe());
      case dom::element_type::STRING:
        return Json(std::string(element.get_string().value_unsafe()));
      case dom::element_type::NULL_VALUE:
        break;
    }
    return Json(nullptr);
  }

  Json array_of(dom::array array, const Step* at) const {
    const std::size_t depth = at == nullptr ? 1 : at->depth + 1;
    Json::array_t items;
    items.reserve(array.size());
    for (const dom::element item : array) {
      const Step step{at, {}, items.size(), depth};
      items.push_back(tree_of(item, &step));
    }
    return Json(std::move(items));
  }

  Json object_of(dom::object object, const Step* at) const {
    const std::size_t depth = at == nullptr ? 1 : at->depth + 1;
    Json::object_t fields;
    // The map's own insertion searches all earlier keys, which is quadratic in hostile hands; its base
    // appends.
    auto& pairs = static_cast<Json::object_t::Container&>(fields);
    pairs.reserve(object.size());
    std::unordered_set<std::string_view> seen;
    for (const dom::key_value_pair field : object) {
      if (!seen.insert(field.key).second) {
        throw FormatError(
            "json.duplicate_key",
            fmt::format("{}: the key \"{}\" stands twice in the object at \"{}/\"; keep one of them.", what_,
                        printable(field.key), path_of(at)));
      }
      const Step step{at, field.key, 0, depth};
      pairs.emplace_back(std::string(field.key), tree_of(field.value, &step));
    }
    return Json(std::move(fields));
  }

  std::string_view text_;
  std::string what_;
};

}  // namespace

Json parse_json(std::string_view text, std::string_view what) {
  // Editors on Windows mark UTF-8 files at their start.
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  return Reader(text, what).read();
}

std::string write_json(const Json& value, int indent) {
  return value.dump(indent < 0 ? -1 : indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace everyml
