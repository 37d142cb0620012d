#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "everyml/foundation/data/splits.h"
#include "everyml/foundation/data/table.h"

namespace everyml::select_impl {

// What columns that are no features say of the rows, and rows counted in two ways: `rows` lists the rows of
// the table that are learned from, ascending; folds inside learn() count positions in that list.

/// Row weights, [rows]. Throws DataError "learn.column_kind" unless the column holds numbers,
/// "learn.column_missing_cells", and "data.weight" for a weight that is negative or infinite, naming the row.
std::vector<double> row_weights(const Table& table, const std::string& name,
                                std::span<const std::size_t> rows);
/// Times to order rows by, [rows]: numbers or dates. Throws as row_weights does.
std::vector<double> row_times(const Table& table, const std::string& name, std::span<const std::size_t> rows);

/// Folds of the whole table as folds of `rows`; those left without training or test rows are dropped. Throws
/// DataError "splits.row" for a row that the table lacks or that a fold both trains and tests on,
/// "splits.empty" when no fold is left.
Folds to_learned_rows(const Folds& folds, std::span<const std::size_t> rows, std::size_t table_rows);
/// The way back.
Folds to_table_rows(const Folds& folds, std::span<const std::size_t> rows);

}  // namespace everyml::select_impl
