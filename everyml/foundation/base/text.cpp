#include "everyml/foundation/base/text.h"

#include <fast_float/fast_float.h>
#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace everyml {
namespace {

// A hostile name of a megabyte must not cost a megabyte squared.
constexpr std::size_t kLongestCompared = 128;

struct Decoded {
  std::int32_t point;  ///< -1 when the bytes are not UTF-8
  std::size_t length;  ///< bytes taken, at least 1
};

Decoded decode_first(std::string_view text) {
  utf8proc_int32_t point = -1;
  const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                       static_cast<utf8proc_ssize_t>(text.size()), &point);
  if (length <= 0) return {-1, 1};
  return {point, static_cast<std::size_t>(length)};
}

std::vector<std::int32_t> points_of(std::string_view text, bool fold) {
  std::vector<std::int32_t> points;
  while (!text.empty()) {
    const auto [point, length] = decode_first(text);
    // Broken bytes stand apart from all code points.
    const std::int32_t raw = point >= 0 ? point : 0x110000 + static_cast<unsigned char>(text[0]);
    points.push_back(fold && point >= 0 ? utf8proc_tolower(point) : raw);
    text.remove_prefix(length);
  }
  return points;
}

// Damerau, CACM 7 (1964), in the restricted form: each pair is exchanged at most once.
std::size_t edit_distance(const std::vector<std::int32_t>& a, const std::vector<std::int32_t>& b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = std::min(now[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_word(std::string_view text, std::string_view lower_word) {
  return std::equal(text.begin(), text.end(), lower_word.begin(), lower_word.end(),
                    [](char a, char b) { return lower(a) == b; });
}

// Code points that move the cursor, change the direction of writing, or are not seen at all.
bool is_treacherous(std::int32_t point) {
  return point < 0x20 || (point >= 0x7f && point <= 0x9f) || point == 0x61c || point == 0xad ||
         (point >= 0x200b && point <= 0x200f && point != 0x200c && point != 0x200d) ||
         (point >= 0x2028 && point <= 0x202e) || (point >= 0x2060 && point <= 0x206f) || point == 0xfeff ||
         (point >= 0xfff9 && point <= 0xfffb) || (point >= 0xe0000 && point <= 0xe007f);
}

std::string escaped(std::int32_t point) {
  switch (point) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      break;
  }
  if (point < 0x80) return fmt::format("\\x{:02x}", point);
  return point <= 0xffff ? fmt::format("\\u{:04x}", point) : fmt::format("\\U{:08x}", point);
}

std::string not_finite(double value) { return std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf"; }

}  // namespace

std::string format_number(double value) {
  if (!std::isfinite(value)) return not_finite(value);
  std::array<char, 64> text;
  // The shortest text of 100000 is "1e+05"; whole numbers that a double holds exactly are written out.
  const bool whole = std::abs(value) < 1e15 && value == std::trunc(value);
  const auto end =
      whole ? std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed)
            : std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end.ptr};
}

