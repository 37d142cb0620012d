#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_map>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/data/arrow_decimal_impl.h"
#include "everyml/foundation/data/arrow_impl.h"

namespace everyml {
namespace {

using Cells = std::vector<std::optional<std::string>>;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
/// Beyond this not every integer is a double.
constexpr std::int64_t kExactIntegers = std::int64_t{1} << 53;

bool may_have_nulls(const ArrowChunk& chunk) {
  return chunk.row_missing != nullptr || validity(chunk) != nullptr;
}

/// The one chunk whose floating values can be used where they are.
template <class T>
const T* borrowable(const ArrowField& field) {
  if (field.chunks.size() != 1 || field.chunks[0].length == 0 || may_have_nulls(field.chunks[0]))
    return nullptr;
  const T* values = static_cast<const T*>(field.chunks[0].array->buffers[1]);
  return std::bit_cast<std::uintptr_t>(values) % alignof(T) == 0 ? values + field.chunks[0].first : nullptr;
}

template <class T>
Column floating_column(const ArrowField& field) {
  check_arrow_buffers(field, 1);
  if (const T* values = borrowable<T>(field)) {
    return Column::numbers_view(field.name, std::span(values, field.rows()), field.chunks[0].array);
  }
  auto owner = std::make_shared<Buffer<T>>(Buffer<T>::uninitialized(field.rows()));
  Buffer<T>& out = *owner;
  each_row(field, [&](const ArrowChunk& chunk, std::int64_t i, std::size_t row, bool missing) {
    out[row] = missing ? std::numeric_limits<T>::quiet_NaN() : load<T>(chunk.array->buffers[1], i);
  });
  const std::span<const T> view = out.span();
  return Column::numbers_view(field.name, view, std::move(owner));
}

/// IEEE 754 binary16.
double half_to_double(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
  double value = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25);
  if (exponent == 31) value = fraction == 0 ? std::numeric_limits<double>::infinity() : kNan;
  return (bits & 0x8000) != 0 ? -value : value;
}

Column half_column(const ArrowField& field) {
  check_arrow_buffers(field, 1);
  auto out = Buffer<double>::uninitialized(field.rows());
  each_row(field, [&](const ArrowChunk& chunk, std::int64_t i, std::size_t row, bool missing) {
    out[row] = missing ? kNan : half_to_double(load<std::uint16_t>(chunk.array->buffers[1], i));
  });
  return Column::numbers(field.name, std::move(out));
}

template <class T>
bool exact_as_double([[maybe_unused]] T value) {
  if constexpr (sizeof(T) < 8) {
    return true;
  } else if constexpr (std::is_signed_v<T>) {
    return value >= -kExactIntegers && value <= kExactIntegers;
  } else {
    return value <= static_cast<T>(kExactIntegers);
  }
}

template <class T>
Column integer_column(const ArrowField& field, std::vector<ArrowNote>& notes) {
  check_arrow_buffers(field, 1);
  auto out = Buffer<double>::uninitialized(field.rows());
  bool exact = true;
  each_row(field, [&](const ArrowChunk& chunk, std::int64_t i, std::size_t row, bool missing) {
    const T value = missing ? T{} : load<T>(chunk.array->buffers[1], i);
    exact &= exact_as_double(value);
    out[row] = missing ? kNan : static_cast<double>(value);
  });
  if (exact) return Column::numbers(field.name, std::move(out));
  Cells cells(field.rows());
  each_row(field, [&](const ArrowChunk& chunk, std::int64_t i, std::size_t row, bool missing) {
    if (!missing) cells[row] = std::to_string(load<T>(chunk.array->buffers[1], i));
  });
  notes.push_back(
      {"arrow.integer_as_text", field.name,
       fmt::format(
           "column \"{}\" has whole numbers beyond 2^53, which a double cannot hold; it is kept as text",
           printable(field.name))});
  return Column::texts(field.name, TextStore::from(cells));
}

Column boolean_column(const ArrowField& field) {
  check_arrow_buffers(field, 1);
  auto out = Buffer<std::int8_t>::uninitialized(field.rows());
  each_row(field, [&](const ArrowChunk& chunk, std::int64_t i, std::size_t row, bool missing) {
    out[row] = missing ? std::int8_t{-1} : static_cast<std::int8_t>(bit_at(chunk.array->buffers[1], i));
  });
  return Column::booleans(field.name, std::move(out));
}

Column null_column(const ArrowField& field) {
  auto out = Buffer<double>::uninitialized(field.rows());
  for (double& value : out) value = kNan;
  return Column::numbers(field.name, std::move(out));
}

/// Microseconds = value * multiply / divide.
struct DateUnit {
  std::int64_t multiply, divide;
};

template <class T>
Column date_column(const ArrowField& field, DateUnit unit, std::vector<ArrowNote>& notes) {
  check_arrow_buffers(field, 1);
  constexpr std::int64_t kDay = 86'400'000'000;
  auto out = Buffer<std::int64_t>::uninitialized(field.rows());
  bool has_time = false;
  std::size_t cut = 0;
  each_row(field, [&](const ArrowChunk& chunk, std::int64_t i, std::size_t row, bool missing) {
    out[row] = kMissingDate;
    if (missing) return;
    const std::int64_t value = load<T>(chunk.array->buffers[1], i);
    std::int64_t scaled = 0;
    if (__builtin_mul_overflow(value, unit.multiply, &scaled) || scaled == kMissingDate) {
      throw DataError("arrow.date_range",
                      fmt::format("Arrow column \"{}\": the date of row {} lies beyond the year 292000",
                                  printable(field.name), row));
    }
    const std::int64_t rest = ((scaled % unit.divide) + unit.divide) % unit.divide;
    cut += rest != 0 ? 1 : 0;
    out[row] = scaled / unit.divide - (rest != 0 && scaled < 0 ? 1 : 0);
    has_time |= out[row] % kDay != 0;
  });
  if (cut > 0) {
    notes.push_back(
        {"arrow.nanoseconds_cut", field.name,
         fmt::format("column \"{}\" is finer than a microsecond in {} rows; it is cut to whole microseconds",
                     printable(field.name), cut)});
  }
  return Column::dates(field.name, std::move(out), has_time);
}

Column decimal_column(const ArrowField& field, std::vector<ArrowNote>& notes) {
  const auto type = DecimalType::from(field.schema->format);
  if (!type)
    arrow_format_error(
        "arrow.struct", field.name,
        fmt::format("the decimal format \"{}\" cannot be read", printable(field.schema->format)));
  check_arrow_buffers(field, 1);
  auto out = Buffer<double>::uninitialized(field.rows());
  bool exact = true;
  each_row(field, [&](const ArrowChunk& chunk, std::int64_t i, std::size_t row, bool missing) {
    const auto value = missing ? std::optional(kNan) : type->exact(chunk.array->buffers[1], i);
    exact &= value.has_value();
    out[row] = value.value_or(kNan);
  });
  if (exact) return Column::numbers(field.name, std::move(out));
  Cells cells(field.rows());
  each_row(field, [&](const ArrowChunk& chunk, std::int64_t i, std::size_t row, bool missing) {
    if (!missing) cells[row] = type->digits(chunk.array->buffers[1], i);
  });
  notes.push_back(
      {"arrow.decimal_as_text", field.name,
       fmt::format("column \"{}\" has decimals of more digits than a double gives back; it is kept as text",
                   printable(field.name))});
  return Column::texts(field.name, TextStore::from(cells));
}

/// work.operator()<T>() for the integer type of that format; false for any other format.
template <class Work>
bool with_integer(std::string_view format, Work work) {
  if (format.size() != 1) return false;
  switch (format[0]) {
    case 'c':
      work.template operator()<std::int8_t>();
      return true;
    case 'C':
      work.template operator()<std::uint8_t>();
      return true;
    case 's':
      work.template operator()<std::int16_t>();
      return true;
    case 'S':
      work.template operator()<std::uint16_t>();
      return true;
    case 'i':
      work.template operator()<std::int32_t>();
      return true;
    case 'I':
      work.template operator()<std::uint32_t>();
      return true;
    case 'l':
      work.template operator()<std::int64_t>();
      return true;
    case 'L':
      work.template operator()<std::uint64_t>();
      return true;
    default:
      return false;
  }
}

[[noreturn]] void refuse_type(const ArrowField& field) {
  throw UnsupportedError(
      "arrow.type",
      fmt::format("Arrow column \"{}\" has the format \"{}\", which has no column type here; cast it to "
                  "numbers, text, booleans or dates first",
                  printable(field.name), printable(field.schema->format)));
}

/// Levels met so far over the dictionaries of all chunks.
struct LevelIndex {
  std::unordered_map<std::string, std::int32_t> codes;
  std::vector<std::string> levels;
  std::int32_t code(std::string level) {
    const auto [entry, fresh] = codes.try_emplace(std::move(level), static_cast<std::int32_t>(levels.size()));
    if (fresh) levels.push_back(entry->first);
    return entry->second;
  }
};

/// The code of each entry of one chunk's dictionary; -1 for a null entry.
std::vector<std::int32_t> dictionary_codes(const ArrowField& field, const ArrowChunk& chunk,
                                           LevelIndex& index, std::vector<ArrowNote>& notes) {
  ArrowArray* dictionary = chunk.array->dictionary;
  if (dictionary == nullptr || dictionary->release == nullptr) {
    arrow_format_error("arrow.dictionary", field.name, "its dictionary is null or released");
  }
  check_arrow_counts(field.name, *dictionary);
  ArrowField values{field.schema->dictionary, field.name, {}};
  // Shares the ownership of the array that the dictionary is a part of.
  values.chunks.push_back(
      {std::shared_ptr<ArrowArray>(chunk.array, dictionary), dictionary->offset, dictionary->length, {}});
  const Column entries = import_arrow_field(values, notes);
  std::vector<std::int32_t> codes(entries.size(), -1);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (!entries.missing(i)) codes[i] = index.code(entries.cell(i));
  }
  return codes;
}

