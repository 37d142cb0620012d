#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/io/byte_source_impl.h"
#include "everyml/foundation/io/csv_columns_impl.h"
#include "everyml/foundation/io/csv_parse_impl.h"
#include "everyml/foundation/io/csv_tokenize_impl.h"

namespace everyml::csv {

/// A part of the file that one task reads: the rows whose preceding newline stands in [begin, end), and for
/// the first one the row at its begin.
struct Stretch {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t start = 0;     ///< start of its first row
  std::uint64_t rows = 0;      ///< at most; exactly unless there are blank lines
  std::uint64_t newlines = 0;  ///< all newlines in [begin, end)
  bool beyond_ascii = false;
};

/// What came of one stretch.
struct StretchResult {
  enum class State : std::uint8_t { good, open_quote, too_long, lost };
  State state = State::good;
  std::uint64_t rows = 0;
  std::uint64_t end = 0;      ///< start of the row after the last one
  std::uint64_t problem = 0;  ///< place of the open quote or the long row
  RowIssues issues;
};

/// Sizes that change nothing in the table, so that tests may make them small.
struct Tuning {
  std::uint64_t stretch = 0;                     ///< bytes; 0 takes stretch_length()
  std::uint64_t slack = std::uint64_t{1} << 16;  ///< bytes read beyond a stretch for its last row
  std::size_t block_rows = 512;
  std::uint64_t largest_row = kLargestRow;  ///< a longer row is an error
};

/// The text of a file in pieces, shared by the tasks. Thread-safe.
class TextPieces {
 public:
  struct Piece {
    Buffer<char> bytes;  ///< kPadding, text, kPadding
    std::size_t size = 0;
    RowBlock block;
    std::string_view text() const { return {bytes.data() + kPadding, size}; }
  };
  TextPieces(const ByteSource& source, std::uint64_t size, const Tuning& tuning = {})
      : source_(source), size_(size), tuning_(tuning) {}
  const Tuning& tuning() const { return tuning_; }
  std::uint64_t size() const { return size_; }
  /// The text ends here from now on.
  void cut(std::uint64_t size) { size_ = size; }

  /// A piece for the time of the call; memory is used again.
  template <class F>
  void with_piece(F&& use) {
    std::unique_ptr<Piece> piece;
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        piece = std::move(free_.back());
        free_.pop_back();
      }
    }
    if (!piece) piece = std::make_unique<Piece>();
    use(*piece);
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(piece));
  }
  /// Fills the piece with [begin, begin + size), cut at the end of the file.
  void load(Piece& piece, std::uint64_t begin, std::uint64_t size) const;
  /// Lengthens what was loaded from `begin`.
  void lengthen(Piece& piece, std::uint64_t begin, std::uint64_t size) const;

 private:
  const ByteSource& source_;
  std::uint64_t size_;
  Tuning tuning_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Piece>> free_;
};

/// Cuts [begin, size) into stretches and finds where the rows of each start, in parallel, on the assumption
/// that all quotes stand as RFC 4180 wants. Throws FormatError "csv.binary".
std::vector<Stretch> survey_stretches(TextPieces& pieces, std::uint64_t begin, std::uint64_t length,
                                      const Shape& shape, const std::string& name, const Context& context);

/// Finds the same row by row, without the assumption, up to `most_rows` rows. `end` gets the end of the last
/// row. REQUIRES: at least one stretch. Throws FormatError "csv.quote", "csv.row_too_long".
void follow_rows(TextPieces& pieces, std::vector<Stretch>& stretches, std::size_t columns, const Shape& shape,
                 std::uint64_t most_rows, const std::string& name, const Context& context,
                 std::uint64_t& end);

/// Called for each block of rows: text, place of its first byte, broken UTF-8, block, index of the first row.
using BlockUse = std::function<void(const char*, std::uint64_t, bool, const RowBlock&, std::uint64_t)>;
StretchResult read_stretch(TextPieces& pieces, TextPieces::Piece& piece, const Stretch& stretch,
                           std::size_t columns, const Shape& shape, const BlockUse& use,
                           std::uint64_t most_rows = ~std::uint64_t{0});

/// Length of a stretch: a function of the number of columns alone.
std::uint64_t stretch_length(std::size_t columns);

[[noreturn]] void throw_open_quote(const std::string& name, std::uint64_t line, std::uint64_t column);

/// Line (from 1) and byte in the line (from 1) of a place.
struct LineColumn {
  std::uint64_t line = 0;
  std::uint64_t column = 0;
};
LineColumn line_of(TextPieces& pieces, std::uint64_t data_begin, const std::vector<Stretch>& stretches,
                   char newline, std::uint64_t place);

/// Lines of many places, quick when they ascend. Not thread-safe.
class LineCounter {
 public:
  LineCounter(TextPieces& pieces, std::uint64_t data_begin, const std::vector<Stretch>& stretches,
              char newline)
      : pieces_(pieces), data_begin_(data_begin), stretches_(stretches), newline_(newline) {}
  std::uint64_t line(std::uint64_t place);

 private:
  TextPieces& pieces_;
  std::uint64_t data_begin_;
  const std::vector<Stretch>& stretches_;
  char newline_;
  std::uint64_t last_place_ = 0;
  std::uint64_t last_line_ = 1;
};

}  // namespace everyml::csv
