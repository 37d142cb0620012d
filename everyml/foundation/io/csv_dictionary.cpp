#define XXH_INLINE_ALL
#include <xxhash.h>

#include "everyml/foundation/io/csv_dictionary_impl.h"

namespace everyml::csv {

std::uint64_t Dictionary::long_key(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

std::uint32_t Dictionary::insert(std::string_view text, std::uint64_t key) {
  if (entries_.size() * 2 >= slots_.size()) {
    slots_.assign(slots_.empty() ? 64 : slots_.size() * 2, kFree);
    mask_ = slots_.size() - 1;
    for (std::size_t code = 0; code < entries_.size(); ++code) {
      std::size_t slot = place_of(entries_[code].key, entries_[code].size);
      while (slots_[slot] != kFree) slot = (slot + 1) & mask_;
      slots_[slot] = static_cast<std::uint32_t>(code);
    }
  }
  std::size_t slot = place_of(key, text.size());
  while (slots_[slot] != kFree) slot = (slot + 1) & mask_;
  const auto code = static_cast<std::uint32_t>(entries_.size());
  slots_[slot] = code;
  entries_.push_back({.key = key, .place = bytes_.size(), .size = static_cast<std::uint32_t>(text.size())});
  bytes_.append(text);
  return code;
}

}  // namespace everyml::csv
