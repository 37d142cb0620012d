#include "everyml/classical/linear/linear_state_impl.h"

namespace everyml {

std::vector<std::string> feature_names(const Dataset& data) {
  std::vector<std::string> names;
  names.reserve(data.columns());
  for (std::size_t j = 0; j < data.columns(); ++j) names.push_back(data.feature_name(j));
  return names;
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
