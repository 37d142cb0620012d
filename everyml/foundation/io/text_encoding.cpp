#include <simdjson.h>

#include <array>

#include "everyml/foundation/io/text_encoding_impl.h"

namespace everyml::csv {
namespace {

/// Unicode characters of the Windows-1252 bytes 0x80 to 0x9F; the table is Microsoft's code page 1252.
constexpr std::array<std::uint16_t, 32> kWindows1252 = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

/// Bytes of the well-formed sequence that starts `text`, 0 when there is none (Unicode 15, table 3-7).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  std::size_t length = 0;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  if (text.size() < length || byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
  }
  return length;
}

}  // namespace

void append_utf8(std::uint32_t character, std::string& out) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (character < 0x80) {
    put(character);
  } else if (character < 0x800) {
    put(0xC0 | (character >> 6));
    put(0x80 | (character & 0x3F));
  } else if (character < 0x10000) {
    put(0xE0 | (character >> 12));
    put(0x80 | ((character >> 6) & 0x3F));
    put(0x80 | (character & 0x3F));
  } else {
    put(0xF0 | (character >> 18));
    put(0x80 | ((character >> 12) & 0x3F));
    put(0x80 | ((character >> 6) & 0x3F));
    put(0x80 | (character & 0x3F));
  }
}

EncodingGuess guess_encoding(std::string_view head) {
  using namespace std::string_view_literals;
  if (head.starts_with("\xEF\xBB\xBF"sv)) return {Encoding::utf8_bom, 3};
  if (head.starts_with("\xFF\xFE\0\0"sv) || head.starts_with("\0\0\xFE\xFF"sv)) return {Encoding::utf32, 4};
  if (head.starts_with("\xFF\xFE"sv)) return {Encoding::utf16_le, 2};
  if (head.starts_with("\xFE\xFF"sv)) return {Encoding::utf16_be, 2};
  std::array<std::size_t, 2> zeros{};
  for (std::size_t i = 0; i < head.size(); ++i) zeros[i % 2] += head[i] == 0;
  // Without a mark: ASCII letters in UTF-16 have a zero in every second byte and nowhere else.
  const std::size_t pairs = head.size() / 2;
  if (pairs >= 2 && zeros[0] == 0 && zeros[1] * 10 >= pairs * 7) return {Encoding::utf16_le, 0};
  if (pairs >= 2 && zeros[1] == 0 && zeros[0] * 10 >= pairs * 7) return {Encoding::utf16_be, 0};
  return {};
}

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

std::size_t repair_utf8(std::string_view text, std::string& out) {
  std::size_t replaced = 0;
  out.reserve(out.size() + text.size());
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length > 0) {
      out.append(text.substr(0, length));
      text.remove_prefix(length);
      continue;
    }
    const auto byte = static_cast<std::uint8_t>(text[0]);
    append_utf8(byte < 0xA0 ? kWindows1252[byte - 0x80] : byte, out);
    text.remove_prefix(1);
    ++replaced;
  }
  return replaced;
}

void Utf16Decoder::unit(std::uint32_t value, std::string& out) {
  constexpr std::uint32_t kReplacement = 0xFFFD;
  if (high_ != 0) {
    if (value >= 0xDC00 && value <= 0xDFFF) {
      append_utf8(0x10000 + ((high_ - 0xD800) << 10) + (value - 0xDC00), out);
      high_ = 0;
      return;
    }
    append_utf8(kReplacement, out);
    ++broken_;
    high_ = 0;
  }
  if (value >= 0xD800 && value <= 0xDBFF) {
    high_ = value;
  } else if (value >= 0xDC00 && value <= 0xDFFF) {
    append_utf8(kReplacement, out);
    ++broken_;
  } else {
    append_utf8(value, out);
  }
}

void Utf16Decoder::decode(std::string_view bytes, std::string& out) {
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (!half_) {
      first_ = byte;
      half_ = true;
      continue;
    }
    half_ = false;
    unit(big_endian_ ? static_cast<std::uint32_t>(first_) << 8 | byte
                     : static_cast<std::uint32_t>(byte) << 8 | first_,
         out);
  }
}

void Utf16Decoder::finish(std::string& out) {
  if (half_ || high_ != 0) {
    append_utf8(0xFFFD, out);
    ++broken_;
  }
  half_ = false;
  high_ = 0;
}

}  // namespace everyml::csv
