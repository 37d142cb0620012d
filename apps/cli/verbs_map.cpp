#include <nlohmann/json.hpp>

#include "apps/cli/verbs.h"
#include "apps/text/territories.h"
#include "everyml/workflow/select/map.h"

namespace everyml::cli {

namespace {

struct MapSlots {
  std::string file;
  std::string target;
  Reading reading;
};

void run_map(const MapSlots& slots, Session& session) {
  std::vector<Territory> map;
  if (slots.file.empty()) {
    map = map_of_learning();
  } else {
    const TableRead read = slots.reading.read(slots.file, session);
    map = map_of_table(read.table, slots.file, slots.target);
  }
  if (session.json()) {
    session.document(map_json(map));
    return;
  }
  session.data(describe_map(map, session.out()));
}

}  // namespace

Verb map_verb() {
  auto slots = std::make_shared<MapSlots>();
  MapSlots& s = *slots;
  Verb verb{.name = "map",
            .summary = "the map of machine learning; with a file, what fits it and why",
            .description =
                "Shows the territories of machine learning and what works in each today. With a file, which "
                "of them fit the table, why, and what to type next."};
  verb.arguments = {{.name = "FILE", .help = "A table.", .slot = &s.file, .required = false}};
  verb.flags = {{.name = "target",
                 .value = "COLUMN",
                 .help = "The column that you would like to predict.",
                 .take = into(s.target)}};
  s.reading.add_flags(verb);
  verb.examples = {"everyml map", "everyml map titanic.csv --target survived"};
  verb.run = [slots](Session& session) { run_map(*slots, session); };
  return verb;
}

}  // namespace everyml::cli
