#include "everyml/foundation/data/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"

namespace everyml {

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
  if (columns_.empty()) return;
  rows_ = columns_.front().size();
  for (const Column& column : columns_) {
    if (column.size() == rows_) continue;
    throw DataError(
        "data.column_length",
        fmt::format("column \"{}\" has {} rows, but \"{}\" has {}: the columns of a table have equal length",
                    printable(column.name()), column.size(), printable(columns_.front().name()), rows_));
  }
  std::vector<std::uint32_t> order(columns_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return columns_[a].name() < columns_[b].name(); });
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (columns_[order[i - 1]].name() != columns_[order[i]].name()) continue;
    throw DataError("data.column_duplicate", fmt::format("two columns are named \"{}\": names must differ",
                                                         printable(columns_[order[i]].name())));
  }
  by_name_ = std::make_shared<const std::vector<std::uint32_t>>(std::move(order));
}

std::optional<std::size_t> Table::find(std::string_view name) const {
  if (!by_name_) return std::nullopt;
  const auto found =
      std::lower_bound(by_name_->begin(), by_name_->end(), name,
                       [&](std::uint32_t a, std::string_view b) { return columns_[a].name() < b; });
  if (found == by_name_->end() || columns_[*found].name() != name) return std::nullopt;
  return *found;
}

namespace {

/// "; it has "a", "b" and 3 more".
std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 8;
  std::vector<std::string> shown;
  for (std::size_t i = 0; i < std::min(kMost, names.size()); ++i) {
    shown.push_back('"' + printable(names[i], 40) + '"');
  }
  if (names.size() > kMost) shown.push_back(fmt::format("{} more", names.size() - kMost));
  return shown.empty() ? "" : "; it has " + join_and(shown);
}

}  // namespace

const Column& Table::column(std::string_view name) const {
  if (const auto index = find(name)) return columns_[*index];
  const std::vector<std::string> known = names();
  const std::string meant = suggestion(name, known);
  throw DataError("data.column_missing", fmt::format("the table has no column \"{}\"{}", printable(name),
                                                     meant.empty() ? some_of(known) : "." + meant));
}

std::vector<std::string> Table::names() const {
  std::vector<std::string> names;
  names.reserve(columns_.size());
  for (const Column& column : columns_) names.push_back(column.name());
  return names;
}

Schema Table::schema() const {
  Schema schema;
  schema.columns.reserve(columns_.size());
  for (const Column& column : columns_) {
    const auto levels = column.levels();
    schema.columns.push_back({column.name(), column.kind(), column.has_time(),
                              std::vector<std::string>(levels.begin(), levels.end())});
  }
  return schema;
}

Table Table::select_rows(std::span<const std::size_t> rows) const {
  Table table = *this;
  for (Column& column : table.columns_) column = column.select(rows);
  if (!columns_.empty()) table.rows_ = rows.size();
  return table;
}

Table Table::select_columns(std::span<const std::string> names) const {
  std::vector<Column> columns;
  columns.reserve(names.size());
  for (const std::string& name : names) columns.push_back(column(name));
  return Table(std::move(columns));
}

Table Table::without(std::string_view name) const {
  const Column& gone = column(name);
  std::vector<Column> columns;
  columns.reserve(columns_.size());
  for (const Column& kept : columns_) {
    if (&kept != &gone) columns.push_back(kept);
  }
  return Table(std::move(columns));
}

Table Table::with(Column column) const {
  const auto index = find(column.name());
  if (index && column.size() == rows_) {
    // The names and their order stay, so nothing needs to be sorted again.
    Table table = *this;
    table.columns_[*index] = std::move(column);
    return table;
  }
  std::vector<Column> columns = columns_;
  if (index) {
    columns[*index] = std::move(column);
  } else {
    columns.push_back(std::move(column));
  }
  return Table(std::move(columns));
}

Table Table::slice(std::size_t begin, std::size_t end) const {
  Table table = *this;
  for (Column& column : table.columns_) column = column.slice(begin, end);
  if (!columns_.empty()) table.rows_ = end - begin;
  return table;
}

}  // namespace everyml
