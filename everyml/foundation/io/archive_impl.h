#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace everyml::detail {

// What writer and reader of the model file agree on; docs/format.md says it in words.

inline constexpr int format_version = 1;
/// The safetensors rule.
inline constexpr std::uint64_t max_header_bytes = 100'000'000;
inline constexpr std::uint64_t data_alignment = 64;
inline constexpr std::size_t max_fields = 1'000'000;
inline constexpr std::size_t max_dimensions = 16;
inline constexpr std::size_t max_key_bytes = 1000;

/// The header begins with these bytes, then come the digits of the checksum: it stands at a fixed place.
inline constexpr std::string_view header_start = R"({"__metadata__":{"checksum":")";
inline constexpr std::size_t checksum_digits = 16;
inline constexpr std::size_t checksum_begin = sizeof(std::uint64_t) + header_start.size();

struct ElementType {
  std::string_view name;
  std::uint64_t bytes;
};
/// By falling size, so that arrays written in this order are aligned without holes.
inline constexpr std::array<ElementType, 5> element_types = {
    {{"F64", 8}, {"I64", 8}, {"F32", 4}, {"I32", 4}, {"U8", 1}}};
enum class Element : std::uint8_t { f64, i64, f32, i32, u8 };

/// Segments of [a-z0-9_-]+ joined by '.'.
bool valid_key(std::string_view key);

/// 16 lower case digits: XXH3-64 of the file with '0' for each digit of the checksum.
/// REQUIRES: file.size() >= checksum_begin + checksum_digits.
std::string checksum_of(std::string_view file);

}  // namespace everyml::detail
