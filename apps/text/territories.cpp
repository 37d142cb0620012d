#include "apps/text/territories.h"

#include <nlohmann/json.hpp>

#include "everyml/foundation/base/text.h"

namespace everyml::shown {

namespace {

Json territory_json(const Territory& territory) {
  Json json = {{"name", territory.name},
               {"question", territory.question},
               {"works", territory.works()},
               {"algorithms", territory.algorithms},
               {"not_yet", territory.not_yet}};
  if (territory.fit != Territory::Fit::unknown) {
    json["fits"] = territory.fit == Territory::Fit::fits;
    json["reason"] = territory.reason;
    json["next"] = territory.next;
  }
  return json;
}

/// The name, then question, algorithms, reason and command under it.
std::string territory_lines(const Territory& territory, const Terminal& terminal) {
  constexpr std::size_t kIndent = 4, kLong = 600;
  std::string out = "  " + terminal.styled(territory.name, Style::strong);
  if (!territory.works()) out += terminal.styled("  not built yet", Style::faint);
  out += "\n";
  std::vector<std::string> lines = {territory.question};
  if (!territory.reason.empty()) lines = {printable(territory.reason, kLong)};
  if (territory.works() && territory.reason.empty()) lines.push_back(join_and(territory.algorithms));
  if (!territory.not_yet.empty() && territory.reason.empty()) {
    lines.push_back((territory.works() ? "still to come: " : "to come: ") + join_and(territory.not_yet));
  }
  for (const std::string& line : lines) {
    out += std::string(kIndent, ' ') + wrapped(line, terminal.width(), kIndent, kIndent) + "\n";
  }
  if (!territory.next.empty()) {
    out += std::string(kIndent, ' ') + terminal.styled(printable(territory.next, kLong), Style::good) + "\n";
  }
  return out;
}

}  // namespace

Json map_json(const std::vector<Territory>& map) {
  Json all = Json::array();
  for (const Territory& territory : map) all.push_back(territory_json(territory));
  return all;
}

std::string describe_map(const std::vector<Territory>& map, const Terminal& terminal) {
  std::string out;
  const auto section = [&](const char* title, auto wanted) {
    std::string lines;
    for (const Territory& territory : map) {
      if (wanted(territory)) lines += territory_lines(territory, terminal);
    }
    if (!lines.empty()) out += std::string(out.empty() ? "" : "\n") + title + "\n\n" + lines;
  };
  using Fit = Territory::Fit;
  section("What works today", [](const Territory& t) { return t.fit == Fit::unknown && t.works(); });
  section("What does not yet", [](const Territory& t) { return t.fit == Fit::unknown && !t.works(); });
  section("What fits this table", [](const Territory& t) { return t.fit == Fit::fits; });
  section("What does not fit", [](const Territory& t) { return t.fit == Fit::does_not_fit; });
  return out;
}

}  // namespace everyml::shown
