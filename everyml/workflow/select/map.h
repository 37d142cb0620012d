#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "everyml/foundation/data/table.h"

namespace everyml {

/// One territory of machine learning, as a person with a question meets it.
struct Territory {
  std::string name;      ///< "classification"
  std::string question;  ///< what it answers, one sentence
  std::vector<std::string>
      algorithms;  ///< registry names that work today; empty: the territory is not built yet
  std::vector<std::string> not_yet;  ///< titles of the named algorithms that are still to come
  /// What it says of a table; unset on the map of all territories.
  enum class Fit : std::uint8_t { unknown, fits, does_not_fit } fit = Fit::unknown;
  std::string reason;  ///< why it fits or not, one sentence; empty without a table
  std::string next;    ///< the command to type; empty when there is none
  bool works() const { return !algorithms.empty(); }
};

/// Every territory, those that work today first.
std::vector<Territory> map_of_learning();

/// The same, with what each says of the table: fitting ones that work first. `file` and `target` (may be
/// empty) are for the commands. Throws DataError "data.column_missing" for an unknown target.
std::vector<Territory> map_of_table(const Table& table, std::string_view file, std::string_view target);

}  // namespace everyml
