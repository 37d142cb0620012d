#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "everyml/foundation/data/table.h"
#include "everyml/workflow/select/learn.h"
#include "everyml/workflow/select/map.h"

namespace everyml {

/// What one column holds, seen on the first rows of the table.
struct ColumnFacts {
  std::string name;
  ColumnKind kind = ColumnKind::number;
  std::size_t present = 0;
  std::size_t distinct = 0;
  bool whole = false;        ///< numbers: no fraction
  double low = 0, high = 0;  ///< numbers
  double words = 0;          ///< texts: words per cell
  std::string picture;       ///< texts and categories: a cell that names a picture file
  bool can_be_classes = false, can_be_number = false;

  /// How often a value comes back.
  double repeats() const {
    return distinct == 0 ? 0 : static_cast<double>(present) / static_cast<double>(distinct);
  }
  /// It names things (people, products, baskets) rather than kinds of things.
  bool names_things() const;
};

/// What the territories ask of a table.
struct TableFacts {
  std::string file, target;
  std::size_t rows = 0;
  std::vector<ColumnFacts> columns;  ///< the target is not among them
  TaskGuess guess;                   ///< of the target, when there is one

  std::vector<const ColumnFacts*> of_kind(ColumnKind kind) const;
};

TableFacts facts_of(const Table& table, std::string_view file, std::string_view target);

/// Sets fit, reason and next.
void judge_territory(Territory& territory, const TableFacts& facts);

}  // namespace everyml
