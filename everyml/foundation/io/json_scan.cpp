#include <fmt/format.h>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/io/json_scan_impl.h"

namespace everyml::detail {

namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

void JsonScanner::fail(std::string_view why) const {
  throw FormatError(code_, fmt::format("{}: {} (byte {})", source_, why, at_));
}

char JsonScanner::peek() {
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  return at_ < text_.size() ? text_[at_] : '\0';
}

bool JsonScanner::accept(char wanted) {
  if (peek() != wanted) return false;  // at the end peek gives 0, which is never wanted
  ++at_;
  return true;
}

void JsonScanner::expect(char wanted) {
  if (!accept(wanted)) fail(fmt::format("expected '{}' in the JSON text", wanted));
}

std::uint32_t JsonScanner::hex4() {
  if (text_.size() - at_ < 4) fail("an escape is cut short");
  std::uint32_t unit = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    const int digit = hex_digit(text_[at_]);
    if (digit < 0) fail("an escape needs four hexadecimal digits");
    unit = unit * 16 + static_cast<std::uint32_t>(digit);
  }
  return unit;
}

std::string_view JsonScanner::string() {
  expect('"');
  const std::size_t begin = at_;
  for (;;) {
    if (at_ == text_.size()) fail("a string has no end");
    const char c = text_[at_++];
    if (c == '"') return text_.substr(begin, at_ - 1 - begin);
    if (static_cast<unsigned char>(c) < 0x20) fail("a control character stands in a string");
    if (c != '\\') continue;
    if (at_ == text_.size()) fail("a string has no end");
    const char escape = text_[at_++];
    if (escape == 'u') {
      const std::uint32_t unit = hex4();
      if (unit >= 0xDC00 && unit <= 0xDFFF) fail("half of a surrogate pair");
      if (unit < 0xD800 || unit > 0xDBFF) continue;
      if (text_.substr(at_, 2) != "\\u") fail("half of a surrogate pair");
      at_ += 2;
      const std::uint32_t low = hex4();
      if (low < 0xDC00 || low > 0xDFFF) fail("half of a surrogate pair");
    } else if (std::string_view("\"\\/bfnrt").find(escape) == std::string_view::npos) {
      fail("an unknown escape");
    }
  }
}

std::string_view JsonScanner::key() {
  const std::string_view name = string();
  expect(':');
  return name;
}

bool JsonScanner::digits() {
  const std::size_t begin = at_;
  while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
  return at_ > begin;
}

void JsonScanner::number() {
  if (text_[at_] == '-') ++at_;
  const bool zero = at_ < text_.size() && text_[at_] == '0';
  if (zero) {
    ++at_;
  } else if (!digits()) {
    fail("expected a value");
  }
  if (at_ < text_.size() && text_[at_] == '.') {
    ++at_;
    if (!digits()) fail("a number needs digits after its point");
  }
  if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
    ++at_;
    if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
    if (!digits()) fail("a number needs digits in its exponent");
  }
}

void JsonScanner::word(std::string_view wanted) {
  if (text_.substr(at_, wanted.size()) != wanted) fail("expected a value");
  at_ += wanted.size();
}

void JsonScanner::scalar() {
  switch (peek()) {
    case '"':
      string();
      break;
    case 't':
      word("true");
      break;
    case 'f':
      word("false");
      break;
    case 'n':
      word("null");
      break;
    default:
      if (at_ == text_.size()) fail("the JSON text is cut short");
      number();
  }
}

std::string_view JsonScanner::value() {
  peek();
  const std::size_t begin = at_;
  unsigned depth = 0;
  std::uint64_t objects = 0;  // bit d: the container at depth d is an object
  for (;;) {
    ++values_;
    const char c = peek();
    if (c == '{' || c == '[') {
      if (depth == max_depth) fail(fmt::format("values are nested deeper than {}", max_depth));
      const bool object = c == '{';
      objects = object ? objects | (std::uint64_t{1} << depth) : objects & ~(std::uint64_t{1} << depth);
      ++depth;
      ++at_;
      if (!accept(object ? '}' : ']')) {
        if (object) key();
        continue;
      }
      --depth;
    } else {
      scalar();
    }
    for (; depth > 0; --depth) {
      const bool object = (objects >> (depth - 1)) & 1;
      if (accept(',')) {
        if (object) key();
        break;
      }
      expect(object ? '}' : ']');
    }
    if (depth == 0) return text_.substr(begin, at_ - begin);
  }
}

std::uint64_t JsonScanner::unsigned_number() {
  const char first = peek();
  if (!is_digit(first)) fail("expected a whole number that is not negative");
  const std::size_t begin = at_;
  number();
  std::uint64_t result = 0;
  for (const char c : text_.substr(begin, at_ - begin)) {
    if (!is_digit(c)) fail("expected a whole number that is not negative");
    if (__builtin_mul_overflow(result, std::uint64_t{10}, &result) ||
        __builtin_add_overflow(result, static_cast<std::uint64_t>(c - '0'), &result)) {
      fail("a whole number is too large");
    }
  }
  return result;
}

void JsonScanner::end() {
  peek();
  if (at_ != text_.size()) fail("something follows the JSON text");
}

}  // namespace everyml::detail
