#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "everyml/foundation/io/byte_source_impl.h"

namespace everyml::csv {

/// Distinct strings with a code each, in order of first appearance, and how often each came. Not thread-safe.
class Dictionary {
 public:
  struct Entry {
    std::uint64_t key = 0;    ///< the bytes themselves up to 8 of them, else their hash
    std::uint64_t place = 0;  ///< in the block of bytes
    std::uint32_t size = 0;
    std::int32_t mark = -1;  ///< for the owner's use: index of the missing mark this is
    bool string =
        false;  ///< for the owner's use: some format said that this is a string, whatever it looks like
    std::uint64_t count = 0;
    std::uint64_t first = 0;  ///< for the owner's use: where the string first stood
  };

  /// Code of `text`; a new entry when it is new. The owner counts.
  /// `readable` says that 8 bytes from text.data() on may be read.
  std::uint32_t code(std::string_view text, bool readable = false) {
    const std::uint64_t key = text.size() <= 8 ? short_key(text, readable) : long_key(text);
    const std::uint32_t known = lookup(text, key);
    return known != kFree ? known : insert(text, key);
  }
  std::optional<std::uint32_t> find(std::string_view text) const {
    const std::uint32_t known = lookup(text, text.size() <= 8 ? short_key(text, false) : long_key(text));
    return known != kFree ? std::optional(known) : std::nullopt;
  }

  std::size_t size() const { return entries_.size(); }
  Entry& entry(std::size_t code) { return entries_[code]; }
  const Entry& entry(std::size_t code) const { return entries_[code]; }
  std::string_view text(std::size_t code) const {
    return {bytes_.data() + entries_[code].place, entries_[code].size};
  }

 private:
  static constexpr std::uint32_t kFree = ~std::uint32_t{0};
  static std::uint64_t short_key(std::string_view text, bool readable) {
    std::uint64_t key = 0;
    if (readable) {
      __builtin_memcpy(&key, text.data(), 8);
      return text.size() == 8 ? key : key & ((std::uint64_t{1} << (8 * text.size())) - 1);
    }
    if (!text.empty()) __builtin_memcpy(&key, text.data(), text.size());
    return key;
  }
  std::uint32_t lookup(std::string_view text, std::uint64_t key) const {
    if (slots_.empty()) return kFree;
    for (std::size_t slot = place_of(key, text.size());; slot = (slot + 1) & mask_) {
      const std::uint32_t code = slots_[slot];
      if (code == kFree) return kFree;
      const Entry& entry = entries_[code];
      if (entry.key == key && entry.size == text.size() && (text.size() <= 8 || same(entry, text)))
        return code;
    }
  }
  static std::uint64_t long_key(std::string_view text);
  std::size_t place_of(std::uint64_t key, std::size_t size) const {
    const std::uint64_t mixed = (key ^ size * 0x9E3779B97F4A7C15ULL) * 0xD6E8FEB86659FD93ULL;
    return static_cast<std::size_t>(mixed >> 32) & mask_;
  }
  bool same(const Entry& entry, std::string_view text) const {
    // Two strings with one hash of 64 bits are yet to be found.
    return __builtin_memcmp(bytes_.data() + entry.place, text.data(), text.size()) ==
           0;  // GCOVR_EXCL_BR_LINE
  }
  std::uint32_t insert(std::string_view text, std::uint64_t key);

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;  ///< codes; a power of two of them
  std::size_t mask_ = 0;
  GrowingBytes bytes_;
};

}  // namespace everyml::csv
