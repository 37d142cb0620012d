#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

#include "everyml/foundation/io/csv_columns_impl.h"

namespace everyml::csv {
namespace {

constexpr std::int64_t kDay = 86'400'000'000;

/// Whether some date carries a time of day. A midnight is none, however it was written: so a table has the
/// same columns in a format that has moments only.
bool any_time(std::span<const std::int64_t> dates) {
  return std::any_of(dates.begin(), dates.end(),
                     [](std::int64_t date) { return date != kMissingDate && date % kDay != 0; });
}

/// A string of the dictionary counts as a value when some cell kept it.
bool used(const Dictionary::Entry& entry) { return entry.count > 0; }

bool fits_kind(const ColumnState& column, ColumnKind kind, NumberStyle number, BooleanWords words,
               DateStyle date, std::optional<TypeFailure>& failure) {
  failure.reset();
  for (std::size_t code = 0; code < column.strings.size(); ++code) {
    const Dictionary::Entry& entry = column.strings.entry(code);
    if (!used(entry) || entry.mark >= 0) continue;
    const std::string_view cell = column.strings.text(code);
    bool fits = true;
    if (kind == ColumnKind::number) fits = parse_number_as(cell, number, true).has_value();
    if (kind == ColumnKind::boolean) fits = parse_boolean_as(cell, words).has_value();
    if (kind == ColumnKind::date) fits = parse_date_as(cell, date).has_value();
    // Codes are in the order of the file, so the first one is the first cell.
    if (!fits) {
      failure = TypeFailure{entry.first, std::string(cell)};
      return false;
    }
  }
  return true;
}

/// Looks for a style of the kind asked for that takes every string; the failure of the first style speaks for
/// all.
std::optional<TypeFailure> settle_asked(ColumnState& column, ColumnKind kind) {
  std::optional<TypeFailure> first;
  std::optional<TypeFailure> failure;
  const auto attempt = [&](auto style, auto member, Decision::Kind decided) {
    Decision trial;
    trial.*member = style;
    if (fits_kind(column, kind, trial.number, trial.words, trial.date, failure)) {
      trial.kind = decided;
      column.decision = trial;
      return true;
    }
    if (!first) first = failure;
    return false;
  };
  if (kind == ColumnKind::number) {
    for (int i = 0; i < kNumberStyles; ++i) {
      if (attempt(static_cast<NumberStyle>(i), &Decision::number, Decision::Kind::number))
        return std::nullopt;
    }
  } else if (kind == ColumnKind::boolean) {
    for (int i = 0; i < kBooleanWords; ++i) {
      if (attempt(static_cast<BooleanWords>(i), &Decision::words, Decision::Kind::boolean))
        return std::nullopt;
    }
  } else {
    // No cell is both a number and a date, so a style of dates that fits has been decided on already.
    attempt(DateStyle::iso, &Decision::date, Decision::Kind::date);
  }
  return first;
}

bool asked_decision(Decision::Kind kind, ColumnKind asked) {
  return (kind == Decision::Kind::number && asked == ColumnKind::number) ||
         (kind == Decision::Kind::boolean && asked == ColumnKind::boolean) ||
         (kind == Decision::Kind::date && asked == ColumnKind::date);
}

/// The value of every string of the joined dictionary; marks get the missing value.
template <class T, class Parse>
std::vector<T> values_of(const ColumnState& column, T missing, Parse&& parse) {
  std::vector<T> values(column.strings.size(), missing);
  for (std::size_t code = 0; code < values.size(); ++code) {
    const Dictionary::Entry& entry = column.strings.entry(code);
    if (used(entry) && entry.mark < 0) values[code] = parse(column.strings.text(code));
  }
  return values;
}

template <class T>
Buffer<T> gather(ColumnState& column, const std::vector<PartRows>& part_rows, std::size_t rows, T missing,
                 const std::vector<T>& values) {
  auto out = Buffer<T>::uninitialized(rows);
  for (std::size_t part = 0; part < part_rows.size(); ++part) {
    const auto& map = column.codes_of[part];
    const auto [begin, count] = part_rows[part];
    for (std::size_t row = begin; row < begin + count; ++row) {
      const std::int32_t code = column.data.codes[row];
      out[row] = code < 0 ? missing : values[static_cast<std::size_t>(map[static_cast<std::size_t>(code)])];
    }
  }
  return out;
}

void note_kept(ColumnState& column, const Dictionary::Entry& entry, std::string_view text) {
  if (entry.first < column.kept_first) {
    column.kept_first = entry.first;
    column.kept_text = text;
  }
  column.kept_cells += entry.count;
}

Column as_category(ColumnState& column, const std::vector<PartRows>& part_rows) {
  std::vector<std::int32_t> order;
  for (std::size_t code = 0; code < column.strings.size(); ++code) {
    if (!used(column.strings.entry(code))) continue;
    order.push_back(static_cast<std::int32_t>(code));
    if (column.strings.entry(code).mark >= 0)
      note_kept(column, column.strings.entry(code), column.strings.text(code));
  }
  const auto text = [&](std::int32_t code) { return column.strings.text(static_cast<std::size_t>(code)); };
  std::sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) { return text(a) < text(b); });
  std::vector<std::int32_t> rank(column.strings.size(), -1);
  std::vector<std::string> levels;
  levels.reserve(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    rank[static_cast<std::size_t>(order[i])] = static_cast<std::int32_t>(i);
    levels.emplace_back(text(order[i]));
  }
  for (std::size_t part = 0; part < part_rows.size(); ++part) {
    std::vector<std::int32_t> map(column.codes_of[part].size());
    for (std::size_t i = 0; i < map.size(); ++i)
      map[i] = rank[static_cast<std::size_t>(column.codes_of[part][i])];
    const auto [begin, count] = part_rows[part];
    for (std::size_t row = begin; row < begin + count; ++row) {
      std::int32_t& code = column.data.codes[row];
      if (code >= 0) code = map[static_cast<std::size_t>(code)];
    }
  }
  return Column::categories(column.name, std::move(column.data.codes), std::move(levels));
}

