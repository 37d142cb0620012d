#include <array>
#include <cerrno>
#include <exception>

#include "everyml/foundation/data/arrow.h"

namespace everyml {
namespace {

/// What one exported schema owns; children live here, so that releasing the parent frees them.
struct SchemaOwner {
  std::string format, name;
  std::vector<ArrowSchema> children;
  std::vector<ArrowSchema*> child_pointers;
  ArrowSchema dictionary{};
};

/// What one exported array owns. `column` keeps borrowed values alive.
struct ArrayOwner {
  Column column;
  Buffer<std::uint8_t> validity, bits;
  Buffer<std::int32_t> days;
  Buffer<std::int64_t> offsets;
  std::string bytes;
  std::array<const void*, 3> buffers{};
  std::vector<ArrowArray> children;
  std::vector<ArrowArray*> child_pointers;
  ArrowArray dictionary{};
};

/// Releases what the consumer has not moved out, then the owner. As the interface asks, the last act on the
/// struct itself is to mark it released.
template <class Struct, class Owner>
void release_exported(Struct* exported) {
  if (exported == nullptr || exported->release == nullptr) return;
  auto* owner = static_cast<Owner*>(exported->private_data);
  for (Struct& child : owner->children) {
    if (child.release != nullptr) child.release(&child);
  }
  if (owner->dictionary.release != nullptr) owner->dictionary.release(&owner->dictionary);
  delete owner;
  exported->private_data = nullptr;
  exported->release = nullptr;
}

/// A struct that frees `Owner` when it is released; from here on an exception may release it.
template <class Struct, class Owner>
Owner& start(Struct& out) {
  out = Struct{};
  auto* owner = new Owner;
  out.private_data = owner;
  out.release = release_exported<Struct, Owner>;
  return *owner;
}

/// An exported struct that is released again unless it reaches the caller.
template <class Struct>
struct Guard {
  Struct* exported;
  bool keep = false;
  ~Guard() {
    if (!keep && exported->release != nullptr) exported->release(exported);
  }
};

std::string_view format_of(const Column& column) {
  switch (column.kind()) {
    case ColumnKind::number:
      return column.floats().empty() ? "g" : "f";
    case ColumnKind::boolean:
      return "b";
    case ColumnKind::category:
      return "i";
    case ColumnKind::text:
      return "U";
    case ColumnKind::date:
      return column.has_time() ? "tsu:" : "tdD";
  }
  return "n";
}

void fill_schema(ArrowSchema& out, std::string_view format, const std::string& name) {
  auto& owner = start<ArrowSchema, SchemaOwner>(out);
  owner.format = format;
  owner.name = name;
  out.format = owner.format.c_str();
  out.name = owner.name.c_str();
  out.flags = ARROW_FLAG_NULLABLE;
}

void fill_table_schema(const Table& table, ArrowSchema& out) {
  fill_schema(out, "+s", "");
  out.flags = 0;
  auto& owner = *static_cast<SchemaOwner*>(out.private_data);
  owner.children.resize(table.columns());
  for (std::size_t i = 0; i < table.columns(); ++i) {
    const Column& column = table.column(i);
    fill_schema(owner.children[i], format_of(column), column.name());
    owner.child_pointers.push_back(&owner.children[i]);
    if (column.kind() != ColumnKind::category) continue;
    auto& child = *static_cast<SchemaOwner*>(owner.children[i].private_data);
    fill_schema(child.dictionary, "U", "");
    owner.children[i].dictionary = &child.dictionary;
  }
  out.n_children = static_cast<std::int64_t>(table.columns());
  out.children = owner.child_pointers.data();
}

template <class IsSet>
Buffer<std::uint8_t> bitmap(std::size_t rows, IsSet is_set) {
  Buffer<std::uint8_t> bits((rows + 7) / 8);
  for (std::size_t i = 0; i < rows; ++i) {
    if (is_set(i)) bits[i / 8] = static_cast<std::uint8_t>(bits[i / 8] | (1U << (i % 8)));
  }
  return bits;
}

/// A dictionary of utf8 levels.
void fill_levels(ArrowArray& out, std::span<const std::string> levels) {
  auto& owner = start<ArrowArray, ArrayOwner>(out);
  owner.offsets = Buffer<std::int64_t>(levels.size() + 1);
  for (std::size_t i = 0; i < levels.size(); ++i) {
    owner.bytes += levels[i];
    owner.offsets[i + 1] = static_cast<std::int64_t>(owner.bytes.size());
  }
  owner.buffers = {nullptr, owner.offsets.data(), owner.bytes.data()};
  out.length = static_cast<std::int64_t>(levels.size());
  out.n_buffers = 3;
  out.buffers = owner.buffers.data();
}

/// Sets the buffers after the validity bitmap.
void fill_values(const Column& column, ArrayOwner& owner) {
  switch (column.kind()) {
    case ColumnKind::number:
      owner.buffers[1] = column.doubles().data();
      if (!column.floats().empty()) owner.buffers[1] = column.floats().data();
      return;
    case ColumnKind::boolean:
      owner.bits = bitmap(column.size(), [&](std::size_t i) { return column.booleans()[i] == 1; });
      owner.buffers[1] = owner.bits.data();
      return;
    case ColumnKind::category:
      owner.buffers[1] = column.codes().data();
      return;
    case ColumnKind::text:
      owner.buffers[1] = column.texts()->offsets.data();
      owner.buffers[2] = column.texts()->bytes.data();
      if (column.texts()->offsets.empty()) {
        owner.offsets = Buffer<std::int64_t>(1);
        owner.buffers[1] = owner.offsets.data();
      }
      return;
    case ColumnKind::date:
      break;
  }
  owner.buffers[1] = column.dates().data();
  if (column.has_time()) return;
  owner.days = Buffer<std::int32_t>(column.size());
  for (std::size_t i = 0; i < column.size(); ++i) {
    constexpr std::int64_t kDay = 86'400'000'000;
    const std::int64_t moment = column.dates()[i];
    if (moment != kMissingDate)
      owner.days[i] = static_cast<std::int32_t>(moment / kDay - (moment % kDay < 0 ? 1 : 0));
  }
  owner.buffers[1] = owner.days.data();
}

void fill_column(ArrowArray& out, const Column& column) {
  auto& owner = start<ArrowArray, ArrayOwner>(out);
  owner.column = column;
  const std::size_t missing = column.missing_count();
  if (missing > 0) owner.validity = bitmap(column.size(), [&](std::size_t i) { return !column.missing(i); });
  if (missing > 0) owner.buffers[0] = owner.validity.data();
  fill_values(column, owner);
  out.length = static_cast<std::int64_t>(column.size());
  out.null_count = static_cast<std::int64_t>(missing);
  out.n_buffers = column.kind() == ColumnKind::text ? 3 : 2;
  out.buffers = owner.buffers.data();
  if (column.kind() != ColumnKind::category) return;
  fill_levels(owner.dictionary, column.levels());
  out.dictionary = &owner.dictionary;
}

void fill_table(ArrowArray& out, const Table& table) {
  auto& owner = start<ArrowArray, ArrayOwner>(out);
  owner.children.resize(table.columns());
  for (std::size_t i = 0; i < table.columns(); ++i) {
    fill_column(owner.children[i], table.column(i));
    owner.child_pointers.push_back(&owner.children[i]);
  }
  out.length = static_cast<std::int64_t>(table.rows());
  out.n_buffers = 1;
  out.buffers = owner.buffers.data();
  out.n_children = static_cast<std::int64_t>(table.columns());
  out.children = owner.child_pointers.data();
}

struct StreamOwner {
  Table table;
  bool given = false;
  std::string error;
};

/// Runs `work`; exceptions do not cross the C edge.
template <class Work>
int answer(ArrowArrayStream* stream, Work work) {
  auto& owner = *static_cast<StreamOwner*>(stream->private_data);
  try {
    work(owner);
    return 0;
  } catch (const std::exception& error) {
    try {
      owner.error = error.what();
    } catch (...) {
      owner.error.clear();
    }
    return ENOMEM;
  }
}

int stream_schema(ArrowArrayStream* stream, ArrowSchema* out) {
  return answer(stream, [&](StreamOwner& owner) {
    *out = ArrowSchema{};
    Guard<ArrowSchema> guard{out};
    fill_table_schema(owner.table, *out);
    guard.keep = true;
  });
}

int stream_next(ArrowArrayStream* stream, ArrowArray* out) {
  return answer(stream, [&](StreamOwner& owner) {
    *out = ArrowArray{};
    if (owner.given) return;  // a released array is the end of the stream
    Guard<ArrowArray> guard{out};
    fill_table(*out, owner.table);
    guard.keep = owner.given = true;
  });
}

const char* stream_error(ArrowArrayStream* stream) {
  const auto& owner = *static_cast<StreamOwner*>(stream->private_data);
  return owner.error.empty() ? nullptr : owner.error.c_str();
}

void stream_release(ArrowArrayStream* stream) {
  if (stream == nullptr || stream->release == nullptr) return;
  delete static_cast<StreamOwner*>(stream->private_data);
  stream->private_data = nullptr;
  stream->release = nullptr;
}

}  // namespace

void export_arrow(const Table& table, ArrowSchema* schema, ArrowArray* array) {
  *schema = ArrowSchema{};
  *array = ArrowArray{};
  Guard<ArrowSchema> schema_guard{schema};
  Guard<ArrowArray> array_guard{array};
  fill_table_schema(table, *schema);
  fill_table(*array, table);
  schema_guard.keep = array_guard.keep = true;
}

void export_arrow(const Table& table, ArrowArrayStream* stream) {
  auto owner = std::make_unique<StreamOwner>();
  owner->table = table;
  *stream = ArrowArrayStream{stream_schema, stream_next, stream_error, stream_release, owner.release()};
}

}  // namespace everyml