Column category_column(const ArrowField& field, std::vector<ArrowNote>& notes) {
  if (field.schema->dictionary->format == nullptr || field.schema->dictionary->dictionary != nullptr)
    refuse_type(field);
  check_arrow_buffers(field, 1);
  LevelIndex index;
  auto out = Buffer<std::int32_t>::uninitialized(field.rows());
  std::size_t start = 0;
  for (const ArrowChunk& chunk : field.chunks) {
    const std::vector<std::int32_t> codes = dictionary_codes(field, chunk, index, notes);
    const ArrowField part{field.schema, field.name, {chunk}};
    const bool known = with_integer(field.schema->format, [&]<class T>() {
      each_row(part, [&](const ArrowChunk& one, std::int64_t i, std::size_t row, bool missing) {
        out[start + row] = -1;
        if (missing) return;
        // A negative index becomes a very large one and is refused alike.
        const auto entry =
            static_cast<std::uint64_t>(static_cast<std::int64_t>(load<T>(one.array->buffers[1], i)));
        if (entry >= codes.size()) {
          arrow_format_error(
              "arrow.dictionary", field.name,
              fmt::format("row {} points outside its dictionary of {} entries", start + row, codes.size()));
        }
        out[start + row] = codes[entry];
      });
    });
    if (!known) refuse_type(field);
    start += static_cast<std::size_t>(chunk.length);
  }
  return Column::categories(field.name, std::move(out), std::move(index.levels));
}

