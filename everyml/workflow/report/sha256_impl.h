#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace everyml::report_impl {

/// Reference: FIPS 180-4, "Secure Hash Standard", section 6.2.
std::array<std::uint8_t, 32> sha256(std::string_view bytes);
/// With padding. Reference: RFC 4648, section 4.
std::string base64(std::string_view bytes);
/// "sha256-..." as a content security policy writes the digest of a script.
std::string policy_hash(std::string_view script);

}  // namespace everyml::report_impl
