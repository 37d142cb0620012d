#include "everyml/foundation/data/arrow.h"

#include <fmt/format.h>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/data/arrow_impl.h"

namespace everyml {
namespace {

/// More rows than any memory holds; keeps sums of lengths and offsets from overflowing.
constexpr std::int64_t kMostRows = std::int64_t{1} << 46;

/// Moves a struct out of its producer's hands, as the interface defines a move: bitwise copy, source marked
/// released.
template <class Struct>
std::shared_ptr<Struct> take(Struct* source) {
  const auto drop = [](Struct* held) {
    if (held->release != nullptr) held->release(held);
    delete held;
  };
  std::shared_ptr<Struct> held(new Struct{}, drop);
  *held = *source;
  source->release = nullptr;
  return held;
}

template <class Struct>
std::shared_ptr<Struct> take_if_any(Struct* source) {
  return source != nullptr && source->release != nullptr ? take(source) : nullptr;
}

void check_given(const void* held, std::string_view what) {
  if (held != nullptr) return;
  throw FormatError("arrow.released", fmt::format("the Arrow {} is null or was released already", what));
}

void check_struct_schema(const ArrowSchema& schema) {
  if (schema.format == nullptr) arrow_format_error("arrow.struct", "", "the schema has no format");
  if (std::string_view(schema.format) != "+s") {
    throw UnsupportedError("arrow.type",
                           fmt::format("a table must be a struct array (format \"+s\"), got format \"{}\"",
                                       printable(schema.format)));
  }
  if (schema.n_children < 0 || (schema.n_children > 0 && schema.children == nullptr)) {
    arrow_format_error("arrow.struct", "", fmt::format("the schema claims {} children", schema.n_children));
  }
  for (std::int64_t i = 0; i < schema.n_children; ++i) {
    if (schema.children[i] == nullptr || schema.children[i]->release == nullptr) {
      arrow_format_error("arrow.struct", "", fmt::format("child {} of the schema is null or released", i));
    }
  }
}

std::vector<ArrowField> fields_of(const ArrowSchema& schema) {
  check_struct_schema(schema);
  std::vector<ArrowField> fields(static_cast<std::size_t>(schema.n_children));
  for (std::size_t i = 0; i < fields.size(); ++i) {
    fields[i].schema = schema.children[i];
    fields[i].name = fields[i].schema->name == nullptr ? "" : fields[i].schema->name;
  }
  return fields;
}

/// The nulls of the struct itself, one entry per row, or null when no row is null as a whole.
std::shared_ptr<const std::vector<std::uint8_t>> whole_row_nulls(const ArrowArray& batch) {
  if (batch.null_count == 0 || batch.n_buffers < 1 || batch.buffers == nullptr || batch.buffers[0] == nullptr)
    return {};
  std::vector<std::uint8_t> missing(static_cast<std::size_t>(batch.length));
  for (std::size_t i = 0; i < missing.size(); ++i) {
    missing[i] = bit_at(batch.buffers[0], batch.offset + static_cast<std::int64_t>(i)) ? 0 : 1;
  }
  return std::make_shared<const std::vector<std::uint8_t>>(std::move(missing));
}

/// Moves the children of one record batch into the fields. The batch itself is released on return, so that
/// only what a column borrows stays alive.
void append_batch(std::shared_ptr<ArrowArray> batch, std::vector<ArrowField>& fields) {
  check_arrow_counts("", *batch);
  if (batch->n_children != static_cast<std::int64_t>(fields.size()) ||
      (!fields.empty() && batch->children == nullptr)) {
    arrow_format_error(
        "arrow.struct", "",
        fmt::format("the schema has {} columns, the array {}", fields.size(), batch->n_children));
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (batch->children[i] == nullptr || batch->children[i]->release == nullptr) {
      arrow_format_error("arrow.struct", fields[i].name, "its array is null or released");
    }
    check_arrow_counts(fields[i].name, *batch->children[i]);
    if (batch->children[i]->length < batch->offset + batch->length) {
      arrow_format_error("arrow.struct", fields[i].name,
                         fmt::format("it has {} rows, but the struct needs {}", batch->children[i]->length,
                                     batch->offset + batch->length));
    }
  }
  const auto row_missing = whole_row_nulls(*batch);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    ArrowChunk chunk;
    chunk.array = take(batch->children[i]);
    chunk.first = chunk.array->offset + batch->offset;
    chunk.length = batch->length;
    chunk.row_missing = row_missing;
    fields[i].chunks.push_back(std::move(chunk));
  }
}

ArrowRead read_fields(std::vector<ArrowField> fields) {
  ArrowRead read;
  std::vector<Column> columns;
  columns.reserve(fields.size());
  for (ArrowField& field : fields) {
    columns.push_back(import_arrow_field(field, read.notes));
    field.chunks.clear();  // what was copied need not stay in memory beside its copy
  }
  read.table = Table(std::move(columns));
  return read;
}

void check_answer(ArrowArrayStream& stream, int answer, std::string_view what) {
  if (answer == 0) return;
  const char* reason = stream.get_last_error == nullptr ? nullptr : stream.get_last_error(&stream);
  throw FormatError("arrow.stream", fmt::format("the Arrow stream failed to give its {}: error {}{}{}", what,
                                                answer, reason == nullptr ? "" : ", ",
                                                reason == nullptr ? "" : printable(reason, 500)));
}

}  // namespace