/// "tss:", "tsm:", "tsu:", "tsn:", each with a time zone after the colon. With a zone the values are UTC by
/// definition.
std::optional<DateUnit> timestamp_unit(std::string_view format) {
  if (format.size() < 4 || !format.starts_with("ts") || format[3] != ':') return std::nullopt;
  switch (format[2]) {
    case 's':
      return DateUnit{1'000'000, 1};
    case 'm':
      return DateUnit{1'000, 1};
    case 'u':
      return DateUnit{1, 1};
    case 'n':
      return DateUnit{1, 1'000};
    default:
      return std::nullopt;
  }
}

}  // namespace

Column import_arrow_field(const ArrowField& field, std::vector<ArrowNote>& notes) {
  if (field.schema->format == nullptr) arrow_format_error("arrow.struct", field.name, "it has no format");
  const std::string_view format = field.schema->format;
  if (field.schema->dictionary != nullptr) return category_column(field, notes);
  if (format == "g") return floating_column<double>(field);
  if (format == "f") return floating_column<float>(field);
  if (format == "e") return half_column(field);
  if (format == "b") return boolean_column(field);
  if (format == "n") return null_column(field);
  if (format == "u" || format == "U" || format == "vu") return import_arrow_texts(field);
  if (format == "tdD") return date_column<std::int32_t>(field, {86'400'000'000, 1}, notes);
  if (format == "tdm") return date_column<std::int64_t>(field, {1'000, 1}, notes);
  if (const auto unit = timestamp_unit(format)) return date_column<std::int64_t>(field, *unit, notes);
  if (format.starts_with("d:") && !format.ends_with(",256")) return decimal_column(field, notes);
  std::optional<Column> column;
  with_integer(format, [&]<class T>() { column = integer_column<T>(field, notes); });
  if (!column) refuse_type(field);
  return *std::move(column);
}

}  // namespace everyml
