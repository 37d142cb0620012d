#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/cli/verb.h"
#include "apps/text/terminal.h"

namespace everyml::cli {

using namespace shown;

/// The whole command: the verbs, and the flags that each of them takes.
struct Program {
  std::vector<Verb> verbs;
  std::vector<Flag> globals;
};

/// "everyml learn FILE --target NAME [options]".
std::string usage_of(const Verb& verb);
std::string help_of_program(const Program& program, const Terminal& terminal);
std::string help_of_verb(const Program& program, const Verb& verb, const Terminal& terminal);

/// A script for bash, zsh or fish. Throws ParameterError "usage.shell" for another one.
std::string completion_script(const Program& program, std::string_view shell,
                              std::span<const std::string> algorithms);

/// A manual page in man(7) form and the name of its file.
struct ManualPage {
  std::string file;
  std::string text;
};
std::vector<ManualPage> manual_pages(const Program& program);

}  // namespace everyml::cli
