#include "apps/cli/parse.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"

// CLI11 takes ten seconds to compile, so this is the only file that sees it.

namespace everyml::cli {

namespace {

/// The verb's flags and the program's own, the latter last.
std::vector<const Flag*> all_flags(const Program& program, const Verb& verb) {
  std::vector<const Flag*> flags;
  for (const Flag& flag : verb.flags) flags.push_back(&flag);
  for (const Flag& flag : program.globals) flags.push_back(&flag);
  return flags;
}

[[noreturn]] void refuse_flag(const std::vector<const Flag*>& flags, const std::string& verb,
                              std::string given) {
  given = given.substr(0, given.find('='));
  std::vector<std::string> names;
  for (const Flag* flag : flags) names.push_back(typed(*flag));
  throw ParameterError("usage.flag", fmt::format("{} has no flag \"{}\".{} `everyml {} --help` lists them",
                                                 verb, printable(given), suggestion(given, names), verb));
}

const Verb& find_verb(const Program& program, const std::string& name) {
  std::vector<std::string> names;
  for (const Verb& verb : program.verbs) {
    if (verb.name == name) return verb;
    if (!verb.hidden) names.push_back(verb.name);
  }
  throw ParameterError("usage.verb", fmt::format("there is no verb \"{}\".{} `everyml --help` lists them",
                                                 printable(name), suggestion(name, names)));
}

void take_arguments(const Verb& verb, const std::vector<std::string>& given) {
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (i >= verb.arguments.size()) {
      throw ParameterError("usage.argument", fmt::format("\"{}\" is one argument too many. Usage: {}",
                                                         printable(given[i]), usage_of(verb)));
    }
    const Argument& argument = verb.arguments[i];
    if (argument.completes == Completes::choice &&
        std::find(argument.choices.begin(), argument.choices.end(), given[i]) == argument.choices.end()) {
      throw ParameterError("usage.argument", fmt::format("{} is one of {}, not \"{}\".{}", argument.name,
                                                         join_and(argument.choices), printable(given[i]),
                                                         suggestion(given[i], argument.choices)));
    }
    *argument.slot = given[i];
  }
  for (std::size_t i = given.size(); i < verb.arguments.size(); ++i) {
    if (verb.arguments[i].required) {
      throw ParameterError("usage.missing",
                           fmt::format("{} is missing. Usage: {}", verb.arguments[i].name, usage_of(verb)));
    }
  }
}

void take_flags(const std::vector<const Flag*>& flags, const std::vector<std::vector<std::string>>& given,
                const Verb& verb) {
  for (std::size_t i = 0; i < flags.size(); ++i) {
    const Flag& flag = *flags[i];
    if (flag.required && given[i].empty()) {
      throw ParameterError("usage.missing", fmt::format("{} {} is missing. Usage: {}", typed(flag),
                                                        flag.value, usage_of(verb)));
    }
    if (!flag.repeatable && !flag.value.empty() && given[i].size() > 1) {
      throw ParameterError("usage.flag",
                           fmt::format("{} is given {} times; once is enough", typed(flag), given[i].size()));
    }
    for (const std::string& text : given[i]) {
      if (!flag.choices.empty() && flag.completes == Completes::choice &&
          std::find(flag.choices.begin(), flag.choices.end(), text) == flag.choices.end()) {
        throw ParameterError(
            "usage.value", fmt::format("{} is one of {}, not \"{}\".{}", typed(flag), join_and(flag.choices),
                                       printable(text), suggestion(text, flag.choices)));
      }
      flag.take(flag, text);
    }
  }
}

std::string names_of(const Flag& flag) {
  std::string names = typed(flag);
  if (flag.letter) names = fmt::format("-{},{}", flag.letter, names);
  // A setting is called min_rows in C++ and in files; here it is --min-rows, and both are understood.
  std::string underscores = flag.name;
  std::replace(underscores.begin(), underscores.end(), '-', '_');
  if (underscores != flag.name) names += ",--" + underscores;
  return names;
}

}  // namespace

std::size_t verb_position(const Program& program, const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].empty() || arguments[i][0] != '-') return i;
    for (const Flag& flag : program.globals) {
      const bool named =
          arguments[i] == typed(flag) || (flag.letter && arguments[i] == std::string{'-', flag.letter});
      if (named && !flag.value.empty()) ++i;
    }
  }
  return arguments.size();
}

Parsed parse(const Program& program, const std::vector<std::string>& arguments) {
  const std::size_t position = verb_position(program, arguments);
  const bool has_verb = position < arguments.size();
  static const Verb kNone{.name = "everyml", .summary = {}, .description = {}};
  const Verb& verb = has_verb ? find_verb(program, arguments[position]) : kNone;
  const std::vector<const Flag*> flags = all_flags(program, verb);

  CLI::App app;
  app.set_help_flag();
  app.allow_extras(false);
  bool help = false, version = false;
  app.add_flag("-h,--help", help);
  app.add_flag("-V,--version", version);
  std::vector<std::vector<std::string>> given(flags.size());
  std::vector<std::size_t> switched(flags.size(), 0);
  for (std::size_t i = 0; i < flags.size(); ++i) {
    if (flags[i]->value.empty()) {
      app.add_flag(names_of(*flags[i]), switched[i]);
    } else {
      app.add_option(names_of(*flags[i]), given[i])
          ->type_size(1)
          ->expected(1)
          ->take_all()
          ->allow_extra_args(false);
    }
  }
  std::vector<std::string> places;
  app.add_option("arguments", places);

  std::vector<std::string> rest;  // CLI11 wants them last first
  for (std::size_t i = arguments.size(); i-- > 0;) {
    if (!has_verb || i != position) rest.push_back(arguments[i]);
  }
  try {
    app.parse(rest);
  } catch (const CLI::ExtrasError&) {
    for (const std::string& extra : app.remaining()) {
      if (extra.size() > 1 && extra[0] == '-') refuse_flag(flags, verb.name, extra);
    }
    throw ParameterError("usage.argument",
                         fmt::format("there are arguments too many. Usage: {}", usage_of(verb)));
  } catch (const CLI::ParseError& error) {
    throw ParameterError("usage.argument",
                         fmt::format("{}. Usage: {}", printable(error.what(), 200), usage_of(verb)));
  }
  for (std::size_t i = 0; i < flags.size(); ++i) {
    if (switched[i] > 0) given[i] = {"true"};
  }
  if (has_verb && help) return {Parsed::Ask::help, &verb};
  if (version || !has_verb) {
    take_flags(all_flags(program, kNone), {given.end() - std::ssize(program.globals), given.end()}, kNone);
    return {version ? Parsed::Ask::version : Parsed::Ask::help, nullptr};
  }
  take_flags(flags, given, verb);
  take_arguments(verb, places);
  return {Parsed::Ask::run, &verb};
}

}  // namespace everyml::cli
