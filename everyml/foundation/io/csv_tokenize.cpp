#include <algorithm>
#include <cstring>

#include "everyml/foundation/io/csv_tokenize_impl.h"

namespace everyml::csv {
namespace {

constexpr std::size_t kPlaces = 4096;  ///< separators listed at a time

Field make_field(std::size_t begin, std::size_t end, std::uint32_t flags = 0) {
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin) | flags};
}

std::size_t without_return(std::string_view text, std::size_t begin, std::size_t end, char newline) {
  return newline == '\n' && end > begin && text[end - 1] == '\r' ? end - 1 : end;
}

/// The cell that opens with the quote at `open` and ends with the row or cell end at `end`.
Field quoted_field(std::string_view text, std::size_t open, std::size_t end, const Shape& shape,
                   std::uint32_t flags) {
  const std::size_t begin = open + 1;
  std::size_t at = begin;
  bool doubled = false;
  for (;;) {
    const auto* found = static_cast<const char*>(std::memchr(text.data() + at, shape.quote, end - at));
    // Both ways of cutting give only cells whose quote is closed.
    at = found == nullptr ? end : static_cast<std::size_t>(found - text.data());  // GCOVR_EXCL_BR_LINE
    if (at + 1 < end && text[at + 1] == shape.quote) {
      doubled = true;
      at += 2;
      continue;
    }
    break;
  }
  const std::size_t close = std::min(at, end);
  bool stray = false;
  for (std::size_t i = close + 1; i < end; ++i) {
    if (is_blank(text[i], shape.delimiter)) {
      flags |= Field::kBlanks;
    } else {
      stray = true;
    }
  }
  if (stray) return make_field(begin, end, (flags & ~Field::kBlanks) | Field::kEscaped | Field::kStray);
  return doubled ? make_field(begin, close, flags | Field::kEscaped)
                 : make_field(begin, close, flags | Field::kQuoted);
}

bool only_blanks(std::string_view text, const Field& field, char delimiter) {
  if (field.quoted()) return false;
  for (const char c : text.substr(field.begin, field.size())) {
    if (!is_blank(c, delimiter)) return false;
  }
  return true;
}

}  // namespace

RowEnd split_row(std::string_view text, std::size_t from, bool at_end, const Shape& shape,
                 std::vector<Field>& fields) {
  std::size_t at = from;
  for (;;) {
    const std::size_t begin = at;
    while (at < text.size() && is_blank(text[at], shape.delimiter)) ++at;
    const bool quoted = shape.quote != 0 && at < text.size() && text[at] == shape.quote;
    const std::size_t open = at;
    if (quoted) {
      ++at;
      for (;;) {
        while (at < text.size() && text[at] != shape.quote) ++at;
        if (at >= text.size()) {
          if (at_end) return {RowEnd::State::open_quote, open};
          return {RowEnd::State::more, from};
        }
        ++at;
        if (at < text.size() && text[at] == shape.quote) {
          ++at;
          continue;
        }
        break;
      }
    }
    while (at < text.size() && text[at] != shape.delimiter && text[at] != shape.newline) ++at;
    if (at >= text.size() && !at_end) return {RowEnd::State::more, from};
    const bool ends_row = at >= text.size() || text[at] == shape.newline;
    const std::size_t end = ends_row ? without_return(text, open, at, shape.newline) : at;
    fields.push_back(quoted ? quoted_field(text, open, end, shape, open > begin ? Field::kBlanks : 0)
                            : make_field(begin, std::max(begin, end)));
    if (ends_row) return {RowEnd::State::whole, std::min(at + 1, text.size())};
    ++at;
  }
}

void Tokenizer::start(std::string_view text, std::size_t from, std::size_t limit, bool at_end,
                      std::uint64_t base) {
  text_ = text;
  position_ = from;
  limit_ = limit;
  at_end_ = at_end;
  base_ = base;
  scan_ = {};
  used_ = 0;
  issues_ = {};
}

void Tokenizer::extend(std::string_view text, bool at_end) {
  text_ = text;
  at_end_ = at_end;
  scan_ = {};
  used_ = 0;
}

void Tokenizer::mark_quotes(Field* cells, std::size_t count) const {
  for (std::size_t i = 0; i < count; ++i) {
    if (cells[i].size() > 0 && text_[cells[i].begin] == shape_.quote) {
      cells[i] = quoted_field(text_, cells[i].begin, cells[i].begin + cells[i].size(), shape_, 0);
    }
  }
}

void Tokenizer::place(RowBlock& block, const Field* cells, std::size_t count, std::size_t row_start) {
  const std::uint64_t where = base_ + row_start;
  if (count == 1 && only_blanks(text_, cells[0], shape_.delimiter)) {
    issues_.blank_lines.add(where);
    return;
  }
  Field* out = block.fields.data() + block.rows * columns_;
  const std::size_t kept = std::min(count, columns_);
  std::copy_n(cells, kept, out);
  std::fill(out + kept, out + columns_, Field{});
  if (count < columns_) issues_.few_cells.add(where);
  if (count > columns_) {
    const bool empty = std::all_of(cells + columns_, cells + count, [&](const Field& cell) {
      return cell.size() == 0 || only_blanks(text_, cell, shape_.delimiter);
    });
    (empty ? issues_.trailing : issues_.many_cells).add(where);
  }
  for (std::size_t i = 0; i < kept; ++i) {
    if ((cells[i].bits & Field::kStray) != 0) issues_.stray_quotes.add(base_ + cells[i].begin);
  }
  ++block.rows;
}

