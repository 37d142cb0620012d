#include "apps/text/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/text/terminal.h"
#include "everyml/foundation/base/text.h"
#include "everyml/workflow/explain/drawn_model.h"

namespace everyml::shown {

namespace {

constexpr std::size_t kRowsShown = 40;
constexpr std::size_t kItemsShown = 8;
constexpr std::size_t kCellLimit = 120;

std::string spaced(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return printable(name, 40);
}

bool plain(const Json& value) { return !value.is_structured(); }

std::string cell(const Json& value) {
  if (value.is_null()) return "none";
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number_float()) return format_short(value.get<double>());
  if (value.is_string()) return printable(value.get<std::string>(), kCellLimit);
  if (value.is_object()) return facts_line(value);
  if (!value.is_array()) return value.dump();
  std::string out;
  for (std::size_t i = 0; i < std::min(value.size(), kItemsShown); ++i) {
    const bool nested = value[i].is_structured();
    out += (i == 0 ? "" : ", ") + (nested ? "(" + cell(value[i]) + ")" : cell(value[i]));
  }
  if (value.size() > kItemsShown) out += fmt::format(" and {} more", value.size() - kItemsShown);
  return out.empty() ? "none" : out;
}

/// One row for each object, one column for each name that any of them has, in the order of their coming.
TextTable table_of(const Json& objects) {
  std::vector<std::string> names;
  std::size_t shown = 0;
  for (const Json& object : objects) {
    if (shown++ == kRowsShown) break;
    for (const auto& [name, value] : object.items()) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  TextTable table;
  for (const std::string& name : names) {
    const bool number = std::all_of(objects.begin(), objects.end(), [&](const Json& object) {
      return !object.contains(name) || object[name].is_number() || object[name].is_null();
    });
    table.alignment.push_back(number ? Align::right : Align::left);
  }
  table.rows.emplace_back();
  for (const std::string& name : names) table.rows.back().push_back(spaced(name));
  for (std::size_t row = 0; row < std::min(objects.size(), kRowsShown); ++row) {
    table.rows.emplace_back();
    for (const std::string& name : names) {
      table.rows.back().push_back(objects[row].contains(name) ? cell(objects[row][name]) : "");
    }
  }
  return table;
}

}  // namespace

std::string facts_line(const Json& object) {
  std::string out;
  for (const auto& [name, value] : object.items()) {
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", printable(name, 40), cell(value));
  }
  return out;
}

std::string summary_lines(const Json& summary, std::size_t width) {
  TextTable facts{.alignment = {Align::left, Align::left}, .rows = {}};
  std::string tables;
  for (const auto& [name, value] : summary.items()) {
    const bool objects = value.is_array() && !value.empty() &&
                         std::all_of(value.begin(), value.end(), [](const Json& v) { return v.is_object(); });
    const bool lists = value.is_array() && !value.empty() &&
                       std::any_of(value.begin(), value.end(), [](const Json& v) { return !plain(v); });
    if (!objects && !lists) {
      facts.rows.push_back({spaced(name), cell(value)});
      continue;
    }
    tables += fmt::format("\n  {}\n", spaced(name));
    TextTable table;
    if (objects) {
      table = table_of(value);
    } else {
      table.alignment = {Align::right, Align::left};
      for (std::size_t row = 0; row < std::min(value.size(), kRowsShown); ++row) {
        table.rows.push_back({fmt::format("{}", row), cell(value[row])});
      }
    }
    table.indent = 4;
    tables += table.render(width);
    if (value.size() > kRowsShown) {
      tables += fmt::format("    and {} more; --json shows all\n", value.size() - kRowsShown);
    }
  }
  return (facts.rows.empty() ? "" : facts.render(width)) + tables;
}

Json artifact_json(const Artifact& artifact) {
  Json columns = Json::array();
  for (const ColumnSchema& column : artifact.encoder.schema().columns) {
    columns.push_back({{"name", column.name}, {"kind", to_string(column.kind)}});
  }
  Json json = {{"algorithm", artifact.algorithm},
               {"title", artifact.model.card().title},
               {"target", artifact.target_name},
               {"classes", artifact.class_names},
               {"settings", Json::parse(artifact.settings_json)},
               {"columns", columns},
               {"features", artifact.encoder.formulas()},
               {"model", artifact.model.summary()},
               {"metadata", Json::parse(artifact.metadata_json)}};
  if (const auto tree = drawn_model(artifact)) {
    Json rules = Json::array();
    for (const TreeRule& rule : tree_rules(*tree)) {
      const DrawnTree::Node& leaf = tree->nodes[rule.leaf];
      Json one = {{"conditions", rule.conditions}, {"rows", leaf.rows}};
      if (leaf.shares.empty())
        one["value"] = leaf.value;
      else
        one["shares"] = leaf.shares;
      rules.push_back(std::move(one));
    }
    json["rules"] = std::move(rules);
  }
  return json;
}

std::string describe_artifact(const Artifact& artifact, std::string_view name, const Terminal& terminal) {
  const std::size_t width = terminal.width();
  std::string out = fmt::format("{}: {}", printable(name, 200), artifact.model.card().title);
  if (!artifact.target_name.empty()) out += fmt::format(" for \"{}\"", printable(artifact.target_name));
  out += "\n";
  TextTable facts{.alignment = {Align::left, Align::left}, .rows = {}};
  if (!artifact.class_names.empty()) {
    std::vector<std::string> names;
    for (const std::string& one : artifact.class_names) names.push_back(printable(one, 30));
    facts.rows.push_back({"classes", join_and(names)});
  }
  const Json metadata = Json::parse(artifact.metadata_json);
  for (const char* key : {"metric", "verdict", "rows", "seed"}) {
    if (metadata.contains(key)) {
      facts.rows.push_back({key, metadata[key].is_string() ? printable(metadata[key].get<std::string>(), 200)
                                                           : printable(metadata[key].dump(), 200)});
    }
  }
  out += facts.render(width);
  if (const Json settings = Json::parse(artifact.settings_json); !settings.empty()) {
    out += "  " + wrapped("settings: " + facts_line(settings), width, 2, 2) + "\n";
  }
  if (metadata.contains("sentence") && metadata["sentence"].is_string()) {
    out += "  " + wrapped(printable(metadata["sentence"].get<std::string>(), 2000), width, 2, 2) + "\n";
  }
  out += "\n" + terminal.styled("Features", Style::strong) + "\n";
  for (const std::string& formula : artifact.encoder.formulas()) out += "  " + printable(formula, 300) + "\n";
  out +=
      "\n" + terminal.styled("Model", Style::strong) + "\n" + summary_lines(artifact.model.summary(), width);
  if (const auto tree = drawn_model(artifact))
    out += "\n" + terminal.styled("Tree", Style::strong) + "\n" + tree_text(*tree);
  return out;
}

}  // namespace everyml::shown
