#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/io/archive.h"
#include "everyml/foundation/io/archive_impl.h"

// Any bytes given as a model file end in a FormatError or in an archive whose every field can be read or
// refused, and which survives being written and read again.

using namespace everyml;

namespace {

template <class F>
bool allowed(F&& call) {
  try {
    call();
    return true;
  } catch (const FormatError&) {
    return false;
  }
}

void copy_field(const ArchiveReader& reader, const std::string& key, ArchiveWriter& writer) {
  std::vector<std::uint64_t> shape;
  if (allowed([&] { shape = reader.shape(key); })) {
    // An empty shape is one value to a reader and a length to the writer.
    if (shape.empty()) shape = {1};
    int kinds = 0;
    kinds += allowed([&] { writer.array(key, reader.doubles(key), shape); });
    kinds += allowed([&] { writer.array(key, reader.floats(key), shape); });
    kinds += allowed([&] { writer.array(key, reader.integers64(key), shape); });
    kinds += allowed([&] { writer.array(key, reader.integers32(key), shape); });
    kinds += allowed([&] { writer.array(key, reader.bytes8(key), shape); });
    if (kinds != 1) std::abort();
    return;
  }
  // Each of these may be refused, none may do worse.
  allowed([&] { reader.number(key); });
  allowed([&] { reader.integer(key, -5, 5); });
  allowed([&] { reader.boolean(key); });
  allowed([&] { reader.text(key); });
  allowed([&] { reader.strings(key); });
  allowed([&] {
    const Json value = reader.json(key);
    try {
      writer.json(key, value);
    } catch (const UnsupportedError&) {  // nested deeper than the writer allows itself
    }
  });
}

void copy(const ArchiveReader& reader, ArchiveWriter writer) {
  for (const std::string& key : reader.keys()) {
    if (allowed([&] { reader.json(key); }) || allowed([&] { reader.shape(key); }))
      copy_field(reader, key, writer);
    const ArchiveReader inside = reader.scope(key);
    if (!inside.keys().empty()) copy(inside, writer.scope(key));
  }
}

void open(std::string bytes) {
  allowed([&] {
    const ArchiveReader reader = ArchiveReader::from_bytes(std::move(bytes), "fuzz");
    ArchiveWriter first, second;
    copy(reader, first);
    const std::string written = first.bytes();
    copy(ArchiveReader::from_bytes(written, "again"), second);
    if (second.bytes() != written) std::abort();
  });
}

void fix_checksum(std::string& bytes) {
  if (bytes.size() < detail::checksum_begin + detail::checksum_digits) return;
  bytes.replace(detail::checksum_begin, detail::checksum_digits, detail::checksum_of(bytes));
}

/// The input as what follows the checksum in the header; what is behind its last '}' is the data.
std::string wrap(std::string_view input) {
  const std::size_t end = std::min(input.rfind('}'), input.size() - 1) + 1;
  std::string header(detail::header_start);
  header += "0000000000000000\",";
  header += input.substr(0, end);
  header.append((64 - (8 + header.size()) % 64) % 64, ' ');
  const std::uint64_t length = header.size();
  std::string bytes(reinterpret_cast<const char*>(&length), sizeof length);
  return bytes + header + std::string(input.substr(end));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  open(bytes);
  // The checksum keeps mutations out; made right, they reach the structure.
  std::string fixed = bytes;
  fix_checksum(fixed);
  open(std::move(fixed));
  if (size > 0) {
    std::string wrapped = wrap(bytes);
    fix_checksum(wrapped);
    open(std::move(wrapped));
  }
  return 0;
}
