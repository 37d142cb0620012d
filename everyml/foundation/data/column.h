#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "everyml/foundation/base/memory.h"

namespace everyml {

enum class ColumnKind : std::uint8_t {
  number,    ///< double or float; NaN is a missing cell
  boolean,   ///< 0, 1; -1 is missing
  category,  ///< code into a sorted list of levels; -1 is missing
  text,      ///< free UTF-8 text, with a missing mask
  date,      ///< microseconds since 1970-01-01 UTC; kMissingDate is missing
};

std::string_view to_string(ColumnKind kind);
std::optional<ColumnKind> column_kind_from(std::string_view name);

inline constexpr std::int64_t kMissingDate = std::numeric_limits<std::int64_t>::min();

/// Many strings in one block of bytes; row i is bytes[offsets[i], offsets[i+1]).
struct TextStore {
  Buffer<char> bytes;
  Buffer<std::uint64_t> offsets;  ///< rows + 1 entries, ascending
  Buffer<std::uint8_t> missing;   ///< rows entries, 1 is missing; empty when nothing is missing
  std::size_t rows() const { return offsets.empty() ? 0 : offsets.size() - 1; }
  static TextStore from(std::span<const std::optional<std::string>> cells);
};

/// One named, typed, immutable column. Copies share the values. Thread-safe.
class Column {
 public:
  /// No name, no rows, kind number.
  Column();
  /// NaN is missing; infinities are values.
  static Column numbers(std::string name, Buffer<double> values);
  /// Borrows the caller's memory, which `owner` keeps alive; nothing is copied.
  static Column numbers_view(std::string name, std::span<const double> values,
                             std::shared_ptr<const void> owner);
  static Column numbers_view(std::string name, std::span<const float> values,
                             std::shared_ptr<const void> owner);
  /// Throws DataError "data.boolean_value" for a value other than -1, 0 and 1.
  static Column booleans(std::string name, Buffer<std::int8_t> values);
  /// Levels may come in any order; they are kept in ascending byte order and codes follow.
  /// Throws DataError "data.category_code" for a code outside -1..levels-1, "data.category_level" for a
  /// repeated level.
  static Column categories(std::string name, Buffer<std::int32_t> codes, std::vector<std::string> levels);
  /// From one string per row; the empty optional is missing.
  static Column categories(std::string name, std::span<const std::optional<std::string>> cells);
  /// Throws DataError "data.text_store" when offsets do not ascend within the bytes or the mask has another
  /// length.
  static Column texts(std::string name, TextStore store);
  /// `has_time`: some cell carries a time of day.
  static Column dates(std::string name, Buffer<std::int64_t> microseconds, bool has_time);

  const std::string& name() const;
  ColumnKind kind() const;
  std::size_t size() const;
  std::size_t missing_count() const;
  bool missing(std::size_t row) const;

  /// Value of a number column, NaN when missing; of the others: boolean 0/1, category code, date
  /// microseconds. Throws UnsupportedError "column.not_numeric" on text.
  double number(std::size_t row) const;
  /// number() of rows [begin, begin + out.size()).
  void read_numbers(std::size_t begin, std::span<double> out) const;
  /// Direct views; each is empty for other kinds or storage.
  std::span<const double> doubles() const;
  std::span<const float> floats() const;
  std::span<const std::int8_t> booleans() const;
  std::span<const std::int32_t> codes() const;
  std::span<const std::string> levels() const;
  std::span<const std::int64_t> dates() const;
  bool has_time() const;
  const TextStore* texts() const;
  /// The text of row; of a category its level. REQUIRES: kind is text or category, row not missing.
  std::string_view text(std::size_t row) const;

  /// The cell as the user would write it, for any kind: "3.5", "true", "2024-02-29", "" when missing.
  std::string cell(std::size_t row) const;

  Column renamed(std::string name) const;
  /// The named rows in that order, repeats allowed; levels are kept. REQUIRES: each row < size().
  Column select(std::span<const std::size_t> rows) const;
  /// Rows [begin, end), sharing the values (texts are copied). REQUIRES: begin <= end <= size().
  Column slice(std::size_t begin, std::size_t end) const;

 private:
  struct Data;
  Column(std::string name, std::shared_ptr<const Data> data)
      : data_(std::move(data)), name_(std::move(name)) {}

  std::shared_ptr<const Data> data_;
  std::string name_;
};

/// "2024-02-29", or "2024-02-29 13:45:00" with time, fractions of a second when present; "" for kMissingDate.
std::string format_date(std::int64_t microseconds, bool with_time);

/// A moment of the proleptic Gregorian calendar in UTC.
struct CivilTime {
  int year, month, day, hour, minute, second, microsecond;
  int weekday;  ///< 0 is Monday
  int yearday;  ///< 1..366
};
CivilTime civil_time(std::int64_t microseconds);
/// REQUIRES: a valid civil date.
std::int64_t microseconds_of(const CivilTime& time);

}  // namespace everyml
