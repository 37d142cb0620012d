#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "everyml/foundation/data/table.h"
#include "everyml/workflow/artifact/artifact.h"

namespace everyml {

/// Why a row is unusual, by one column of the table.
struct AnomalyReason {
  std::string column;
  double worth = 0;  ///< steps sooner alone because of it, more says more
  std::string own;   ///< the cell as the user would write it; "" when missing
  bool missing = false;
  /// Numbers and dates: the middle nine tenths of the other rows, as cells; else "".
  std::string others_low, others_high;
  double share = 0;  ///< of all rows that have this very value
};

struct UnusualRow {
  std::size_t row = 0;
  double score = 0;
  std::vector<AnomalyReason> reasons;  ///< the strongest first, none whose worth is not above 0
};

struct Anomalies {
  std::vector<double> scores;  ///< [rows]
  double threshold = 0;
  std::size_t unusual = 0;        ///< rows at or above the threshold
  std::vector<UnusualRow> first;  ///< the most unusual rows, the most unusual first
};

/// Scores a table with a model that can, and explains the `most` rows that score highest, each by at most
/// `reasons` columns. Throws UnsupportedError "model.capability" for another model, and what predict throws.
Anomalies find_anomalies(const Artifact& artifact, const Table& table, std::size_t most, std::size_t reasons,
                         const Context& context);

/// "hours = 99, others 35 to 50", "colour = mauve, as 0.2 % of the rows", "income is missing, as 1 % of the
/// rows".
std::string reason_text(const AnomalyReason& reason);

}  // namespace everyml
