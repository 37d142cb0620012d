#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "everyml/foundation/io/csv_scan_impl.h"

namespace everyml::csv {

/// How often something was seen, and the first place, as an offset into the text after the byte order mark.
struct Tally {
  std::uint64_t count = 0;
  std::uint64_t first = ~std::uint64_t{0};

  void add(std::uint64_t place, std::uint64_t times = 1) {
    count += times;
    if (place < first) first = place;
  }
  void join(const Tally& other) {
    count += other.count;
    if (other.first < first) first = other.first;
  }
};

/// What was odd about whole rows.
struct RowIssues {
  Tally few_cells;     ///< rows with fewer cells than columns
  Tally many_cells;    ///< rows with more cells than columns, some of them not empty
  Tally trailing;      ///< rows with more cells than columns, all of the others empty
  Tally blank_lines;   ///< lines without anything, skipped
  Tally stray_quotes;  ///< cells with text after their closing quote

  void join(const RowIssues& other) {
    few_cells.join(other.few_cells);
    many_cells.join(other.many_cells);
    trailing.join(other.trailing);
    blank_lines.join(other.blank_lines);
    stray_quotes.join(other.stray_quotes);
  }
};

/// Cells of some rows, row-major [rows, columns]; every row has exactly `columns` cells.
struct RowBlock {
  std::vector<Field> fields;
  std::size_t rows = 0;
};

/// Takes one row apart by the rules of docs/reading.md, byte by byte. Appends its cells to `fields`.
struct RowEnd {
  enum class State : std::uint8_t { whole, more, open_quote };
  State state = State::whole;
  std::size_t next = 0;  ///< start of the next row; of an open quote its place
};
RowEnd split_row(std::string_view text, std::size_t from, bool at_end, const Shape& shape,
                 std::vector<Field>& fields);

/// Cuts a text into rows of cells. The text must have kPadding readable bytes on both sides.
class Tokenizer {
 public:
  enum class State : std::uint8_t {
    rows,        ///< the block is full, or all rows that start up to the limit are done
    more,        ///< the row at position() is not whole and the text goes on
    open_quote,  ///< the quote at problem() is not closed before the end
    too_long,    ///< the row at position() is longer than the largest row
  };

  Tokenizer(const Shape& shape, std::size_t columns, std::size_t largest_row = kLargestRow)
      : shape_(shape), columns_(columns), largest_row_(largest_row) {}

  /// Starts at `from`. Rows that start at or before `limit` are cut. `at_end`: nothing follows this text.
  /// `base` is the place of the text's first byte, for the tallies.
  void start(std::string_view text, std::size_t from, std::size_t limit, bool at_end, std::uint64_t base);
  /// The same rows in a longer copy of the text.
  void extend(std::string_view text, bool at_end);

  /// Replaces the block by the next rows, at most `most`. No rows and State::rows means done.
  State next(RowBlock& block, std::size_t most);

  std::size_t position() const { return position_; }
  std::size_t problem() const { return problem_; }
  const RowIssues& issues() const { return issues_; }

 private:
  bool take_listed(RowBlock& block);
  State take_slowly(RowBlock& block);
  void place(RowBlock& block, const Field* cells, std::size_t count, std::size_t row_start);
  void mark_quotes(Field* cells, std::size_t count) const;
  bool refill();

  Shape shape_;
  std::size_t columns_;
  std::size_t largest_row_;
  std::string_view text_;
  std::size_t position_ = 0;
  std::size_t limit_ = 0;
  std::size_t problem_ = 0;
  std::uint64_t base_ = 0;
  bool at_end_ = false;
  RowIssues issues_;
  std::vector<std::uint32_t> places_;  ///< separators from position_ on
  std::size_t used_ = 0;
  SeparatorScan scan_;
  std::vector<Field> cells_;
};

/// Text of a cell. Blanks around an unquoted cell are taken off (`trimmed` tells); quotes are undone, into
/// `scratch` when the cell has doubled quotes.
std::string_view cell_text(const char* text, const Field& field, const Shape& shape, std::string& scratch,
                           bool& trimmed);

inline bool is_blank(char c, char delimiter) { return (c == ' ' || c == '\t') && c != delimiter; }

}  // namespace everyml::csv
