#include "everyml/workflow/explain/drawn_model.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "everyml/foundation/model/entry.h"

namespace everyml {

TreeWords tree_words(const Artifact& artifact) {
  TreeWords words{.features = {}, .classes = artifact.class_names, .target = artifact.target_name};
  const auto& columns = artifact.encoder.schema().columns;
  for (const FeatureInfo& info : artifact.encoder.info()) {
    TreeWords::Feature feature{.name = info.name, .levels = {}, .flag = info.kind == FeatureInfo::Kind::flag};
    if (info.kind == FeatureInfo::Kind::category) {
      const auto column = std::find_if(columns.begin(), columns.end(),
                                       [&](const ColumnSchema& one) { return one.name == info.source; });
      if (column != columns.end()) feature.levels = column->levels;
      feature.levels.resize(std::max(feature.levels.size(), info.levels), "other");
    }
    words.features.push_back(std::move(feature));
  }
  return words;
}

std::optional<DrawnTree> drawn_model(const Artifact& artifact) {
  if (!artifact.model) return std::nullopt;
  const auto draw = [&](const auto* model) -> std::optional<DrawnTree> {
    TreeWords words = tree_words(artifact);
    if (words.features.size() != model->feature_count()) return std::nullopt;
    return draw_tree(*model, std::move(words));
  };
  if (const auto* classes = artifact.model.as<DecisionTreeClassifierModel>()) return draw(classes);
  if (const auto* numbers = artifact.model.as<DecisionTreeRegressorModel>()) return draw(numbers);
  if (const auto* c45 = artifact.model.as<C45Model>()) return draw(c45);
  return std::nullopt;
}

}  // namespace everyml
