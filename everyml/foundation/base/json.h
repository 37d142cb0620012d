#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace everyml {

/// Our tree for JSON. Sources that touch its inside include <nlohmann/json.hpp>; headers need only this.
/// Keys keep the order in which they were written, so the same values give the same bytes.
using Json = nlohmann::ordered_json;

/// Parses text from outside: depth at most 64, UTF-8 checked, duplicate keys refused, numbers kept as written
/// (integers as integers). `what` names the source in the sentence, which says where the fault is.
/// Throws FormatError "json.syntax", "json.depth", "json.duplicate_key", "json.number" (a whole number beyond
/// 64 bits) or "json.size". Thread-safe.
Json parse_json(std::string_view text, std::string_view what);

/// Compact when indent < 0. Bytes that are not UTF-8 are replaced, never thrown on. NaN and infinities become
/// null.
std::string write_json(const Json& value, int indent = -1);

}  // namespace everyml
