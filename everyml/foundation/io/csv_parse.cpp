#include <fast_float/fast_float.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/csv_parse_impl.h"
#include "everyml/foundation/io/text_encoding_impl.h"

namespace everyml::csv {

struct ColumnReader::Cells {
  const char* text;
  std::uint64_t base;
  bool broken_utf8;
  const Field* fields;
  std::size_t stride;
  std::size_t rows;

  const Field& operator[](std::size_t row) const { return fields[row * stride]; }
  std::uint64_t place(const Field& field) const { return base + field.begin; }
};

void Oddities::join(const Oddities& other) {
  misfits.join(other.misfits);
  trimmed.join(other.trimmed);
  repaired.join(other.repaired);
  marks.join(other.marks);
  mark_set |= other.mark_set;
  kept_marks.join(other.kept_marks);
  kept_set |= other.kept_set;
  zones.join(other.zones);
  short_years.join(other.short_years);
  empty_strings.join(other.empty_strings);
  strings.join(other.strings);
  nested.join(other.nested);
}

void ColumnData::allocate(Mode mode, std::size_t rows) {
  if (mode == Mode::number) numbers = Buffer<double>::uninitialized(rows);
  if (mode == Mode::boolean) booleans = Buffer<std::int8_t>::uninitialized(rows);
  if (mode == Mode::date) dates = Buffer<std::int64_t>::uninitialized(rows);
  if (mode == Mode::dictionary) codes = Buffer<std::int32_t>::uninitialized(rows);
  // Room for the offsets that the lengths become in place.
  if (mode == Mode::text) lengths = Buffer<std::uint64_t>::uninitialized(rows + 1);
}

namespace {

/// In a column whose kind is known, a cell may be written in another way than the sample.
std::optional<bool> any_boolean(std::string_view cell, const ColumnPlan& plan) {
  if (const auto truth = parse_boolean_as(cell, plan.words)) return truth;
  if (!plan.lenient) return std::nullopt;
  for (int i = 0; i < kBooleanWords; ++i) {
    if (const auto truth = parse_boolean_as(cell, static_cast<BooleanWords>(i))) return truth;
  }
  if (cell == "1") return true;
  if (cell == "0") return false;
  return std::nullopt;
}

std::optional<DateCell> any_date(std::string_view cell, const ColumnPlan& plan) {
  auto date = parse_date_as(cell, plan.date);
  if (!date && plan.lenient) date = parse_date_as(cell, DateStyle::iso);
  if (!date && plan.lenient) date = parse_date_as(cell, DateStyle::named_month);
  return date;
}

template <class T>
void move_down(Buffer<T>& values, std::size_t to, std::size_t from, std::size_t count) {
  if (count > 0) std::memmove(values.data() + to, values.data() + from, count * sizeof(T));
}

template <class T>
void shrink_to(Buffer<T>& values, std::size_t size) {
  auto smaller = Buffer<T>::uninitialized(size);
  std::copy_n(values.data(), size, smaller.data());
  values = std::move(smaller);
}

}  // namespace

void ColumnData::move_rows(Mode mode, std::size_t to, std::size_t from, std::size_t count) {
  if (mode == Mode::number) move_down(numbers, to, from, count);
  if (mode == Mode::boolean) move_down(booleans, to, from, count);
  if (mode == Mode::date) move_down(dates, to, from, count);
  if (mode == Mode::dictionary) move_down(codes, to, from, count);
  if (mode == Mode::text) move_down(lengths, to, from, count);
}

void ColumnData::shrink(Mode mode, std::size_t rows) {
  if (mode == Mode::number) shrink_to(numbers, rows);
  if (mode == Mode::boolean) shrink_to(booleans, rows);
  if (mode == Mode::date) shrink_to(dates, rows);
  if (mode == Mode::dictionary) shrink_to(codes, rows);
  if (mode == Mode::text) shrink_to(lengths, rows + 1);
}

std::string_view ColumnReader::clean(const Cells& cells, const Field& field, ColumnPart& part) {
  bool trimmed = false;
  std::string_view cell = cell_text(cells.text, field, shape_, unescaped_, trimmed);
  if (trimmed) part.odd().trimmed.add(cells.place(field));
  if (cells.broken_utf8 && !is_utf8(cell)) {
    repaired_.clear();
    repair_utf8(cell, repaired_);
    part.odd().repaired.add(cells.place(field));
    cell = repaired_;
  }
  return cell;
}

bool ColumnReader::missing(std::string_view cell, std::uint64_t place, ColumnPart& part) const {
  cell = trim(cell);
  if (cell.empty()) return true;
  const int mark = marks_.find(cell);
  if (mark < 0) return false;
  part.odd().marks.add(place);
  if (mark < 64) part.odd().mark_set |= std::uint64_t{1} << mark;
  return true;
}

bool ColumnReader::misfit(std::uint64_t place, const ColumnPlan& plan, ColumnPart& part) const {
  if (plan.lenient) {
    part.odd().misfits.add(place);
    return false;
  }
  part.failed = true;
  return true;
}

/// One number that the fast way did not take; false fails the column.
bool ColumnReader::read_number(const Cells& cells, const Field& field, const ColumnPlan& plan, double& out,
                               ColumnPart& part) {
  if (field.size() == 0) {
    out = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  const std::string_view cell = clean(cells, field, part);
  if (marks_.given() && missing(cell, cells.place(field), part)) {
    out = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  if (plan.number == NumberStyle::plain && cell.size() > 1) {
    // Long numbers and exponents: digits first, no zero in front, all of it taken, and a point or an
    // exponent, so that the checks of whole numbers do not concern it.
    const std::string_view figures = cell[0] == '-' ? cell.substr(1) : cell;
    if (figures.size() > 1 && figures[0] >= '0' && figures[0] <= '9' &&
        (figures[0] != '0' || figures[1] == '.') && figures.find('.') != std::string_view::npos) {
      double value = 0;
      const auto result = fast_float::from_chars(cell.data(), cell.data() + cell.size(), value);
      // What is out of range comes as infinity or as zero.
      if (result.ptr == cell.data() + cell.size() && std::isfinite(value) && value != 0.0) {
        part.point = true;
        out = value;
        return true;
      }
    }
  }
  if (const auto value = parse_number_as(cell, plan.number, plan.relaxed)) {
    part.point |= cell.find('.') != std::string_view::npos;
    out = *value;
    return true;
  }
  out = std::numeric_limits<double>::quiet_NaN();
  return missing(cell, cells.place(field), part) || !misfit(cells.place(field), plan, part);
}

void ColumnReader::read_numbers(const Cells& cells, const ColumnPlan& plan, double* out, ColumnPart& part) {
  if (plan.number != NumberStyle::plain || marks_.given()) {
    for (std::size_t row = 0; row < cells.rows; ++row) {
      if (!read_number(cells, cells[row], plan, out[row], part)) return;
    }
    return;
  }
  if (others_.size() < cells.rows + 1) others_.resize(cells.rows + 1);
  const std::size_t count = convert_plain_numbers(cells.text, cells.fields, cells.stride, cells.rows, out,
                                                  others_.data(), part.point);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t row = others_[i];
    if (!read_number(cells, cells[row], plan, out[row], part)) return;
  }
}

void ColumnReader::read_booleans(const Cells& cells, const ColumnPlan& plan, std::int8_t* out,
                                 ColumnPart& part) {
  for (std::size_t row = 0; row < cells.rows; ++row) {
    const std::string_view cell = clean(cells, cells[row], part);
    const std::uint64_t place = cells.place(cells[row]);
    out[row] = -1;
    if (marks_.given() && missing(cell, place, part)) continue;
    if (const auto truth = any_boolean(cell, plan)) {
      out[row] = *truth ? 1 : 0;
    } else if (!missing(cell, place, part) && misfit(place, plan, part)) {
      return;
    }
  }
}

void ColumnReader::read_dates(const Cells& cells, const ColumnPlan& plan, std::int64_t* out,
                              ColumnPart& part) {
  for (std::size_t row = 0; row < cells.rows; ++row) {
    const std::string_view cell = clean(cells, cells[row], part);
    const std::uint64_t place = cells.place(cells[row]);
    out[row] = kMissingDate;
    if (marks_.given() && missing(cell, place, part)) continue;
    if (const auto date = any_date(cell, plan)) {
      out[row] = date->microseconds;
      part.time |= date->time;
      if (date->zone) part.odd().zones.add(place);
      if (date->two_digit_year) part.odd().short_years.add(place);
    } else if (!missing(cell, place, part) && misfit(place, plan, part)) {
      return;
    }
  }
}

void ColumnReader::read_codes(const Cells& cells, std::int32_t* out, ColumnPart& part) {
  if (!part.dictionary) part.dictionary = std::make_unique<Dictionary>();
  Dictionary& dictionary = *part.dictionary;
  for (std::size_t row = 0; row < cells.rows; ++row) {
    const Field& field = cells[row];
    const std::string_view cell = clean(cells, field, part);
    if (cell.empty()) {
      out[row] = -1;
      continue;
    }
    const bool in_text = cell.data() == cells.text + field.begin;
    const std::size_t known = dictionary.size();
    const std::uint32_t code = dictionary.code(cell, in_text);
    Dictionary::Entry& entry = dictionary.entry(code);
    if (code == known) {
      entry.mark = marks_.find(cell);
      entry.first = cells.place(field);
    }
    if (entry.mark >= 0 && marks_.strong(entry.mark) && !field.quoted()) {
      out[row] = -1;
      part.odd().marks.add(cells.place(field));
      if (entry.mark < 64) part.odd().mark_set |= std::uint64_t{1} << entry.mark;
      continue;
    }
    ++entry.count;
    out[row] = static_cast<std::int32_t>(code);
  }
}

void ColumnReader::read_text(const Cells& cells, const ColumnPlan& plan, std::uint64_t* out,
                             ColumnPart& part) {
  for (std::size_t row = 0; row < cells.rows; ++row) {
    const Field& field = cells[row];
    const std::string_view cell = clean(cells, field, part);
    const int mark = marks_.find(cell);
    if (mark >= 0) {
      const bool strong = marks_.strong(mark) && !field.quoted();
      Oddities& odd = part.odd();
      (strong ? odd.marks : odd.kept_marks).add(cells.place(field));
      if (mark < 64) (strong ? odd.mark_set : odd.kept_set) |= std::uint64_t{1} << mark;
      if (strong) {
        out[row] = kMissingLength;
        continue;
      }
    }
    if (cell.empty()) {
      out[row] = kMissingLength;
      continue;
    }
    if (plan.digits && !part.words) {
      part.words = cell.find_first_not_of("0123456789") != std::string_view::npos;
    }
    out[row] = cell.size();
    part.text.append(cell);
  }
}

void ColumnReader::read(const char* text, std::uint64_t base, bool broken_utf8, const RowBlock& block,
                        std::size_t column, std::size_t columns, const ColumnPlan& plan, ColumnData& data,
                        std::size_t row, ColumnPart& part) {
  const Cells cells{text, base, broken_utf8, block.fields.data() + column, columns, block.rows};
  switch (plan.mode) {
    case Mode::number:
      read_numbers(cells, plan, data.numbers.data() + row, part);
      break;
    case Mode::boolean:
      read_booleans(cells, plan, data.booleans.data() + row, part);
      break;
    case Mode::date:
      read_dates(cells, plan, data.dates.data() + row, part);
      break;
    case Mode::dictionary:
      read_codes(cells, data.codes.data() + row, part);
      break;
    case Mode::text:
      read_text(cells, plan, data.lengths.data() + row, part);
      break;
  }
}

}  // namespace everyml::csv
