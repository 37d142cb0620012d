#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/cli/verbs.h"
#include "apps/text/findings.h"
#include "apps/text/summary.h"
#include "everyml/foundation/base/text.h"
#include "everyml/workflow/artifact/artifact.h"
#include "everyml/workflow/catalog/catalog.h"
#include "everyml/workflow/doctor/doctor.h"

namespace everyml::cli {

namespace {

struct DoctorSlots {
  std::string file;
  std::string target;
  std::string future;
  std::vector<std::string> ignore;
  Reading reading;
};

void run_doctor(const DoctorSlots& slots, Session& session) {
  const TableRead read = slots.reading.read(slots.file, session);
  DoctorOptions options{.target = slots.target, .ignore = slots.ignore};
  std::optional<TableRead> future;
  if (!slots.future.empty()) {
    future = slots.reading.read(slots.future, session);
    options.future = &future->table;
  }
  const DoctorReport report = examine(read.table, options, read.notes, session.context());
  if (session.json()) {
    session.document(report.to_json());
    return;
  }
  session.data(describe_report(report, slots.file, session.out()));
}

void run_inspect(const std::string& file, Session& session) {
  const Artifact artifact = Artifact::load(file, catalog());
  if (session.json()) {
    Json json = {{"file", file}};
    json.update(artifact_json(artifact));
    session.document(json);
    return;
  }
  session.data(describe_artifact(artifact, file, session.out()));
}

std::string_view task_of(Target::Kind kind) {
  switch (kind) {
    case Target::Kind::classes:
      return "classes";
    case Target::Kind::numbers:
      return "numbers";
    case Target::Kind::none:
      return "no target";
  }
  return "";
}

Json card_json(const Entry& entry) {
  const Card& card = entry.card();
  Json can = Json::array();
  for (const Capability capability : entry.capabilities()) can.push_back(to_string(capability));
  return {{"name", card.name},
          {"title", card.title},
          {"summary", card.summary},
          {"territory", card.territory},
          {"family", card.family},
          {"target", to_string(card.target)},
          {"can", can}};
}

void run_list(Session& session) {
  if (session.json()) {
    Json all = Json::array();
    for (const Entry& entry : catalog().entries()) all.push_back(card_json(entry));
    session.document(all);
    return;
  }
  TextTable table{.alignment = {Align::left, Align::left, Align::left},
                  .rows = {{"name", "learns", "what it is"}}};
  for (const Entry& entry : catalog().entries()) {
    table.rows.push_back(
        {entry.card().name, std::string(task_of(entry.card().target)), entry.card().summary});
  }
  table.wrap_last = true;
  session.data(table.render(session.out().width()));
}

void run_describe(const std::string& name, Session& session) {
  const Entry& entry = catalog().find(name);
  const Card& card = entry.card();
  const AnyEstimator defaults = entry.make();
  if (session.json()) {
    Json json = card_json(entry);
    json["references"] = card.references;
    json["defaults"] = defaults.settings_json();
    json["schema"] = entry.settings().schema();
    session.document(json);
    return;
  }
  const Terminal& terminal = session.out();
  std::string out = terminal.styled(card.title, Style::strong) + "\n" +
                    wrapped(card.summary + ".", terminal.width()) + "\n\n";
  std::vector<std::string> can;
  for (const Capability capability : entry.capabilities()) can.emplace_back(to_string(capability));
  out += fmt::format("  name      {}\n  family    {}, {}\n  learns    {}\n  gives     {}\n", card.name,
                     card.territory, card.family, task_of(card.target), join_and(can));
  if (!entry.settings().params.empty()) out += "\n" + terminal.styled("Settings", Style::strong) + "\n";
  for (const Param& param : entry.settings().params) {
    std::string range = param.choices.empty() ? param.range.bounded() ? param.range.sentence() : ""
                                              : "one of " + join_and(param.choices);
    if (range.empty()) range = to_string(param.type);
    if (param.optional) range += ", or none";
    out += fmt::format("  {}  ({}; default {})\n", terminal.styled(param.name, Style::strong), range,
                       to_text(param.get(defaults.settings())));
    out += "      " + wrapped(param.help, terminal.width(), 6, 6) + "\n";
  }
  if (!card.references.empty()) out += "\n" + terminal.styled("References", Style::strong) + "\n";
  for (const std::string& reference : card.references) {
    out += "  " + wrapped(reference, terminal.width(), 4, 2) + "\n";
  }
  session.data(out);
}

}  // namespace

Verb doctor_verb() {
  auto slots = std::make_shared<DoctorSlots>();
  DoctorSlots& s = *slots;
  Verb verb{.name = "doctor",
            .summary = "examine a table: what is wrong with it, and what its columns look like",
            .description =
                "Looks for what a careful person would want to know before trusting a model of this table: "
                "missing cells, duplicates, columns that give the target away, imbalance, odd values, "
                "repairs of the file."};
  verb.arguments = {{.name = "FILE", .help = "The table.", .slot = &s.file}};
  verb.flags = {{.name = "target",
                 .value = "COLUMN",
                 .help = "The column to be predicted later.",
                 .take = into(s.target)},
                {.name = "future",
                 .value = "FILE",
                 .help = "A test table: overlap and drift are examined too.",
                 .take = into(s.future),
                 .completes = Completes::file},
                {.name = "ignore",
                 .value = "COLUMN,...",
                 .help = "Columns that will not be used.",
                 .take = into(s.ignore),
                 .repeatable = true}};
  s.reading.add_flags(verb);
  verb.examples = {"everyml doctor titanic.csv --target survived"};
  verb.run = [slots](Session& session) { run_doctor(*slots, session); };
  return verb;
}

Verb inspect_verb() {
  auto file = std::make_shared<std::string>();
  return {.name = "inspect",
          .summary = "what is in a model file",
          .description =
              "Shows what a model predicts, from which columns, with what settings, and how it was judged. "
              "Nothing in the file is run.",
          .arguments = {{.name = "MODEL", .help = "A model file.", .slot = file.get()}},
          .examples = {"everyml inspect titanic.everyml"},
          .run = [file](Session& session) { run_inspect(*file, session); }};
}

Verb list_verb() {
  return {.name = "list",
          .summary = "the algorithms that work today",
          .description = "Lists every algorithm by its name, what it learns, and what it is.",
          .run = run_list};
}

Verb describe_verb() {
  auto name = std::make_shared<std::string>();
  return {.name = "describe",
          .summary = "what an algorithm is, and its settings",
          .description =
              "Shows an algorithm's card: what it is, what it learns and gives, its settings with ranges "
              "and defaults, its references.",
          .arguments = {{.name = "NAME",
                         .help = "An algorithm; `everyml list` names them.",
                         .slot = name.get(),
                         .completes = Completes::algorithm}},
          .examples = {"everyml describe ridge"},
          .run = [name](Session& session) { run_describe(*name, session); }};
}

}  // namespace everyml::cli
