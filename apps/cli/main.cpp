#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <new>
#include <nlohmann/json.hpp>

#include "apps/cli/parse.h"
#include "apps/cli/session.h"
#include "apps/cli/verbs.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"

namespace everyml::cli {

namespace {

int exit_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::parameter:
      return kUsage;
    case ErrorKind::data:
      return kData;
    case ErrorKind::unsupported:
      return kFailure;
    case ErrorKind::format:
      return kFormat;
    case ErrorKind::resource:
      return kResource;
  }
  return kFailure;
}

/// One sentence on stderr and, when JSON is wanted, one document on stdout.
int report(Session& session, int code, std::string_view name, std::string sentence) {
  while (!sentence.empty() && (sentence.back() == '.' || sentence.back() == ' ')) sentence.pop_back();
  const char* stop = sentence.ends_with('?') ? "" : ".";
  session.warn(
      fmt::format("{} {}{} [{}]", session.err().styled("everyml:", Style::bad), sentence, stop, name));
  if (session.json()) {
    session.document({{"error", {{"code", name}, {"sentence", sentence}, {"exit", code}}}});
  }
  return code;
}

int guarded(Session& session, const std::function<void()>& work) {
  try {
    work();
    if (!interrupted()) return kOk;
  } catch (const Error& error) {
    if (!interrupted()) return report(session, exit_of(error.kind()), error.code(), error.what());
  } catch (const std::bad_alloc&) {
    if (!interrupted())
      return report(session, kResource, "resource.memory", "There is not enough memory for this");
  } catch (const std::exception& error) {
    if (!interrupted()) return report(session, kFailure, "internal", error.what());
  }
  return report(session, kInterrupted, "interrupted", "Stopped as you asked; no file was left half written");
}

std::vector<Flag> global_flags(Globals& globals) {
  return {
      {.name = "quiet", .letter = 'q', .help = "Say nothing but errors.", .take = into(globals.quiet)},
      {.name = "json", .help = "One JSON document on standard output.", .take = into(globals.json)},
      {.name = "seed",
       .value = "N",
       .help = "Root of all chance; the same seed gives the same bytes.",
       .take = into(globals.seed)},
      {.name = "threads",
       .value = "N",
       .help = "Threads to use; as many as the machine lends when not given.",
       .take = into(globals.threads)},
      {.name = "max-memory",
       .value = "SIZE",
       .help = "Limit for large arrays, such as 500MB or 2GB.",
       .take = into(globals.max_memory)},
  };
}

Program make_program(Globals& globals, const std::vector<std::string>& arguments) {
  Program program;
  program.globals = global_flags(globals);
  std::string algorithm;
  const std::size_t position = verb_position(program, arguments);
  if (position + 1 < arguments.size() && arguments[position] == "fit") {
    for (std::size_t i = position + 1; i < arguments.size() && algorithm.empty(); ++i) {
      if (arguments[i].empty() || arguments[i][0] != '-') algorithm = arguments[i];
    }
  }
  program.verbs = {learn_verb(),  predict_verb(), evaluate_verb(),     doctor_verb(),
                   map_verb(),    find_verb(),    fit_verb(algorithm), import_verb(),
                   export_verb(), inspect_verb(), list_verb(),         describe_verb()};
  return program;
}

void show_version(Session& session) {
  if (session.json()) {
    session.document({{"name", "everyml"},
                      {"version", EVERYML_VERSION},
                      {"compiler", __VERSION__},
                      {"algorithms", algorithm_names()}});
  } else {
    session.data(fmt::format("everyml {}\n", EVERYML_VERSION));
  }
}

/// Whether JSON is wanted, for the errors of a command line that cannot be read.
bool asks_for_json(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") return false;
    if (argument == "--json") return true;
  }
  return false;
}

/// `everyml help learn` and `everyml version` as people try them.
std::vector<std::string> with_verbs_as_flags(std::vector<std::string> arguments) {
  if (arguments.empty()) return arguments;
  if (arguments[0] == "version") arguments[0] = "--version";
  if (arguments[0] == "help") {
    arguments.erase(arguments.begin());
    arguments.emplace_back("--help");
  }
  return arguments;
}

int run(const std::vector<std::string>& given) {
  const std::vector<std::string> arguments = with_verbs_as_flags(given);
  Globals globals;
  Program program = make_program(globals, arguments);
  program.verbs.push_back(completion_verb(program));
  program.verbs.push_back(man_verb(program));
  Parsed parsed;
  Globals early;
  early.json = asks_for_json(arguments);
  Session first(early);
  const int status = guarded(first, [&] { parsed = parse(program, arguments); });
  if (status != kOk) return status;

  Session session(globals, arguments);
  return guarded(session, [&] {
    if (parsed.ask == Parsed::Ask::version) {
      show_version(session);
    } else if (parsed.ask == Parsed::Ask::help) {
      session.data(parsed.verb ? help_of_verb(program, *parsed.verb, session.out())
                               : help_of_program(program, session.out()));
    } else {
      parsed.verb->run(session);
    }
  });
}

}  // namespace

}  // namespace everyml::cli

int main(int argc, char** argv) {
  everyml::cli::catch_interrupts();
  return everyml::cli::run({argv + (argc > 0 ? 1 : 0), argv + argc});
}