std::string format_short(double value, int digits) {
  if (!std::isfinite(value)) return not_finite(value);
  if (value == 0) return "0";
  digits = std::clamp(digits, 1, 17);
  const double size = std::abs(value);
  if (size < 1e-4 || size >= 1e15) {
    std::string text = fmt::format("{:.{}e}", value, digits - 1);
    const std::size_t e = text.find('e');
    std::string mantissa = text.substr(0, e);
    if (mantissa.find('.') != mantissa.npos) {
      mantissa.erase(mantissa.find_last_not_of('0') + 1);
      if (mantissa.back() == '.') mantissa.pop_back();
    }
    return fmt::format("{}e{}", mantissa, std::stoi(text.substr(e + 1)));
  }
  const int before_point = static_cast<int>(std::floor(std::log10(size))) + 1;
  std::string text = fmt::format("{:.{}f}", value, std::max(0, digits - before_point));
  if (text.find('.') != text.npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text;
}

std::optional<double> parse_number(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  std::string_view digits = text;
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  if (digits.empty()) return std::nullopt;
  if (digits[0] != '.' && (digits[0] < '0' || digits[0] > '9')) {
    const double sign = negative ? -1.0 : 1.0;
    if (is_word(digits, "nan")) return std::nan("");
    if (is_word(digits, "inf") || is_word(digits, "infinity")) return sign * HUGE_VAL;
    return std::nullopt;
  }
  double value = 0;
  const auto [stop, error] = fast_float::from_chars(text.data(), text.data() + text.size(), value);
  if (stop != text.data() + text.size()) return std::nullopt;
  // Digits that overflow are not infinity; digits that underflow are as near to zero as can be said.
  if (std::isinf(value)) return std::nullopt;
  if (error != std::errc() && error != std::errc::result_out_of_range) return std::nullopt;
  return value;
}

std::optional<std::string> did_you_mean(std::string_view word, std::span<const std::string> candidates) {
  if (word.empty() || word.size() > kLongestCompared) return std::nullopt;
  const auto exact = points_of(word, false);
  const auto folded = points_of(word, true);
  const std::string* best = nullptr;
  std::pair<std::size_t, std::size_t> best_distance{SIZE_MAX, SIZE_MAX};
  for (const std::string& candidate : candidates) {
    if (candidate.empty() || candidate.size() > kLongestCompared) continue;
    const auto candidate_folded = points_of(candidate, true);
    const std::size_t longer = std::max(folded.size(), candidate_folded.size());
    const std::size_t shorter = std::min(folded.size(), candidate_folded.size());
    const std::size_t allowed = std::max<std::size_t>(1, longer / 3);
    if (longer - shorter > allowed) continue;
    const std::size_t distance = edit_distance(folded, candidate_folded);
    // Equal but for case is always a slip; a word of which nothing is left never is.
    if (distance > allowed || (distance > 0 && distance >= shorter)) continue;
    const std::pair key{distance, edit_distance(exact, points_of(candidate, false))};
    if (key < best_distance) {
      best_distance = key;
      best = &candidate;
    }
  }
  if (best == nullptr) return std::nullopt;
  return *best;
}

std::string suggestion(std::string_view word, std::span<const std::string> candidates) {
  if (const auto meant = did_you_mean(word, candidates)) {
    return fmt::format(" Did you mean \"{}\"?", printable(*meant));
  }
  // Too far for a slip, but perhaps the beginning of a longer name: "knn" of "knn-classifier".
  constexpr std::size_t kMost = 3, kShortest = 2;
  const std::string start = to_lower_ascii(word);
  std::string names;
  std::size_t count = 0;
  for (const std::string& candidate : candidates) {
    if (start.size() < kShortest || !to_lower_ascii(candidate).starts_with(start) || count == kMost) continue;
    names += fmt::format("{}\"{}\"", count++ == 0 ? "" : " or ", printable(candidate));
  }
  return count == 0 ? std::string() : fmt::format(" Did you mean {}?", names);
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  std::size_t shown = 0;     // characters in `out`
  std::size_t room_end = 0;  // bytes of `out` that leave room for the ellipsis
  while (!text.empty()) {
    const auto [point, length] = decode_first(text);
    std::string piece;
    if (point < 0) {
      piece = fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
    } else if (is_treacherous(point)) {
      piece = escaped(point);
    } else {
      piece = text.substr(0, length);
    }
    const std::size_t width = point >= 0 && !is_treacherous(point) ? 1 : piece.size();
    if (shown + width > limit) {
      out.resize(room_end);
      return limit == 0 ? std::string() : out + "\u2026";
    }
    out += piece;
    shown += width;
    if (shown < limit) room_end = out.size();
    text.remove_prefix(length);
  }
  return out;
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=,:+@%";
  // A leading equals sign is a path to zsh.
  if (!text.empty() && text.front() != '=' && text.find_first_not_of(kPlain) == text.npos)
    return std::string(text);
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'')
      word += "'\\''";
    else
      word += c;
  }
  return word + "'";
}

bool valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto [point, length] = decode_first(text);
    if (point < 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string to_lower_ascii(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == text.npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string join_and(std::span<const std::string> words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " and " : ", ";
    out += words[i];
  }
  return out;
}

}  // namespace everyml