Column as_text(ColumnState& column, const std::vector<PartRows>& part_rows, std::size_t rows) {
  for (std::size_t code = 0; code < column.strings.size(); ++code) {
    const Dictionary::Entry& entry = column.strings.entry(code);
    if (used(entry) && entry.mark >= 0) note_kept(column, entry, column.strings.text(code));
  }
  TextStore store;
  store.offsets = Buffer<std::uint64_t>::uninitialized(rows + 1);
  std::uint64_t total = 0;
  bool any_missing = false;
  for (std::size_t part = 0; part < part_rows.size(); ++part) {
    const auto [begin, count] = part_rows[part];
    for (std::size_t row = begin; row < begin + count; ++row) {
      std::int32_t& code = column.data.codes[row];
      if (code >= 0) code = column.codes_of[part][static_cast<std::size_t>(code)];
      store.offsets[row] = total;
      any_missing |= code < 0;
      if (code >= 0) total += column.strings.entry(static_cast<std::size_t>(code)).size;
    }
  }
  store.offsets[rows] = total;
  store.bytes = Buffer<char>::uninitialized(total);
  if (any_missing) store.missing = Buffer<std::uint8_t>(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    const std::int32_t code = column.data.codes[row];
    if (code < 0) {
      store.missing[row] = 1;
      continue;
    }
    const std::string_view text = column.strings.text(static_cast<std::size_t>(code));
    std::memcpy(store.bytes.data() + store.offsets[row], text.data(), text.size());
  }
  return Column::texts(column.name, std::move(store));
}

struct TextCount {
  std::uint64_t cells = 0;
  std::uint64_t bytes = 0;
};

TextCount count_text(const ColumnState& column, std::size_t rows) {
  TextCount count;
  for (std::size_t row = 0; row < rows; ++row) {
    const std::uint64_t length = column.data.lengths[row];
    if (length == kMissingLength) continue;
    ++count.cells;
    count.bytes += length;
  }
  return count;
}

