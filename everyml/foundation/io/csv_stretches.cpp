#include <fmt/format.h>

#include <algorithm>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/csv_stretches_impl.h"
#include "everyml/foundation/io/text_encoding_impl.h"

namespace everyml::csv {
namespace {

constexpr std::size_t kBlockCells = 8192;

std::size_t block_rows(std::size_t columns, const Tuning& tuning) {
  return std::clamp<std::size_t>(kBlockCells / columns, 1, tuning.block_rows);
}

/// True when the whole lines of the text hold bytes that are not UTF-8. The last, partial line is left out: a
/// character may be cut there.
bool broken_lines(std::string_view text, bool at_end, char newline) {
  if (!at_end) {
    const std::size_t last = text.rfind(newline);
    text = text.substr(0, last == std::string_view::npos ? 0 : last);
    if (last == std::string_view::npos) return true;
  }
  return !is_utf8(text);
}

[[noreturn]] void throw_too_long(const std::string& name, const LineColumn& where) {
  throw FormatError(
      "csv.row_too_long",
      fmt::format("{}, line {}: the row is longer than {} MiB; is a quote left open, or is this not a table?",
                  printable(name, 200), where.line, kLargestRow >> 20));
}

}  // namespace

std::uint64_t stretch_length(std::size_t columns) {
  return std::clamp<std::uint64_t>(columns * std::uint64_t{256}, std::uint64_t{1} << 20,
                                   std::uint64_t{1} << 26);
}

void throw_open_quote(const std::string& name, std::uint64_t line, std::uint64_t column) {
  throw FormatError("csv.quote",
                    fmt::format("{}, line {}, byte {}: the quote that opens here is never closed",
                                printable(name, 200), line, column));
}

void TextPieces::load(Piece& piece, std::uint64_t begin, std::uint64_t size) const {
  piece.size = 0;
  lengthen(piece, begin, size);
}

void TextPieces::lengthen(Piece& piece, std::uint64_t begin, std::uint64_t size) const {
  const auto wanted = static_cast<std::size_t>(std::min(size, size_ - begin));
  const std::size_t room = wanted + 2 * kPadding;
  if (piece.bytes.size() < room) {
    auto larger = Buffer<char>::uninitialized(std::max(room, piece.bytes.size() + piece.bytes.size() / 2));
    std::fill_n(larger.data(), kPadding, '\0');
    std::copy_n(piece.bytes.data() + (piece.size > 0 ? kPadding : 0), piece.size, larger.data() + kPadding);
    piece.bytes = std::move(larger);
  }
  source_.read(begin + piece.size, wanted - piece.size, piece.bytes.data() + kPadding + piece.size);
  piece.size = wanted;
  std::fill_n(piece.bytes.data() + kPadding + wanted, kPadding, '\0');
}

std::vector<Stretch> survey_stretches(TextPieces& pieces, std::uint64_t begin, std::uint64_t length,
                                      const Shape& shape, const std::string& name, const Context& context) {
  const std::uint64_t size = pieces.size();
  const auto count = static_cast<std::size_t>((size - begin + length - 1) / length);
  std::vector<Stretch> stretches(count);
  std::vector<Survey> surveys(count);
  std::vector<char> last_bytes(count);
  parallel_for(context, count, 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      Stretch& stretch = stretches[i];
      stretch.begin = begin + i * length;
      stretch.end = std::min(size, stretch.begin + length);
      pieces.with_piece([&](TextPieces::Piece& piece) {
        pieces.load(piece, stretch.begin, stretch.end - stretch.begin);
        surveys[i] = survey(piece.text().data(), piece.size, shape);
        last_bytes[i] = piece.text().back();
      });
    }
  });
  bool inside = false;
  for (std::size_t i = 0; i < count; ++i) {
    Stretch& stretch = stretches[i];
    const Survey& seen = surveys[i];
    if (seen.zero_byte) {
      throw FormatError("csv.binary",
                        fmt::format("{} has a zero byte between byte {} and {}; this is not a text file",
                                    printable(name, 200), stretch.begin, stretch.end));
    }
    stretch.rows = seen.newlines[inside];
    stretch.newlines = seen.all_newlines;
    stretch.beyond_ascii = seen.beyond_ascii;
    stretch.start = i == 0 ? begin : stretch.begin + seen.first_newline[inside] + 1;
    if (i == 0) ++stretch.rows;
    inside ^= seen.odd_quotes;
    // A newline at the very end starts no row.
    if (i + 1 == count && last_bytes[i] == shape.newline && !inside) --stretch.rows;
    if (stretch.rows == 0) stretch.start = stretch.end;
  }
  return stretches;
}

