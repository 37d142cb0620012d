#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/io/csv.h"
#include "everyml/foundation/io/csv_parse_impl.h"

namespace everyml::csv {

/// One column while it is read and finished.
struct ColumnState {
  std::string name;
  bool unnamed = false;
  bool point_matters = false;
  std::optional<ColumnKind> asked;
  bool settled = false;  ///< strings that have been judged before: categories or text
  ColumnPlan plan;
  ColumnData data;
  Oddities odd;              ///< of all parts together
  bool only_digits = false;  ///< text whose plan said digits, and digits it was
  Evidence evidence;         ///< strings only
  Decision decision;
  Dictionary strings;  ///< of all parts together
  std::vector<std::vector<std::int32_t>>
      codes_of;                  ///< by part: code in the part's dictionary -> code in `strings`
  std::uint64_t kept_cells = 0;  ///< marks that stay as values
  std::uint64_t kept_first = ~std::uint64_t{0};
  std::string kept_text;
  std::uint64_t number_cells = 0;  ///< strings that are numbers
  Tally other_cells;               ///< strings that are not
  std::string other_text;          ///< the first of them
};

/// Rows [begin, begin + count) of each part.
struct PartRows {
  std::size_t begin = 0;
  std::size_t count = 0;
  bool operator==(const PartRows&) const = default;
};

/// A cell that the kind asked for does not allow.
struct TypeFailure {
  std::uint64_t place = 0;
  std::string cell;
};

/// Joins the dictionaries of the parts, in their order, and gathers the evidence of their strings.
void join_strings(ColumnState& column, std::vector<ColumnPart*>& parts);

/// Decides on the kind. Afterwards `decision` holds for columns of strings.
/// Returns a cell that does not fit the kind asked for.
std::optional<TypeFailure> settle(ColumnState& column, const FileEvidence& file);

/// Turns the parts into a column of the public kind. REQUIRES: settle() returned nothing.
Column finish_column(ColumnState& column, std::vector<ColumnPart*>& parts,
                     const std::vector<PartRows>& part_rows, std::size_t rows);

}  // namespace everyml::csv
