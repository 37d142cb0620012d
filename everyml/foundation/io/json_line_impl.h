#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace everyml::csv {

/// A line that is wrong, as place and reason.
struct WrongLine {
  std::uint64_t place;
  std::string_view code;
  std::string reason;
};

/// What stands behind a key.
struct JsonCell {
  enum class Kind : std::uint8_t { missing, boolean, number, string, nested };
  std::string_view key;
  Kind kind = Kind::missing;
  std::string_view text;  ///< "true", the number as written, the string without escapes, the text of the rest
};

/// Takes lines apart, one object each. Not thread-safe.
class JsonLineParser {
 public:
  JsonLineParser();
  ~JsonLineParser();
  JsonLineParser(const JsonLineParser&) = delete;
  JsonLineParser& operator=(const JsonLineParser&) = delete;

  /// The cells in the order of the line, valid until the next call and as long as the line. `readable` bytes
  /// from the line's start on may be read. Throws WrongLine "jsonl.syntax", "jsonl.not_object" at `place`.
  const std::vector<JsonCell>& read(std::string_view line, std::size_t readable, std::uint64_t place);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The line without blanks and carriage returns around it.
std::string_view without_blanks(std::string_view line);

}  // namespace everyml::csv
