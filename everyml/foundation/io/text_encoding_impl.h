#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace everyml::csv {

enum class Encoding : std::uint8_t { utf8, utf8_bom, utf16_le, utf16_be, utf32 };

struct EncodingGuess {
  Encoding encoding = Encoding::utf8;
  std::size_t bom_size = 0;  ///< bytes to skip
};

/// From a byte order mark, or from the zero bytes that ASCII text has in UTF-16.
EncodingGuess guess_encoding(std::string_view head);

/// The same answer as everyml::valid_utf8, some gigabytes a second.
bool is_utf8(std::string_view text);

/// Appends `text` to `out` with every byte that is not part of valid UTF-8 replaced by the character it has
/// in Windows-1252 (the five unused bytes by their Latin-1 control character). Returns how many bytes were
/// replaced.
std::size_t repair_utf8(std::string_view text, std::string& out);

/// UTF-16 to UTF-8 in pieces: a unit or a surrogate pair may be split over two calls.
class Utf16Decoder {
 public:
  explicit Utf16Decoder(bool big_endian) : big_endian_(big_endian) {}
  void decode(std::string_view bytes, std::string& out);
  /// At the end of the text; a lone half counts as broken.
  void finish(std::string& out);
  /// Units that were no character and became U+FFFD.
  std::uint64_t broken() const { return broken_; }

 private:
  void unit(std::uint32_t value, std::string& out);

  bool big_endian_;
  bool half_ = false;  ///< one byte of a unit is waiting
  std::uint8_t first_ = 0;
  std::uint32_t high_ = 0;  ///< a leading surrogate is waiting
  std::uint64_t broken_ = 0;
};

void append_utf8(std::uint32_t character, std::string& out);

}  // namespace everyml::csv
