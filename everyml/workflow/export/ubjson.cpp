#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>

#include "everyml/workflow/export/import_impl.h"

namespace everyml::detail {
namespace {

constexpr int kDeepest = 64;

/// Reads values one after the other; big-endian, as the format has it.
class UbjsonReader {
 public:
  UbjsonReader(std::string_view bytes, const ImportSource& source) : bytes_(bytes), source_(source) {}

  Json document() {
    Json value = any(next(), 0);
    if (at_ != bytes_.size()) fail("there are bytes after the end");
    return value;
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    source_.refuse("import.syntax", fmt::format("not UBJSON at offset {}: {}", at_, why));
  }

  char next() {
    if (at_ == bytes_.size()) fail("the file ends too early");
    return bytes_[at_++];
  }
  char peek() const { return at_ < bytes_.size() ? bytes_[at_] : '\0'; }

  std::string_view take(std::uint64_t count) {
    if (count > bytes_.size() - at_) fail(fmt::format("{} bytes are announced but the file ends", count));
    const std::string_view part = bytes_.substr(at_, count);
    at_ += count;
    return part;
  }

  std::uint64_t bits(std::size_t bytes) {
    std::uint64_t value = 0;
    for (const char byte : take(bytes)) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
  }

  static std::size_t width(char type) {
    switch (type) {
      case 'i':
      case 'U':
        return 1;
      case 'I':
        return 2;
      case 'l':
      case 'd':
        return 4;
      case 'L':
      case 'D':
        return 8;
      default:
        return 0;
    }
  }

  Json number(char type) {
    const std::uint64_t value = bits(width(type));
    switch (type) {
      case 'i':
        return static_cast<std::int8_t>(value);
      case 'U':
        return static_cast<std::uint8_t>(value);
      case 'I':
        return static_cast<std::int16_t>(value);
      case 'l':
        return static_cast<std::int32_t>(value);
      case 'L':
        return static_cast<std::int64_t>(value);
      case 'd':
        return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(value)));
      default:
        return std::bit_cast<double>(value);
    }
  }

  std::uint64_t length() {
    const char type = next();
    if (width(type) == 0 || type == 'd' || type == 'D') fail("a length must be a whole number");
    const Json value = number(type);
    if (value.get<std::int64_t>() < 0) fail("a length is negative");
    return value.get<std::uint64_t>();
  }

  Json any(char type, int depth) {
    if (depth > kDeepest) fail(fmt::format("values are nested more than {} deep", kDeepest));
    switch (type) {
      case 'Z':
        return nullptr;
      case 'T':
        return true;
      case 'F':
        return false;
      case 'S':
        return std::string(take(length()));
      case 'C':
        return std::string(take(1));
      case '[':
        return array(depth);
      case '{':
        return object(depth);
      default:
        if (width(type) > 0) return number(type);
        fail(fmt::format("no value begins with byte {}", static_cast<int>(static_cast<unsigned char>(type))));
    }
  }

  Json array(int depth) {
    Json values = Json::array();
    char type = '\0';
    if (peek() == '$') {
      ++at_;
      type = next();
      // A type without bytes of its own would let a few bytes announce any amount of memory.
      if (width(type) == 0) fail("an array of one type must be of numbers");
      if (peek() != '#') fail("an array of one type needs its length");
    }
    if (peek() != '#') {
      for (char kind = next(); kind != ']'; kind = next()) values.push_back(any(kind, depth + 1));
      return values;
    }
    ++at_;
    const std::uint64_t count = length();
    if (type != '\0') {
      if (count > (bytes_.size() - at_) / width(type)) fail(fmt::format("{} values are announced", count));
      for (std::uint64_t i = 0; i < count; ++i) values.push_back(number(type));
      return values;
    }
    // Each value takes a byte at least, so the loop ends with the file.
    for (std::uint64_t i = 0; i < count; ++i) values.push_back(any(next(), depth + 1));
    return values;
  }

  Json object(int depth) {
    Json members = Json::object();
    if (peek() == '#' || peek() == '$') fail("objects with a size are not written by XGBoost");
    while (peek() != '}') {
      std::string key(take(length()));
      Json value = any(next(), depth + 1);
      // Few keys per object: XGBoost's largest has some twenty.
      if (members.size() >= 256) fail("an object has more than 256 members");
      if (members.contains(key)) fail("a key stands twice in an object");
      members[std::move(key)] = std::move(value);
    }
    ++at_;
    return members;
  }

  std::string_view bytes_;
  const ImportSource& source_;
  std::size_t at_ = 0;
};

}  // namespace

Json parse_ubjson(std::string_view bytes, const ImportSource& source) {
  return UbjsonReader(bytes, source).document();
}

}  // namespace everyml::detail
