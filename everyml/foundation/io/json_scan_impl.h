#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "everyml/foundation/base/json.h"

namespace everyml::detail {

/// Takes hostile JSON text apart without building a tree: memory does not grow with the text, nesting ends at
/// `max_depth`, every byte is looked at once. Throws FormatError with the code given, naming source and byte.
/// REQUIRES: the text is UTF-8 and outlives the scanner.
class JsonScanner {
 public:
  static constexpr unsigned max_depth = 64;

  /// `code` is a string literal; `source` opens each sentence.
  JsonScanner(std::string_view text, std::string_view code, std::string_view source)
      : text_(text), code_(code), source_(source) {}

  /// The next character that is not white space, 0 at the end. Does not consume it.
  char peek();
  /// Consumes the next character if it is `wanted`.
  bool accept(char wanted);
  void expect(char wanted);
  /// Consumes a string and returns what stands between the quotes, escapes checked but not resolved.
  std::string_view string();
  /// As `string`, and the colon after it.
  std::string_view key();
  /// Consumes any value and returns its text.
  std::string_view value();
  /// Consumes a whole number of [0, 2^64).
  std::uint64_t unsigned_number();
  /// Nothing but white space may follow.
  void end();

  /// Values consumed so far, those inside others included.
  std::size_t values() const { return values_; }

  [[noreturn]] void fail(std::string_view why) const;

 private:
  void scalar();
  void number();
  void word(std::string_view wanted);
  std::uint32_t hex4();
  bool digits();

  std::string_view text_;
  std::string_view code_;
  std::string_view source_;
  std::size_t at_ = 0;
  std::size_t values_ = 0;
};

/// The string whose text between quotes is `raw`. REQUIRES: `raw` came from JsonScanner::string.
std::string unescape_json(std::string_view raw);

/// Appends `text` between quotes. REQUIRES: `text` is UTF-8.
void append_json_string(std::string& out, std::string_view text);

bool is_utf8(std::string_view text);

// The small values of a model file are JSON with one addition: a string that begins with ':' is a tag.
//   ":nan" ":inf" ":-inf"   a number        ":bytes:00ff.."   text that is not UTF-8, in hex
//   "::..."                 text that itself begins with ':'      ":tensor"         an array of the same name

inline constexpr std::string_view tensor_tag = "\":tensor\"";

void append_text(std::string& out, std::string_view text);
/// The shortest text that reads back to the same bits; it always shows a point, an exponent or a tag.
void append_number(std::string& out, double value);
/// Throws UnsupportedError "model.value" for a tree too deep or too large, or for a binary value.
void append_value(std::string& out, const Json& value);

/// Largest number of values inside one tree and of strings in one list.
inline constexpr std::size_t max_tree_values = 250'000;
inline constexpr std::size_t max_strings = 1'000'000;

/// What `raw`, a string between its quotes, stands for as text. Throws through `scanner` when it is another
/// tag.
std::string decode_text(std::string_view raw, const JsonScanner& scanner);
/// What the number token or tagged string `raw` stands for. Throws through `scanner`.
double decode_number(std::string_view raw, const JsonScanner& scanner);
std::int64_t decode_integer(std::string_view raw, const JsonScanner& scanner);
/// Builds the tree. REQUIRES: `raw` came from JsonScanner::value.
Json decode_value(std::string_view raw, std::string_view code, std::string_view source);

}  // namespace everyml::detail