StretchResult read_stretch(TextPieces& pieces, TextPieces::Piece& piece, const Stretch& stretch,
                           std::size_t columns, const Shape& shape, const BlockUse& use,
                           std::uint64_t most_rows) {
  StretchResult result;
  result.end = stretch.start;
  if (stretch.rows == 0) return result;
  const std::uint64_t begin = stretch.start;
  std::uint64_t wanted = stretch.end - begin + pieces.tuning().slack;
  pieces.load(piece, begin, wanted);
  const auto at_end = [&] { return begin + piece.size == pieces.size(); };
  bool broken = broken_lines(piece.text(), at_end(), shape.newline);
  const std::uint64_t largest = pieces.tuning().largest_row;
  Tokenizer tokenizer(shape, columns, static_cast<std::size_t>(largest));
  tokenizer.start(piece.text(), 0, stretch.end - begin, at_end(), begin);
  while (result.rows < most_rows) {
    const std::uint64_t most =
        std::min<std::uint64_t>(block_rows(columns, pieces.tuning()), most_rows - result.rows);
    const Tokenizer::State state = tokenizer.next(piece.block, static_cast<std::size_t>(most));
    if (piece.block.rows > 0) {
      if (result.rows + piece.block.rows > stretch.rows) {
        result.state = StretchResult::State::lost;
        return result;
      }
      use(piece.text().data(), begin, broken, piece.block, result.rows);
      result.rows += piece.block.rows;
    }
    if (state == Tokenizer::State::rows) {
      if (piece.block.rows == 0) break;
      continue;
    }
    if (state == Tokenizer::State::open_quote) {
      result.state = StretchResult::State::open_quote;
      result.problem = begin + tokenizer.problem();
      return result;
    }
    if (state == Tokenizer::State::too_long || piece.size >= largest) {
      result.state = StretchResult::State::too_long;
      result.problem = begin + tokenizer.position();
      return result;
    }
    wanted = std::min<std::uint64_t>(std::max<std::uint64_t>(2 * wanted, 16), largest);
    pieces.lengthen(piece, begin, wanted);
    broken = broken_lines(piece.text(), at_end(), shape.newline);
    tokenizer.extend(piece.text(), at_end());
  }
  result.end = begin + tokenizer.position();
  result.issues = tokenizer.issues();
  return result;
}

void follow_rows(TextPieces& pieces, std::vector<Stretch>& stretches, std::size_t columns, const Shape& shape,
                 std::uint64_t most_rows, const std::string& name, const Context& context,
                 std::uint64_t& end) {
  std::uint64_t at = stretches.front().begin;
  std::uint64_t rows = 0;
  const std::uint64_t data_begin = at;
  pieces.with_piece([&](TextPieces::Piece& piece) {
    for (Stretch& stretch : stretches) {
      context.check();
      stretch.start = at;
      const bool begins_here = &stretch == &stretches.front() || at > stretch.begin;
      const bool any = begins_here && at <= stretch.end && at < pieces.size() && rows < most_rows;
      stretch.rows = any ? ~std::uint64_t{0} : 0;
      const StretchResult result = read_stretch(
          pieces, piece, stretch, columns, shape,
          [&](const char*, std::uint64_t, bool, const RowBlock& block, std::uint64_t) { rows += block.rows; },
          most_rows - rows);
      if (result.state == StretchResult::State::open_quote) {
        const LineColumn where = line_of(pieces, data_begin, stretches, shape.newline, result.problem);
        throw_open_quote(name, where.line, where.column);
      }
      if (result.state == StretchResult::State::too_long) {
        throw_too_long(name, line_of(pieces, data_begin, stretches, shape.newline, result.problem));
      }
      // Blank lines count, so that a stretch of nothing else is walked through as well.
      stretch.rows = result.rows + result.issues.blank_lines.count;
      at = result.end;
    }
  });
  end = at;
}

LineColumn line_of(TextPieces& pieces, std::uint64_t data_begin, const std::vector<Stretch>& stretches,
                   char newline, std::uint64_t place) {
  constexpr std::uint64_t kStep = std::uint64_t{1} << 20;
  LineColumn where{.line = 1, .column = place + 1};
  const auto count_in = [&](std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t at = begin; at < end; at += kStep) {
      pieces.with_piece([&](TextPieces::Piece& piece) {
        pieces.load(piece, at, std::min(end - at, kStep));
        const std::string_view text = piece.text();
        where.line += static_cast<std::uint64_t>(std::count(text.begin(), text.end(), newline));
      });
    }
  };
  count_in(0, std::min(place, data_begin));
  for (const Stretch& stretch : stretches) {
    if (stretch.end <= place) {
      where.line += stretch.newlines;
    } else if (stretch.begin < place) {
      count_in(stretch.begin, place);
    }
  }
  for (std::uint64_t end = place; end > 0;) {
    const std::uint64_t begin = end - std::min(end, kStep);
    std::size_t last = std::string_view::npos;
    pieces.with_piece([&](TextPieces::Piece& piece) {
      pieces.load(piece, begin, end - begin);
      last = piece.text().rfind(newline);
    });
    if (last != std::string_view::npos) {
      where.column = place - (begin + last);
      break;
    }
    end = begin;
  }
  return where;
}

std::uint64_t LineCounter::line(std::uint64_t place) {
  constexpr std::uint64_t kNear = std::uint64_t{1} << 22;
  if (place >= last_place_ && place - last_place_ <= kNear) {
    if (place > last_place_) {
      pieces_.with_piece([&](TextPieces::Piece& piece) {
        pieces_.load(piece, last_place_, place - last_place_);
        const std::string_view text = piece.text();
        last_line_ += static_cast<std::uint64_t>(std::count(text.begin(), text.end(), newline_));
      });
    }
  } else {
    last_line_ = line_of(pieces_, data_begin_, stretches_, newline_, place).line;
  }
  last_place_ = place;
  return last_line_;
}

}  // namespace everyml::csv
