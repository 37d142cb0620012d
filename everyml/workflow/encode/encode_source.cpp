#include <algorithm>

#include "everyml/foundation/base/text.h"
#include "everyml/workflow/encode/source_impl.h"

namespace everyml::encode_detail {

void Counts::join(Counts&& other) {
  if (unseen == 0) example_unseen = std::move(other.example_unseen);
  if (unreadable == 0) example_unreadable = std::move(other.example_unreadable);
  unseen += other.unseen;
  unreadable += other.unreadable;
  infinite += other.infinite;
}

ColumnSource::ColumnSource(const Plan& plan, const Column* column) : plan_(plan), column_(column) {
  if (column == nullptr || column->kind() != ColumnKind::category) return;
  for (const std::string& level : column->levels()) {
    switch (plan.way) {
      case Way::number:
        level_numbers_.push_back(number_of(level).value_or(kMissing));
        break;
      case Way::boolean:
        level_numbers_.push_back(boolean_of(level).value_or(kMissing));
        break;
      case Way::date:
        level_dates_.push_back(date_of(level).value_or(kMissingDate));
        break;
      case Way::text:
        break;
      default:
        level_codes_.push_back(plan.index.find(level, plan.column.levels));
    }
  }
}

Cells ColumnSource::read(std::size_t begin, std::size_t n, CellScratch& scratch, Counts* counts) const {
  switch (plan_.way) {
    case Way::number:
    case Way::boolean:
      return {.numbers = read_numbers(begin, n, scratch, counts)};
    case Way::date:
      return {.dates = read_dates(begin, n, scratch, counts)};
    case Way::text:
      return {};
    default:
      return {.codes = read_codes(begin, n, scratch, counts)};
  }
}

void ColumnSource::unreadable(std::size_t row, Counts* counts) const {
  if (counts == nullptr) return;
  if (counts->unreadable++ == 0) counts->example_unreadable = column_->cell(row);
}

double ColumnSource::number_at(std::size_t row, Counts* counts) const {
  if (column_->missing(row)) return kMissing;
  std::optional<double> value;
  switch (column_->kind()) {
    case ColumnKind::number:
    case ColumnKind::boolean:
      value = column_->number(row);
      break;
    case ColumnKind::category:
      value = level_numbers_[static_cast<std::size_t>(column_->codes()[row])];
      break;
    case ColumnKind::text:
      value = plan_.way == Way::number ? number_of(column_->text(row)) : boolean_of(column_->text(row));
      break;
    case ColumnKind::date:
      break;
  }
  const bool good = value && !std::isnan(*value) && (plan_.way == Way::number || *value == 0 || *value == 1);
  if (good) return *value;
  unreadable(row, counts);
  return kMissing;
}

std::span<const double> ColumnSource::read_numbers(std::size_t begin, std::size_t n, CellScratch& scratch,
                                                   Counts* counts) const {
  std::span<const double> cells;
  if (column_ != nullptr && plan_.way == Way::number && !column_->doubles().empty()) {
    cells = column_->doubles().subspan(begin, n);
  } else {
    scratch.numbers.resize(n);
    if (column_ != nullptr && plan_.way == Way::number && !column_->floats().empty()) {
      const std::span<const float> floats = column_->floats().subspan(begin, n);
      std::copy(floats.begin(), floats.end(), scratch.numbers.begin());
    } else {
      for (std::size_t i = 0; i < n; ++i) {
        scratch.numbers[i] = column_ == nullptr ? kMissing : number_at(begin + i, counts);
      }
    }
    cells = scratch.numbers;
  }
  return cells;
}

std::int32_t ColumnSource::code_at(std::size_t row, Counts* counts) const {
  if (column_->missing(row)) return kMissingCode;
  std::int32_t code = kMissingCode;
  switch (column_->kind()) {
    case ColumnKind::category:  // read_codes does these in one go
      break;
    case ColumnKind::text:
      code = plan_.index.find(column_->text(row), plan_.column.levels);
      break;
    case ColumnKind::number:
      code = plan_.index.find(column_->number(row));
      break;
    case ColumnKind::boolean:
    case ColumnKind::date:
      code = plan_.index.find(column_->cell(row), plan_.column.levels);
      if (code < 0 && column_->kind() == ColumnKind::boolean) code = plan_.index.find(column_->number(row));
      break;
  }
  if (code < 0 && counts != nullptr && counts->unseen++ == 0) counts->example_unseen = column_->cell(row);
  return code;
}

std::span<const std::int32_t> ColumnSource::read_codes(std::size_t begin, std::size_t n, CellScratch& scratch,
                                                       Counts* counts) const {
  scratch.codes.resize(n);
  if (column_ != nullptr && column_->kind() == ColumnKind::category) {
    const std::span<const std::int32_t> codes = column_->codes().subspan(begin, n);
    for (std::size_t i = 0; i < n; ++i) {
      const std::int32_t code =
          codes[i] < 0 ? kMissingCode : level_codes_[static_cast<std::size_t>(codes[i])];
      if (code < 0 && codes[i] >= 0 && counts != nullptr && counts->unseen++ == 0) {
        counts->example_unseen = column_->cell(begin + i);
      }
      scratch.codes[i] = code;
    }
    return scratch.codes;
  }
  for (std::size_t i = 0; i < n; ++i) {
    scratch.codes[i] = column_ == nullptr ? kMissingCode : code_at(begin + i, counts);
  }
  return scratch.codes;
}

std::span<const std::int64_t> ColumnSource::read_dates(std::size_t begin, std::size_t n, CellScratch& scratch,
                                                       Counts* counts) const {
  if (column_ != nullptr && column_->kind() == ColumnKind::date) return column_->dates().subspan(begin, n);
  scratch.dates.assign(n, kMissingDate);
  if (column_ == nullptr) return scratch.dates;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t row = begin + i;
    if (column_->missing(row)) continue;
    if (column_->kind() == ColumnKind::category) {
      scratch.dates[i] = level_dates_[static_cast<std::size_t>(column_->codes()[row])];
    } else if (column_->kind() == ColumnKind::text) {
      scratch.dates[i] = date_of(column_->text(row)).value_or(kMissingDate);
    }
    if (scratch.dates[i] == kMissingDate) unreadable(row, counts);
  }
  return scratch.dates;
}

std::optional<std::string_view> ColumnSource::text(std::size_t row, std::string& scratch) const {
  if (column_ == nullptr || column_->missing(row)) return std::nullopt;
  if (column_->kind() == ColumnKind::text || column_->kind() == ColumnKind::category)
    return column_->text(row);
  scratch = column_->cell(row);
  return scratch;
}

}  // namespace everyml::encode_detail
