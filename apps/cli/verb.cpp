#include "apps/cli/verb.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"

namespace everyml::cli {

namespace {

[[noreturn]] void refuse(const Flag& flag, const std::string& text, std::string_view wanted) {
  throw ParameterError("usage.value",
                       fmt::format("{} takes {}, got \"{}\".", typed(flag), wanted, printable(text)));
}

double number_of(const Flag& flag, const std::string& text) {
  const std::optional<double> number = parse_number(text);
  if (!number || !std::isfinite(*number)) refuse(flag, text, "a number");
  return *number;
}

template <class T>
T whole_of(const Flag& flag, const std::string& text) {
  // Beyond 2^53 a double no longer names every whole number.
  constexpr double kLargest = 9007199254740992.0;
  const std::optional<double> number = parse_number(text);
  if (!number || *number != std::floor(*number) || *number < 0 ||
      *number > std::min(kLargest, static_cast<double>(std::numeric_limits<T>::max()))) {
    refuse(flag, text, "a whole number, 0 or more");
  }
  return static_cast<T>(*number);
}

}  // namespace

std::string typed(const Flag& flag) { return "--" + flag.name; }

std::function<void(const Flag&, const std::string&)> into(bool& slot) {
  return [&slot](const Flag&, const std::string&) { slot = true; };
}
std::function<void(const Flag&, const std::string&)> into(std::string& slot) {
  return [&slot](const Flag& flag, const std::string& text) {
    if (text.empty()) refuse(flag, text, "a text");
    slot = text;
  };
}
std::function<void(const Flag&, const std::string&)> into(std::optional<std::string>& slot) {
  return [&slot](const Flag&, const std::string& text) { slot = text; };
}
std::function<void(const Flag&, const std::string&)> into(std::optional<double>& slot) {
  return [&slot](const Flag& flag, const std::string& text) { slot = number_of(flag, text); };
}
std::function<void(const Flag&, const std::string&)> into(double& slot) {
  return [&slot](const Flag& flag, const std::string& text) { slot = number_of(flag, text); };
}
std::function<void(const Flag&, const std::string&)> into(int& slot) {
  return [&slot](const Flag& flag, const std::string& text) { slot = whole_of<int>(flag, text); };
}
std::function<void(const Flag&, const std::string&)> into(std::size_t& slot) {
  return [&slot](const Flag& flag, const std::string& text) { slot = whole_of<std::size_t>(flag, text); };
}
std::function<void(const Flag&, const std::string&)> into(std::vector<std::string>& slot) {
  return [&slot](const Flag&, const std::string& text) {
    for (const std::string_view part : split(text, ',')) {
      if (!trim(part).empty()) slot.emplace_back(trim(part));
    }
  };
}

}  // namespace everyml::cli
