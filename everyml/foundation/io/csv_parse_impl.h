#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "everyml/foundation/base/memory.h"
#include "everyml/foundation/io/csv_dictionary_impl.h"
#include "everyml/foundation/io/csv_infer_impl.h"
#include "everyml/foundation/io/csv_tokenize_impl.h"

namespace everyml::csv {

/// How the cells of one column are read.
enum class Mode : std::uint8_t {
  number,  ///< in one style; a cell of another kind fails the column
  boolean,
  date,
  dictionary,  ///< codes of strings; keeps everything, so the kind may be decided afterwards
  text,        ///< bytes one after the other, for columns known to be free text
};

struct ColumnPlan {
  Mode mode = Mode::dictionary;
  NumberStyle number = NumberStyle::plain;
  BooleanWords words = BooleanWords::true_false;
  DateStyle date = DateStyle::iso;
  bool relaxed = false;  ///< numbers asked for by the user: zeros in front and rounded big numbers are taken
  bool lenient = false;  ///< a cell that does not fit comes as missing and is counted, and fails nothing
  bool digits = false;   ///< text: the sample had nothing but digits, too long or with zeros in front
  bool big = false;      ///< digits: too long
};

/// Storage of the column over all rows; only the part of the mode is in use.
struct ColumnData {
  Buffer<double> numbers;
  Buffer<std::int8_t> booleans;
  Buffer<std::int64_t> dates;
  Buffer<std::int32_t> codes;     ///< of the part's own dictionary; -1 is missing
  Buffer<std::uint64_t> lengths;  ///< text: bytes of each cell, kMissingLength when missing

  void allocate(Mode mode, std::size_t rows);
  /// Moves `count` rows down from `from` to `to`.
  void move_rows(Mode mode, std::size_t to, std::size_t from, std::size_t count);
  void shrink(Mode mode, std::size_t rows);
};
inline constexpr std::uint64_t kMissingLength = ~std::uint64_t{0};

/// What was odd about the cells of one column.
struct Oddities {
  Tally misfits;  ///< lenient: cells that did not fit
  Tally trimmed;
  Tally repaired;              ///< cells with bytes that were not UTF-8
  Tally marks;                 ///< cells with a mark that came as missing
  std::uint64_t mark_set = 0;  ///< which marks, for the first 64
  Tally kept_marks;            ///< text: cells with a mark that were kept
  std::uint64_t kept_set = 0;
  Tally zones, short_years;  ///< dates
  Tally empty_strings;       ///< JSON: "" came as missing
  Tally strings;             ///< JSON, Parquet: strings that are numbers
  Tally nested;              ///< JSON: lists and objects kept as their text

  void join(const Oddities& other);
};

/// What one stretch of rows yields for one column beside the values.
struct ColumnPart {
  bool failed = false;
  bool point = false;  ///< numbers: a point was seen
  bool time = false;   ///< dates
  bool words = false;  ///< text that should be digits: something else was seen
  std::unique_ptr<Oddities> oddities;
  std::unique_ptr<Dictionary> dictionary;
  GrowingBytes text;

  Oddities& odd() {
    if (!oddities) oddities = std::make_unique<Oddities>();
    return *oddities;
  }
};

/// Reads the cells of blocks of rows into columns.
class ColumnReader {
 public:
  ColumnReader(const Shape& shape, const MissingMarks& marks) : shape_(shape), marks_(marks) {}

  /// Cells of column `column` of the block go to rows [row, row + block.rows) of `data`.
  /// `base` is the place of text[0]; `broken_utf8` says that the text has bytes that are not UTF-8.
  void read(const char* text, std::uint64_t base, bool broken_utf8, const RowBlock& block, std::size_t column,
            std::size_t columns, const ColumnPlan& plan, ColumnData& data, std::size_t row, ColumnPart& part);

 private:
  struct Cells;
  std::string_view clean(const Cells& cells, const Field& field, ColumnPart& part);
  void read_numbers(const Cells& cells, const ColumnPlan& plan, double* out, ColumnPart& part);
  bool read_number(const Cells& cells, const Field& field, const ColumnPlan& plan, double& out,
                   ColumnPart& part);
  void read_booleans(const Cells& cells, const ColumnPlan& plan, std::int8_t* out, ColumnPart& part);
  void read_dates(const Cells& cells, const ColumnPlan& plan, std::int64_t* out, ColumnPart& part);
  void read_codes(const Cells& cells, std::int32_t* out, ColumnPart& part);
  void read_text(const Cells& cells, const ColumnPlan& plan, std::uint64_t* out, ColumnPart& part);
  /// True when the cell is missing in a column of numbers, booleans or dates.
  bool missing(std::string_view cell, std::uint64_t place, ColumnPart& part) const;
  bool misfit(std::uint64_t place, const ColumnPlan& plan, ColumnPart& part) const;

  Shape shape_;
  const MissingMarks& marks_;
  std::string unescaped_;
  std::string repaired_;
  std::vector<std::uint32_t> others_;
};

}  // namespace everyml::csv
