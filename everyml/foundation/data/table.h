#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "everyml/foundation/data/column.h"

namespace everyml {

struct ColumnSchema {
  std::string name;
  ColumnKind kind = ColumnKind::number;
  bool has_time = false;            ///< dates only
  std::vector<std::string> levels;  ///< categories only
};

/// Names and types of a table's columns, in order.
struct Schema {
  std::vector<ColumnSchema> columns;
};

/// Named typed columns of equal length: the only thing the faces hand in. Immutable, cheap to copy,
/// thread-safe.
class Table {
 public:
  Table() = default;
  /// Throws DataError "data.column_length" when lengths differ, "data.column_duplicate" for a repeated name.
  explicit Table(std::vector<Column> columns);

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_.size(); }
  const Column& column(std::size_t index) const { return columns_.at(index); }
  /// Throws DataError "data.column_missing" with a did-you-mean.
  const Column& column(std::string_view name) const;
  std::optional<std::size_t> find(std::string_view name) const;
  std::span<const Column> all() const { return columns_; }
  std::vector<std::string> names() const;
  Schema schema() const;

  /// REQUIRES: each row < rows().
  Table select_rows(std::span<const std::size_t> rows) const;
  /// Throws as column(name) does.
  Table select_columns(std::span<const std::string> names) const;
  Table without(std::string_view name) const;
  /// With this column appended, or replacing the one of that name.
  Table with(Column column) const;
  /// Rows [begin, end), sharing the values. REQUIRES: begin <= end <= rows().
  Table slice(std::size_t begin, std::size_t end) const;

 private:
  std::vector<Column> columns_;
  /// Column numbers in order of their names: a table of a million columns is still searched at once.
  std::shared_ptr<const std::vector<std::uint32_t>> by_name_;
  std::size_t rows_ = 0;
};

}  // namespace everyml
