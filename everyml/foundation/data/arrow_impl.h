#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "everyml/foundation/data/arrow.h"

namespace everyml {

/// The rows of one field in one batch. Physical rows are first .. first + length - 1.
struct ArrowChunk {
  std::shared_ptr<ArrowArray> array;
  std::int64_t first = 0;
  std::int64_t length = 0;
  /// One entry per row, 1 where the whole row is null; empty when none is.
  std::shared_ptr<const std::vector<std::uint8_t>> row_missing;
};

/// One field over all batches.
struct ArrowField {
  const ArrowSchema* schema = nullptr;
  std::string name;
  std::vector<ArrowChunk> chunks;
  std::size_t rows() const {
    std::size_t rows = 0;
    for (const ArrowChunk& chunk : chunks) rows += static_cast<std::size_t>(chunk.length);
    return rows;
  }
};

/// Arrow allows buffers of any alignment.
template <class T>
T load(const void* values, std::int64_t index) {
  T value;
  std::memcpy(&value, static_cast<const char*>(values) + index * static_cast<std::int64_t>(sizeof(T)),
              sizeof(T));
  return value;
}

inline bool bit_at(const void* bits, std::int64_t index) {
  return ((static_cast<const std::uint8_t*>(bits)[index >> 3] >> (index & 7)) & 1) != 0;
}

/// The bitmap of the cells that are there; null when none is missing. REQUIRES: check_arrow_buffers().
inline const void* validity(const ArrowChunk& chunk) {
  return chunk.array->null_count == 0 ? nullptr : chunk.array->buffers[0];
}

/// Calls visit(chunk, physical row, row of the column, missing) for every row.
template <class Visit>
void each_row(const ArrowField& field, Visit visit) {
  std::size_t row = 0;
  for (const ArrowChunk& chunk : field.chunks) {
    const void* bits = validity(chunk);
    for (std::int64_t i = 0; i < chunk.length; ++i, ++row) {
      const bool missing =
          (bits != nullptr && !bit_at(bits, chunk.first + i)) ||
          (chunk.row_missing != nullptr && (*chunk.row_missing)[static_cast<std::size_t>(i)] != 0);
      visit(chunk, chunk.first + i, row, missing);
    }
  }
}

/// Throws FormatError "arrow.struct" unless length, offset and null count make sense.
void check_arrow_counts(const std::string& name, const ArrowArray& array);

[[noreturn]] void arrow_format_error(std::string_view code, const std::string& name, const std::string& what);

/// Throws FormatError "arrow.struct" unless the validity bitmap (where nulls are claimed) and `needed` more
/// buffers are there.
void check_arrow_buffers(const ArrowField& field, std::int64_t needed, bool more_allowed = false);

/// The values of `field` as a column.
Column import_arrow_field(const ArrowField& field, std::vector<ArrowNote>& notes);
/// The same for the formats "u", "U" and "vu".
Column import_arrow_texts(const ArrowField& field);

}  // namespace everyml
