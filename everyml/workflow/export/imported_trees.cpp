#include "everyml/workflow/export/imported_trees.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/linalg/elementary.h"
#include "everyml/workflow/export/import_impl.h"

namespace everyml {
namespace detail {

void ImportSource::refuse(std::string_view code, const std::string& why) const {
  throw FormatError(code, fmt::format("{}: {}", printable(name), why));
}

TreeCollector::TreeCollector(ImportSource source, std::size_t features, std::size_t outputs)
    : source_(std::move(source)), parts_(TreeParts::empty(features, outputs, 1)) {}

void TreeCollector::add(const GrownTree& tree, std::uint32_t output, const std::vector<Terms>& terms) {
  std::vector<std::int32_t> leaf_of_node;
  const std::size_t before = parts_.leaves();
  try {
    parts_.append(tree, output, &leaf_of_node);
  } catch (const DataError& error) {
    source_.refuse("import.value", error.what());
  }
  if (parts_.set_words.size() > kMostSetWords) {
    throw ResourceError("import.size", fmt::format("{}: the sets of categories need more than {} MiB",
                                                   printable(source_.name), kMostSetWords / 131072));
  }
  std::vector<const Terms*> of_leaf(parts_.leaves() - before, nullptr);
  for (std::size_t i = 0; i < terms.size(); ++i) {
    if (leaf_of_node[i] >= 0) of_leaf[static_cast<std::size_t>(leaf_of_node[i])] = &terms[i];
  }
  for (const Terms* leaf : of_leaf) {
    if (leaf != nullptr) {
      linear_ = linear_ || !leaf->empty();
      for (const auto& [feature, coefficient] : *leaf) {
        parts_.linear_feature.push_back(feature);
        parts_.linear_coefficient.push_back(coefficient);
      }
    }
    linear_start_.push_back(parts_.linear_feature.size());
  }
}

TreeEnsemble TreeCollector::finish(std::vector<double> base) {
  parts_.base = std::move(base);
  if (linear_) parts_.linear_start = std::move(linear_start_);
  try {
    return TreeEnsemble(std::move(parts_));
  } catch (const DataError& error) {
    source_.refuse("import.value", error.what());
  }
}

}  // namespace detail

void ImportedTrees::answers(std::span<double> scores) const {
  const std::size_t outputs = trees.output_count();
  switch (link) {
    case ImportLink::identity:
      break;
    case ImportLink::softmax:
      for (std::size_t r = 0; r + outputs <= scores.size(); r += outputs) {
        portable::softmax(scores.subspan(r, outputs));
      }
      break;
    case ImportLink::sigmoid:
      for (double& s : scores) s = portable::sigmoid(s);
      break;
    case ImportLink::exponential:
      for (double& s : scores) s = portable::exp(s);
      break;
    case ImportLink::signed_square:
      for (double& s : scores) s = std::copysign(s * s, s);
      break;
    case ImportLink::log1p_exp:
      for (double& s : scores) s = portable::log1p_exp(s);
      break;
    case ImportLink::step:
      for (double& s : scores) s = s > 0 ? 1 : 0;
      break;
  }
}

ImportedTrees import_trees(std::string_view bytes, const std::string& name) {
  const detail::ImportSource source{name};
  const std::string_view start = bytes.substr(0, 4096);
  const std::size_t first = start.find_first_not_of(" \t\r\n");
  if (start.substr(0, 4) == "tree" && (bytes.size() == 4 || bytes[4] == '\n' || bytes[4] == '\r')) {
    return detail::import_lightgbm(bytes, source);
  }
  if (first != std::string_view::npos && bytes[first] == '{') {
    // A key follows the brace: in JSON a quote or white space, in UBJSON the type of its length.
    const std::string_view rest = bytes.substr(first + 1);
    const bool text = rest.empty() || rest.front() == '"' || rest.front() == '}' || rest.front() == ' ' ||
                      rest.front() == '\n' || rest.front() == '\r' || rest.front() == '\t';
    const Json model = text ? parse_json(bytes, name) : detail::parse_ubjson(bytes, source);
    return detail::import_xgboost(model, source);
  }
  source.refuse(
      "import.format",
      "this is no model that can be imported; LightGBM's text files and XGBoost's JSON and UBJSON files can");
}

}  // namespace everyml
