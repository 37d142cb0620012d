#include "apps/cli/help.h"

#include <fmt/format.h>

#include <algorithm>

namespace everyml::cli {

namespace {

std::string head_of(const Flag& flag) {
  std::string head = flag.letter ? fmt::format("-{}, ", flag.letter) : "    ";
  head += typed(flag);
  if (!flag.value.empty()) head += " " + flag.value;
  return head;
}

/// Two columns: what is typed, and what it does, wrapped.
std::string listing(const std::vector<std::pair<std::string, std::string>>& rows, const Terminal& terminal) {
  constexpr std::size_t kMostLeft = 30;
  std::size_t left = 0;
  for (const auto& row : rows) {
    if (display_width(row.first) <= kMostLeft) left = std::max(left, display_width(row.first));
  }
  std::string out;
  for (const auto& [head, text] : rows) {
    out += "  " + terminal.styled(head, Style::strong);
    const std::size_t used = display_width(head);
    out += used > left ? "\n" + std::string(left + 4, ' ') : std::string(left - used + 2, ' ');
    const std::size_t indent = left + 4;
    out += wrapped(text, std::max(terminal.width(), indent + 20), indent, indent);
    out += '\n';
  }
  return out;
}

std::string flags_listing(const std::vector<Flag>& flags, const Terminal& terminal) {
  std::vector<std::string> groups;
  for (const Flag& flag : flags) {
    if (std::find(groups.begin(), groups.end(), flag.group) == groups.end()) groups.push_back(flag.group);
  }
  std::string out;
  for (const std::string& group : groups) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (const Flag& flag : flags) {
      if (flag.group == group) rows.emplace_back(head_of(flag), flag.help);
    }
    out += "\n" + terminal.styled(group.empty() ? "Options" : group, Style::strong) + "\n" +
           listing(rows, terminal);
  }
  return out;
}

}  // namespace

std::string usage_of(const Verb& verb) {
  std::string usage = "everyml " + verb.name;
  for (const Argument& argument : verb.arguments) {
    usage += argument.required ? " " + argument.name : " [" + argument.name + "]";
  }
  for (const Flag& flag : verb.flags) {
    if (flag.required) usage += " " + typed(flag) + " " + flag.value;
  }
  return usage + " [options]";
}

std::string help_of_program(const Program& program, const Terminal& terminal) {
  std::string out = "everyml: from a table to a model that you can trust, and a report.\n\n";
  out += "  everyml learn titanic.csv --target survived\n";
  out += "  everyml predict titanic.everyml new.csv\n\n";
  out += terminal.styled("Verbs", Style::strong) + "\n";
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Verb& verb : program.verbs) {
    if (!verb.hidden) rows.emplace_back(verb.name, verb.summary);
  }
  out += listing(rows, terminal);
  out += flags_listing(program.globals, terminal);
  out += "\n`everyml VERB --help` tells more of one verb.\n";
  return out;
}

std::string help_of_verb(const Program& program, const Verb& verb, const Terminal& terminal) {
  std::string out = terminal.styled(usage_of(verb), Style::strong) + "\n\n";
  out += wrapped(verb.description, terminal.width()) + "\n";
  if (!verb.arguments.empty()) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (const Argument& argument : verb.arguments) rows.emplace_back(argument.name, argument.help);
    out += "\n" + terminal.styled("Arguments", Style::strong) + "\n" + listing(rows, terminal);
  }
  out += flags_listing(verb.flags, terminal);
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Flag& flag : program.globals) rows.emplace_back(head_of(flag), flag.help);
  out += "\n" + terminal.styled("Of every verb", Style::strong) + "\n" + listing(rows, terminal);
  if (!verb.examples.empty()) {
    out += "\n" + terminal.styled("Examples", Style::strong) + "\n";
    for (const std::string& example : verb.examples) out += "  " + example + "\n";
  }
  return out;
}

}  // namespace everyml::cli
