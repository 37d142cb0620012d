#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace everyml {

/// The one class that takes binary bytes apart. Every read checks what is left; sizes are multiplied with
/// overflow checks; nothing is allocated for a count before the bytes for it are known to be there.
/// Little-endian. Throws FormatError "model.truncated" or "model.overflow" with the name and the offset.
class BoundedReader {
 public:
  /// Borrows the bytes.
  BoundedReader(std::string_view bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {}

  std::size_t position() const { return position_; }
  std::size_t left() const { return bytes_.size() - position_; }

  std::uint64_t u64();
  std::string_view take(std::uint64_t count);
  /// Throws unless count items of item_bytes each are left; returns their total size.
  std::uint64_t require_items(std::uint64_t count, std::uint64_t item_bytes) const;

 private:
  std::string_view bytes_;
  std::string name_;
  std::size_t position_ = 0;
};

/// a * b, or FormatError "model.overflow" naming `what`.
std::uint64_t checked_product(std::uint64_t a, std::uint64_t b, std::string_view what);

}  // namespace everyml
