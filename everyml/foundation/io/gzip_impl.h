#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "everyml/foundation/io/byte_source_impl.h"

namespace everyml::csv {

/// True for the two magic bytes and the one known method (RFC 1952).
bool is_gzip(std::string_view head);

/// Inflates members one after the other, as gzip files may be joined end to end; the checksums are verified.
/// Throws FormatError "gzip.broken" naming `name` and the place.
std::unique_ptr<ByteStream> gunzip_stream(std::unique_ptr<ByteStream> packed, const std::string& name);

}  // namespace everyml::csv