/// A column read as free text that turns out to be one of categories; nothing when it is not.
std::optional<Column> text_as_category(ColumnState& column, std::vector<ColumnPart*>& parts,
                                       const std::vector<PartRows>& part_rows, std::size_t rows,
                                       TextCount count) {
  const std::uint64_t most = most_levels(count.cells);
  column.data.codes = Buffer<std::int32_t>::uninitialized(rows);
  for (std::size_t part = 0; part < parts.size(); ++part) {
    const auto [begin, part_count] = part_rows[part];
    const char* at = parts[part]->text.data();
    for (std::size_t row = begin; row < begin + part_count; ++row) {
      const std::uint64_t length = column.data.lengths[row];
      column.data.codes[row] = -1;
      if (length == kMissingLength) continue;
      const std::uint32_t code = column.strings.code({at, length});
      ++column.strings.entry(code).count;
      column.data.codes[row] = static_cast<std::int32_t>(code);
      at += length;
      if (column.strings.size() > most) {
        column.strings = {};
        column.data.codes = {};
        return std::nullopt;
      }
    }
  }
  if (!looks_like_category(column.strings.size(), count.cells, count.bytes)) {
    column.strings = {};
    column.data.codes = {};
    return std::nullopt;
  }
  std::vector<std::int32_t> same(column.strings.size());
  std::iota(same.begin(), same.end(), 0);
  column.codes_of.assign(1, same);
  return as_category(column, {{0, rows}});
}

Column text_as_text(ColumnState& column, std::vector<ColumnPart*>& parts, std::size_t rows, TextCount count) {
  TextStore store;
  store.offsets = std::move(column.data.lengths);
  if (count.cells < rows) store.missing = Buffer<std::uint8_t>(rows);
  std::uint64_t total = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    const std::uint64_t length = store.offsets[row];
    store.offsets[row] = total;
    if (length == kMissingLength) {
      store.missing[row] = 1;
    } else {
      total += length;
    }
  }
  store.offsets[rows] = total;
  store.bytes = Buffer<char>::uninitialized(total);
  std::uint64_t at = 0;
  for (ColumnPart* part : parts) {
    if (part->text.size() > 0) std::memcpy(store.bytes.data() + at, part->text.data(), part->text.size());
    at += part->text.size();
    part->text.release();
  }
  return Column::texts(column.name, std::move(store));
}

/// Marks that were kept as strings are missing cells of a column of numbers, booleans or dates.
void note_marks_missing(ColumnState& column) {
  for (std::size_t code = 0; code < column.strings.size(); ++code) {
    const Dictionary::Entry& entry = column.strings.entry(code);
    if (!used(entry) || entry.mark < 0) continue;
    column.odd.marks.add(entry.first, entry.count);
    if (entry.mark < 64) column.odd.mark_set |= std::uint64_t{1} << entry.mark;
  }
}

Column strings_as(ColumnState& column, const std::vector<PartRows>& part_rows, std::size_t rows) {
  const Decision& decision = column.decision;
  if (decision.kind != Decision::Kind::text) note_marks_missing(column);
  switch (decision.kind) {
    case Decision::Kind::empty:
    case Decision::Kind::number: {
      constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
      const auto values = values_of(column, kNan, [&](std::string_view cell) {
        return parse_number_as(cell, decision.number, true).value_or(kNan);
      });
      return Column::numbers(column.name, gather(column, part_rows, rows, kNan, values));
    }
    case Decision::Kind::boolean: {
      const auto values = values_of(column, std::int8_t{-1}, [&](std::string_view cell) {
        return static_cast<std::int8_t>(parse_boolean_as(cell, decision.words).value_or(false) ? 1 : 0);
      });
      return Column::booleans(column.name, gather(column, part_rows, rows, std::int8_t{-1}, values));
    }
    case Decision::Kind::date: {
      const auto values = values_of(column, kMissingDate, [&](std::string_view cell) {
        return parse_date_as(cell, decision.date).value_or(DateCell{}).microseconds;
      });
      Buffer<std::int64_t> dates = gather(column, part_rows, rows, kMissingDate, values);
      const bool time = any_time({dates.data(), dates.size()});
      return Column::dates(column.name, std::move(dates), time);
    }
    case Decision::Kind::text:
      break;
  }
  std::uint64_t distinct = 0;
  std::uint64_t cells = 0;
  std::uint64_t bytes = 0;
  for (std::size_t code = 0; code < column.strings.size(); ++code) {
    const Dictionary::Entry& entry = column.strings.entry(code);
    distinct += used(entry);
    cells += entry.count;
    bytes += entry.count * entry.size;
  }
  const bool category = column.asked.has_value() ? *column.asked == ColumnKind::category
                                                 : looks_like_category(distinct, cells, bytes);
  return category ? as_category(column, part_rows) : as_text(column, part_rows, rows);
}

}  // namespace

