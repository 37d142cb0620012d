#include <fmt/format.h>

#include <algorithm>

#include "everyml/foundation/base/text.h"
#include "everyml/foundation/data/arrow_impl.h"

namespace everyml {
namespace {

/// utf8 (32-bit offsets) and large utf8 (64-bit).
template <class Offset>
std::string_view text_by_offsets(const ArrowField& field, const ArrowArray& array, std::int64_t i) {
  const auto begin = load<Offset>(array.buffers[1], i), end = load<Offset>(array.buffers[1], i + 1);
  if (begin < 0 || end < begin) {
    arrow_format_error("arrow.offsets", field.name,
                       fmt::format("the text of row {} runs from byte {} to {}", i, begin, end));
  }
  if (begin == end) return {};
  if (array.buffers[2] == nullptr)
    arrow_format_error("arrow.struct", field.name, "it has texts, but no bytes of them");
  return {static_cast<const char*>(array.buffers[2]) + begin, static_cast<std::size_t>(end - begin)};
}

/// utf8 view: 16 bytes a row, the text itself when it fits in 12 of them, else buffer and offset.
std::string_view text_by_view(const ArrowField& field, const ArrowArray& array, std::int64_t i) {
  const char* view = static_cast<const char*>(array.buffers[1]) + i * 16;
  const auto length = load<std::int32_t>(view, 0), buffer = load<std::int32_t>(view, 2),
             offset = load<std::int32_t>(view, 3);
  if (length >= 0 && length <= 12) return {view + 4, static_cast<std::size_t>(length)};
  const std::int64_t buffers = array.n_buffers - 3;
  const void* sizes = array.buffers[array.n_buffers - 1];
  const bool good = length > 0 && buffer >= 0 && buffer < buffers && offset >= 0 && sizes != nullptr &&
                    array.buffers[2 + buffer] != nullptr &&
                    std::int64_t{offset} + length <= load<std::int64_t>(sizes, buffer);
  if (!good) {
    arrow_format_error("arrow.offsets", field.name,
                       fmt::format("the text of row {} is said to be {} bytes at {} of buffer {}", i, length,
                                   offset, buffer));
  }
  return {static_cast<const char*>(array.buffers[2 + buffer]) + offset, static_cast<std::size_t>(length)};
}

template <class TextAt>
Column text_column(const ArrowField& field, TextAt text_at) {
  const std::size_t rows = field.rows();
  TextStore store;
  store.offsets = Buffer<std::uint64_t>(rows + 1);
  bool any_missing = false;
  each_row(field, [&](const ArrowChunk& chunk, std::int64_t i, std::size_t row, bool missing) {
    const std::string_view text = missing ? std::string_view() : text_at(field, *chunk.array, i);
    if (!valid_utf8(text)) {
      arrow_format_error("arrow.utf8", field.name, fmt::format("the text of row {} is not valid UTF-8", row));
    }
    any_missing |= missing;
    store.offsets[row + 1] = store.offsets[row] + text.size();
  });
  if (any_missing) store.missing = Buffer<std::uint8_t>(rows);
  store.bytes = Buffer<char>::uninitialized(rows == 0 ? 0 : store.offsets[rows]);
  each_row(field, [&](const ArrowChunk& chunk, std::int64_t i, std::size_t row, bool missing) {
    if (missing) {
      store.missing[row] = 1;
      return;
    }
    const std::string_view text = text_at(field, *chunk.array, i);
    std::copy(text.begin(), text.end(), store.bytes.data() + store.offsets[row]);
  });
  return Column::texts(field.name, std::move(store));
}

}  // namespace

Column import_arrow_texts(const ArrowField& field) {
  const std::string_view format = field.schema->format;
  check_arrow_buffers(field, 2, format == "vu");
  if (format == "u") return text_column(field, text_by_offsets<std::int32_t>);
  if (format == "U") return text_column(field, text_by_offsets<std::int64_t>);
  return text_column(field, text_by_view);
}

}  // namespace everyml
