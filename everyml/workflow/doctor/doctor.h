#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/base/json.h"
#include "everyml/foundation/data/table.h"
#include "everyml/foundation/io/csv.h"

namespace everyml {

enum class Severity : std::uint8_t { note, warning, serious };
std::string_view to_string(Severity severity);

/// One thing that a careful person would want to know about the data before trusting a model of it.
struct Finding {
  std::string
      code;  ///< stable: "missing.many", "leak.target", "duplicate.rows", ...; listed in docs/doctor.md
  Severity severity = Severity::note;
  std::string column;    ///< empty when it concerns the table
  std::string sentence;  ///< what is wrong, with names and numbers
  std::string evidence;  ///< rows, values, figures
  std::string remedy;    ///< what to do, or what `learn` does by itself
  double share = 0;      ///< of rows concerned, 0 when not meaningful
};

/// What a column looks like, for the report's chapter Data.
struct ColumnProfile {
  std::string name;
  ColumnKind kind = ColumnKind::number;
  std::uint64_t missing = 0;
  std::uint64_t distinct = 0;  ///< exact up to 2^20, estimated above
  double mean = 0, deviation = 0, minimum = 0, median = 0, maximum = 0;  ///< numbers and dates (microseconds)
  std::vector<double> histogram_edges;                                   ///< numbers and dates: bins + 1
  std::vector<std::uint64_t> histogram;                                  ///< numbers and dates
  std::vector<std::pair<std::string, std::uint64_t>>
      top;  ///< categories, booleans, texts: at most 12, commonest first
  double target_association =
      0;  ///< 0..1: how well this column alone orders or separates the target; NaN without one
};

struct DoctorOptions {
  std::string target;               ///< empty: none
  std::vector<std::string> ignore;  ///< columns not used as features (groups, weights, dates of folds)
  const Table* future = nullptr;    ///< a test table: overlap and drift are examined too
};

struct DoctorReport {
  std::uint64_t rows = 0;
  std::vector<Finding> findings;  ///< serious first
  std::vector<ColumnProfile> columns;
  /// Columns that learn leaves out: identifiers, constants, leaks. With the finding's code as the reason.
  std::vector<std::pair<std::string, std::string>> excluded;
  Json to_json() const;
};

/// Examines a table. `notes` are what the reader repaired; they become findings too.
/// Throws DataError "data.column_missing" for an unknown target, with a did-you-mean.
DoctorReport examine(const Table& table, const DoctorOptions& options, std::span<const ReadNote> notes,
                     const Context& context);

}  // namespace everyml
