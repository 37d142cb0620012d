#include "everyml/foundation/io/bounded_reader.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>

#include "everyml/foundation/base/error.h"

namespace everyml {

static_assert(std::endian::native == std::endian::little, "arrays of a file are copied as they lie");

std::uint64_t BoundedReader::u64() {
  const std::string_view bytes = take(sizeof(std::uint64_t));
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

std::string_view BoundedReader::take(std::uint64_t count) {
  if (count > left()) {
    throw FormatError("model.truncated",
                      fmt::format("{} is cut short: {} bytes are needed at byte {}, {} are left", name_,
                                  count, position_, left()));
  }
  const std::string_view result = bytes_.substr(position_, static_cast<std::size_t>(count));
  position_ += result.size();
  return result;
}

std::uint64_t BoundedReader::require_items(std::uint64_t count, std::uint64_t item_bytes) const {
  const std::uint64_t total = checked_product(count, item_bytes, name_);
  if (total > left()) {
    throw FormatError(
        "model.truncated",
        fmt::format("{} is cut short: {} items of {} bytes are needed at byte {}, {} bytes are left", name_,
                    count, item_bytes, position_, left()));
  }
  return total;
}

std::uint64_t checked_product(std::uint64_t a, std::uint64_t b, std::string_view what) {
  std::uint64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result)) {
    throw FormatError("model.overflow",
                      fmt::format("{}: a size of {} x {} does not fit in 64 bits", what, a, b));
  }
  return result;
}

}  // namespace everyml
