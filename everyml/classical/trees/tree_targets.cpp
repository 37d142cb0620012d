#include "everyml/classical/trees/tree_targets.h"

#include <algorithm>
#include <cmath>

#include "everyml/foundation/model/entry.h"

namespace everyml {

std::vector<std::vector<std::string>> classes_of_targets(const Dataset& data) {
  std::vector<std::vector<std::string>> classes;
  for (std::size_t t = 0; t < data.target_count(); ++t) {
    const auto names = data.target_at(t).names();
    classes.emplace_back(names.begin(), names.end());
  }
  return classes;
}

std::size_t answers_of_targets(std::span<const std::vector<std::string>> classes) {
  std::size_t count = 0;
  for (const std::vector<std::string>& names : classes) count += std::max<std::size_t>(names.size(), 1);
  return count;
}

void save_targets(ArchiveWriter& archive, std::span<const std::vector<std::string>> classes) {
  std::vector<std::int32_t> sizes;
  std::vector<std::string> all;
  for (const std::vector<std::string>& names : classes) {
    sizes.push_back(static_cast<std::int32_t>(names.size()));
    all.insert(all.end(), names.begin(), names.end());
  }
  archive.array(entry_detail::kTargetsKey, std::span<const std::int32_t>(sizes));
  archive.strings("target_classes", all);
}

std::vector<std::vector<std::string>> load_targets(const ArchiveReader& archive) {
  const std::string_view key = entry_detail::kTargetsKey;
  const std::vector<std::int32_t> sizes = archive.integers32(key);
  const std::vector<std::string> all = archive.strings("target_classes");
  if (sizes.size() < 2) archive.refuse(key, "two or more targets would be right");
  std::vector<std::vector<std::string>> classes;
  std::size_t at = 0;
  for (const std::int32_t size : sizes) {
    if (size < 0 || static_cast<std::size_t>(size) > all.size() - at || (size == 0) != (sizes[0] == 0))
      archive.refuse(key, "they do not count the classes of each target");
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(at);
    classes.emplace_back(first, first + size);
    at += static_cast<std::size_t>(size);
  }
  if (at != all.size()) archive.refuse(key, "they do not count the classes of each target");
  return classes;
}

void check_target_shares(const ArchiveReader& archive, const TreeParts& parts,
                         std::span<const std::vector<std::string>> classes, double whole) {
  if (classes.front().empty()) return;
  const double* value = parts.leaf_value.data();
  for (std::size_t leaf = 0; leaf < parts.leaves(); ++leaf) {
    for (const std::vector<std::string>& names : classes) {
      double sum = 0;
      for (std::size_t c = 0; c < names.size(); ++c, ++value) {
        if (!(*value >= 0 && *value <= 1)) archive.refuse("trees", "a leaf's shares are not between 0 and 1");
        sum += *value;
      }
      if (!(std::abs(sum - whole) <= 1e-9))
        archive.refuse("trees", "the shares of a leaf's target do not add up");
    }
  }
}

}  // namespace everyml
