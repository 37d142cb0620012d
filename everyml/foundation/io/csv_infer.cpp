#include <algorithm>
#include <array>
#include <bit>

#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/csv_infer_impl.h"

namespace everyml::csv {

namespace {

struct Words {
  std::string_view yes, no;
};
constexpr std::array<Words, kBooleanWords> kWords = {
    {{"true", "false"}, {"yes", "no"}, {"t", "f"}, {"y", "n"}}};

constexpr std::array<std::string_view, 17> kStrong = {"NA",   "N/A",  "n/a", "#N/A",   "#NA",  "<NA>",
                                                      "NaN",  "nan",  "NAN", "-nan",   "-NaN", "null",
                                                      "NULL", "Null", "?",   "(null)", "\\N"};
constexpr std::array<std::string_view, 22> kWeak = {
    "None", "none", "NONE", "nil", "NIL",     "na",      "Na",      "N.A.",    "n.a.",    "-",     "--",
    "---",  ".",    "..",   "*",   "missing", "Missing", "MISSING", "#DIV/0!", "#VALUE!", "#REF!", "#NUM!"};

void classify_date(std::string_view cell, CellTraits& traits) {
  for (int i = 0; i < kDateStyles; ++i) {
    const auto style = static_cast<DateStyle>(i);
    const auto date = parse_date_as(cell, style);
    if (!date) continue;
    traits.styles |= style_bit(style);
    traits.two_digit_year |= date->two_digit_year;
    traits.zone |= date->zone;
    traits.time |= date->time;
  }
}

void classify_boolean(std::string_view cell, CellTraits& traits) {
  for (int i = 0; i < kBooleanWords; ++i) {
    const auto truth = parse_boolean_as(cell, static_cast<BooleanWords>(i));
    if (!truth) continue;
    traits.styles |= style_bit(static_cast<BooleanWords>(i));
    traits.truth = *truth;
  }
}

Decision decide_number(const Evidence& evidence, const FileEvidence& file, Styles fitting) {
  Decision decision;
  decision.kind = Decision::Kind::number;
  const auto has = [&](NumberStyle style) { return (fitting & style_bit(style)) != 0; };
  // A decimal mark that was asked for has left one of the styles that differ in it, so the doubt below is met
  // only without one.
  if (has(NumberStyle::plain) && has(NumberStyle::comma_decimal) && evidence.point()) {
    // 1.234: a decimal point, or a mark of thousands where the other columns write decimal commas.
    decision.number = file.decimal_comma ? NumberStyle::comma_decimal : NumberStyle::plain;
    decision.ambiguous = file.decimal_comma;
    return decision;
  }
  if (!has(NumberStyle::plain) && has(NumberStyle::comma_groups) && has(NumberStyle::comma_decimal)) {
    // 1,234 and nothing else: a mark of thousands, or a decimal comma.
    const bool comma_likely = file.decimal_comma || file.delimiter == ';';
    decision.number = comma_likely ? NumberStyle::comma_decimal : NumberStyle::comma_groups;
    decision.ambiguous = true;
    return decision;
  }
  decision.number = static_cast<NumberStyle>(std::countr_zero(fitting));
  return decision;
}

Decision decide_date(const FileEvidence& file, Styles fitting) {
  Decision decision;
  decision.kind = Decision::Kind::date;
  const auto has = [&](DateStyle style) { return (fitting & style_bit(style)) != 0; };
  if (has(DateStyle::day_first) && has(DateStyle::month_first)) {
    const bool month_first = file.month_first && !file.day_first;
    decision.date = month_first ? DateStyle::month_first : DateStyle::day_first;
    decision.ambiguous = true;
    return decision;
  }
  for (int style = 0; style < kDateStyles; ++style) {
    if (has(static_cast<DateStyle>(style))) decision.date = static_cast<DateStyle>(style);
  }
  return decision;
}

}  // namespace

std::optional<bool> parse_boolean_as(std::string_view cell, BooleanWords words) {
  cell = trim(cell);
  const Words& pair = kWords[static_cast<std::size_t>(words)];
  if (cell.size() != pair.yes.size() && cell.size() != pair.no.size()) return std::nullopt;
  const std::string lower = to_lower_ascii(cell);
  if (lower == pair.yes) return true;
  if (lower == pair.no) return false;
  return std::nullopt;
}

CellTraits classify(std::string_view cell) {
  CellTraits traits;
  cell = trim(cell);
  classify_number(cell, traits);
  classify_boolean(cell, traits);
  classify_date(cell, traits);
  return traits;
}

void Evidence::add(const CellTraits& traits) {
  any_ = true;
  styles_ &= traits.styles;
  point_ |= traits.point;
  comma_ |= traits.comma;
  leading_zero_ |= traits.leading_zero;
  too_big_ |= traits.too_big;
  two_digit_year_ |= traits.two_digit_year;
  zone_ |= traits.zone;
  time_ |= traits.time;
  if ((traits.styles & kAnyBoolean) != 0) (traits.truth ? seen_true_ : seen_false_) = true;
  nearly_number_ &= (traits.styles & kAnyNumber) != 0 || traits.leading_zero || traits.too_big;
}

void FileEvidence::add(const Evidence& evidence) {
  const Styles numbers = evidence.styles() & kAnyNumber;
  if (numbers != 0 && (numbers & ~kCommaNumbers) == 0) decimal_comma = true;
  const Styles dates =
      evidence.styles() & (style_bit(DateStyle::day_first) | style_bit(DateStyle::month_first));
  if (dates == style_bit(DateStyle::day_first)) day_first = true;
  if (dates == style_bit(DateStyle::month_first)) month_first = true;
}

Decision decide(const Evidence& evidence, const FileEvidence& file) {
  if (!evidence.any()) return {.kind = Decision::Kind::empty};
  Styles numbers = evidence.styles() & kAnyNumber;
  if (file.decimal.has_value() && (evidence.point() || evidence.comma())) {
    numbers &= *file.decimal == ',' ? kCommaNumbers : ~kCommaNumbers;
  }
  if (numbers != 0) return decide_number(evidence, file, numbers);
  // Yes and no, t and f stay the labels that the user wrote, so that answers come back in the same words;
  // asked for with `types`, they are read as booleans too.
  if ((evidence.styles() & style_bit(BooleanWords::true_false)) != 0) {
    return {.kind = Decision::Kind::boolean, .words = BooleanWords::true_false};
  }
  if ((evidence.styles() & kAnyDate) != 0) return decide_date(file, evidence.styles() & kAnyDate);
  return {.kind = Decision::Kind::text};
}

MissingMarks::MissingMarks(const std::optional<std::vector<std::string>>& given) {
  given_ = given.has_value();
  if (given_) {
    for (const std::string& mark : *given) {
      if (!mark.empty()) marks_.push_back(mark);
    }
    strong_count_ = marks_.size();
  } else {
    marks_.assign(kStrong.begin(), kStrong.end());
    strong_count_ = marks_.size();
    marks_.insert(marks_.end(), kWeak.begin(), kWeak.end());
  }
  for (const std::string& mark : marks_) {
    longest_ = std::max(longest_, mark.size());
    first_[static_cast<std::uint8_t>(mark[0])] = true;
  }
}

int MissingMarks::search(std::string_view cell) const {
  for (std::size_t i = 0; i < marks_.size(); ++i) {
    if (marks_[i] == cell) return static_cast<int>(i);
  }
  return -1;
}

std::uint64_t most_levels(std::uint64_t rows) { return std::max<std::uint64_t>(50, rows / 20); }

bool looks_like_category(std::uint64_t distinct, std::uint64_t rows, std::uint64_t bytes) {
  if (distinct == 0 || distinct > most_levels(rows)) return false;
  const bool repeats = 2 * distinct <= rows || (distinct <= 10 && distinct < rows);
  return repeats && bytes <= 64 * rows;
}

}  // namespace everyml::csv