void join_strings(ColumnState& column, std::vector<ColumnPart*>& parts) {
  column.codes_of.assign(parts.size(), {});
  for (std::size_t part = 0; part < parts.size(); ++part) {
    if (!parts[part]->dictionary) continue;
    const Dictionary& dictionary = *parts[part]->dictionary;
    auto& map = column.codes_of[part];
    map.resize(dictionary.size());
    for (std::size_t code = 0; code < dictionary.size(); ++code) {
      const Dictionary::Entry& from = dictionary.entry(code);
      const std::size_t known = column.strings.size();
      const std::uint32_t joined = column.strings.code(dictionary.text(code));
      Dictionary::Entry& to = column.strings.entry(joined);
      if (joined == known) {
        to.first = from.first;
        to.mark = from.mark;
      }
      to.string |= from.string;
      to.count += from.count;
      map[code] = static_cast<std::int32_t>(joined);
    }
    parts[part]->dictionary.reset();
  }
  for (std::size_t code = 0; code < column.strings.size(); ++code) {
    const Dictionary::Entry& entry = column.strings.entry(code);
    if (!used(entry) || entry.mark >= 0) continue;
    const CellTraits traits = classify(column.strings.text(code));
    column.evidence.add(traits);
    if ((traits.styles & kAnyNumber) != 0) {
      column.number_cells += entry.count;
      if (entry.string) column.odd.strings.add(entry.first, entry.count);
      continue;
    }
    if (entry.first < column.other_cells.first) column.other_text = column.strings.text(code);
    column.other_cells.add(entry.first, entry.count);
  }
}

std::optional<TypeFailure> settle(ColumnState& column, const FileEvidence& file) {
  if (column.plan.mode != Mode::dictionary) return std::nullopt;
  column.decision = column.settled && !column.asked ? Decision{.kind = Decision::Kind::text}
                                                    : decide(column.evidence, file);
  if (!column.asked) return std::nullopt;
  if (*column.asked == ColumnKind::category || *column.asked == ColumnKind::text) {
    column.decision = {.kind = Decision::Kind::text};
    return std::nullopt;
  }
  if (asked_decision(column.decision.kind, *column.asked)) return std::nullopt;
  return settle_asked(column, *column.asked);
}

Column finish_column(ColumnState& column, std::vector<ColumnPart*>& parts,
                     const std::vector<PartRows>& part_rows, std::size_t rows) {
  switch (column.plan.mode) {
    case Mode::number:
      return Column::numbers(column.name, std::move(column.data.numbers));
    case Mode::boolean:
      return Column::booleans(column.name, std::move(column.data.booleans));
    case Mode::date: {
      const bool time = any_time({column.data.dates.data(), column.data.dates.size()});
      return Column::dates(column.name, std::move(column.data.dates), time);
    }
    case Mode::text: {
      const TextCount count = count_text(column, rows);
      column.only_digits =
          column.plan.digits &&
          std::none_of(parts.begin(), parts.end(), [](const ColumnPart* part) { return part->words; });
      column.kept_cells = column.odd.kept_marks.count;
      column.kept_first = column.odd.kept_marks.first;
      if (!column.asked) {
        if (auto category = text_as_category(column, parts, part_rows, rows, count))
          return std::move(*category);
      }
      return text_as_text(column, parts, rows, count);
    }
    case Mode::dictionary:
      break;
  }
  return strings_as(column, part_rows, rows);
}

}  // namespace everyml::csv
