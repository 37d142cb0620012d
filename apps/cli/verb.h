#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace everyml::cli {

class Session;

/// What a shell may offer for a value.
enum class Completes : std::uint8_t { nothing, file, algorithm, choice };

/// One flag of a verb. Help, completion, manual pages and the parser all read it from here.
struct Flag {
  std::string name;   ///< "target", typed --target
  char letter = 0;    ///< 'q', typed -q; 0 is none
  std::string value;  ///< what stands in the help: "NAME"; empty for a switch
  std::string help;   ///< one sentence
  /// Receives the text, "true" for a switch, once for each time it is given. Throws ParameterError.
  std::function<void(const Flag& flag, const std::string& text)> take;
  bool repeatable = false;
  bool required = false;
  Completes completes = Completes::nothing;
  std::vector<std::string> choices = {};
  std::string group = {};  ///< heading in the help; empty: "Options"
};

/// An argument by place.
struct Argument {
  std::string name;  ///< "FILE"
  std::string help;
  std::string* slot = nullptr;
  bool required = true;
  Completes completes = Completes::file;
  std::vector<std::string> choices = {};
};

struct Verb {
  std::string name;
  std::string summary;      ///< half a line, for the list of verbs
  std::string description;  ///< a paragraph
  std::vector<Argument> arguments = {};
  std::vector<Flag> flags = {};
  std::vector<std::string> examples = {};  ///< commands, each followed by "  # what it does" if that helps
  bool hidden = false;
  std::function<void(Session& session)> run = {};
};

/// What a flag writes into. Each throws ParameterError "usage.value" for a text that does not fit.
std::function<void(const Flag&, const std::string&)> into(bool& slot);
std::function<void(const Flag&, const std::string&)> into(std::string& slot);
std::function<void(const Flag&, const std::string&)> into(std::optional<std::string>& slot);
std::function<void(const Flag&, const std::string&)> into(std::optional<double>& slot);
std::function<void(const Flag&, const std::string&)> into(double& slot);
std::function<void(const Flag&, const std::string&)> into(int& slot);
std::function<void(const Flag&, const std::string&)> into(std::size_t& slot);
/// Comma-separated; empty parts are left out.
std::function<void(const Flag&, const std::string&)> into(std::vector<std::string>& slot);

/// "--target".
std::string typed(const Flag& flag);

}  // namespace everyml::cli