void arrow_format_error(std::string_view code, const std::string& name, const std::string& what) {
  if (name.empty()) throw FormatError(code, "Arrow data: " + what);
  throw FormatError(code, fmt::format("Arrow column \"{}\": {}", printable(name), what));
}

void check_arrow_counts(const std::string& name, const ArrowArray& array) {
  if (array.length < 0 || array.offset < 0 || array.length > kMostRows || array.offset > kMostRows) {
    arrow_format_error("arrow.struct", name,
                       fmt::format("length {} and offset {} cannot be", array.length, array.offset));
  }
  if (array.null_count < -1 || array.null_count > array.length) {
    arrow_format_error(
        "arrow.struct", name,
        fmt::format("a null count of {} for {} rows cannot be", array.null_count, array.length));
  }
}

void check_arrow_buffers(const ArrowField& field, std::int64_t needed, bool more_allowed) {
  for (const ArrowChunk& chunk : field.chunks) {
    const ArrowArray& array = *chunk.array;
    if (array.n_buffers < needed + 1 || (!more_allowed && array.n_buffers > needed + 1) ||
        array.buffers == nullptr) {
      arrow_format_error("arrow.struct", field.name,
                         fmt::format("{} buffers, its format \"{}\" has {}", array.n_buffers,
                                     printable(field.schema->format), needed + 1));
    }
    if (array.null_count > 0 && array.buffers[0] == nullptr) {
      arrow_format_error("arrow.struct", field.name,
                         fmt::format("{} nulls, but no bitmap of them", array.null_count));
    }
    if (chunk.length > 0 && array.buffers[1] == nullptr) {
      arrow_format_error("arrow.struct", field.name, fmt::format("{} rows, but no values", chunk.length));
    }
  }
}

ArrowRead import_arrow(ArrowSchema* schema, ArrowArray* array) {
  const auto held_schema = take_if_any(schema);
  auto held_array = take_if_any(array);
  check_given(held_schema.get(), "schema");
  check_given(held_array.get(), "array");
  std::vector<ArrowField> fields = fields_of(*held_schema);
  append_batch(std::move(held_array), fields);
  return read_fields(std::move(fields));
}

ArrowRead import_arrow(ArrowArrayStream* stream) {
  const auto held = take_if_any(stream);
  check_given(held.get(), "stream");
  if (held->get_schema == nullptr || held->get_next == nullptr) {
    throw FormatError("arrow.stream", "the Arrow stream lacks a callback");
  }
  ArrowSchema schema{};
  check_answer(*held, held->get_schema(held.get(), &schema), "schema");
  const auto held_schema = take_if_any(&schema);
  check_given(held_schema.get(), "schema of the stream");
  std::vector<ArrowField> fields = fields_of(*held_schema);
  while (true) {
    ArrowArray batch{};
    check_answer(*held, held->get_next(held.get(), &batch), "next batch");
    if (batch.release == nullptr) break;
    append_batch(take(&batch), fields);
  }
  return read_fields(std::move(fields));
}

}  // namespace everyml
