#include <algorithm>
#include <cmath>
#include <set>

#include "everyml/foundation/base/text.h"
#include "everyml/workflow/select/map_impl.h"

namespace everyml {
namespace {

/// Facts need no more rows than these.
constexpr std::size_t kLooked = 20000;
/// More distinct values than this, each coming back, name things.
constexpr std::size_t kFewLevels = 30;

bool names_picture(std::string_view cell) {
  const std::string text = to_lower_ascii(cell);
  for (const std::string_view ending : {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff"}) {
    if (text.size() > ending.size() && text.ends_with(ending)) return true;
  }
  return false;
}

void look_at_numbers(const Column& column, ColumnFacts& facts) {
  std::vector<double> values;
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (!column.missing(row)) values.push_back(column.number(row));
  }
  std::sort(values.begin(), values.end());
  facts.present = values.size();
  facts.whole =
      std::all_of(values.begin(), values.end(), [](double value) { return value == std::floor(value); });
  if (!values.empty()) facts.low = values.front(), facts.high = values.back();
  facts.distinct = static_cast<std::size_t>(std::unique(values.begin(), values.end()) - values.begin());
}

void look_at_texts(const Column& column, ColumnFacts& facts) {
  std::set<std::string_view> distinct;
  double spaces = 0;
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (column.missing(row)) continue;
    const std::string_view text = column.text(row);
    ++facts.present;
    distinct.insert(text);
    spaces += static_cast<double>(std::count(text.begin(), text.end(), ' '));
    if (facts.picture.empty() && names_picture(text)) facts.picture = text;
  }
  facts.distinct = distinct.size();
  if (facts.present > 0) facts.words = spaces / static_cast<double>(facts.present) + 1;
}

ColumnFacts look_at(const Column& whole) {
  const Column column = whole.slice(0, std::min(whole.size(), kLooked));
  ColumnFacts facts{.name = column.name(), .kind = column.kind()};
  if (column.kind() == ColumnKind::text || column.kind() == ColumnKind::category)
    look_at_texts(column, facts);
  else
    look_at_numbers(column, facts);
  if (facts.present == 0) return facts;
  const Target::Kind task = guess_task(column, std::nullopt).kind;
  facts.can_be_classes = task == Target::Kind::classes && !facts.names_things() && facts.distinct >= 2;
  facts.can_be_number = task == Target::Kind::numbers && facts.distinct >= 2;
  return facts;
}

}  // namespace

bool ColumnFacts::names_things() const {
  const bool may =
      kind == ColumnKind::category || kind == ColumnKind::text || (kind == ColumnKind::number && whole);
  return may && distinct > kFewLevels;
}

std::vector<const ColumnFacts*> TableFacts::of_kind(ColumnKind kind) const {
  std::vector<const ColumnFacts*> found;
  for (const ColumnFacts& column : columns) {
    if (column.kind == kind && column.present > 0) found.push_back(&column);
  }
  return found;
}

TableFacts facts_of(const Table& table, std::string_view file, std::string_view target) {
  TableFacts facts{.file = std::string(file), .target = std::string(target), .rows = table.rows()};
  if (!target.empty()) facts.guess = guess_task(table.column(target), std::nullopt);
  for (const Column& column : table.all()) {
    if (column.name() != target) facts.columns.push_back(look_at(column));
  }
  return facts;
}

}  // namespace everyml
