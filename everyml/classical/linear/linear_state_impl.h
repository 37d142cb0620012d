#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "everyml/foundation/data/dataset.h"
#include "everyml/foundation/io/archive.h"

namespace everyml {

std::vector<std::string> feature_names(const Dataset& data);
/// The names of the columns listed.
std::vector<std::string> names_at(std::span<const std::string> names, std::span<const std::int32_t> columns);
/// The sentence of a summary on columns that were left out. REQUIRES: `aliased` is not empty.
std::string aliased_note(std::span<const std::string> names, std::span<const std::int32_t> aliased);

/// Throws DataError "data.spread" when a figure of a fit has left the range of doubles: no such model is
/// handed out.
void require_finite_fit(std::string_view learner, std::initializer_list<std::span<const double>> figures);

// Readers of model files that may be hostile: each refuses (FormatError) what the model could not use.

/// "features": at least one name.
std::vector<std::string> load_feature_names(const ArchiveReader& archive);
/// A finite number of at least `low`.
double load_finite(const ArchiveReader& archive, std::string_view key,
                   double low = std::numeric_limits<double>::lowest());
/// Distinct column numbers below `columns`, ascending.
std::vector<std::int32_t> load_columns(const ArchiveReader& archive, std::string_view key,
                                       std::size_t columns);

}  // namespace everyml
