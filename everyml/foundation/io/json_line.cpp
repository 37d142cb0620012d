#include <simdjson.h>

#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/json_line_impl.h"

namespace everyml::csv {
namespace {

namespace json = simdjson::ondemand;

bool json_number(std::string_view token) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t begin = at;
    while (at < token.size() && token[at] >= '0' && token[at] <= '9') ++at;
    return at - begin;
  };
  if (at < token.size() && token[at] == '-') ++at;
  const std::size_t begin = at;
  const std::size_t whole = digits();
  if (whole == 0 || (whole > 1 && token[begin] == '0')) return false;
  if (at < token.size() && token[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < token.size() && (token[at] == 'e' || token[at] == 'E')) {
    ++at;
    if (at < token.size() && (token[at] == '-' || token[at] == '+')) ++at;
    if (digits() == 0) return false;
  }
  return at == token.size();
}

void check(simdjson::error_code error, std::uint64_t place) {
  if (error != simdjson::SUCCESS) throw WrongLine{place, "jsonl.syntax", simdjson::error_message(error)};
}

JsonCell cell_of(std::string_view key, json::value value, std::uint64_t place) {
  JsonCell cell{.key = key};
  json::json_type type{};
  check(value.type().get(type), place);
  switch (type) {
    case json::json_type::null: {
      bool null = false;
      check(value.is_null().get(null), place);
      return cell;
    }
    case json::json_type::boolean: {
      bool truth = false;
      check(value.get_bool().get(truth), place);
      cell.kind = JsonCell::Kind::boolean;
      cell.text = truth ? "true" : "false";
      return cell;
    }
    case json::json_type::number:
      cell.kind = JsonCell::Kind::number;
      cell.text = trim(value.raw_json_token());
      if (!json_number(cell.text)) check(simdjson::NUMBER_ERROR, place);
      return cell;
    case json::json_type::string:
      cell.kind = JsonCell::Kind::string;
      check(value.get_string().get(cell.text), place);
      return cell;
    case json::json_type::array:
    case json::json_type::object:
      break;
  }
  cell.kind = JsonCell::Kind::nested;
  check(simdjson::to_json_string(value).get(cell.text), place);
  return cell;
}

}  // namespace

struct JsonLineParser::State {
  json::parser parser;
  json::document document;
  std::vector<JsonCell> cells;
};

JsonLineParser::JsonLineParser() : state_(std::make_unique<State>()) {}
JsonLineParser::~JsonLineParser() = default;

const std::vector<JsonCell>& JsonLineParser::read(std::string_view line, std::size_t readable,
                                                  std::uint64_t place) {
  State& state = *state_;
  state.cells.clear();
  const simdjson::padded_string_view padded(line.data(), line.size(), readable);
  check(state.parser.iterate(padded).get(state.document), place);
  json::json_type type{};
  check(state.document.type().get(type), place);
  if (type != json::json_type::object) {
    throw WrongLine{place, "jsonl.not_object", "each line must be one object, like {\"a\": 1}"};
  }
  json::object object;
  check(state.document.get_object().get(object), place);
  for (auto field : object) {
    std::string_view key;
    check(field.unescaped_key().get(key), place);
    json::value value;
    check(field.value().get(value), place);
    state.cells.push_back(cell_of(key, value, place));
  }
  const char* rest = nullptr;
  if (state.document.current_location().get(rest) == simdjson::SUCCESS) {
    throw WrongLine{place, "jsonl.syntax", "something follows the object"};
  }
  return state.cells;
}

std::string_view without_blanks(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t'))
    line.remove_suffix(1);
  while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
  return line;
}

}  // namespace everyml::csv
