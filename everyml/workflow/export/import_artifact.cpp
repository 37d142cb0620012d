#include "everyml/workflow/export/import_artifact.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "everyml/ensembles/boosting/gradient_boosting.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/model/entry.h"
#include "everyml/workflow/catalog/catalog.h"
#include "everyml/workflow/export/import_impl.h"

namespace everyml {
namespace {

ObjectiveSpec spec_of(const ImportedTrees& model) {
  const std::size_t outputs = model.trees.output_count();
  const auto refuse = [&](const std::string& why) {
    throw UnsupportedError(
        "import.answers",
        fmt::format("the {} model cannot be asked like one of gradient boosting: {}", model.tool, why));
  };
  if (model.classes == 0 && outputs > 1) refuse(fmt::format("it answers {} numbers for a row", outputs));
  switch (model.link) {
    case ImportLink::identity:
      if (model.classes == 0) return {.kind = ObjectiveKind::squared};
      break;
    case ImportLink::exponential:
      return {.kind = ObjectiveKind::poisson};
    case ImportLink::sigmoid:
      if (model.classes == 0) return {.kind = ObjectiveKind::cross_entropy};
      if (outputs == 1) return {.kind = ObjectiveKind::binary, .classes = 2};
      return {.kind = ObjectiveKind::one_versus_all, .classes = outputs};
    case ImportLink::softmax:
      if (outputs >= 2) return {.kind = ObjectiveKind::multinomial, .classes = outputs};
      break;
    default:
      break;
  }
  refuse(fmt::format("its objective is \"{}\"", printable(model.objective)));
  return {};
}

/// Columns as the encoder wants them, levels ascending, and for each column the new code of each old one.
std::vector<ColumnSchema> columns_of(const ImportedTrees& model,
                                     std::vector<std::vector<std::size_t>>& code_of) {
  const std::size_t features = model.trees.feature_count();
  std::vector<ColumnSchema> columns(features);
  code_of.resize(features);
  for (std::size_t j = 0; j < features; ++j) {
    columns[j].name = model.feature_names.empty() ? fmt::format("f{}", j) : model.feature_names[j];
    if (model.levels.empty() || model.levels[j].empty()) continue;
    const std::vector<std::string>& levels = model.levels[j];
    std::vector<std::size_t> order(levels.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return levels[a] < levels[b]; });
    columns[j].kind = ColumnKind::category;
    code_of[j].resize(levels.size());
    for (std::size_t k = 0; k < order.size(); ++k) {
      columns[j].levels.push_back(levels[order[k]]);
      code_of[j][order[k]] = k;
    }
  }
  return columns;
}

/// The same trees with sets of categories in new codes. Old codes without a word have no new one.
TreeEnsemble recoded(const TreeEnsemble& trees, const std::vector<std::vector<std::size_t>>& code_of) {
  TreeParts parts = trees.parts();
  std::vector<std::uint32_t> starts = {0};
  std::vector<std::uint64_t> words;
  for (std::size_t i = 0; i < parts.nodes(); ++i) {
    if (!(parts.flags[i] & TreeParts::kCategories)) continue;
    const auto set = static_cast<std::size_t>(parts.threshold[i]);
    const std::size_t begin = parts.set_start[set], end = parts.set_start[set + 1];
    const auto& codes = code_of[static_cast<std::size_t>(parts.feature[i])];
    const std::size_t first = words.size();
    words.insert(words.end(), codes.empty() ? end - begin : (codes.size() + 63) / 64, 0);
    for (std::size_t old = 0; old < 64 * (end - begin); ++old) {
      if (!(parts.set_words[begin + old / 64] >> old % 64 & 1)) continue;
      const std::size_t code = codes.empty()        ? old
                               : old < codes.size() ? codes[old]
                                                    : 64 * (words.size() - first);
      if (code < 64 * (words.size() - first)) words[first + code / 64] |= std::uint64_t{1} << code % 64;
    }
    parts.threshold[i] = static_cast<double>(starts.size() - 1);
    starts.push_back(static_cast<std::uint32_t>(words.size()));
    if (words.size() > detail::kMostSetWords) {
      throw ResourceError("import.size", "the sets of categories need more memory than is allowed");
    }
  }
  parts.set_start = std::move(starts);
  parts.set_words = std::move(words);
  return TreeEnsemble(std::move(parts));
}

}  // namespace

Artifact artifact_of(const ImportedTrees& model, const std::string& target) {
  const ObjectiveSpec spec = spec_of(model);
  std::vector<std::vector<std::size_t>> code_of;
  const std::vector<ColumnSchema> columns = columns_of(model, code_of);
  if (target.empty() ||
      std::any_of(columns.begin(), columns.end(), [&](const auto& c) { return c.name == target; })) {
    throw ParameterError("import.target",
                         fmt::format("the answers cannot be called \"{}\": a column of the model has that "
                                     "name, or it is empty; --target gives another",
                                     printable(target)));
  }
  const bool words =
      std::any_of(code_of.begin(), code_of.end(), [](const auto& codes) { return !codes.empty(); });
  BoostedTrees boosted(words ? recoded(model.trees, code_of) : model.trees, BoostingObjective::make(spec),
                       {});

  Artifact artifact;
  artifact.target_name = target;
  artifact.encoder = Encoder::of_columns(columns);
  const auto with = [&](std::string_view algorithm, AnyModel (*make)(BoostedTrees, std::vector<std::string>,
                                                                     std::shared_ptr<const Card>)) {
    artifact.algorithm = std::string(algorithm);
    const Card& card = catalog().find(algorithm).card();
    artifact.model = make(std::move(boosted), artifact.class_names, std::make_shared<Card>(card));
  };
  if (model.classes > 0) {
    artifact.target_kind = Target::Kind::classes;
    artifact.label_kind = ColumnKind::number;
    for (std::size_t k = 0; k < std::max<std::size_t>(model.classes, 2); ++k) {
      artifact.class_names.push_back(std::to_string(k));
    }
    with(GradientBoostingClassifier::name, [](BoostedTrees trees, std::vector<std::string> names, auto card) {
      return AnyModel(GradientBoostingClassifierModel(std::move(trees), std::move(names)), std::move(card));
    });
  } else {
    artifact.target_kind = Target::Kind::numbers;
    with(GradientBoostingRegressor::name, [](BoostedTrees trees, std::vector<std::string>, auto card) {
      return AnyModel(GradientBoostingRegressorModel(std::move(trees)), std::move(card));
    });
  }
  artifact.metadata_json =
      write_json(Json{{"imported_from", model.tool}, {"objective", printable(model.objective)}});
  return artifact;
}

}  // namespace everyml
