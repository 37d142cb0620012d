#pragma once

#include <string>
#include <vector>

#include "apps/cli/help.h"

namespace everyml::cli {

/// What a command line asks for.
struct Parsed {
  enum class Ask : std::uint8_t { run, help, version } ask = Ask::run;
  const Verb* verb = nullptr;  ///< null for the program's own help and version
};

/// Reads the arguments after the program's name into the slots of the verb's flags and arguments.
/// Throws ParameterError "usage.verb", "usage.flag", "usage.missing", "usage.argument" or "usage.value", with
/// a did-you-mean where a name is near.
Parsed parse(const Program& program, const std::vector<std::string>& arguments);

/// Position of the verb among the arguments, or their number when there is none.
std::size_t verb_position(const Program& program, const std::vector<std::string>& arguments);

}  // namespace everyml::cli