/// One row from the listed separators; false when the list does not hold a whole row.
bool Tokenizer::take_listed(RowBlock& block) {
  const std::uint32_t* places = places_.data() + used_;
  const std::size_t left = scan_.count - used_;
  if (left >= columns_) {
    // The common row: as many separators as columns, and only the last of them a newline.
    Field* out = block.fields.data() + block.rows * columns_;
    auto begin = static_cast<std::uint32_t>(position_);
    std::uint32_t newlines = 0;
    for (std::size_t i = 0; i + 1 < columns_; ++i) {
      const std::uint32_t end = places[i];
      newlines |= end;
      out[i] = {begin, end - begin};
      begin = end + 1;
    }
    const std::uint32_t last = places[columns_ - 1];
    if ((newlines & kNewlineBit) == 0 && (last & kNewlineBit) != 0) {
      const std::uint32_t end = last & ~kNewlineBit;
      out[columns_ - 1] = make_field(begin, without_return(text_, begin, end, shape_.newline));
      used_ += columns_;
      if (columns_ == 1 && out[0].size() == 0) {
        issues_.blank_lines.add(base_ + position_);
        position_ = end + 1;
        return true;
      }
      position_ = end + 1;
      if (scan_.quotes) mark_quotes(out, columns_);
      if (columns_ == 1 && only_blanks(text_, out[0], shape_.delimiter)) {
        issues_.blank_lines.add(base_ + out[0].begin);
        return true;
      }
      ++block.rows;
      return true;
    }
  }
  std::size_t count = 0;
  while (count < left && (places[count] & kNewlineBit) == 0) ++count;
  if (count == left) return false;
  ++count;
  cells_.clear();
  std::size_t begin = position_;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t end = places[i] & ~kNewlineBit;
    cells_.push_back(
        make_field(begin, i + 1 == count ? without_return(text_, begin, end, shape_.newline) : end));
    begin = end + 1;
  }
  if (scan_.quotes) mark_quotes(cells_.data(), count);
  place(block, cells_.data(), count, position_);
  position_ = begin;
  used_ += count;
  return true;
}

/// One row byte by byte.
Tokenizer::State Tokenizer::take_slowly(RowBlock& block) {
  cells_.clear();
  const RowEnd end = split_row(text_, position_, at_end_, shape_, cells_);
  if (end.state == RowEnd::State::more) return State::more;
  if (end.state == RowEnd::State::open_quote) {
    problem_ = end.next;
    return State::open_quote;
  }
  place(block, cells_.data(), cells_.size(), position_);
  position_ = end.next;
  scan_ = {};
  used_ = 0;
  return State::rows;
}

/// Lists separators from position_ on; false when that cannot give a whole row.
bool Tokenizer::refill() {
  const bool whole_text = scan_.count > 0 && scan_.end == text_.size() && used_ == 0;
  if (whole_text || (scan_.irregular && used_ == 0)) return false;
  const std::size_t capacity =
      std::max({kPlaces, columns_ + 1, places_.size() - std::min(places_.size(), kScanSlack)});
  const bool grow = scan_.count > 0 && used_ == 0;
  const std::size_t wanted = grow ? 2 * scan_.count + kPlaces : capacity;
  if (places_.size() < wanted + kScanSlack) places_.resize(wanted + kScanSlack);
  scan_ = scan_separators(text_.data(), static_cast<std::uint32_t>(position_),
                          static_cast<std::uint32_t>(text_.size()), shape_, places_.data(),
                          static_cast<std::uint32_t>(wanted));
  used_ = 0;
  return scan_.count > 0;
}

Tokenizer::State Tokenizer::next(RowBlock& block, std::size_t most) {
  block.rows = 0;
  if (block.fields.size() < most * columns_) block.fields.resize(most * columns_);
  while (block.rows < most && position_ < text_.size() && position_ <= limit_) {
    if (take_listed(block)) continue;
    if (refill()) continue;
    const State state = take_slowly(block);
    if (state == State::more && text_.size() - position_ >= largest_row_) return State::too_long;
    if (state != State::rows) return state;
  }
  // At the end of a text that goes on, the next row would start exactly here.
  if (block.rows == 0 && position_ >= text_.size() && position_ <= limit_ && !at_end_) return State::more;
  return State::rows;
}

std::string_view cell_text(const char* text, const Field& field, const Shape& shape, std::string& scratch,
                           bool& trimmed) {
  std::string_view cell(text + field.begin, field.size());
  if ((field.bits & Field::kEscaped) != 0) {
    scratch.clear();
    std::size_t at = 0;
    for (; at < cell.size(); ++at) {
      if (cell[at] == shape.quote) {
        ++at;
        // The quote that closes is not part of the cell, so a lone one has something after it.
        if (at >= cell.size() || cell[at] != shape.quote) break;  // GCOVR_EXCL_BR_LINE
      }
      scratch.push_back(cell[at]);
    }
    // After the closing quote everything is taken as it stands.
    if (at < cell.size()) scratch.append(cell.substr(at));
    return scratch;
  }
  if ((field.bits & Field::kQuoted) != 0) {
    trimmed |= (field.bits & Field::kBlanks) != 0;
    return cell;
  }
  if (!cell.empty() && (is_blank(cell.front(), shape.delimiter) || is_blank(cell.back(), shape.delimiter))) {
    trimmed = true;
    while (!cell.empty() && is_blank(cell.front(), shape.delimiter)) cell.remove_prefix(1);
    while (!cell.empty() && is_blank(cell.back(), shape.delimiter)) cell.remove_suffix(1);
  }
  return cell;
}

}  // namespace everyml::csv
