#include <fmt/format.h>

#include <cmath>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/workflow/select/roles_impl.h"

namespace everyml::select_impl {
namespace {

std::vector<double> numbers_of(const Column& column, std::span<const std::size_t> rows,
                               std::string_view use) {
  std::vector<double> values;
  values.reserve(rows.size());
  for (const std::size_t row : rows) {
    if (column.missing(row)) {
      throw DataError("learn.column_missing_cells",
                      fmt::format("\"{}\" has a missing cell in data row {}, but {} need one in every row",
                                  printable(column.name()), row + 1, use));
    }
    values.push_back(column.number(row));
  }
  return values;
}

[[noreturn]] void wrong_kind(const Column& column, std::string_view must) {
  throw DataError("learn.column_kind", fmt::format("\"{}\" holds {}, but {}", printable(column.name()),
                                                   to_string(column.kind()), must));
}

}  // namespace

std::vector<double> row_weights(const Table& table, const std::string& name,
                                std::span<const std::size_t> rows) {
  const Column& column = table.column(name);
  if (column.kind() != ColumnKind::number && column.kind() != ColumnKind::boolean) {
    wrong_kind(column, "row weights must be numbers");
  }
  std::vector<double> weights = numbers_of(column, rows, "row weights");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (weights[i] >= 0 && std::isfinite(weights[i])) continue;
    throw DataError("data.weight",
                    fmt::format("\"{}\" is {} in data row {}; weights must be finite and not negative",
                                printable(name), format_number(weights[i]), rows[i] + 1));
  }
  return weights;
}

std::vector<double> row_times(const Table& table, const std::string& name,
                              std::span<const std::size_t> rows) {
  const Column& column = table.column(name);
  if (column.kind() == ColumnKind::text || column.kind() == ColumnKind::category) {
    wrong_kind(column, "dates of folds must be numbers or dates");
  }
  return numbers_of(column, rows, "dates of folds");
}

Folds to_learned_rows(const Folds& folds, std::span<const std::size_t> rows, std::size_t table_rows) {
  constexpr auto kNowhere = static_cast<std::size_t>(-1);
  std::vector<std::size_t> position(table_rows, kNowhere), trained_in(table_rows, kNowhere);
  for (std::size_t i = 0; i < rows.size(); ++i) position[rows[i]] = i;
  const auto take = [&](std::size_t row, std::vector<std::size_t>& into) {
    if (row >= table_rows) {
      throw DataError("splits.row",
                      fmt::format("the folds name row {}, but the table has {} rows", row, table_rows));
    }
    if (position[row] != kNowhere) into.push_back(position[row]);
  };
  Folds learned;
  for (std::size_t f = 0; f < folds.size(); ++f) {
    Fold mine;
    for (const std::size_t row : folds[f].train) {
      take(row, mine.train);
      trained_in[row] = f;
    }
    for (const std::size_t row : folds[f].test) {
      take(row, mine.test);
      if (trained_in[row] == f) {
        throw DataError("splits.row", fmt::format("fold {} both trains and tests on row {}", f, row));
      }
    }
    if (!mine.train.empty() && !mine.test.empty()) learned.push_back(std::move(mine));
  }
  if (learned.empty()) {
    throw DataError("splits.empty", "no fold has both training and test rows that can be learned from");
  }
  return learned;
}

Folds to_table_rows(const Folds& folds, std::span<const std::size_t> rows) {
  Folds whole = folds;
  for (Fold& fold : whole) {
    for (std::size_t& row : fold.train) row = rows[row];
    for (std::size_t& row : fold.test) row = rows[row];
  }
  return whole;
}

}  // namespace everyml::select_impl
