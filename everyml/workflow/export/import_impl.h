#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "everyml/foundation/base/json.h"
#include "everyml/workflow/export/imported_trees.h"

namespace everyml::detail {

/// Where a reader of foreign models complains.
struct ImportSource {
  std::string name;
  /// `code` must live on: a literal.
  [[noreturn]] void refuse(std::string_view code, const std::string& why) const;
};

/// Words of sets of categories that all trees together may take: 128 MiB.
inline constexpr std::size_t kMostSetWords = std::size_t{1} << 24;
/// Columns of a model that does not name them.
inline constexpr std::size_t kMostUnnamed = std::size_t{1} << 20;

/// Gathers trees with linear leaves into flat arrays.
class TreeCollector {
 public:
  TreeCollector(ImportSource source, std::size_t features, std::size_t outputs);
  using Terms = std::vector<std::pair<std::int32_t, double>>;
  /// `terms` is empty or has one entry per node; those of leaves count.
  void add(const GrownTree& tree, std::uint32_t output, const std::vector<Terms>& terms);
  /// Throws FormatError where the trees contradict themselves.
  TreeEnsemble finish(std::vector<double> base);

 private:
  ImportSource source_;
  TreeParts parts_;
  bool linear_ = false;
  std::vector<std::uint64_t> linear_start_ = {0};
};

ImportedTrees import_lightgbm(std::string_view text, const ImportSource& source);
/// The tree of values of either of XGBoost's formats.
ImportedTrees import_xgboost(const Json& model, const ImportSource& source);

/// A UBJSON text (draft 12) with sizes of containers as XGBoost writes them. Depth at most 64; nothing is
/// allocated before the bytes for it are there. Throws FormatError "import.syntax" with the offset.
Json parse_ubjson(std::string_view bytes, const ImportSource& source);

}  // namespace everyml::detail
