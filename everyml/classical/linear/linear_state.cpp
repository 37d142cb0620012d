#include <fmt/format.h>

#include <cmath>

#include "everyml/classical/linear/linear_state_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"

namespace everyml {

void require_finite_fit(std::string_view learner, std::initializer_list<std::span<const double>> figures) {
  for (const auto& part : figures) {
    for (const double value : part) {
      if (std::isfinite(value)) continue;
      throw DataError("data.spread",
                      fmt::format("{}: the features or the target are so large that sums of their squares "
                                  "leave the range of doubles; scale them down",
                                  learner));
    }
  }
}

std::vector<std::string> feature_names(const Dataset& data) {
  std::vector<std::string> names;
  names.reserve(data.columns());
  for (std::size_t j = 0; j < data.columns(); ++j) names.push_back(data.feature_name(j));
  return names;
}

std::vector<std::string> names_at(std::span<const std::string> names, std::span<const std::int32_t> columns) {
  std::vector<std::string> list;
  for (const std::int32_t column : columns) list.push_back(names[static_cast<std::size_t>(column)]);
  return list;
}

std::string aliased_note(std::span<const std::string> names, std::span<const std::int32_t> aliased) {
  std::vector<std::string> quoted;
  for (const std::string& name : names_at(names, aliased)) quoted.push_back("\"" + name + "\"");
  const bool one = aliased.size() == 1;
  return fmt::format("{} add{} nothing to the columns before {} and {} left out (coefficient 0)",
                     join_and(quoted), one ? "s" : "", one ? "it" : "them", one ? "is" : "are");
}

std::vector<std::string> load_feature_names(const ArchiveReader& archive) {
  std::vector<std::string> names = archive.strings("features");
  if (names.empty()) archive.refuse("features", "a linear model has at least one feature");
  return names;
}

double load_finite(const ArchiveReader& archive, std::string_view key, double low) {
  return archive.number(key, low, std::numeric_limits<double>::max());
}

std::vector<std::int32_t> load_columns(const ArchiveReader& archive, std::string_view key,
                                       std::size_t columns) {
  std::vector<std::int32_t> list = archive.integers32(key);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const bool ascending = i == 0 || list[i] > list[i - 1];
    if (list[i] < 0 || static_cast<std::size_t>(list[i]) >= columns || !ascending)
      archive.refuse(key, "column numbers must be distinct, ascending and below the number of features");
  }
  return list;
}

}  // namespace everyml
