#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "everyml/foundation/data/table.h"

// The structs of the Arrow C data and C stream interfaces, with the include guards that every implementation
// shares (https://arrow.apache.org/docs/format/CDataInterface.html, CStreamInterface.html).
extern "C" {

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema** children;
  struct ArrowSchema* dictionary;
  void (*release)(struct ArrowSchema*);
  void* private_data;
};

struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void** buffers;
  struct ArrowArray** children;
  struct ArrowArray* dictionary;
  void (*release)(struct ArrowArray*);
  void* private_data;
};

#endif  // ARROW_C_DATA_INTERFACE

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
  int (*get_schema)(struct ArrowArrayStream*, struct ArrowSchema* out);
  int (*get_next)(struct ArrowArrayStream*, struct ArrowArray* out);
  const char* (*get_last_error)(struct ArrowArrayStream*);
  void (*release)(struct ArrowArrayStream*);
  void* private_data;
};

#endif  // ARROW_C_STREAM_INTERFACE
}

namespace everyml {

/// Something that an import did which a careful person would want to know.
struct ArrowNote {
  std::string code;  ///< "arrow.integer_as_text", "arrow.decimal_as_text", "arrow.nanoseconds_cut"
  std::string column;
  std::string sentence;
};

struct ArrowRead {
  Table table;
  std::vector<ArrowNote> notes;
};

/// A table from a struct array ("+s", a record batch) or a stream of them. What becomes of each type:
///
/// - double, float: number; borrowed without a copy when one chunk has no nulls
/// - float16, int8 to int64, uint8 to uint64: number; text when a value lies beyond 2^53
/// - decimal of 32, 64 or 128 bits: number; text when a double would not give the digits back
/// - bool: boolean
/// - utf8, large utf8, utf8 view: text
/// - dictionary of any of these: category, levels in byte order, unused levels kept
/// - date32, date64, timestamp of any unit: date; a time without zone is taken as UTC
/// - null: number, all missing
///
/// Takes over what is passed, also when it throws: each `release` runs exactly once, at the latest when the
/// last column that borrows from it is gone, and the callers' structs are marked released. Throws
/// UnsupportedError "arrow.type" for other types, naming the column and the format; FormatError
/// "arrow.released", "arrow.struct" (null pointers, negative lengths, counts that disagree), "arrow.offsets",
/// "arrow.utf8", "arrow.dictionary" and "arrow.stream"; DataError "arrow.date_range", and what Table's
/// constructor throws. The sizes of the buffers are not part of the interface: their producer is trusted for
/// them.
ArrowRead import_arrow(ArrowSchema* schema, ArrowArray* array);
ArrowRead import_arrow(ArrowArrayStream* stream);

/// The table as one record batch; values are borrowed from the table's columns, which the array keeps alive.
/// Missing cells become nulls. Numbers: double or float; booleans: bool; categories: dictionary of utf8;
/// texts: large utf8; dates: date32, with a time of day timestamp in microseconds without zone. The caller
/// releases both. REQUIRES: pointers to structs that hold nothing.
void export_arrow(const Table& table, ArrowSchema* schema, ArrowArray* array);
/// The same as a stream of one batch. Its callbacks may be called from one thread at a time.
void export_arrow(const Table& table, ArrowArrayStream* stream);

}  // namespace everyml
